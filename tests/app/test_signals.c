/*
 * Who signals whom, on the screen of the whole program: a process that signals
 * another is named, among the events and in the other's life.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/spawn.h"
#include "support/terminal.h"
#include "support/tracefs.h"

#define TERMINAL_F2 "\033OQ"
#define FIRST       "keys            "
#define SETTING     "who signals whom (tracepoints, root)"

enum {
    ROWS = 60 /* the lines of who it is stand above its life */
};

static struct terminal *t;
static pid_t target;

static void on_signal(int signal)
{
    (void)signal;
}

static int be_target(void *unused)
{
    (void)unused;
    (void)prctl(PR_SET_NAME, "sig-target");
    (void)signal(SIGUSR1, on_signal);
    spawn_ready();
    for (;;)
        (void)pause();
    return 0;
}

static int be_sender(void *unused)
{
    (void)unused;
    (void)prctl(PR_SET_NAME, "sig-sender");
    spawn_ready();
    return kill(target, SIGUSR1) < 0;
}

static void set_up(void)
{
    target = spawn_child(be_target, NULL);
}

static void tear_down(void)
{
    spawn_done();
    terminal_free(t);
}

TestSuite(app_signals, .init = set_up, .fini = tear_down, .timeout = 600);

/* Its name ends in "-1" where another reaptop took the first for what a killed one left. */
static bool has_instance(pid_t pid)
{
    char name[32];
    bool is_there = false;
    DIR *dir = opendir(MOUNT_POINT "/instances");
    const struct dirent *entry;
    size_t length = (size_t)snprintf(name, sizeof name, "reaptop-%d", (int)pid);
    while (dir && (entry = readdir(dir)))
        is_there |= strncmp(entry->d_name, name, length) == 0 && strchr("-", entry->d_name[length]);
    if (dir)
        (void)closedir(dir);
    return is_there;
}

static void start(uid_t uid)
{
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", (int)target);
    t = terminal_start(&(struct terminal_options){
        .rows = ROWS,
        .cols = 240, /* no line of the pane is folded, whatever the longest user name is */
        .argv = (const char *[]){terminal_reaptop(), "-d", "200ms", "-p", pid, NULL},
        .uid = uid});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "sig-target"));
}

/* The row of the setting, and what it is set to. */
static bool is_set(struct terminal *terminal, const void *value)
{
    int row = terminal_find(terminal, SETTING);
    const char *at = row >= 0 ? strstr(terminal_row(terminal, row), SETTING) : NULL;
    return at && strstr(at + strlen(SETTING), value);
}

/* The hardware cursor stands on the selected row. */
static bool is_on_first(struct terminal *terminal, const void *unused)
{
    int row, col;
    bool is_visible;
    (void)unused;
    terminal_cursor(terminal, &row, &col, &is_visible);
    return row == terminal_find(terminal, FIRST);
}

static void choose_setting(void)
{
    terminal_send(t, TERMINAL_F2);
    cr_assert(terminal_wait_text(t, SETTING));
    cr_assert(terminal_wait(t, is_on_first, NULL));
    int wanted = terminal_find(t, SETTING);
    for (int row = terminal_find(t, FIRST); row < wanted; row++)
        terminal_send(t, TERMINAL_DOWN);
    terminal_send(t, TERMINAL_ENTER);
}

static void switch_on(void)
{
    choose_setting();
    cr_assert(terminal_wait(t, is_set, "yes"));
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_no_text(t, SETTING));
}

struct place {
    const char *text;
    bool is_above; /* the events' title, or below it */
};

static bool is_in_place(struct terminal *terminal, const void *data)
{
    const struct place *place = data;
    int title = terminal_find(terminal, " Events: ");
    for (int row = 0; row < ROWS; row++)
        if ((row < title) == place->is_above && strstr(terminal_row(terminal, row), place->text))
            return title >= 0;
    return false;
}

Test(app_signals, a_third_process_is_named_as_the_sender)
{
    char reported[96];
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    start(0);
    cr_assert_not(has_instance(terminal_pid(t)), "not before it is asked for");
    switch_on();
    cr_assert(has_instance(terminal_pid(t)));
    /* Other tests signal, too. */
    cr_assert(terminal_wait_text(t, "Events: all, of those that -p names"));
    pid_t sender = spawn_child(be_sender, NULL);
    (void)snprintf(reported, sizeof reported, "was sent SIGUSR1 by %d sig-sender, kill(2)",
                   (int)sender);
    cr_expect(terminal_wait(t, is_in_place, &(struct place){reported, false}), "%s", reported);
    terminal_send(t, TERMINAL_ENTER);
    cr_expect(terminal_wait(t, is_in_place, &(struct place){reported, true}), "%s", reported);
    cr_expect(terminal_wait_text(t, "delivered to its handler at 0x"));
    terminal_send(t, TERMINAL_ESCAPE TERMINAL_F10);
    cr_expect_eq(terminal_wait_end(t), 0);
    cr_expect_not(has_instance(terminal_pid(t)), "taken away with it");
}

Test(app_signals, tracing_ends_with_SIGTERM_too)
{
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    start(0);
    switch_on();
    cr_assert(has_instance(terminal_pid(t)));
    cr_assert_eq(kill(terminal_pid(t), SIGTERM), 0);
    cr_expect_neq(terminal_wait_end(t), -1);
    cr_expect_not(has_instance(terminal_pid(t)));
}

Test(app_signals, what_SIGKILL_left_goes_at_the_next_start)
{
    if (!tracefs_mount())
        cr_skip_test("no tracefs can be mounted");
    start(0);
    switch_on();
    pid_t killed = terminal_pid(t);
    cr_assert_eq(kill(killed, SIGKILL), 0);
    cr_expect_eq(terminal_wait_end(t), 128 + SIGKILL);
    terminal_free(t);
    start(0);
    cr_expect_not(has_instance(killed));
}

Test(app_signals, without_privilege_it_says_what_it_takes)
{
    bool is_mounted = tracefs_mount();
    start(65534);
    choose_setting();
    cr_expect(terminal_wait_text(t, "needs root"));
    cr_expect(is_mounted ? terminal_wait_text(t, "tracefs is root's")
                         : terminal_wait_text(t, "who signals whom"));
    cr_expect(terminal_wait(t, is_set, "no"));
}
