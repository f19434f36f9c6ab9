#include "reaptop/view/actions.h"

#include "act.h"
#include "reaptop/base/gettext.h"

/* clang-format off */
#define C(c)        {.kind = KEY_CHARACTER, .code = (c)}
#define CTRL(c)     {.kind = KEY_CONTROL, .code = (c)}
#define F(n)        {.kind = KEY_FUNCTION, .code = (n)}
#define NAMED(name) {.kind = KEY_SPECIAL, .code = (name)}
#define EACH(...)   {__VA_ARGS__}

/* The same keys in every profile, or not. */
#define KEYS(...) .keys = {[PROFILE_DEFAULT] = {__VA_ARGS__}, [PROFILE_VIM] = {__VA_ARGS__}}
#define KEYS_DIFFER(usual, vim) .keys = {[PROFILE_DEFAULT] = usual, [PROFILE_VIM] = vim}

const struct action_info actions[ACTION_COUNT] = {
    [ACTION_UP] = {
        "up", act_move, GROUP_MOVE, 0, 0, "", N_("up one row"),
        KEYS_DIFFER(EACH(NAMED(KEY_IS_UP)), EACH(NAMED(KEY_IS_UP), C('k'))),
    },
    [ACTION_DOWN] = {
        "down", act_move, GROUP_MOVE, 0, 0, "", N_("down one row"),
        KEYS(NAMED(KEY_IS_DOWN), C('j')),
    },
    [ACTION_LEFT] = {
        "left", act_move, GROUP_MOVE, 0, 0, "", N_("the cell to the left; back along a long line"),
        KEYS_DIFFER(EACH(NAMED(KEY_IS_LEFT)), EACH(NAMED(KEY_IS_LEFT), C('h'))),
    },
    [ACTION_RIGHT] = {
        "right", act_move, GROUP_MOVE, 0, 0, "", N_("the cell to the right; on along a long line"),
        KEYS_DIFFER(EACH(NAMED(KEY_IS_RIGHT)), EACH(NAMED(KEY_IS_RIGHT), C('l'))),
    },
    [ACTION_PAGE_UP] = {
        "page-up", act_move, GROUP_MOVE, 0, 0, "", N_("up one page"),
        KEYS(NAMED(KEY_IS_PAGE_UP), CTRL('B')),
    },
    [ACTION_PAGE_DOWN] = {
        "page-down", act_move, GROUP_MOVE, 0, 0, "", N_("down one page"),
        KEYS(NAMED(KEY_IS_PAGE_DOWN), CTRL('F')),
    },
    [ACTION_FIRST] = {
        "first", act_move, GROUP_MOVE, 0, 0, "", N_("the first row"),
        KEYS(NAMED(KEY_IS_HOME), C('g')),
    },
    [ACTION_LAST] = {
        "last", act_move, GROUP_MOVE, 0, 0, "", N_("the last row"),
        KEYS(NAMED(KEY_IS_END), C('G')),
    },

    [ACTION_INSPECT] = {
        "inspect", act_inspect, GROUP_LOOK, ACTION_NEEDS_PROCESS, 2, N_("Inspect"),
        N_("look inside the process; on a line: go where it leads"),
        KEYS(NAMED(KEY_IS_ENTER)),
    },
    [ACTION_NEXT_TAB] = {
        "next-tab", act_tab, GROUP_LOOK, ACTION_NEEDS_PROCESS, 0, "",
        N_("the inspector's next tab; 1 to 9 pick one"),
        KEYS(NAMED(KEY_IS_TAB)),
    },
    [ACTION_PREVIOUS_TAB] = {
        "previous-tab", act_tab, GROUP_LOOK, ACTION_NEEDS_PROCESS, 0, "", N_("the inspector's previous tab"),
        KEYS(NAMED(KEY_IS_BACK_TAB)),
    },
    [ACTION_WHY] = {
        "why", act_why, GROUP_LOOK, ACTION_NEEDS_PROCESS, 3, N_("Why"),
        N_("why it is in its state, what it waits for, who must act"),
        KEYS(C('y')),
    },
    [ACTION_EVENTS] = {
        "events", act_events, GROUP_LOOK, 0, 11, N_("Events"),
        N_("go to the events; there once more: put them away"),
        KEYS(C('E')),
    },
    [ACTION_ENDED] = {
        "ended", act_ended, GROUP_LOOK, 0, 0, "", N_("who ended lately; type to search, Enter: its life"),
        KEYS(C('x')),
    },
    [ACTION_FOLLOW] = {
        "follow", act_follow, GROUP_LOOK, ACTION_NEEDS_PROCESS, 0, "",
        N_("keep the process in the middle until the cursor is moved"),
        KEYS(C('F')),
    },
    [ACTION_PAUSE] = {
        "pause", act_pause, GROUP_LOOK, 0, 0, "", N_("hold the screen still; once more: go on"),
        KEYS(C('Z')),
    },

    [ACTION_SEARCH] = {
        "search", act_search, GROUP_FIND, 0, 5, N_("Search"), N_("find a name or command line as you type"),
        KEYS(C('/'), F(3)),
    },
    [ACTION_SEARCH_NEXT] = {
        "search-next", act_search_again, GROUP_FIND, 0, 0, "", N_("the next that was searched for"),
        KEYS(C('.'), CTRL('N')),
    },
    [ACTION_SEARCH_PREVIOUS] = {
        "search-previous", act_search_again, GROUP_FIND, 0, 0, "", N_("the one before that was searched for"),
        KEYS(C(','), CTRL('P')),
    },
    [ACTION_FILTER] = {
        "filter", act_filter, GROUP_FIND, 0, 6, N_("Filter"),
        N_("filter by an expression, state=Z; in the events: by kind"),
        KEYS(C('\\'), F(4)),
    },
    [ACTION_USER] = {
        "user", act_user, GROUP_FIND, 0, 0, "", N_("show only one user's processes; in the events: only theirs"),
        KEYS(C('u')),
    },
    [ACTION_LEAVE] = {
        "leave", act_leave, GROUP_FIND, 0, 0, "", N_("leave a dialog, the inspector, the search, the filter"),
        KEYS(NAMED(KEY_IS_ESCAPE)),
    },

    [ACTION_TREE] = {
        "tree", act_shape, GROUP_SHAPE, 0, 12, N_("Tree"), N_("tree, or flat list in the order of a column"),
        KEYS(C('t'), F(5)),
    },
    [ACTION_ORIGIN] = {
        "origin", act_shape, GROUP_SHAPE, ACTION_NEEDS_TREE, 0, "",
        N_("orphans where they were born; again: both trees"),
        KEYS(C('o')),
    },
    [ACTION_UNFOLD] = {
        "unfold", act_fold, GROUP_SHAPE, ACTION_NEEDS_PROCESS | ACTION_NEEDS_TREE, 0, "",
        N_("unfold the branch"),
        KEYS(C('+'), C('=')),
    },
    [ACTION_FOLD] = {
        "fold", act_fold, GROUP_SHAPE, ACTION_NEEDS_PROCESS | ACTION_NEEDS_TREE, 0, "", N_("fold the branch"),
        KEYS(C('-')),
    },
    [ACTION_FOLD_ALL] = {
        "fold-all", act_fold_all, GROUP_SHAPE, ACTION_NEEDS_TREE, 0, "",
        N_("fold every branch; where some are folded: unfold all"),
        KEYS(C('*')),
    },
    [ACTION_SORT] = {
        "sort", act_sort, GROUP_SHAPE, 0, 13, N_("Sort"), N_("choose the column to sort by"),
        KEYS(F(6), C('s')),
    },
    [ACTION_SORT_LEFT] = {
        "sort-left", act_sort_step, GROUP_SHAPE, 0, 0, "", N_("sort by the column to the left; in Maps: its lines"),
        KEYS(C('<')),
    },
    [ACTION_SORT_RIGHT] = {
        "sort-right", act_sort_step, GROUP_SHAPE, 0, 0, "", N_("sort by the column to the right; in Maps: its lines"),
        KEYS(C('>')),
    },
    [ACTION_INVERT] = {
        "invert", act_invert, GROUP_SHAPE, 0, 0, "", N_("turn the order round"),
        KEYS(C('I')),
    },
    [ACTION_COLUMNS] = {
        "columns", act_columns, GROUP_SHAPE, 0, 0, "", N_("choose the columns, their order and width"),
        KEYS(C('A')),
    },
    [ACTION_PRESET_OVERVIEW] = {
        "overview", act_preset, GROUP_SHAPE, 0, 0, "", N_("the usual columns, as many as there is room for"),
        KEYS(C('v')),
    },
    [ACTION_PRESET_MEMORY] = {
        "memory", act_preset, GROUP_SHAPE, 0, 0, "", N_("the columns of memory"),
        KEYS(C('r')),
    },
    [ACTION_PRESET_SCHEDULING] = {
        "scheduling", act_preset, GROUP_SHAPE, 0, 0, "", N_("the columns of scheduling"),
        KEYS(C('d')),
    },
    [ACTION_PRESET_FAMILY] = {
        "family", act_preset, GROUP_SHAPE, 0, 0, "", N_("the columns of parents, groups and sessions"),
        KEYS(C('f')),
    },
    [ACTION_THREADS] = {
        "threads", act_threads, GROUP_SHAPE, 0, 0, "", N_("show threads as rows, or not"),
        KEYS(C('H')),
    },
    [ACTION_KERNEL] = {
        "kernel", act_kernel, GROUP_SHAPE, 0, 0, "", N_("show kernel threads, or not"),
        KEYS_DIFFER(EACH(C('K')), EACH(C('#'))),
    },

    [ACTION_TAG] = {
        "tag", act_tag, GROUP_ACT, ACTION_NEEDS_PROCESS, 9, N_("Tag"), N_("tag the process, or untag it"),
        KEYS(C(' ')),
    },
    [ACTION_TAG_SUBTREE] = {
        "tag-subtree", act_tag_subtree, GROUP_ACT, ACTION_NEEDS_PROCESS, 0, "",
        N_("tag it and its descendants; in the events: only theirs"),
        KEYS(C('c')),
    },
    [ACTION_UNTAG] = {
        "untag", act_untag, GROUP_ACT, 0, 0, "", N_("untag all"),
        KEYS(C('U')),
    },
    [ACTION_SIGNAL] = {
        "signal", act_signal, GROUP_ACT, ACTION_NEEDS_PROCESS | ACTION_CHANGES, 4, N_("Signal"),
        N_("choose a signal, see what it would do, send it"),
        KEYS_DIFFER(EACH(C('k'), F(9)), EACH(C('K'), F(9))),
    },
    [ACTION_NEW_CHILD] = {
        "new-child", act_new_child, GROUP_ACT, ACTION_CHANGES, 7, N_("New"),
        N_("start a child of reaptop: a command or a ready-made one"),
        KEYS(C('n')),
    },
    [ACTION_REAP] = {
        "reap", act_reap, GROUP_ACT, ACTION_NEEDS_PROCESS | ACTION_CHANGES, 0, "",
        N_("reap the selected zombie, if it is reaptop's own child"),
        KEYS(C('w')),
    },
    [ACTION_LAB] = {
        "lab", act_lab, GROUP_ACT, ACTION_CHANGES, 10, N_("Lab"),
        N_("choose an experiment; while one runs: go to it"),
        KEYS(C('L')),
    },

    [ACTION_PLAY] = {
        "play", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY, 1, N_("Hold"),
        N_("hold the recording; once more: play on"),
        KEYS(C('p')),
    },
    [ACTION_STEP] = {
        "step", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY, 2, N_("Next"),
        N_("the next refresh"),
        KEYS(C(']')),
    },
    [ACTION_STEP_BACK] = {
        "step-back", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY, 3, N_("Back"),
        N_("the refresh before"),
        KEYS(C('[')),
    },
    [ACTION_FASTER] = {
        "faster", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY, 6, N_("Faster"),
        N_("play twice as fast"),
        KEYS(C(')')),
    },
    [ACTION_SLOWER] = {
        "slower", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY, 7, N_("Slower"),
        N_("play half as fast"),
        KEYS(C('(')),
    },
    [ACTION_NEXT_EVENT] = {
        "next-event", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY | ACTION_NEEDS_PROCESS, 0, "",
        N_("on to the selected process's next event"),
        KEYS(C('}')),
    },
    [ACTION_PREVIOUS_EVENT] = {
        "previous-event", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY | ACTION_NEEDS_PROCESS, 0, "",
        N_("back to the selected process's event before"),
        KEYS(C('{')),
    },
    [ACTION_NEXT_SHOWN] = {
        "next-shown-event", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY, 4, N_("Event"),
        N_("on to the next event that the events region shows (E)"),
        KEYS(C(';')),
    },
    [ACTION_PREVIOUS_SHOWN] = {
        "previous-shown-event", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY, 0, "",
        N_("back to the one before of those"),
        KEYS(C(':')),
    },
    [ACTION_BIRTH] = {
        "birth", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY | ACTION_NEEDS_PROCESS, 8, N_("Birth"),
        N_("to the birth of the selected process"),
        KEYS(C('B')),
    },
    [ACTION_DEATH] = {
        "death", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY | ACTION_NEEDS_PROCESS, 9, N_("Death"),
        N_("to the death of the selected process"),
        KEYS(C('D')),
    },
    [ACTION_GO_TO_TIME] = {
        "go-to-time", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY, 5, N_("Time"),
        N_("to a time: 14:03, 14:03:07, +30s, -5m"),
        KEYS(C('@')),
    },

    [ACTION_HELP] = {
        "help", act_help, GROUP_PROGRAM, 0, 1, N_("Help"), N_("help, and the meaning of the selected cell"),
        KEYS_DIFFER(EACH(F(1), C('?'), C('h')), EACH(F(1), C('?'))),
    },
    [ACTION_MANUAL] = {
        "manual", act_manual, GROUP_PROGRAM, 0, 0, "", N_("the manual page for what is selected"),
        KEYS(C('m')),
    },
    [ACTION_SETUP] = {
        "setup", act_setup, GROUP_PROGRAM, 0, 14, N_("Setup"), N_("settings"),
        KEYS(F(2), C('S')),
    },
    [ACTION_REDRAW] = {
        "redraw", act_redraw, GROUP_PROGRAM, 0, 0, "", N_("draw the screen anew"),
        KEYS(CTRL('L')),
    },
    [ACTION_SUSPEND] = {
        "suspend", act_suspend, GROUP_PROGRAM, 0, 0, "", N_("stop reaptop; the shell's fg continues it"),
        KEYS(CTRL('Z')),
    },
    [ACTION_QUIT] = {
        "quit", act_quit, GROUP_PROGRAM, 0, 8, N_("Quit"), N_("quit"),
        KEYS(C('q'), F(10)),
    },
};
/* clang-format on */

