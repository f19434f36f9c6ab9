/*
 * The lab on the screen: an experiment step by step, and the free bench.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "support/terminal.h"

static struct terminal *t;

static void start_lab(void)
{
    t = terminal_start(&(struct terminal_options){
        .rows = 45,
        .cols = 160,
        .argv = (const char *[]){terminal_reaptop(), "-d", "200ms", NULL},
    });
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "PID"));
    terminal_send(t, "L");
    cr_assert(terminal_wait_text(t, "One process becomes two"));
}

static void end_lab(void)
{
    terminal_free(t);
    t = NULL;
}

TestSuite(lab_screen, .init = start_lab, .fini = end_lab);

Test(lab_screen, an_experiment_is_predicted_stepped_seen_and_left)
{
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Step 1 of 2"));
    cr_assert(terminal_wait_text(t, "lab-host"), "the tree shows the experiment");
    terminal_send(t, "3");
    cr_assert(terminal_wait_text(t, "Your prediction was right"));
    cr_assert(terminal_wait_text(t, "Step 2 of 2"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "The experiment as a whole"));
    cr_assert(terminal_wait_text(t, "Right predictions: 1 of 1"));
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_text(t, "clean up after it? y/n"));
    terminal_send(t, "y");
    cr_assert(terminal_wait_no_text(t, "lab-host"), "its processes are gone");
    terminal_send(t, "q");
    cr_expect_eq(terminal_wait_end(t), 0);
}

Test(lab_screen, a_family_is_grown_by_hand)
{
    terminal_send(t, TERMINAL_END);
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Grow a family by hand"));
    cr_assert(terminal_wait_text(t, "in the bench, 0 in the first puppet"));
    terminal_send(t, "f");
    cr_assert(terminal_wait_text(t, "in the parent, 0 in the child"));
    terminal_send(t, "w");
    cr_assert(terminal_wait_text(t, "0: none of its children has ended"));
    terminal_send(t, "o");
    cr_assert(terminal_wait_text(t, "its children are adopted by"));
    cr_assert(terminal_wait_text(t, "was child of"));
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_text(t, "clean up after it? y/n"));
    terminal_send(t, "y");
    cr_assert(terminal_wait_no_text(t, "play-host"), "nothing of it is left");
}
