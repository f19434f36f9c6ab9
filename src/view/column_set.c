#include "reaptop/view/column_set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"

/* ---- the sets with a name ---- */

enum {
    PRESET_COLUMNS_MOST = 16,
    PRESET_END = COLUMN_COMMAND, /* which is in every set, and so ends a list */
};

static const struct {
    const char *name;
    unsigned char columns[PRESET_COLUMNS_MOST];
} presets[PRESET_COUNT] = {
    [PRESET_OVERVIEW] = {"overview", {PRESET_END}},
    [PRESET_MEMORY] = {"memory",
                       {COLUMN_PID, COLUMN_USER, COLUMN_STATE, COLUMN_MEMORY_PERCENT, COLUMN_RSS,
                        COLUMN_SHARED, COLUMN_PRIVATE, COLUMN_SWAP, COLUMN_VIRTUAL,
                        COLUMN_MAJOR_FAULTS, COLUMN_MINOR_FAULTS, PRESET_END}},
    [PRESET_SCHEDULING] = {"scheduling",
                           {COLUMN_PID, COLUMN_STATE, COLUMN_CPU, COLUMN_TIME, COLUMN_POLICY,
                            COLUMN_PRIORITY, COLUMN_NICE, COLUMN_PROCESSOR, COLUMN_VOLUNTARY,
                            COLUMN_INVOLUNTARY, COLUMN_THREADS, PRESET_END}},
    [PRESET_IO] = {"io",
                   {COLUMN_PID, COLUMN_USER, COLUMN_STATE, COLUMN_IO_READ_RATE,
                    COLUMN_IO_WRITE_RATE, COLUMN_IO_READ, COLUMN_IO_WRITTEN, COLUMN_DESCRIPTORS,
                    COLUMN_WCHAN, PRESET_END}},
    [PRESET_SIGNALS] = {"signals",
                        {COLUMN_PID, COLUMN_STATE, COLUMN_PENDING, COLUMN_BLOCKED, COLUMN_IGNORED,
                         COLUMN_CAUGHT, PRESET_END}},
    [PRESET_FAMILY] = {"family",
                       {COLUMN_PID, COLUMN_PPID, COLUMN_PGID, COLUMN_SID, COLUMN_TTY, COLUMN_STATE,
                        COLUMN_USER, COLUMN_ELAPSED, PRESET_END}},
    [PRESET_CONTAINERS] = {"containers",
                           {COLUMN_PID, COLUMN_USER, COLUMN_CPU, COLUMN_RSS, COLUMN_CONTAINER,
                            COLUMN_UNIT, COLUMN_NAMESPACES, PRESET_END}},
};

const char *column_preset_name(enum column_preset preset)
{
    return presets[preset].name;
}

struct column_set column_preset(enum column_preset preset)
{
    struct column_set set = {0};
    for (size_t i = 0; presets[preset].columns[i] != PRESET_END; i++)
        set.choices[set.count++].column = presets[preset].columns[i];
    return set;
}

enum column_preset column_preset_of(const struct column_set *set)
{
    for (int preset = 0; preset < PRESET_COUNT; preset++) {
        struct column_set other = column_preset((enum column_preset)preset);
        if (memcmp(set, &other, sizeof(other)) == 0)
            return (enum column_preset)preset;
    }
    return PRESET_COUNT;
}

void column_set_step(struct column_set *set, int step)
{
    int preset = (int)column_preset_of(set);
    if (preset == PRESET_COUNT)
        preset = step > 0 ? PRESET_COUNT - 1 : 0;
    *set = column_preset((enum column_preset)((preset + PRESET_COUNT + step) % PRESET_COUNT));
}

/* ---- as text ---- */

static int wrong_column(struct error *error, const char *name)
{
    _cleanup_(strbuf_done) struct strbuf names = STRBUF_INIT;
    for (int i = 0; i < COLUMN_COMMAND; i++)
        strbuf_printf(&names, " %s", columns[i].title);
    return error_set(error, -EINVAL, _("'%.32s' is no column; there are:%s"), name,
                     strbuf_text(&names));
}

static int wrong_width(struct error *error, const char *width)
{
    return error_set(error, -EINVAL, _("a width is a number from %d to %d, not '%.32s'"),
                     COLUMN_WIDTH_LEAST, COLUMN_WIDTH_MOST, width);
}

/* "user:12". COMMAND is in every set and passed over. */
static int parse_choice(const char *text, struct column_set *set, struct error *error)
{
    char name[48];
    int64_t width = 0;
    (void)snprintf(name, sizeof(name), "%s", text);
    char *colon = strchr(name, ':');
    if (colon) {
        *colon = '\0';
        if (number_parse(colon + 1, COLUMN_WIDTH_LEAST, COLUMN_WIDTH_MOST, &width) < 0)
            return wrong_width(error, colon + 1);
    }
    int column = column_from_name(name);
    if (column < 0)
        return wrong_column(error, name);
    if (column == COLUMN_COMMAND || column_set_find(set, (enum column)column) >= 0)
        return 0;
    set->choices[set->count++] =
        (struct column_choice){(unsigned char)column, (unsigned char)width};
    return 0;
}

