#include <stdio.h>
#include <string.h>

#include "parts.h"
#include "reaptop/base/gettext.h"

enum {
    HELP_KEYS_COLS = 14,
    HELP_TWO_COLS = 110, /* from here two groups stand side by side */
};

/* ---- what the selected cell means ---- */

static bool explain_into(const struct scene *scene, const char *topic, struct document *doc)
{
    return scene->explain && scene->explain(topic, doc);
}

static void add_meanings(const struct ui *ui, const struct scene *scene, struct document *doc)
{
    const struct process *process = ui_selected(ui, scene);
    const struct column_info *column = &columns[ui->column];
    document_heading(doc, "%s", column->title);
    if (!explain_into(scene, column->title, doc)) {
        const struct field_info *field = &fields[column->field];
        document_begin(doc, 2);
        document_add(doc, STYLE_NORMAL, "%s", _(field->summary));
        document_begin(doc, 2);
        document_add(doc, STYLE_DIM, "%s, %s", field->origin, field->manual);
    }
    if (!process)
        return;
    char letter[2] = {process->state, '\0'};
    document_heading(doc, _("State %s: %s"), letter, state_word(process->state));
    if (!explain_into(scene, letter, doc)) {
        document_begin(doc, 2);
        document_add(doc, STYLE_NORMAL, _("%d is in it now"), (int)process->id.pid);
    }
}

/* ---- the keys ---- */

static void add_action(const struct ui *ui, struct document *doc, enum action action, size_t column)
{
    struct strbuf keys = STRBUF_INIT;
    action_keys(ui->settings.profile, action, &keys);
    document_pad(doc, column);
    document_add(doc, STYLE_KEY, "%s", strbuf_text(&keys));
    document_pad(doc, column + HELP_KEYS_COLS);
    document_add(doc, STYLE_NORMAL, " %s", _(actions[action].help));
    strbuf_done(&keys);
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
        add_action(ui, doc, at, 0);
    }
}

static void add_two_groups(const struct ui *ui, struct document *doc, enum action_group left,
                           enum action_group right, size_t column)
{
    document_heading(doc, "%s", action_group_title(left));
    document_pad(doc, column + 2);
    document_add(doc, STYLE_TITLE, "%s", action_group_title(right));
    enum action l = next_in_group(left, ACTION_NONE), r = next_in_group(right, ACTION_NONE);
    while (l || r) {
        document_begin(doc, 2);
        if (l)
            add_action(ui, doc, l, 0);
        if (r)
            add_action(ui, doc, r, column);
        l = l ? next_in_group(left, l) : l;
        r = r ? next_in_group(right, r) : r;
    }
}

static void add_marks(const struct scene *scene, struct document *doc)
{
    static const struct {
        const char *mark;
        enum style style;
        const char *meaning;
    } marks[] = {
        {"*", STYLE_TAGGED, N_("tagged")},
        {"+", STYLE_NEW, N_("just born")},
        {"~", STYLE_CHANGED, N_("just changed its state, name, parent or user")},
        {"x", STYLE_DYING, N_("just ended and reaped; it stays in sight for a moment")},
        {"[+3]", STYLE_STRONG, N_("a folded branch with so many descendants")},
        {"<defunct>", STYLE_ZOMBIE, N_("a zombie: dead, its parent has not waited for it")},
    };
    (void)scene;
    document_heading(doc, "%s", _("Marks"));
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
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

void help_document(const struct ui *ui, const struct scene *scene, size_t cols,
                   struct document *doc)
{
    add_meanings(ui, scene, doc);
    if (cols >= HELP_TWO_COLS) {
        add_two_groups(ui, doc, GROUP_MOVE, GROUP_LOOK, cols / 2);
        add_two_groups(ui, doc, GROUP_FIND, GROUP_SHAPE, cols / 2);
        add_two_groups(ui, doc, GROUP_ACT, GROUP_PROGRAM, cols / 2);
    } else {
        for (int group = 0; group < GROUP_COUNT; group++)
            add_group(ui, doc, (enum action_group)group);
    }
    add_marks(scene, doc);
    add_states(doc);
}
