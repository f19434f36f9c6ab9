/*
 * The whole program under a pseudo-terminal, looking at a family that the test
 * grows: scr-root with the children scr-alpha (whose child is scr-leaf) and
 * scr-beta.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "support/rounds.h"
#include "support/spawn.h"
#include "support/terminal.h"
#include "support/test_child.h"

static struct terminal *t;
static pid_t family;

/* ---- the family --------------------------------------------------------- */

/* In a child of ours: forks one more, which runs `body` once it has its name. */
static void bear(const char *name, void (*body)(void))
{
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) < 0)
        _exit(97);
    if (spawn_bound() == 0) {
        prctl(PR_SET_NAME, name);
        if (body)
            body();
        (void)!write(ready[1], "!", 1);
        specimen_stay();
    }
    char byte;
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        _exit(96);
    close(ready[0]);
}

static void bear_leaf(void)
{
    bear("scr-leaf", NULL);
}

static void bear_with_defaults(void)
{
    (void)signal(SIGTERM, SIG_DFL);
}

static void bear_arguments(void)
{
    static const char text[] = "scr-args\0--far-below-the-screen";
    static char arguments[sizeof(text)];
    memcpy(arguments, text, sizeof(text)); /* the kernel shows anonymous memory only */
    if (specimen_move_arguments(arguments, sizeof(text)) < 0)
        _exit(95);
}

static void be_long_family(void *argument)
{
    (void)argument;
    prctl(PR_SET_NAME, "scr-root");
    for (int i = 0; i < 20; i++)
        bear("scr-filler", NULL);
    bear("scr-last", bear_arguments);
    specimen_ready();
    specimen_stay();
}

static void be_family(void *argument)
{
    (void)argument;
    prctl(PR_SET_NAME, "scr-root");
    bear("scr-alpha", bear_leaf);
    bear("scr-beta", NULL);
    specimen_ready();
    specimen_stay();
}

/* ---- starting ----------------------------------------------------------- */

static struct terminal *start_with(int rows, int cols, const char *const *env)
{
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", (int)family);
    return terminal_start(&(struct terminal_options){
        .rows = rows,
        .cols = cols,
        .argv = (const char *[]){terminal_reaptop(), "-d", "200ms", "-p", pid, NULL},
        .env = env});
}

/* Sets t; the family is on the screen. */
static void start(int rows, int cols)
{
    t = start_with(rows, cols, NULL);
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "scr-beta"));
}

static void set_up(void)
{
    family = specimen_start(be_family, NULL);
    cr_assert_gt(family, 0);
}

static void tear_down(void)
{
    spawn_done(); /* one that was grown later holds the terminal's descriptors too */
    terminal_free(t);
    t = NULL;
    specimen_end(family);
}

TestSuite(screen, .init = set_up, .fini = tear_down);

/* The terminal is as it was before the program. */
static void expect_restored(void)
{
    int row, col;
    bool is_visible;
    terminal_cursor(t, &row, &col, &is_visible);
    cr_expect_not(terminal_is_alternate(t), "the alternate screen is left");
    cr_expect_not(terminal_has_mouse(t), "the mouse is given back");
    cr_expect(is_visible, "the cursor is visible");
    cr_expect(terminal_modes_restored(t), "the line's modes are as before");
}

/* ---- asking the screen -------------------------------------------------- */

static int cursor_row(void)
{
    int row, col;
    bool is_visible;
    terminal_cursor(t, &row, &col, &is_visible);
    return row;
}

static bool cursor_is_on(struct terminal *terminal, const void *text)
{
    return strstr(terminal_row(terminal, cursor_row()), text) != NULL;
}

/*
 * Searches for the text and waits until the hardware cursor stands on it. In the
 * middle of a frame the cursor may be anywhere, so it is never counted along.
 */
static bool select_row(const char *text)
{
    char keys[64];
    (void)snprintf(keys, sizeof keys, "/%s\r", text);
    terminal_send(t, keys);
    return terminal_wait(t, cursor_is_on, text) && terminal_wait_no_text(t, "Search:");
}

static bool is_drawn(struct terminal *terminal, const void *data)
{
    (void)data;
    return terminal_find(terminal, "scr-beta") >= 0;
}