const char *action_group_title(enum action_group group)
{
    static const char *const titles[GROUP_COUNT] = {
        [GROUP_MOVE] = N_("Move"),       [GROUP_LOOK] = N_("Look"), [GROUP_FIND] = N_("Find"),
        [GROUP_SHAPE] = N_("Shape"),     [GROUP_ACT] = N_("Act"),   [GROUP_REPLAY] = N_("Replay"),
        [GROUP_PROGRAM] = N_("Program"),
    };
    return _(titles[group]);
}

enum action action_of_key(enum key_profile profile, struct key key)
{
    if (key.kind == KEY_NONE)
        return ACTION_NONE;
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++)
        for (int i = 0; i < ACTION_KEYS_MAX; i++)
            if (key_is_same(actions[action].keys[profile][i], key))
                return (enum action)action;
    return ACTION_NONE;
}

void action_keys(enum key_profile profile, enum action action, struct strbuf *out)
{
    for (int i = 0; i < ACTION_KEYS_MAX; i++) {
        struct key key = actions[action].keys[profile][i];
        char name[KEY_NAME_SIZE];
        if (key.kind == KEY_NONE)
            return;
        if (i > 0)
            strbuf_putc(out, ' ');
        strbuf_puts(out, key_label(key, name));
    }
}

/* ---- doing it ---- */

