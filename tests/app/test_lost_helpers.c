/*
 * The screen while its helpers are stopped and killed: at start-up, while it runs, before
 * it is left. It answers, replaces what it lost or does without, and is left at once.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>

#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"
#include "support/family.h"
#include "support/terminal.h"

/* It is to be less than a second; the machine may have more to do. */
#define QUIT_LIMIT_NS (6 * NS_PER_SEC)

static struct terminal *t;
static pid_t hurt;

static void tear_down(void)
{
    if (hurt > 0)
        (void)kill(hurt, SIGKILL); /* a stopped one would outlive a failure */
    terminal_free(t);
    t = NULL;
    hurt = 0;
}

TestSuite(lost_helpers, .fini = tear_down, .timeout = 600);

static const int signals[] = {SIGSTOP, SIGKILL};
static const char *const helpers[] = {"reaptop-reader", "reaptop-pane", "reaptop-guard"};

static void begin(void)
{
    t = terminal_start(&(struct terminal_options){
        .rows = 40,
        .cols = 190,
        .argv = (const char *[]){terminal_reaptop(), "-d", "200ms", NULL}});
    cr_assert_not_null(t);
}

static void hurt_helper(const char *name, int number)
{
    hurt = family_await(terminal_pid(t), name);
    cr_assert_gt(hurt, 0, "%s", name);
    cr_assert_eq(kill(hurt, number), 0);
}

/* A list is shown and goes away. */
static void expect_answers(const char *name, int number)
{
    terminal_send(t, "L");
    cr_expect(terminal_wait_text(t, "One process becomes two"), "%s, signal %d", name, number);
    terminal_send(t, TERMINAL_ESCAPE);
    cr_expect(terminal_wait_no_text(t, "One process becomes two"), "%s, signal %d", name, number);
}

static void quit(const char *name, int number)
{
    uint64_t begin_ns = clock_ns(CLOCK_MONOTONIC);
    terminal_send(t, TERMINAL_F10);
    cr_expect_eq(terminal_wait_end(t), 0, "%s, signal %d", name, number);
    uint64_t took_ns = clock_ns(CLOCK_MONOTONIC) - begin_ns;
    cr_expect_lt(took_ns, QUIT_LIMIT_NS, "%s, signal %d: %llu ms", name, number,
                 (unsigned long long)(took_ns / NS_PER_MS));
    cr_expect(terminal_modes_restored(t), "%s, signal %d", name, number);
    cr_expect(family_await_end(hurt), "%s is left, signal %d", name, number);
    hurt = 0;
    terminal_free(t);
    t = NULL;
}

Test(lost_helpers, at_start_up)
{
    for (size_t i = 0; i < ELEMENTS(helpers); i++)
        for (size_t k = 0; k < ELEMENTS(signals); k++) {
            begin();
            hurt_helper(helpers[i], signals[k]);
            cr_assert(terminal_wait_text(t, "PPID"), "%s, signal %d", helpers[i], signals[k]);
            expect_answers(helpers[i], signals[k]);
            quit(helpers[i], signals[k]);
        }
}

Test(lost_helpers, while_it_runs)
{
    for (size_t i = 0; i < ELEMENTS(helpers); i++)
        for (size_t k = 0; k < ELEMENTS(signals); k++) {
            begin();
            cr_assert(terminal_wait_text(t, "PPID"));
            hurt_helper(helpers[i], signals[k]);
            expect_answers(helpers[i], signals[k]);
            quit(helpers[i], signals[k]);
        }
}

static bool is_replaced(struct terminal *terminal, const void *name)
{
    pid_t now = family_find(terminal_pid(terminal), name);
    return now > 0 && now != hurt;
}

Test(lost_helpers, a_pane_worker_is_replaced)
{
    for (size_t k = 0; k < ELEMENTS(signals); k++) {
        begin();
        cr_assert(terminal_wait_text(t, "PPID"));
        hurt_helper("reaptop-pane", signals[k]);
        terminal_send(t, TERMINAL_DOWN); /* another one is selected: its pane is asked for */
        cr_expect(terminal_wait(t, is_replaced, "reaptop-pane"), "signal %d", signals[k]);
        expect_answers("reaptop-pane", signals[k]);
        quit("reaptop-pane", signals[k]);
    }
}

Test(lost_helpers, of_a_running_experiment)
{
    static const char *const names[] = {"lab-guard", "lab-host"};
    for (size_t i = 0; i < ELEMENTS(names); i++)
        for (size_t k = 0; k < ELEMENTS(signals); k++) {
            begin();
            cr_assert(terminal_wait_text(t, "PPID"));
            terminal_send(t, "L");
            cr_assert(terminal_wait_text(t, "One process becomes two"));
            terminal_send(t, TERMINAL_ENTER);
            hurt_helper(names[i], signals[k]);
            pid_t host = family_find(terminal_pid(t), "lab-host");
            terminal_send(t, TERMINAL_ESCAPE);
            cr_assert(terminal_wait_text(t, "clean up after it? y/n"));
            terminal_send(t, "y");
            cr_assert(terminal_wait_no_text(t, "clean up after it? y/n"));
            quit(names[i], signals[k]);
            cr_expect(host == 0 || family_await_end(host), "%s, signal %d", names[i], signals[k]);
        }
}