/* The one-line notice of a screen that is too small, or what fits of it. */
static bool is_not_blank(struct terminal *terminal, const void *data)
{
    (void)data;
    return strspn(terminal_text(terminal), " \n") != strlen(terminal_text(terminal));
}

/* ---- starting and leaving ----------------------------------------------- */

Test(screen, starts_draws_and_quits)
{
    start(24, 80);
    cr_expect(terminal_is_alternate(t));
    cr_expect_not(terminal_modes_restored(t));
    int heading = terminal_find(t, "PPID"), root = terminal_find(t, "scr-root");
    cr_expect_geq(heading, 1, "%s", terminal_text(t));
    cr_expect_gt(root, heading);
    /* A tree: children below their parents, in the order of their PIDs. */
    cr_expect_gt(terminal_find(t, "scr-alpha"), root);
    cr_expect_gt(terminal_find(t, "scr-leaf"), terminal_find(t, "scr-alpha"));
    cr_expect_gt(terminal_find(t, "scr-beta"), terminal_find(t, "scr-leaf"));
    terminal_send(t, "q");
    cr_expect_eq(terminal_wait_end(t), 0);
    expect_restored();
}

/* Containers mostly have no locale, and one that is not installed is the "C" locale. */
Test(screen, draws_in_ascii_where_the_locale_has_no_utf_8)
{
    static const char *const locales[][3] = {
        {"LANG", NULL}, {"LANG=C", NULL}, {"LANG=xx_XX.UTF-8", NULL}, {"LC_ALL=nonsense", NULL}};
    for (size_t i = 0; i < sizeof(locales) / sizeof(*locales); i++) {
        t = start_with(24, 80, locales[i]);
        cr_assert_not_null(t);
        cr_assert(terminal_wait_text(t, "scr-beta"));
        cr_expect(terminal_wait_text(t, "`- "), "%s", locales[i][0]);
        cr_expect(terminal_wait_text(t, "----"), "%s", locales[i][0]);
        cr_expect_null(strstr(terminal_text(t), "??"), "%s: %s", locales[i][0], terminal_text(t));
        terminal_free(t);
        t = NULL;
    }
}

Test(screen, moves_by_rows_and_the_cursor_stands_on_the_selected)
{
    start(24, 80);
    cr_assert(select_row("scr-root"));
    terminal_send(t, "j");
    cr_assert(terminal_wait(t, cursor_is_on, "scr-alpha"));
    terminal_send(t, TERMINAL_UP);
    cr_assert(terminal_wait(t, cursor_is_on, "scr-root"));
    terminal_send(t, "G");
    cr_assert(terminal_wait(t, cursor_is_on, "scr-beta"));
    terminal_send(t, TERMINAL_HOME);
    cr_assert(terminal_wait(t, cursor_is_on, "scr-root"));
}

Test(screen, folds_and_unfolds)
{
    start(24, 80);
    cr_assert(select_row("scr-alpha"));
    terminal_send(t, "-");
    cr_assert(terminal_wait_no_text(t, "scr-leaf"));
    cr_expect(terminal_wait(t, cursor_is_on, "scr-alpha"));
    cr_expect(terminal_find(t, "scr-beta") > 0);
    terminal_send(t, "+");
    cr_assert(terminal_wait_text(t, "scr-leaf"));
}

Test(screen, searches)
{
    start(24, 80);
    cr_assert(select_row("scr-root"));
    cr_assert(select_row("scr-be"));
    cr_assert(terminal_wait(t, cursor_is_on, "scr-beta"));
}

/* A family of which the last member is below the screen. */
static void start_long(void)
{
    specimen_end(family);
    family = specimen_start(be_long_family, NULL);
    cr_assert_gt(family, 0, "it needs PR_SET_MM_MAP");
    t = start_with(16, 80, NULL);
    cr_assert(terminal_wait_text(t, "scr-filler"));
    cr_expect_lt(terminal_find(t, "scr-last"), 0);
}

Test(screen, finds_a_command_line_that_was_never_shown)
{
    start_long();
    cr_assert(select_row("far-below-the"));
    cr_expect(terminal_wait(t, cursor_is_on, "scr-last"));
    terminal_send(t, TERMINAL_ESCAPE);
    terminal_send(t, TERMINAL_HOME);
    cr_assert(terminal_wait(t, cursor_is_on, "scr-root"));
}

