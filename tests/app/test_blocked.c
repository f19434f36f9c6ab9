/*
 * The whole program beside a process whose epoll descriptor cannot be looked
 * at: a read of its fdinfo waits for ever, even after SIGKILL.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/clock.h"
#include "support/held.h"
#include "support/terminal.h"

/* Half a second for the read, as much for the helper's end, and a busy machine. */
#define COMMAND_LIMIT_NS (5 * NS_PER_SEC)

static struct held held;
static struct terminal *t;

static void teardown(void)
{
    terminal_free(t);
    t = NULL;
    if (held.server > 0)
        held_end(&held);
}

TestSuite(blocked, .fini = teardown, .timeout = 600);

static void make_held(void)
{
    const char *why = "";
    if (held_start_epoll(&held, &why) < 0) {
        held.server = 0;
        cr_skip_test("no epoll instance can be held here: %s", why);
    }
}

/* How long it took; `text` was on its screen, which NULL leaves open. */
static uint64_t run(const char *const *argv, const char *text)
{
    uint64_t begin_ns = clock_ns(CLOCK_MONOTONIC);
    t = terminal_start(&(struct terminal_options){.rows = 60, .cols = 120, .argv = argv});
    cr_assert_not_null(t);
    if (text)
        cr_expect(terminal_wait_text(t, text), "%s: no \"%s\"", argv[1], text);
    cr_expect_geq(terminal_wait_end(t), 0, "%s", argv[1]);
    uint64_t took_ns = clock_ns(CLOCK_MONOTONIC) - begin_ns;
    terminal_free(t);
    t = NULL;
    return took_ns;
}

Test(blocked, every_command_ends)
{
    static const struct {
        const char *command, *argument, *text;
    } commands[] = {
        {"files", NULL, "the read blocks"},
        {"why", NULL, "must answer, if the file is of its file system"},
        {"show", NULL, NULL},
        {"threads", NULL, NULL},
        {"maps", NULL, NULL},
        {"pages", NULL, NULL},
        {"signals", NULL, NULL},
        {"tree", NULL, NULL},
        {"send", "TERM", NULL},
    };
    char pid[16];
    make_held();
    (void)snprintf(pid, sizeof(pid), "%d", held.victim);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        bool is_send = commands[i].argument != NULL;
        const char *const argv[] = {terminal_reaptop(),
                                    commands[i].command,
                                    is_send ? "-n" : pid,
                                    is_send ? commands[i].argument : NULL,
                                    pid,
                                    NULL};
        uint64_t took_ns = run(argv, commands[i].text);
        cr_expect_lt(took_ns, COMMAND_LIMIT_NS, "%s took %llu ms", commands[i].command,
                     (unsigned long long)(took_ns / NS_PER_MS));
    }
}

Test(blocked, files_of_another_process_are_all_there)
{
    char pid[16];
    make_held();
    (void)snprintf(pid, sizeof(pid), "%d", held.server);
    const char *const argv[] = {terminal_reaptop(), "files", pid, NULL};
    cr_expect_lt(run(argv, "/dev/fuse"), COMMAND_LIMIT_NS);
}

/* Half a second and more for each read that blocks, and a busy machine. */
#define KEY_LIMIT_NS (3 * NS_PER_SEC)

/* A list is shown and goes away: how long the longer of the two took. */
static uint64_t key_ns(void)
{
    uint64_t begin_ns = clock_ns(CLOCK_MONOTONIC);
    terminal_send(t, "L");
    cr_assert(terminal_wait_text(t, "One process becomes two"));
    uint64_t shown_ns = clock_ns(CLOCK_MONOTONIC);
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_no_text(t, "One process becomes two"));
    uint64_t gone_ns = clock_ns(CLOCK_MONOTONIC);
    return shown_ns - begin_ns > gone_ns - shown_ns ? shown_ns - begin_ns : gone_ns - shown_ns;
}

static void start_screen(void)
{
    char pid[16];
    (void)snprintf(pid, sizeof(pid), "%d", held.victim);
    t = terminal_start(&(struct terminal_options){
        .rows = 50,
        .cols = 190,
        .argv = (const char *[]){terminal_reaptop(), "-d", "200ms", "-p", pid, NULL}});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, pid));
}

Test(blocked, keys_are_answered_in_every_tab)
{
    make_held();
    start_screen();
    for (char tab = '1'; tab <= '9'; tab++) {
        terminal_send(t, (char[]){tab, '\0'});
        for (int round = 0; round < 3; round++) {
            uint64_t took_ns = key_ns();
            cr_expect_lt(took_ns, KEY_LIMIT_NS, "tab %c: %llu ms", tab,
                         (unsigned long long)(took_ns / NS_PER_MS));
        }
    }
    uint64_t begin_ns = clock_ns(CLOCK_MONOTONIC);
    terminal_send(t, TERMINAL_F10);
    cr_expect_eq(terminal_wait_end(t), 0);
    cr_expect_lt(clock_ns(CLOCK_MONOTONIC) - begin_ns, COMMAND_LIMIT_NS);
}

/* Nobody can end the helper that waits: it is told on the screen, once and by its PID. */
Test(blocked, a_helper_left_behind_is_told)
{
    make_held();
    start_screen();
    terminal_send(t, "6");
    cr_expect(terminal_wait_text(t, "is left behind"));
    cr_assert_eq(kill(terminal_pid(t), SIGTERM), 0);
    cr_expect_geq(terminal_wait_end(t), 0, "it ends all the same");
}

Test(blocked, a_command_dies_of_SIGKILL)
{
    char pid[16];
    make_held();
    (void)snprintf(pid, sizeof(pid), "%d", held.victim);
    t = terminal_start(&(struct terminal_options){
        .rows = 50, .cols = 139, .argv = (const char *[]){terminal_reaptop(), "files", pid, NULL}});
    cr_assert_not_null(t);
    (void)kill(terminal_pid(t), SIGKILL);
    cr_expect_geq(terminal_wait_end(t), 0);
}
