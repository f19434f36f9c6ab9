#include "reaptop/model/reference.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/model/field.h"
#include "reaptop/model/signals.h"
#include "reaptop/model/why.h"
#include "reference_tables.h"

enum {
    NAME_MAX_LENGTH = 63 /* longer than any name of ours */
};

/* ---- all tables as one ---- */

enum {
    TABLES_MAX = 4
};

static const struct {
    const char *name;
    const char *plural;
    struct reference_table (*tables[TABLES_MAX])(void); /* each goes on where the last one ends */
} kinds[REFERENCE_KIND_COUNT] = {
    [REFERENCE_STATE] = {N_("state"), "states", {reference_states}},
    [REFERENCE_SIGNAL] = {N_("signal"), "signals", {NULL}},
    [REFERENCE_TERM] = {N_("term"),
                        "terms",
                        {reference_terms, reference_course, reference_textbook, reference_claims}},
    [REFERENCE_FIELD] = {N_("field"), "fields", {NULL}},
    [REFERENCE_ERRNO] = {N_("errno"), "errnos", {reference_errnos}},
    [REFERENCE_EVENT] = {N_("event"), "events", {reference_events}},
};

static const struct reference_text *text_at(enum reference_kind kind, size_t index)
{
    for (size_t i = 0; i < TABLES_MAX && kinds[kind].tables[i]; i++) {
        struct reference_table table = kinds[kind].tables[i]();
        if (index < table.count)
            return &table.texts[index];
        index -= table.count;
    }
    return NULL;
}

static size_t kind_count(enum reference_kind kind)
{
    size_t count = 0;
    if (kind == REFERENCE_SIGNAL)
        return signals_count();
    if (kind == REFERENCE_FIELD)
        return FIELD_COUNT;
    for (size_t i = 0; i < TABLES_MAX && kinds[kind].tables[i]; i++)
        count += kinds[kind].tables[i]().count;
    return count;
}

static struct reference signal_entry(size_t index)
{
    const struct signal_info *info = &signals[index];
    const char *advice = reference_signal_advice(info->number);
    return (struct reference){
        .kind = REFERENCE_SIGNAL,
        .number = info->number,
        .name = info->name,
        .title = signal_action_word(info->action),
        .meaning = _(info->meaning),
        .advice = advice ? _(advice) : NULL,
        .origin = "/proc/PID/status SigPnd, ShdPnd, SigBlk, SigIgn, SigCgt",
        .manual = "signal(7)",
    };
}

static struct reference field_entry(size_t index)
{
    const struct field_info *info = &fields[index];
    return (struct reference){
        .kind = REFERENCE_FIELD,
        .name = info->name,
        .title = "",
        .meaning = _(info->summary),
        .origin = info->origin,
        .manual = info->manual,
    };
}

static struct reference text_entry(enum reference_kind kind, size_t index)
{
    const struct reference_text *text = text_at(kind, index);
    const char *title = text->title;
    if (kind == REFERENCE_ERRNO)
        title = strerror(text->number);
    else if (*title != '\0')
        title = _(title);
    return (struct reference){
        .kind = kind,
        .number = text->number,
        .name = text->name,
        .title = title,
        .meaning = _(text->meaning),
        .advice = text->advice ? _(text->advice) : NULL,
        .origin = text->origin ? _(text->origin) : NULL,
        .manual = text->manual,
        .lab = text->lab,
    };
}

size_t reference_count(void)
{
    size_t count = 0;
    for (enum reference_kind kind = 0; kind < REFERENCE_KIND_COUNT; kind++)
        count += kind_count(kind);
    return count;
}

/* Which kind, and where in it. */
static enum reference_kind locate(size_t index, size_t *ret_offset)
{
    enum reference_kind kind = 0;
    for (; index >= kind_count(kind); kind++)
        index -= kind_count(kind);
    *ret_offset = index;
    return kind;
}

struct reference reference_at(size_t index)
{
    size_t offset;
    enum reference_kind kind = locate(index, &offset);
    if (kind == REFERENCE_SIGNAL)
        return signal_entry(offset);
    if (kind == REFERENCE_FIELD)
        return field_entry(offset);
    return text_entry(kind, offset);
}

const char *reference_kind_name(enum reference_kind kind)
{
    return kinds[kind].name;
}

int reference_kind_from_plural(const char *plural)
{
    for (int kind = 0; kind < REFERENCE_KIND_COUNT; kind++)
        if (strcmp(plural, kinds[kind].plural) == 0)
            return kind;
    return -EINVAL;
}

/* ---- names ---- */