Test(screen, filters_by_a_command_line_that_was_never_shown)
{
    start_long();
    terminal_send(t, "\\argv~below-the-screen\r");
    cr_assert(terminal_wait_text(t, "scr-last"));
    cr_assert(terminal_wait_no_text(t, "scr-filler"));
}

Test(screen, filters_until_escape)
{
    start(24, 80);
    terminal_send(t, "\\comm=scr-leaf\r");
    cr_assert(terminal_wait_no_text(t, "scr-beta"));
    cr_assert(terminal_wait_no_text(t, "Filter:"));
    cr_expect(terminal_find(t, "scr-leaf") > 0);
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_text(t, "scr-beta"));
}

Test(screen, opens_help_and_leaves_it)
{
    start(24, 80);
    terminal_send(t, "?");
    cr_assert(terminal_wait_text(t, "Help"));
    cr_assert(terminal_wait_no_text(t, "scr-beta"));
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_text(t, "scr-beta"));
}

Test(screen, opens_the_inspector_over_the_tree)
{
    start(24, 80);
    cr_assert(select_row("scr-alpha"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Life"));
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_text(t, "scr-beta"));
}

/* ---- signals and children ----------------------------------------------- */

Test(screen, signals_a_real_process_and_shows_the_zombie)
{
    start(24, 80);
    cr_assert(select_row("scr-leaf"));
    terminal_send(t, "k");
    cr_assert(terminal_wait_text(t, "Send a signal"));
    cr_expect(terminal_find(t, "scr-leaf") >= 0, "the dialog names its target");
    terminal_send(t, "KILL");
    cr_assert(terminal_wait_text(t, "KILL"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "scr-leaf: killed by SIGKILL"));
    cr_expect(terminal_wait_no_text(t, "What SIGKILL would do"), "done: the dialog needs no key");
    /* Its parent never waits. */
    cr_assert(terminal_wait_text(t, "defunct"));
    cr_expect_eq(terminal_find(t, "defunct"), terminal_find(t, "scr-leaf"));
}

static int be_target(void *argument)
{
    (void)prctl(PR_SET_NAME, argument);
    return spawn_pause(NULL);
}

static void reap_children(int signal)
{
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

static int be_root_of_five(void *argument)
{
    prctl(PR_SET_NAME, "scr-root");
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGUSR1, reap_children);
    for (int i = 0; i < 5; i++)
        bear("scr-five", bear_with_defaults);
    return spawn_pause(argument);
}

/* The result first, for all that have it; what is a zombie until it is reaped, and no longer. */
Test(screen, five_that_end_at_once_are_reported_as_ended)
{
    char pid[16];
    pid_t root = spawn_child(be_root_of_five, NULL);
    (void)snprintf(pid, sizeof pid, "%d", (int)root);
    t = terminal_start(&(struct terminal_options){
        .rows = 30,
        .cols = 139,
        .argv = (const char *[]){terminal_reaptop(), "-d", "200ms", "-p", pid, NULL}});
    cr_assert_not_null(t);
    cr_assert(select_row("scr-root"));
    terminal_send(t, "ck");
    cr_assert(terminal_wait_text(t, "6 processes"));
    terminal_send(t, "TERM");
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Really?"));
    terminal_send(t, "y");
    cr_assert(terminal_wait_text(t, "5 processes killed by SIGTERM; zombie"), "%s",
              terminal_text(t));
    cr_expect_lt(terminal_find(t, "get nothing"), 0);
    cr_assert(terminal_wait_text(t, "SIGTERM was discarded"), "the root ignores it");
    (void)kill(root, SIGUSR1);
    cr_expect(terminal_wait_text(t, "5 processes killed by SIGTERM: "), "%s", terminal_text(t));
    cr_expect_lt(terminal_find(t, "has not collected"), 0);
}

enum moment {
    MOMENT_DIALOG_OPEN,
    MOMENT_SIGNAL_TYPED,
    MOMENT_COUNT
};

/* False where there was no newcomer. Nothing sweeps: the handle alone tells the two apart. */
static bool send_to_newcomer(enum moment moment)
{
    static char target_name[] = "scr-target", newcomer_name[] = "scr-newcomer";
    char pids[32];
    terminal_free(t); /* before there is a child that has its descriptors too */
    t = NULL;
    pid_t target = spawn_child(be_target, target_name), newcomer = 0;
    (void)snprintf(pids, sizeof pids, "%d,%d", (int)family, (int)target);
    t = terminal_start(&(struct terminal_options){
        .rows = 24,
        .cols = 80,
        .argv = (const char *[]){terminal_reaptop(), "-d", "1000", "-p", pids, NULL}});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "scr-target"));
    cr_assert(select_row("scr-target"));
    terminal_send(t, "k");
    cr_assert(terminal_wait_text(t, "Send a signal"));
    for (enum moment now = MOMENT_DIALOG_OPEN; now < MOMENT_COUNT; now++) {
        if (now == MOMENT_SIGNAL_TYPED) {
            terminal_send(t, "KILL");
            cr_assert(terminal_wait_text(t, "What SIGKILL would do"));
        }
        if (now == moment) {
            (void)spawn_kill(target);
            newcomer = spawn_with_pid(target, be_target, newcomer_name);
        }
    }
    terminal_send(t, TERMINAL_ENTER);
    cr_expect(terminal_wait_text(t, "gone"), "%s", terminal_text(t));
    terminal_send(t, TERMINAL_ESCAPE);
    cr_expect(terminal_wait_no_text(t, "Send a signal"));
    terminal_send(t, "q");
    cr_expect_eq(terminal_wait_end(t), 0);
    if (newcomer != target)
        return false;
    cr_expect_eq(spawn_await_state(target, "S"), 'S', "the newcomer lives");
    (void)spawn_kill(newcomer);
    return true;
}

