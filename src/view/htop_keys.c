#include "reaptop/view/htop_keys.h"

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

/* clang-format off */
#define C(c)        {.kind = KEY_CHARACTER, .code = (c)}
#define CTRL(c)     {.kind = KEY_CONTROL, .code = (c)}
#define F(n)        {.kind = KEY_FUNCTION, .code = (n)}
#define NAMED(name) {.kind = KEY_SPECIAL, .code = (name)}

const struct htop_key htop_keys[] = {
    {{NAMED(KEY_IS_UP), CTRL('P')}, N_("up one row"), ACTION_UP, NULL},
    {{NAMED(KEY_IS_DOWN), CTRL('N')}, N_("down one row"), ACTION_DOWN, NULL},
    {{NAMED(KEY_IS_LEFT)}, N_("scroll to the left"), ACTION_LEFT, NULL},
    {{NAMED(KEY_IS_RIGHT)}, N_("scroll to the right"), ACTION_RIGHT, NULL},
    {{NAMED(KEY_IS_PAGE_UP), CTRL('B')}, N_("up one page"), ACTION_PAGE_UP, NULL},
    {{NAMED(KEY_IS_PAGE_DOWN), CTRL('F')}, N_("down one page"), ACTION_PAGE_DOWN, NULL},
    {{NAMED(KEY_IS_HOME)}, N_("the first row"), ACTION_FIRST, NULL},
    {{NAMED(KEY_IS_END)}, N_("the last row"), ACTION_LAST, NULL},
    {{C('^'), CTRL('A')}, N_("the beginning of the line"), ACTION_LINE_START, NULL},
    {{C('$'), CTRL('E')}, N_("the end of the line"), ACTION_LINE_END, NULL},
    {{NAMED(KEY_IS_TAB), NAMED(KEY_IS_BACK_TAB)}, N_("the next or previous screen of columns"),
     ACTION_NONE, N_("Tab changes the inspector's pane")},
    {{C(' ')}, N_("tag the process"), ACTION_TAG, NULL},
    {{C('c')}, N_("tag it and its children"), ACTION_TAG_SUBTREE, NULL},
    {{C('U')}, N_("untag all"), ACTION_UNTAG, NULL},
    {{C('k'), F(9)}, N_("send a signal"), ACTION_SIGNAL, NULL},
    {{C(']'), F(7)}, N_("raise the priority: nice value less one"), ACTION_NICE_LESS, NULL},
    {{C('['), F(8)}, N_("lower the priority: nice value plus one"), ACTION_NICE_MORE, NULL},
    {{C('{'), C('}'), F(19), F(20)}, N_("change the nice value of its autogroup"), ACTION_NONE,
     N_("write it to /proc/PID/autogroup, see sched(7)")},
    {{C('a')}, N_("set its CPU affinity"), ACTION_AFFINITY, NULL},
    {{C('i')}, N_("set its I/O priority"), ACTION_IO_PRIORITY, NULL},
    {{C('Y')}, N_("set its scheduling policy"), ACTION_POLICY, NULL},
    {{C('b')}, N_("show the stack of the process"), ACTION_STACKS, NULL},
    {{C('e')}, N_("show its environment"), ACTION_ENVIRONMENT, NULL},
    {{C('l')}, N_("list its open files"), ACTION_FILES, NULL},
    {{C('x')}, N_("list its file locks"), ACTION_FILES, N_("the Files pane has them")},
    {{C('s')}, N_("trace its system calls with strace"), ACTION_SYSTEM_CALL,
     N_("the Kernel pane has the call it is in; strace -p traces")},
    {{C('w')}, N_("show its whole command line"), ACTION_COMMAND_LINE, NULL},
    {{F(2), C('S'), C('C')}, N_("setup"), ACTION_SETUP, NULL},
    {{F(1), C('h'), C('?')}, N_("help"), ACTION_HELP, NULL},
    {{F(10), C('q')}, N_("quit"), ACTION_QUIT, NULL},
    {{C('#')}, N_("show or hide the meters"), ACTION_METERS, NULL},
    {{F(3), C('/')}, N_("search"), ACTION_SEARCH, NULL},
    {{F(15)}, N_("previous match"), ACTION_SEARCH_PREVIOUS, NULL},
    {{F(4), C('\\')}, N_("filter"), ACTION_FILTER, NULL},
    {{F(5), C('t')}, N_("tree or list"), ACTION_TREE, NULL},
    {{C('p')}, N_("show or hide the paths of programs"), ACTION_PATHS, NULL},
    {{C('m')}, N_("merge name and command line"), ACTION_MERGED, NULL},
    {{C('Z')}, N_("pause updates"), ACTION_PAUSE, NULL},
    {{C('u')}, N_("show one user's processes"), ACTION_USER, NULL},
    {{C('H')}, N_("show or hide threads"), ACTION_THREADS, NULL},
    {{C('K')}, N_("show or hide kernel threads"), ACTION_KERNEL, NULL},
    {{C('O')}, N_("show or hide processes in containers"), ACTION_PRESET_CONTAINERS,
     N_("columns that name the container")},
    {{C('F')}, N_("follow the process"), ACTION_FOLLOW, NULL},
    {{C('+'), C('=')}, N_("unfold the branch"), ACTION_UNFOLD, NULL},
    {{C('-')}, N_("fold the branch"), ACTION_FOLD, NULL},
    {{C('*')}, N_("fold or unfold all branches"), ACTION_FOLD_ALL, NULL},
    {{NAMED(KEY_IS_BACKSPACE)}, N_("fold the branch that it is in"), ACTION_FOLD_PARENT, NULL},
    {{C('N')}, N_("sort by PID"), ACTION_SORT_PID, NULL},
    {{C('P')}, N_("sort by CPU%"), ACTION_SORT_CPU, NULL},
    {{C('M')}, N_("sort by MEM%"), ACTION_SORT_MEMORY, NULL},
    {{C('T')}, N_("sort by TIME"), ACTION_SORT_TIME, NULL},
    {{C('I')}, N_("reverse the order"), ACTION_INVERT, NULL},
    {{F(6), C('<'), C('>'), C('.'), C(',')}, N_("choose the column to sort by"), ACTION_SORT, NULL},
    {{CTRL('L')}, N_("draw the screen anew"), ACTION_REDRAW, NULL},
};
/* clang-format on */

size_t htop_keys_count(void)
{
    return ELEMENTS(htop_keys);
}

const struct htop_key *htop_key_find(struct key key)
{
    for (size_t i = 0; i < ELEMENTS(htop_keys); i++)
        for (int k = 0; k < HTOP_KEYS_MAX; k++)
            if (key.kind != KEY_NONE && key_is_same(htop_keys[i].keys[k], key))
                return &htop_keys[i];
    return NULL;
}
