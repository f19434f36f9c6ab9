#include "reaptop/view/explain.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/origin.h"
#include "reaptop/model/signals.h"
#include "reaptop/view/columns.h"

enum {
    LABEL_COLS = 13,
    NAMESAKES_MAX = 8,
    NAME_COLS = 24
};

int explain_find(const char *topic, struct reference *ret_entry)
{
    int r = reference_find(topic, ret_entry);
    int column = r < 0 ? column_from_name(topic) : -1;
    if (column < 0)
        return r;
    char name[64];
    (void)snprintf(name, sizeof(name), "field:%s", fields[columns[column].field].name);
    return reference_find(name, ret_entry);
}

static void add_headline(struct document *doc, const struct reference *entry)
{
    document_begin(doc, 0);
    if (entry->kind == REFERENCE_STATE)
        document_add(doc, style_of_state(entry->name[0]), "%s", entry->name);
    else if (entry->kind == REFERENCE_SIGNAL)
        document_add(doc, STYLE_STRONG, "SIG%s (%d)", entry->name, entry->number);
    else if (entry->kind == REFERENCE_ERRNO)
        document_add(doc, STYLE_STRONG, "%s (%d)", entry->name, entry->number);
    else
        document_add(doc, STYLE_STRONG, "%s", entry->name);
    document_add(doc, STYLE_DIM, ", %s", _(reference_kind_name(entry->kind)));
    if (entry->kind == REFERENCE_SIGNAL)
        document_add(doc, STYLE_NORMAL, _(": by default %s"), entry->title);
    else if (*entry->title != '\0')
        document_add(doc, STYLE_NORMAL, ": %s", entry->title);
}

/*
 * The tables' texts begin in lower case where they also stand in a list; the name of a call, as
 * write(2), stays as it is. A language whose sentences end otherwise than in "." has no capitals
 * either.
 */
static void add_sentence(struct document *doc, const char *text)
{
    const char *stop = _(".");
    size_t length = strlen(text), stop_length = strlen(stop);
    bool is_word = strcmp(stop, ".") == 0 && length > 1 && islower((unsigned char)text[0]) &&
                   !isupper((unsigned char)text[1]) && text[strcspn(text, " (")] != '(';
    bool has_stop = length >= stop_length && strcmp(text + length - stop_length, stop) == 0;
    document_add(doc, STYLE_NORMAL, "%c%s%s", is_word ? toupper((unsigned char)text[0]) : text[0],
                 length > 0 ? text + 1 : "", has_stop ? "" : stop);
}

static void add_namesakes(struct document *doc, const struct reference *entry)
{
    size_t indices[NAMESAKES_MAX];
    size_t count = reference_namesakes(entry, NAMESAKES_MAX, indices);
    if (count == 0)
        return;
    _cleanup_(strbuf_done) struct strbuf list = STRBUF_INIT;
    for (size_t i = 0; i < count; i++) {
        struct reference other = reference_at(indices[i]);
        strbuf_printf(&list, "%s%s %s", i > 0 ? ", " : "", reference_kind_name(other.kind),
                      other.name);
    }
    document_field(doc, 0, LABEL_COLS, _("see also"), STYLE_NORMAL, "%s", strbuf_text(&list));
}

void explain_entry(struct document *doc, const struct reference *entry)
{
    add_headline(doc, entry);
    document_begin(doc, 2);
    add_sentence(doc, entry->meaning);
    if (entry->advice) {
        document_begin(doc, 2);
        add_sentence(doc, entry->advice);
    }
    if (entry->origin) {
        _cleanup_(strbuf_done) struct strbuf origin = STRBUF_INIT;
        origin_add(&origin, entry->origin);
        document_field(doc, 0, LABEL_COLS, _("from"), STYLE_NORMAL, "%s", strbuf_text(&origin));
    }
    document_field(doc, 0, LABEL_COLS, _("manual page"), STYLE_NORMAL, "%s", entry->manual);
    if (entry->lab)
        document_field(doc, 0, LABEL_COLS, _("see it"), STYLE_NORMAL, "reaptop lab %s", entry->lab);
    add_namesakes(doc, entry);
}

static void add_list_line(struct document *doc, const struct reference *entry)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_STRONG, "%s", entry->name);
    document_pad(doc, entry->kind == REFERENCE_STATE ? 3 : NAME_COLS);
    if (entry->kind == REFERENCE_ERRNO)
        document_add(doc, STYLE_NORMAL, "%3d  ", entry->number);
    document_add(doc, STYLE_NORMAL, "%s", *entry->title != '\0' ? entry->title : entry->meaning);
}

void explain_list(struct document *doc, enum reference_kind kind)
{
    if (kind == REFERENCE_SIGNAL) {
        explain_signals(doc);
        return;
    }
    if (kind == REFERENCE_STATE) {
        explain_diagram(doc, '\0');
        document_begin(doc, 0);
    }
    for (size_t i = 0; i < reference_count(); i++) {
        struct reference entry = reference_at(i);
        if (entry.kind == kind)
            add_list_line(doc, &entry);
    }
}

void explain_columns(struct document *doc)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct field_info *field = &fields[columns[i].field];
        document_begin(doc, 0);
        document_add(doc, STYLE_STRONG, "%s", columns[i].title);
        document_pad(doc, 10);
        document_add(doc, STYLE_DIM, "%s", field->name);
        document_pad(doc, NAME_COLS);
        document_add(doc, STYLE_NORMAL, "%s", _(field->summary));
    }
}