Test(screen, a_newcomer_under_the_same_pid_never_gets_the_signal)
{
    long reached = 0;
    for (long i = 0; i < rounds(MOMENT_COUNT); i++)
        reached += send_to_newcomer((enum moment)(i % MOMENT_COUNT));
    if (reached == 0)
        cr_skip_test("needs root to choose a PID");
    rounds_report(reached);
}

Test(screen, readonly_sends_nothing)
{
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", (int)family);
    t = terminal_start(&(struct terminal_options){
        .rows = 24,
        .cols = 80,
        .argv = (const char *[]){terminal_reaptop(), "--readonly", "-p", pid, NULL}});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "scr-beta"));
    cr_assert(select_row("scr-leaf"));
    terminal_send(t, "k");
    cr_assert(terminal_wait_text(t, "Read-only"));
    cr_expect_lt(terminal_find(t, "Send a signal"), 0);
}

Test(screen, a_child_that_dies_is_reported_as_an_event)
{
    start(30, 100);
    cr_assert(select_row("scr-beta"));
    cr_assert(terminal_wait_text(t, "of those that -p names"));
    terminal_send(t, "k");
    cr_assert(terminal_wait_text(t, "Send a signal"));
    terminal_send(t, "TERM");
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "scr-beta: killed by SIGTERM"));
    cr_assert(terminal_wait_text(t, "scr-beta is a zombie"));
}

/*
 * Without -p; only the program's own children are shown, as a flat list: in the
 * tree they stand behind their ancestors, however many those are. Its helpers
 * are none of them, so there is no row yet.
 */
static void start_with_own_children(void)
{
    t = terminal_start(&(struct terminal_options){
        .rows = 30,
        .cols = 139,
        .argv = (const char *[]){terminal_reaptop(), "-d", "200ms", NULL}});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "PPID"));
    char keys[64];
    (void)snprintf(keys, sizeof keys, "t\\ppid=%d\r", (int)terminal_pid(t));
    terminal_send(t, keys);
    cr_assert(terminal_wait_text(t, "No process matches the filter"));
}