/* "page-frame", "Page_Frame" and "page frame" are one name. */
static char fold(char c)
{
    return c == '-' || c == '_' ? ' ' : (char)tolower((unsigned char)c);
}

static bool is_exactly(const char *text, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(text, name, length) == 0;
}

static bool is_folded(const char *text, size_t length, const char *name)
{
    if (strlen(name) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (fold(text[i]) != fold(name[i]))
            return false;
    return true;
}

typedef bool (*name_matcher)(const char *text, size_t length, const char *name);

static const char *aliases_of(size_t index)
{
    size_t offset;
    enum reference_kind kind = locate(index, &offset);
    if (kind == REFERENCE_SIGNAL)
        return NULL;
    if (kind == REFERENCE_FIELD)
        return fields[offset].alias;
    return text_at(kind, offset)->aliases;
}

/* A signal's number comes under its aliases. */
static bool has_other_name(size_t index, const char *name, name_matcher matches)
{
    struct reference entry = reference_at(index);
    if (entry.kind == REFERENCE_SIGNAL)
        return signal_from_text(name) == entry.number;

    const char *alias = aliases_of(index);
    while (alias) {
        const char *bar = strchr(alias, '|');
        size_t length = bar ? (size_t)(bar - alias) : strlen(alias);
        if (matches(alias, length, name))
            return true;
        alias = bar ? bar + 1 : NULL;
    }
    return false;
}

static bool has_name(size_t index, const char *name, name_matcher matches)
{
    const char *own = reference_at(index).name;
    return matches(own, strlen(own), name);
}

/* "errno 3"; a bare number is a signal's. */
static int find_errno(const char *name, size_t *ret_index)
{
    int64_t number;
    if (number_parse(name, 1, INT32_MAX, &number) < 0)
        return -ENOENT;
    for (size_t i = 0; i < reference_count(); i++) {
        struct reference entry = reference_at(i);
        if (entry.kind == REFERENCE_ERRNO && entry.number == number) {
            *ret_index = i;
            return 0;
        }
    }
    return -ENOENT;
}

/* Fields that are read on demand are named as what they hold: the term is what is asked for. */
static bool yields_to_terms(enum reference_kind kind, size_t offset)
{
    return kind == REFERENCE_FIELD && field_part((enum field)offset) != EXTRA_NONE;
}

static int find_in(const char *name, int kind, size_t *ret_index)
{
    static const struct {
        bool (*has)(size_t index, const char *name, name_matcher matches);
        name_matcher matches;
        bool is_last;
    } passes[] = {
        {has_name, is_exactly, false},       {has_name, is_folded, false},
        {has_other_name, is_exactly, false}, {has_other_name, is_folded, false},
        {has_name, is_folded, true},         {has_other_name, is_folded, true},
    };
    size_t count = reference_count();
    for (size_t pass = 0; pass < ELEMENTS(passes); pass++) {
        for (size_t i = 0; i < count; i++) {
            size_t offset;
            enum reference_kind found = locate(i, &offset);
            if ((kind >= 0 && (int)found != kind) ||
                yields_to_terms(found, offset) != passes[pass].is_last)
                continue;
            if (passes[pass].has(i, name, passes[pass].matches)) {
                *ret_index = i;
                return 0;
            }
        }
    }
    return -ENOENT;
}

/* "event exit", "event:exit": the kind, and what follows it; -EINVAL. */
static int split_kind(const char *topic, const char **ret_name)
{
    for (int kind = 0; kind < REFERENCE_KIND_COUNT; kind++) {
        size_t length = strlen(kinds[kind].name);
        if (strncmp(topic, kinds[kind].name, length) == 0 &&
            (topic[length] == ' ' || topic[length] == ':') && topic[length + 1] != '\0') {
            *ret_name = topic + length + 1;
            return kind;
        }
    }
    return -EINVAL;
}

/* Cuts `text` to `length` and looks again. */
static int find_cut(char *text, size_t length, size_t *ret_index)
{
    text[length] = '\0';
    return length > 0 ? find_in(text, -1, ret_index) : -ENOENT;
}

/* "fork()", "fork(2)", "page frames", "processes", "copies": without what is behind the word. */
static int find_stem(const char *topic, size_t *ret_index)
{
    char text[NAME_MAX_LENGTH + 1];
    size_t length = strlen(topic);
    if (length < 3 || length > NAME_MAX_LENGTH)
        return -ENOENT;
    memcpy(text, topic, length + 1);
    char *open = strrchr(text, '(');
    if (open && text[length - 1] == ')')
        return find_cut(text, (size_t)(open - text), ret_index);
    if (tolower((unsigned char)text[length - 1]) != 's')
        return -ENOENT;
    if (find_cut(text, length - 1, ret_index) == 0)
        return 0;
    return text[length - 2] == 'e' ? find_cut(text, length - 2, ret_index) : -ENOENT;
}

int reference_find(const char *topic, struct reference *ret_entry)
{
    size_t index;
    int r = find_in(topic, -1, &index);
    if (r < 0) {
        const char *name;
        int kind = split_kind(topic, &name);
        r = kind < 0 ? find_stem(topic, &index) : find_in(name, kind, &index);
        if (r < 0 && kind == REFERENCE_ERRNO)
            r = find_errno(name, &index);
    }
    if (r < 0 && why_kind_reference(topic))
        r = find_in(why_kind_reference(topic), -1, &index);
    if (r < 0)
        return r;
    *ret_entry = reference_at(index);
    return 0;
}

/* A state is also known by its word, so "zombie" is a namesake of Z, but t is none of T. */
static bool is_namesake(size_t index, const struct reference *entry)
{
    struct reference other = reference_at(index);
    if (other.kind == entry->kind)
        return false;
    if (other.kind == REFERENCE_STATE)
        return is_folded(other.title, strlen(other.title), entry->name) ||
               (aliases_of(index) && has_other_name(index, entry->name, is_folded));
    return has_name(index, entry->name, is_folded) ||
           (entry->kind == REFERENCE_STATE && has_name(index, entry->title, is_folded));
}

size_t reference_namesakes(const struct reference *entry, size_t max, size_t *ret_indices)
{
    size_t found = 0;
    for (size_t i = 0; i < reference_count() && found < max; i++)
        if (is_namesake(i, entry))
            ret_indices[found++] = i;
    return found;
}

/* ---- near misses ---- */

/* How many letters to change, add, leave out or swap with the next one. */
static unsigned distance(const char *a, size_t a_length, const char *b)
{
    size_t b_length = strlen(b);
    if (a_length > NAME_MAX_LENGTH || b_length > NAME_MAX_LENGTH)
        return UINT32_MAX;

    unsigned rows[3][NAME_MAX_LENGTH + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            char x = fold(a[i - 1]), y = fold(b[j - 1]);
            unsigned best = above[j - 1] + (x != y);
            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && x == fold(b[j - 2]) && y == fold(a[i - 2]) &&
                two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a_length % 3][b_length];
}

static bool starts_with(const char *text, size_t length, const char *start)
{
    size_t start_length = strlen(start);
    return start_length >= 2 && start_length <= length && is_folded(text, start_length, start);
}

/* 0 is nearest; UINT32_MAX: not near. */
static unsigned nearness(const char *name, size_t length, const char *topic)
{
    if (starts_with(name, length, topic))
        return 1;
    unsigned most = strlen(topic) < 4 ? 1 : strlen(topic) < 8 ? 2 : 3;
    unsigned changes = distance(name, length, topic);
    return changes <= most && changes < length ? changes : UINT32_MAX;
}

static unsigned entry_nearness(size_t index, const char *topic)
{
    const char *name = reference_at(index).name;
    unsigned best = nearness(name, strlen(name), topic);
    const char *alias = aliases_of(index);
    while (alias) {
        const char *bar = strchr(alias, '|');
        size_t length = bar ? (size_t)(bar - alias) : strlen(alias);
        unsigned here = nearness(alias, length, topic);
        if (here < best)
            best = here;
        alias = bar ? bar + 1 : NULL;
    }
    return best;
}

static bool is_suggested(size_t index, const size_t *indices, size_t count)
{
    const char *name = reference_at(index).name;
    for (size_t i = 0; i < count; i++)
        if (is_folded(name, strlen(name), reference_at(indices[i]).name))
            return true;
    return false;
}

size_t reference_suggest(const char *topic, size_t max, size_t *ret_indices)
{
    const char *name = topic;
    int kind = split_kind(topic, &name);
    if (strncasecmp(topic, "SIG", 3) == 0 && kind < 0 && topic[3] != '\0') {
        name = topic + 3;
        kind = REFERENCE_SIGNAL;
    }

    size_t found = 0;
    for (unsigned wanted = 0; wanted <= 3 && found < max; wanted++)
        for (size_t i = 0; i < reference_count() && found < max; i++)
            if ((kind < 0 || (int)reference_at(i).kind == kind) &&
                entry_nearness(i, name) == wanted && !is_suggested(i, ret_indices, found))
                ret_indices[found++] = i;
    return found;
}