void explain_signals(struct document *doc)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_HEADING, "%s", _("NO."));
    document_pad(doc, 5);
    document_add(doc, STYLE_HEADING, "%s", _("NAME"));
    document_pad(doc, 15);
    document_add(doc, STYLE_HEADING, "%s", _("DEFAULT"));
    document_pad(doc, 26);
    document_add(doc, STYLE_HEADING, "%s", _("MEANING"));
    for (size_t i = 0; i < signals_count(); i++) {
        const struct signal_info *info = &signals[i];
        document_begin(doc, 0);
        document_add(doc, STYLE_NORMAL, "%3d  ", info->number);
        document_add(doc, STYLE_STRONG, "%s", info->name);
        document_pad(doc, 15);
        document_add(doc, STYLE_NORMAL, "%s", signal_action_word(info->action));
        document_pad(doc, 26);
        document_add(doc, STYLE_NORMAL, "%s", _(info->meaning));
        document_mark(doc, (uint64_t)info->number);
    }
}

void explain_overview(struct document *doc)
{
    static const char *const forms[][2] = {
        {"explain T", N_("a state letter; T and t are two")},
        {"explain SIGTERM", N_("a signal, by name or number")},
        {"explain rss_kib", N_("a field or a column")},
        {"explain EPERM", N_("an errno")},
        {"explain zombie", N_("a term")},
        {"explain event exit", N_("one kind's entry, where several have the name")},
        {"explain states",
         N_("all of a kind: states, signals, terms, fields, columns, errnos, events")},
    };
    for (size_t i = 0; i < ELEMENTS(forms); i++) {
        document_begin(doc, 0);
        document_add(doc, STYLE_STRONG, "%s", forms[i][0]);
        document_pad(doc, NAME_COLS);
        document_add(doc, STYLE_NORMAL, "%s", _(forms[i][1]));
    }
}

/* ---- the diagram ---- */

#define LABEL_COL   16 /* where the words beside an arrow begin, */
#define LABELS_COLS 33 /* and the room they have */

/* A line: what is left of the words, the words, what is right of them. @x@: the box of state x. */
static const struct {
    const char *left, *label, *right;
} drawing[] = {
    {"     fork(2)", NULL, NULL},
    {"        |", NULL, NULL},
    {"        v", NULL, NULL},
    {"    +-------+", N_("it waits; a signal can wake it"), "+-------+"},
    {"    |       | ---------------------------------> |@S@|", NULL, NULL},
    {"    |       | <--------------------------------- +-------+", NULL, NULL},
    {"    |       |", N_("what it waited for, or a signal"), NULL},
    {"    |       |", NULL, NULL},
    {"    |       |", N_("it waits undisturbed"), "+-------+"},
    {"    |       | ---------------------------------> |@D@|", NULL, NULL},
    {"    |       | <--------------------------------- +-------+", NULL, NULL},
    {"    |@R@|", N_("what it waited for"), NULL},
    {"    |       |", NULL, NULL},
    {"    |       |", "SIGSTOP TSTP TTIN TTOU", "+-------+"},
    {"    |       | ---------------------------------> |@T@|", NULL, NULL},
    {"    |       | <--------------------------------- +-------+", NULL, NULL},
    {"    |       |", "SIGCONT", NULL},
    {"    |       |", NULL, NULL},
    {"    |       |", N_("ptrace(2) stop"), "+-------+"},
    {"    |       | ---------------------------------> |@t@|", NULL, NULL},
    {"    |       | <--------------------------------- +-------+", NULL, NULL},
    {"    +-------+", N_("its tracer lets it run"), NULL},
    {"        |", NULL, NULL},
    {"        |", N_("exit(2), or a signal that ends it"), NULL},
    {"        v", NULL, NULL},
    {"    +-------+", N_("its parent calls wait(2)"), "+-------+"},
    {"    |@Z@| ---------------------------------> |@X@|", N_("gone"), NULL},
    {"    +-------+", NULL, "+-------+"},
};

static void add_box(struct document *doc, char state, char current)
{
    if (state == current)
        document_add(doc, style_of_state(state), ">> %c <<", state);
    else
        document_add(doc, STYLE_STRONG, "   %c   ", state);
}

static void add_drawn(struct document *doc, const char *line, char current)
{
    while (*line != '\0') {
        size_t length = strcspn(line, "@");
        document_add(doc, STYLE_NORMAL, "%.*s", (int)length, line);
        line += length;
        if (line[0] == '@' && line[1] != '\0' && line[2] == '@') {
            add_box(doc, line[1], current);
            line += 3;
        }
    }
}

void explain_diagram(struct document *doc, char current)
{
    for (size_t i = 0; i < ELEMENTS(drawing); i++) {
        document_begin(doc, 0);
        add_drawn(doc, drawing[i].left, current);
        if (drawing[i].label) {
            document_pad(doc, LABEL_COL);
            document_add(doc, STYLE_NORMAL, "%s", _(drawing[i].label));
        }
        if (drawing[i].right) {
            document_pad(doc, LABEL_COL + LABELS_COLS);
            add_drawn(doc, drawing[i].right, current);
        }
    }
    document_begin(doc, 0);
    document_begin(doc, 0);
    document_add(doc, STYLE_NORMAL, "%s",
                 _("Where a parent ignores SIGCHLD no zombie stays: Z and X last an instant."));
    document_begin(doc, 0);
    document_add(doc, STYLE_NORMAL, "%s",
                 _("Kernel threads also show I (idle, waits for work) and P (parked)."));
}