Test(screen, a_child_of_its_own_becomes_a_zombie_and_is_reaped)
{
    start_with_own_children();
    terminal_send(t, "n");
    cr_assert(terminal_wait_text(t, "New child"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Run:"));
    terminal_send(t, "/bin/false\r");
    cr_assert(terminal_wait(t, cursor_is_on, "false <defunct>"), "the newborn is selected");
    terminal_send(t, "w");
    cr_assert(terminal_wait_text(t, "status 1"));
    cr_assert(terminal_wait_no_text(t, "false <defunct>"));
}

Test(screen, reports_why_a_child_could_not_be_started)
{
    start_with_own_children();
    terminal_send(t, "n");
    cr_assert(terminal_wait_text(t, "New child"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Run:"));
    terminal_send(t, "/no/such/program\r");
    cr_assert(terminal_wait_text(t, "No such file or directory"));
}

/* ---- what it opens ------------------------------------------------------ */

/* Files whose reading makes the kernel walk another process's memory. */
static bool is_forbidden(const char *line)
{
    static const char *const names[] = {"maps\"", "smaps_rollup\"", "pagemap\"", "environ\""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(line, names[i]) && !strstr(line, "/proc/self/"))
            return true;
    return false;
}

Test(screen, the_default_view_opens_nothing_that_walks_memory)
{
    const char *dir = getenv("TMPDIR");
    char path[256];
    (void)snprintf(path, sizeof path, "%s/opens.XXXXXX", dir ? dir : "/tmp");
    if (access("/usr/bin/strace", X_OK) < 0)
        cr_skip_test("needs strace");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    FILE *file = fdopen(fd, "r");
    t = terminal_start(&(struct terminal_options){
        .rows = 24,
        .cols = 80,
        .argv = (const char *[]){"/usr/bin/strace", "-f", "-qq", "-o", path, "-e",
                                 "trace=open,openat,openat2", terminal_reaptop(), "-d", "100ms",
                                 "-n", "4", NULL}});
    cr_assert_not_null(t);
    int status = terminal_wait_end(t);
    char *line = NULL;
    size_t size = 0;
    long opens = 0, forbidden = 0;
    while (getline(&line, &size, file) > 0) {
        opens++;
        if (is_forbidden(line)) {
            forbidden++;
            cr_log_error("%s", line);
        }
    }
    free(line);
    (void)fclose(file);
    unlink(path);
    if (opens == 0)
        cr_skip_test("strace may not trace here");
    cr_expect_eq(status, 0);
    cr_expect_gt(opens, 100, "the sweep is in the trace");
    cr_expect_eq(forbidden, 0);
}

/* ---- sizes -------------------------------------------------------------- */

Test(screen, is_drawn_at_every_size_and_after_each_resize)
{
    static const int sizes[][2] = {{24, 80}, {40, 140}, {60, 220}, {10, 40}, {80, 300}, {24, 500}};
    start(24, 80);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert(terminal_resize(t, sizes[i][0], sizes[i][1]));
        /* Ctrl-L: a frame that is surely of the new size follows. */
        terminal_send(t, "\f");
        cr_assert(terminal_wait(t, is_drawn, NULL), "%d x %d\n%s", sizes[i][1], sizes[i][0],
                  terminal_text(t));
    }
}

Test(screen, beside_the_tree_where_command_keeps_sixty_columns)
{
    start(40, 200);
    cr_assert(terminal_wait_text(t, "Life"));
    cr_expect(terminal_find(t, "scr-beta") > 0);
}

static bool divider_is_at(struct terminal *terminal, const void *data)
{
    int col = *(const int *)data;
    return terminal_cell(terminal, 20, col).chars[0] == 0x2502 &&
           terminal_cell(terminal, 21, col).chars[0] == 0x2502;
}

/* The column of the line between tree and pane: it goes by the widest user name there is. */
static int divider_col(struct terminal *terminal)
{
    int col = 0;
    while (col < 200 && !divider_is_at(terminal, &col))
        col++;
    return col;
}

/* Pressed on the divider and let go elsewhere: it stands there. */
Test(screen, the_divider_is_dragged_with_the_mouse)
{
    start(40, 200);
    cr_assert(terminal_wait_text(t, "\u2502 Life"), "%s", terminal_text(t));
    int col = divider_col(t);
    cr_assert(col > 90 && col < 200, "column %d\n%s", col, terminal_text(t));
    char keys[48];
    (void)snprintf(keys, sizeof keys, "\033[<0;%d;20M\033[<0;91;20m", col + 1);
    terminal_send(t, keys);
    cr_assert(terminal_wait(t, divider_is_at, &(int){90}), "%s", terminal_text(t));
}

Test(screen, says_that_it_is_too_small_and_comes_back)
{
    start(24, 80);
    terminal_resize(t, 5, 30);
    cr_assert(terminal_wait_no_text(t, "scr-beta"));
    cr_assert(terminal_wait(t, is_not_blank, NULL));
    terminal_resize(t, 24, 80);
    cr_assert(terminal_wait_text(t, "scr-beta"));
}

Test(screen, survives_a_storm_of_sizes)
{
    start(24, 80);
    for (int i = 0; i < 400; i++) {
        terminal_resize(t, 1 + i * 7 % 60, 1 + i * 13 % 230);
        terminal_read(t, 1);
        cr_assert_not(terminal_has_ended(t), "at %d x %d", 1 + i * 13 % 230, 1 + i * 7 % 60);
    }
    terminal_resize(t, 1, 1);
    terminal_read(t, 50);
    terminal_resize(t, 24, 80);
    cr_assert(terminal_wait_text(t, "scr-beta"));
    terminal_send(t, "q");
    cr_expect_eq(terminal_wait_end(t), 0);
    expect_restored();
}

/* ---- stopping and going on ---------------------------------------------- */

Test(screen, suspends_and_comes_back_with_the_size_of_then)
{
    start(24, 80);
    terminal_send(t, "\032");
    cr_assert(terminal_wait_stop(t));
    terminal_drain(t);
    expect_restored();
    terminal_resize(t, 30, 100);
    cr_assert(terminal_continue(t));
    cr_assert(terminal_wait_text(t, "scr-beta"));
    cr_expect(terminal_is_alternate(t));
    cr_expect_not(terminal_modes_restored(t));
    terminal_send(t, "q");
    cr_expect_eq(terminal_wait_end(t), 0);
    expect_restored();
}

/* ---- ends --------------------------------------------------------------- */

static void end_once_by(int number, int expected)
{
    start(24, 80);
    cr_assert_eq(kill(terminal_pid(t), number), 0);
    int status = terminal_wait_end(t);
    cr_expect_eq(status, expected, "signal %d, status %d", number, status);
    expect_restored();
}

static void end_by(int number, int expected)
{
    for (long i = 0; i < rounds(1); i++) {
        terminal_free(t);
        end_once_by(number, expected);
    }
    rounds_report(rounds(1));
}

/* Asked to end, it leaves as with q; by a fault it dies of that fault. */
#define LEAVES_ON(signal)                                                                          \
    Test(screen, gives_the_terminal_back_on_##signal)                                              \
    {                                                                                              \
        end_by(signal, 0);                                                                         \
    }
#define ENDS_BY(signal)                                                                            \
    Test(screen, gives_the_terminal_back_on_##signal)                                              \
    {                                                                                              \
        end_by(signal, 128 + (signal));                                                            \
    }

LEAVES_ON(SIGHUP)
LEAVES_ON(SIGINT)
LEAVES_ON(SIGQUIT)
LEAVES_ON(SIGTERM)
ENDS_BY(SIGABRT)
ENDS_BY(SIGBUS)
ENDS_BY(SIGSEGV)

static bool is_restored(struct terminal *terminal, const void *data)
{
    (void)data;
    return !terminal_is_alternate(terminal) && terminal_modes_restored(terminal);
}

/* What ends a program by default and what it has no handler for: another process restores. */
static const int enders[] = {SIGKILL, SIGILL,  SIGTRAP, SIGFPE,  SIGUSR1,
                             SIGUSR2, SIGALRM, SIGXCPU, SIGXFSZ, SIGVTALRM,
                             SIGPROF, SIGIO,   SIGPWR,  SIGSYS,  SIGSTKFLT};

Test(screen, gives_the_terminal_back_even_on_SIGKILL)
{
    long count = (long)ELEMENTS(enders) * rounds(1);
    for (long i = 0; i < count; i++) {
        int number = enders[(size_t)i % ELEMENTS(enders)];
        terminal_free(t);
        start(24, 80);
        cr_assert_eq(kill(terminal_pid(t), number), 0);
        cr_expect_eq(terminal_wait_end(t), 128 + number);
        cr_expect(terminal_wait(t, is_restored, NULL), "signal %d", number);
    }
    rounds_report(count);
}

/* The child of the program under test that has this name; 0: none. */
static pid_t find_child(const char *name)
{
    char path[64], comm[32] = "";
    int pid = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", terminal_pid(t),
                   terminal_pid(t));
    FILE *children = fopen(path, "re");
    while (children && fscanf(children, "%d", &pid) == 1) {
        (void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
        FILE *file = fopen(path, "re");
        bool is_it = file && fscanf(file, "%31s", comm) == 1 && strcmp(comm, name) == 0;
        if (file)
            (void)fclose(file);
        if (is_it)
            break;
        pid = 0;
    }
    if (children)
        (void)fclose(children);
    return pid;
}

static bool has_another_guard(struct terminal *terminal, const void *data)
{
    (void)terminal;
    pid_t pid = find_child("reaptop-guard");
    return pid > 0 && pid != *(const pid_t *)data;
}

Test(screen, a_killed_guard_of_the_terminal_is_replaced)
{
    start(24, 80);
    pid_t guard = find_child("reaptop-guard");
    cr_assert_gt(guard, 0);
    cr_assert_eq(kill(guard, SIGKILL), 0);
    cr_assert(terminal_send(t, TERMINAL_DOWN));
    cr_assert(terminal_wait(t, has_another_guard, &guard));
    cr_assert_eq(kill(terminal_pid(t), SIGKILL), 0);
    cr_expect_eq(terminal_wait_end(t), 128 + SIGKILL);
    cr_expect(terminal_wait(t, is_restored, NULL));
}

Test(screen, a_stopped_guard_of_the_terminal_does_not_hold_up_quitting)
{
    start(24, 80);
    pid_t guard = find_child("reaptop-guard");
    cr_assert_gt(guard, 0);
    cr_assert_eq(kill(guard, SIGSTOP), 0);
    cr_assert(terminal_send(t, "q"));
    cr_expect_eq(terminal_wait_end(t), 0, "it waits for nobody without a limit");
    expect_restored();
}

Test(screen, ends_when_the_terminal_is_lost)
{
    start(24, 80);
    terminal_hang_up(t);
    int status = terminal_wait_end(t);
    cr_expect_neq(status, -1, "it ended");
    cr_expect_neq(status, 128 + SIGKILL);
}

/* ---- refusing to start -------------------------------------------------- */

/* One line, and exit status 2. */
static void expect_refusal(const struct terminal_options *options, const char *word)
{
    t = terminal_start(options);
    cr_assert_not_null(t);
    cr_expect_eq(terminal_wait_end(t), 2);
    cr_expect(terminal_find(t, word) == 0, "%s", terminal_text(t));
    cr_expect_str_eq(terminal_row(t, 1), "");
    expect_restored();
}

#define REFUSED(...)                                                                               \
    &(struct terminal_options)                                                                     \
    {                                                                                              \
        .rows = 10, .cols = 120, .argv = (const char *[]){terminal_reaptop(), NULL}, __VA_ARGS__   \
    }

Test(screen, says_that_TERM_is_not_set)
{
    expect_refusal(REFUSED(.env = (const char *[]){"TERM", NULL}), "TERM");
}

Test(screen, says_that_TERM_is_unknown)
{
    expect_refusal(REFUSED(.env = (const char *[]){"TERM=no-such-terminal", NULL}),
                   "no-such-terminal");
}

Test(screen, says_that_a_dumb_terminal_will_not_do)
{
    expect_refusal(REFUSED(.env = (const char *[]){"TERM=dumb", NULL}), "dumb");
}

Test(screen, names_the_tree_command_where_output_is_no_terminal)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    expect_refusal(REFUSED(.stdout_fd = null), "reaptop tree");
    close(null);
}

Test(screen, does_not_start_with_closed_descriptors)
{
    for (unsigned closed = 1; closed < 8; closed++) {
        t = terminal_start(REFUSED(.closed_fds = closed));
        cr_assert_not_null(t);
        int status = terminal_wait_end(t);
        /* Standard error alone may be missing: there is still a terminal to draw on. */
        if (closed == 4 && status == -1)
            terminal_send(t, "q");
        else
            cr_expect_eq(status, 2, "closed %u: %d", closed, status);
        terminal_free(t);
        t = NULL;
    }
}
