#include <stdio.h>
#include <string.h>

#include "help_screen.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"

enum {
    HELP_KEYS_COLS = 14,
    HELP_TWO_COLS = 110, /* from here the keys stand in two columns */
};

/* ---- what the selected cell means ---- */

static void add_meanings(const struct ui *ui, const struct scene *scene, struct document *doc)
{
    char state = ui_selected_state(ui, scene);
    char topic[64];
    if (!scene->explain)
        return;
    document_begin(doc, 0);
    document_add(doc, STYLE_TITLE, "%s", columns[ui->column].title);
    (void)snprintf(topic, sizeof(topic), "field %s", fields[columns[ui->column].field].name);
    (void)scene->explain(topic, doc);
    if (state == '\0')
        return;
    document_heading(doc, _("State %c %s"), state, state_word(state));
    (void)snprintf(topic, sizeof(topic), "state %c", state);
    (void)scene->explain(topic, doc);
}

/* ---- the keys ---- */

/* Its keys; one without a key is done by its name in the palette. */
static void add_keys_of(const struct ui *ui, struct document *doc, enum action action)
{
    _cleanup_(strbuf_done) struct strbuf keys = STRBUF_INIT;
    action_keys(&ui->settings, action, &keys);
    if (keys.length == 0)
        strbuf_printf(&keys, ": %s", actions[action].name);
    document_add(doc, STYLE_KEY, "%s", strbuf_text(&keys));
}

static void add_action(const struct ui *ui, struct document *doc, enum action action)
{
    add_keys_of(ui, doc, action);
    document_pad(doc, HELP_KEYS_COLS);
    document_add(doc, STYLE_NORMAL, " %s", _(actions[action].help));
}

static enum action next_in_group(enum action_group group, enum action action)
{
    for (int next = (int)action + 1; next < ACTION_COUNT; next++)
        if (actions[next].group == group)
            return (enum action)next;
    return ACTION_NONE;
}

static void add_group(const struct ui *ui, struct document *doc, enum action_group group)
{
    document_heading(doc, "%s", action_group_title(group));
    for (enum action at = next_in_group(group, ACTION_NONE); at; at = next_in_group(group, at)) {
        document_begin(doc, 2);
        add_action(ui, doc, at);
    }
}

/* One of two columns: groups below each other, and what is left of the one it has come to. */
struct help_column {
    const enum action_group *groups;
    size_t count, done;
    enum action at;
    const char *rest; /* of the help of the action before */
    size_t column, text_columns;
    bool is_apart; /* a blank line stands before the next group */
};

static bool has_more(const struct help_column *side)
{
    return side->done < side->count || side->at || (side->rest && *side->rest);
}

static void add_column_title(struct document *doc, struct help_column *side)
{
    if (side->done == side->count)
        return;
    if (!side->is_apart) {
        side->is_apart = true;
        return;
    }
    side->is_apart = false;
    enum action_group group = side->groups[side->done++];
    document_pad(doc, side->column - 2);
    document_add(doc, STYLE_TITLE, "%s", action_group_title(group));
    side->at = next_in_group(group, ACTION_NONE);
}

static void add_column_line(const struct ui *ui, struct document *doc, struct help_column *side)
{
    if (!side->rest || !*side->rest) {
        if (!side->at) {
            add_column_title(doc, side);
            return;
        }
        document_pad(doc, side->column);
        add_keys_of(ui, doc, side->at);
        side->rest = _(actions[side->at].help);
        side->at = next_in_group(actions[side->at].group, side->at);
    }
    size_t used = document_fit(side->rest, strlen(side->rest), side->text_columns);
    document_pad(doc, side->column + HELP_KEYS_COLS + 1);
    document_add_text(doc, STYLE_NORMAL, side->rest, used);
    for (side->rest += used; *side->rest == ' ';)
        side->rest++;
}

static void add_two_columns(const struct ui *ui, struct document *doc, size_t cols)
{
    static const enum action_group left[] = {GROUP_MOVE, GROUP_FIND, GROUP_SHAPE, GROUP_PROGRAM},
                                   right[] = {GROUP_LOOK, GROUP_ACT, GROUP_REPLAY};
    size_t half = cols / 2, text_columns = half - HELP_KEYS_COLS - 5;
    struct help_column l = {
        .groups = left, .count = ELEMENTS(left), .column = 2, .text_columns = text_columns};
    struct help_column r = {
        .groups = right, .count = ELEMENTS(right), .column = half, .text_columns = text_columns};
    while (has_more(&l) || has_more(&r)) {
        document_begin(doc, 0);
        add_column_line(ui, doc, &l);
        add_column_line(ui, doc, &r);
    }
}

static void add_marks(struct document *doc)
{
    static const struct {
        const char *mark;
        enum style style;
        const char *meaning;
    } marks[] = {
        {"*", STYLE_TAGGED, N_("tagged")},
        {"+", STYLE_NEW, N_("just started")},
        {"~", STYLE_CHANGED, N_("just changed its state, name, parent or user")},
        {"x", STYLE_DYING, N_("just ended and reaped; it stays in sight for a moment")},
        {"[+3]", STYLE_STRONG,
         N_("a folded branch with that many descendants; dim: reaptop's helpers")},
        {"<defunct>", STYLE_ZOMBIE, N_("a zombie: dead, its parent has not collected it")},
    };
    document_heading(doc, "%s", _("Marks"));
    for (size_t i = 0; i < ELEMENTS(marks); i++) {
        document_begin(doc, 2);
        document_add(doc, marks[i].style, "%s", marks[i].mark);
        document_pad(doc, HELP_KEYS_COLS);
        document_add(doc, STYLE_NORMAL, " %s", _(marks[i].meaning));
    }
}

static void add_states(struct document *doc)
{
    static const char states[] = "RSDTtZXIP";
    document_heading(doc, "%s", _("States"));
    for (const char *state = states; *state; state++) {
        document_begin(doc, 2);
        document_add(doc, style_of_state(*state), "%c %s", *state, state_word(*state));
    }
}

static void add_keys(const struct ui *ui, size_t cols, struct document *doc)
{
    if (cols >= HELP_TWO_COLS) {
        add_two_columns(ui, doc, cols);
    } else {
        for (int group = 0; group < GROUP_COUNT; group++)
            add_group(ui, doc, (enum action_group)group);
    }
    add_marks(doc);
    add_states(doc);
}

/* Who went to a cell asks what it means; who did not, what to press. */
void help_document(const struct ui *ui, const struct scene *scene, size_t cols,
                   struct document *doc)
{
    bool is_of_cell = ui->column != COLUMN_COMMAND;
    _cleanup_(document_done) struct document meanings = DOCUMENT_INIT;
    add_meanings(ui, scene, &meanings);
    if (!is_of_cell) {
        document_begin(doc, 0);
        document_add(doc, STYLE_DIM, "%s",
                     _("Left and Right choose a cell; ? there tells what it means"));
        add_keys(ui, cols, doc);
        document_begin(doc, 0);
    }
    document_wrap(&meanings, cols > 8 ? cols - 4 : cols, doc);
    if (is_of_cell)
        add_keys(ui, cols, doc);
}