const char *action_refusal(const struct ui *ui, const struct scene *scene, enum action action)
{
    unsigned flags = actions[action].flags;
    if ((flags & ACTION_CHANGES) && scene->replay)
        return _("This is a recording: what is in it cannot be changed any more");
    if ((flags & ACTION_CHANGES) && scene->is_readonly)
        return _("Read-only: nothing can be signalled, started or changed");
    if ((flags & ACTION_NEEDS_REPLAY) && !scene->replay)
        return _(
            "This goes through a recording: reaptop record makes one, reaptop replay shows it");
    if ((flags & ACTION_NEEDS_PROCESS) && !ui_selected(ui, scene))
        return ui->is_cursor_lost ? _("The selected process has ended: choose another")
                                  : _("No process is selected");
    if ((flags & ACTION_NEEDS_TREE) && ui->settings.shape == TREE_FLAT)
        return _("The flat list has no branches: t shows the tree");
    return NULL;
}

struct intent ui_action(struct ui *ui, enum action action, const struct scene *scene)
{
    if (action <= ACTION_NONE || action >= ACTION_COUNT)
        return NO_INTENT;
    const char *refusal = action_refusal(ui, scene, action);
    if (!refusal)
        return actions[action].act(ui, scene, action);
    report(ui, scene, SEVERITY_WARNING, "%s", refusal);
    return NO_INTENT;
}