static int parse_list(const char *text, struct column_set *set, struct error *error)
{
    while (*text != '\0') {
        text += strspn(text, ", \t");
        size_t length = strcspn(text, ", \t");
        char word[48];
        (void)snprintf(word, sizeof(word), "%.*s", (int)length, text);
        int r = length > 0 ? parse_choice(word, set, error) : 0;
        if (r < 0)
            return r;
        text += length;
    }
    return set->count > 0 ? 0 : error_set(error, -EINVAL, _("it names no column"));
}

int column_set_parse(const char *text, struct column_set *set, struct error *error)
{
    for (int preset = 0; preset < PRESET_COUNT; preset++)
        if (strcasecmp(text, presets[preset].name) == 0) {
            *set = column_preset((enum column_preset)preset);
            return 0;
        }
    struct column_set parsed = *text == '+' ? *set : (struct column_set){0};
    int r = parse_list(*text == '+' ? text + 1 : text, &parsed, error);
    if (r == 0)
        *set = parsed;
    return r;
}

void column_set_print_choice(struct column_choice choice, struct strbuf *out)
{
    for (const char *at = columns[choice.column].title; *at != '\0'; at++)
        strbuf_putc(out, *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at);
    if (choice.width > 0)
        strbuf_printf(out, ":%d", choice.width);
}

void column_set_print(const struct column_set *set, struct strbuf *out)
{
    enum column_preset preset = column_preset_of(set);
    if (preset != PRESET_COUNT) {
        strbuf_puts(out, presets[preset].name);
        return;
    }
    for (int i = 0; i < set->count; i++) {
        strbuf_puts(out, i > 0 ? "," : "");
        column_set_print_choice(set->choices[i], out);
    }
}

/* ---- changing it ---- */

int column_set_find(const struct column_set *set, enum column column)
{
    for (int i = 0; i < set->count; i++)
        if (set->choices[i].column == (unsigned char)column)
            return i;
    return -1;
}

void column_set_toggle(struct column_set *set, enum column column)
{
    int at = column_set_find(set, column);
    if (column == COLUMN_COMMAND || (at >= 0 && set->count == 1))
        return;
    if (at < 0) {
        set->choices[set->count++] = (struct column_choice){.column = (unsigned char)column};
        return;
    }
    set->count--;
    memmove(&set->choices[at], &set->choices[at + 1],
            (size_t)(set->count - at) * sizeof(set->choices[0]));
    set->choices[set->count] = (struct column_choice){0};
}

void column_set_move(struct column_set *set, enum column column, int step)
{
    int at = column_set_find(set, column), to = at + step;
    if (at < 0 || to < 0 || to >= set->count)
        return;
    struct column_choice moved = set->choices[at];
    set->choices[at] = set->choices[to];
    set->choices[to] = moved;
}

void column_set_widen(struct column_set *set, enum column column, int width, int step)
{
    int at = column_set_find(set, column);
    width += step;
    if (at >= 0 && width >= COLUMN_WIDTH_LEAST && width <= COLUMN_WIDTH_MOST)
        set->choices[at].width = (unsigned char)width;
}

/* ---- on the screen ---- */

enum {
    COMMAND_COLS_LEAST = 16
};

int column_set_cols(const struct column_set *set, pid_t pid_max)
{
    int cols = COLUMN_MARKS_COLS;
    for (int i = 0; i < set->count; i++) {
        const struct column_choice *choice = &set->choices[i];
        cols += 1 + (choice->width > 0 ? choice->width
                                       : column_width((enum column)choice->column, pid_max));
    }
    return set->count > 0 ? cols : columns_good_cols(pid_max);
}

size_t column_set_fit(const struct column_set *set, int cols, pid_t pid_max,
                      struct column_place ret_places[static COLUMN_COUNT], size_t *ret_left_out)
{
    size_t count = 0;
    int col = COLUMN_MARKS_COLS;
    if (ret_left_out)
        *ret_left_out = 0;
    if (set->count == 0)
        return columns_fit(cols, pid_max, ret_places);
    for (; count < set->count; count++) {
        const struct column_choice *choice = &set->choices[count];
        enum column column = (enum column)choice->column;
        int width = choice->width > 0 ? choice->width : column_width(column, pid_max);
        if (count > 0 && cols - col - width - 1 < COMMAND_COLS_LEAST)
            break;
        ret_places[count] = (struct column_place){column, col, width};
        col += width + 1;
    }
    if (ret_left_out)
        *ret_left_out = set->count - count;
    ret_places[count] = (struct column_place){COLUMN_COMMAND, col, cols - col > 0 ? cols - col : 1};
    return count + 1;
}
