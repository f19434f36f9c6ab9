#include "reaptop/view/actions.h"

#include "act.h"
#include "reaptop/base/gettext.h"

/* clang-format off */
#define C(c)        {.kind = KEY_CHARACTER, .code = (c)}
#define CTRL(c)     {.kind = KEY_CONTROL, .code = (c)}
#define F(n)        {.kind = KEY_FUNCTION, .code = (n)}
#define NAMED(name) {.kind = KEY_SPECIAL, .code = (name)}
#define EACH(...)   {__VA_ARGS__}

/* The same keys in every profile; others in the vim profile; others in each. */
#define KEYS(...) \
    .keys = {[PROFILE_DEFAULT] = {__VA_ARGS__}, [PROFILE_VIM] = {__VA_ARGS__}, [PROFILE_HTOP] = {__VA_ARGS__}}
#define KEYS_DIFFER(usual, vim) \
    .keys = {[PROFILE_DEFAULT] = usual, [PROFILE_VIM] = vim, [PROFILE_HTOP] = usual}
#define KEYS_OF_EACH(usual, vim, htop) \
    .keys = {[PROFILE_DEFAULT] = usual, [PROFILE_VIM] = vim, [PROFILE_HTOP] = htop}

const struct action_info actions[ACTION_COUNT] = {
    [ACTION_UP] = {
        "up", act_move, GROUP_MOVE, 0, 0, "", N_("up one row"),
        KEYS_OF_EACH(EACH(NAMED(KEY_IS_UP)), EACH(NAMED(KEY_IS_UP), C('k')),
                     EACH(NAMED(KEY_IS_UP), CTRL('P'))),
    },
    [ACTION_DOWN] = {
        "down", act_move, GROUP_MOVE, 0, 0, "", N_("down one row"),
        KEYS_OF_EACH(EACH(NAMED(KEY_IS_DOWN), C('j')), EACH(NAMED(KEY_IS_DOWN), C('j')),
                     EACH(NAMED(KEY_IS_DOWN), C('j'), CTRL('N'))),
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
        KEYS_DIFFER(EACH(NAMED(KEY_IS_PAGE_UP), CTRL('B')),
                    EACH(NAMED(KEY_IS_PAGE_UP), CTRL('B'), CTRL('U'))),
    },
    [ACTION_PAGE_DOWN] = {
        "page-down", act_move, GROUP_MOVE, 0, 0, "", N_("down one page"),
        KEYS_DIFFER(EACH(NAMED(KEY_IS_PAGE_DOWN), CTRL('F')),
                    EACH(NAMED(KEY_IS_PAGE_DOWN), CTRL('F'), CTRL('D'))),
    },
    [ACTION_FIRST] = {
        "first", act_move, GROUP_MOVE, 0, 0, "", N_("the first row"),
        KEYS(NAMED(KEY_IS_HOME), C('g')),
    },
    [ACTION_LAST] = {
        "last", act_move, GROUP_MOVE, 0, 0, "", N_("the last row"),
        KEYS(NAMED(KEY_IS_END), C('G')),
    },
    [ACTION_LINE_START] = {
        "line-start", act_line_end, GROUP_MOVE, 0, 0, "", N_("a long line from its beginning"),
        KEYS(C('^'), CTRL('A')),
    },
    [ACTION_LINE_END] = {
        "line-end", act_line_end, GROUP_MOVE, 0, 0, "", N_("the end of a long line"),
        KEYS(C('$'), CTRL('E')),
    },

    [ACTION_INSPECT] = {
        "inspect", act_inspect, GROUP_LOOK, ACTION_NEEDS_PROCESS, 2, N_("Inspect"),
        N_("look inside the process; on a line: go where it leads"),
        KEYS(NAMED(KEY_IS_ENTER)),
    },
    [ACTION_NEXT_TAB] = {
        "next-tab", act_tab, GROUP_LOOK, ACTION_NEEDS_PROCESS, 0, "",
        N_("the inspector's next tab; 1 to 9 pick one, 0 begins a PID"),
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
    [ACTION_LAYOUT] = {
        "layout", act_layout, GROUP_LOOK, 0, 0, "", N_("the inspector beside, below or over the tree, or off"),
        KEYS(C('V')),
    },
    [ACTION_DIVIDER_BACK] = {
        "divider-back", act_divider, GROUP_LOOK, 0, 0, "", N_("less room for the tree, more for the inspector"),
        KEYS(C('_')),
    },
    [ACTION_DIVIDER_ON] = {
        "divider-on", act_divider, GROUP_LOOK, 0, 0, "", N_("more room for the tree, less for the inspector"),
        KEYS(C('|')),
    },
    [ACTION_EVENTS] = {
        "events", act_events, GROUP_LOOK, 0, 11, N_("Events"),
        N_("go to the events; there once more: put them away"),
        KEYS(C('E')),
    },
    [ACTION_ENDED] = {
        "ended", act_ended, GROUP_LOOK, 0, 0, "", N_("recently ended processes; type to search, Enter: its life"),
        KEYS_OF_EACH(EACH(C('x')), EACH(C('x')), EACH(C('X'))),
    },
    [ACTION_ENVIRONMENT] = {
        "environment", act_one_tab, GROUP_LOOK, ACTION_NEEDS_PROCESS, 0, "", N_("its environment"),
        KEYS(C('e')),
    },
    [ACTION_FILES] = {
        "files", act_one_tab, GROUP_LOOK, ACTION_NEEDS_PROCESS, 0, "", N_("its open files, with their locks"),
        KEYS_OF_EACH(EACH(C('l')), EACH({.kind = KEY_NONE}), EACH(C('l'), C('x'))),
    },
    [ACTION_SYSTEM_CALL] = {
        "system-call", act_one_tab, GROUP_LOOK, ACTION_NEEDS_PROCESS, 0, "",
        N_("the system call it is in, where the kernel waits"),
        KEYS_OF_EACH(EACH({.kind = KEY_NONE}), EACH({.kind = KEY_NONE}), EACH(C('s'))),
    },
    [ACTION_COMMAND_LINE] = {
        "command-line", act_command_line, GROUP_LOOK, ACTION_NEEDS_PROCESS, 0, "",
        N_("its whole command line, wrapped"),
        KEYS(C('w')),
    },
    [ACTION_STACKS] = {
        "stacks", act_stacks, GROUP_LOOK, ACTION_NEEDS_PROCESS | ACTION_CHANGES, 0, "",
        N_("the functions its threads are in; stops each for a moment"),
        KEYS(C('b')),
    },
    [ACTION_FOLLOW] = {
        "follow", act_follow, GROUP_LOOK, ACTION_NEEDS_PROCESS, 0, "",
        N_("keep the process in the middle until the cursor is moved"),
        KEYS(C('F')),
    },
    [ACTION_COPY] = {
        "copy", act_copy, GROUP_LOOK, ACTION_NEEDS_PROCESS, 0, "",
        N_("copy the PID (Enter), the command line, a line, the pane"),
        KEYS(C('z')),
    },
    [ACTION_PAUSE] = {
        "pause", act_pause, GROUP_LOOK, 0, 0, "", N_("pause updates; once more: resume"),
        KEYS(C('Z')),
    },

    [ACTION_SEARCH] = {
        "search", act_search, GROUP_FIND, 0, 5, N_("Search"), N_("find a name or command line as you type"),
        KEYS(C('/'), F(3)),
    },
    [ACTION_SEARCH_NEXT] = {
        "search-next", act_search_again, GROUP_FIND, 0, 0, "", N_("next match"),
        KEYS_OF_EACH(EACH(C('.'), CTRL('N')), EACH(C('n'), C('.'), CTRL('N')), EACH(CTRL('G'))),
    },
    [ACTION_SEARCH_PREVIOUS] = {
        "search-previous", act_search_again, GROUP_FIND, 0, 0, "", N_("previous match"),
        KEYS_OF_EACH(EACH(C(','), CTRL('P')), EACH(C('N'), C(','), CTRL('P')), EACH(CTRL('T'), F(15))),
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
        N_("orphans below their original parent; again: both trees"),
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
    [ACTION_FOLD_PARENT] = {
        "fold-parent", act_fold, GROUP_SHAPE, ACTION_NEEDS_PROCESS | ACTION_NEEDS_TREE, 0, "",
        N_("fold the branch that it is in"),
        KEYS(NAMED(KEY_IS_BACKSPACE)),
    },
    [ACTION_FOLD_ALL] = {
        "fold-all", act_fold_all, GROUP_SHAPE, ACTION_NEEDS_TREE, 0, "",
        N_("fold every branch; where some are folded: unfold all"),
        KEYS(C('*')),
    },
    [ACTION_SORT] = {
        "sort", act_sort, GROUP_SHAPE, 0, 13, N_("Sort"), N_("choose the column to sort by"),
        KEYS_OF_EACH(EACH(F(6), C('s')), EACH(F(6), C('s')),
                     EACH(F(6), C('<'), C('>'), C('.'), C(','))),
    },
    [ACTION_SORT_LEFT] = {
        "sort-left", act_sort_step, GROUP_SHAPE, 0, 0, "", N_("sort by the column to the left; in Maps: its lines"),
        KEYS_OF_EACH(EACH(C('<')), EACH(C('<')), EACH({.kind = KEY_NONE})),
    },
    [ACTION_SORT_RIGHT] = {
        "sort-right", act_sort_step, GROUP_SHAPE, 0, 0, "", N_("sort by the column to the right; in Maps: its lines"),
        KEYS_OF_EACH(EACH(C('>')), EACH(C('>')), EACH({.kind = KEY_NONE})),
    },
    [ACTION_SORT_MEMORY] = {
        "sort-memory", act_sort_by, GROUP_SHAPE, 0, 0, "", N_("sort by memory (RSS)"),
        KEYS(C('M')),
    },
    [ACTION_SORT_CPU] = {
        "sort-cpu", act_sort_by, GROUP_SHAPE, 0, 0, "", N_("sort by CPU%"),
        KEYS(C('P')),
    },
    [ACTION_SORT_TIME] = {
        "sort-time", act_sort_by, GROUP_SHAPE, 0, 0, "", N_("sort by CPU time used"),
        KEYS(C('T')),
    },
    [ACTION_SORT_PID] = {
        "sort-pid", act_sort_by, GROUP_SHAPE, 0, 0, "", N_("sort by PID"),
        KEYS_DIFFER(EACH(C('N')), EACH({.kind = KEY_NONE})),
    },
    [ACTION_INVERT] = {
        "invert", act_invert, GROUP_SHAPE, 0, 0, "", N_("reverse the order"),
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
    [ACTION_PRESET_IO] = {
        "io", act_preset, GROUP_SHAPE, 0, 0, "", N_("the columns of storage and descriptors"),
        KEYS(C('J')),
    },
    [ACTION_PRESET_SIGNALS] = {
        "signals", act_preset, GROUP_SHAPE, 0, 0, "", N_("the columns of pending, blocked, ignored and caught signals"),
        KEYS(C('Q')),
    },
    [ACTION_PRESET_FAMILY] = {
        "family", act_preset, GROUP_SHAPE, 0, 0, "", N_("the columns of parents, groups and sessions"),
        KEYS(C('f')),
    },
    [ACTION_PRESET_CONTAINERS] = {
        "containers", act_preset, GROUP_SHAPE, 0, 0, "", N_("the columns of containers, units and namespaces"),
        KEYS(C('O')),
    },
    [ACTION_METERS] = {
        "meters", act_meters, GROUP_SHAPE, 0, 0, "", N_("show the machine's meters, or not (F2 chooses which)"),
        KEYS_DIFFER(EACH(C('#')), EACH(C('%'))),
    },
    [ACTION_THREADS] = {
        "threads", act_threads, GROUP_SHAPE, 0, 0, "", N_("show threads as rows, or not"),
        KEYS(C('H')),
    },
    [ACTION_KERNEL] = {
        "kernel", act_kernel, GROUP_SHAPE, 0, 0, "", N_("show kernel threads, or not"),
        KEYS_DIFFER(EACH(C('K')), EACH(C('#'))),
    },
    [ACTION_PATHS] = {
        "paths", act_command_form, GROUP_SHAPE, 0, 0, "", N_("show the path of the program in COMMAND, or not"),
        KEYS(C('p')),
    },
    [ACTION_MERGED] = {
        "merged", act_command_form, GROUP_SHAPE, 0, 0, "",
        N_("COMMAND: name and arguments, or the command line alone"),
        KEYS_OF_EACH(EACH({.kind = KEY_NONE}), EACH({.kind = KEY_NONE}), EACH(C('m'))),
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
    [ACTION_NICE_LESS] = {
        "nice-less", act_tune, GROUP_ACT, ACTION_NEEDS_PROCESS | ACTION_CHANGES, 0, "",
        N_("nice value less one (more processor time); Enter sets it"),
        KEYS(F(7), C(']')),
    },
    [ACTION_NICE_MORE] = {
        "nice-more", act_tune, GROUP_ACT, ACTION_NEEDS_PROCESS | ACTION_CHANGES, 0, "",
        N_("nice value plus one (less processor time); Enter sets it"),
        KEYS(F(8), C('[')),
    },
    [ACTION_AFFINITY] = {
        "affinity", act_tune, GROUP_ACT, ACTION_NEEDS_PROCESS | ACTION_CHANGES, 0, "",
        N_("on which processors it may run"),
        KEYS(C('a')),
    },
    [ACTION_IO_PRIORITY] = {
        "io-priority", act_tune, GROUP_ACT, ACTION_NEEDS_PROCESS | ACTION_CHANGES, 0, "",
        N_("its I/O priority"),
        KEYS(C('i')),
    },
    [ACTION_POLICY] = {
        "policy", act_tune, GROUP_ACT, ACTION_NEEDS_PROCESS | ACTION_CHANGES, 0, "",
        N_("its scheduling policy"),
        KEYS(C('Y')),
    },
    [ACTION_NEW_CHILD] = {
        "new-child", act_new_child, GROUP_ACT, ACTION_CHANGES, 7, N_("New"),
        N_("start a child of reaptop: a command or a ready-made one"),
        KEYS_DIFFER(EACH(C('n')), EACH(C('C'))),
    },
    [ACTION_REAP] = {
        "reap", act_reap, GROUP_ACT, ACTION_NEEDS_PROCESS | ACTION_NEEDS_ZOMBIE | ACTION_CHANGES, 0, "",
        N_("reap the selected zombie, if it is reaptop's own child"),
        KEYS_OF_EACH(EACH(C('w')), EACH(C('w')), EACH(C('W'))),
    },
    [ACTION_LAB] = {
        "lab", act_lab, GROUP_ACT, ACTION_CHANGES, 10, N_("Lab"),
        N_("choose an experiment; while one runs: go to it"),
        KEYS(C('L')),
    },

    [ACTION_PLAY] = {
        "play", act_replay, GROUP_REPLAY, ACTION_NEEDS_REPLAY, 1, N_("Pause"),
        N_("pause the recording; once more: resume"),
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
        KEYS(C('\'')),
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
    [ACTION_PALETTE] = {
        "palette", act_palette, GROUP_PROGRAM, 0, 0, "", N_("find an action, a pane, a setting by its name"),
        KEYS(C(':')),
    },
    [ACTION_MANUAL] = {
        "manual", act_manual, GROUP_PROGRAM, 0, 0, "", N_("the manual page for what is selected"),
        KEYS_OF_EACH(EACH(C('m')), EACH(C('m')), EACH(C('R'))),
    },
    [ACTION_SETUP] = {
        "setup", act_setup, GROUP_PROGRAM, 0, 14, N_("Setup"), N_("settings"),
        KEYS_DIFFER(EACH(F(2), C('S'), C('C')), EACH(F(2), C('S'))),
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
