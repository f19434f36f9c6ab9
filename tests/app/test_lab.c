/*
 * The lab on the screen: an experiment step by step, and the free bench.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    terminal_send(t, "3");
    cr_assert(terminal_wait_text(t, "─ child"), "the tree shows the experiment");
    int host = terminal_find(t, "lab-host");
    cr_expect(host < 0 || host > terminal_find(t, "Events:"), "and not what runs it:\n%s",
              terminal_text(t));
    cr_assert(terminal_wait_text(t, "Your prediction was right"));
    cr_assert(terminal_wait_text(t, "Step 2 of 2"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "The experiment as a whole"));
    cr_assert(terminal_wait_text(t, "Right predictions: 1 of 1"));
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_text(t, "clean up after it? y/n"));
    terminal_send(t, "y");
    cr_assert(terminal_wait_no_text(t, "─ child"), "its processes are gone");
    terminal_send(t, "q");
    cr_expect_eq(terminal_wait_end(t), 0);
}

Test(lab_screen, its_program_is_run_and_stepped_through)
{
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Step 1 of 2"));
    cr_assert(terminal_wait_text(t, "r run its program"));
    terminal_send(t, "r");
    cr_assert(terminal_wait_text(t, "Executed line 1 of "));
    cr_expect_geq(terminal_find(t, "the program's first process"), 0, "%s", terminal_text(t));
    int row = terminal_find(t, ">");
    cr_expect_geq(row, 0);
    terminal_send(t, "n");
    cr_assert(terminal_wait_text(t, "Executed line 2 of "));
    terminal_send(t, "p");
    cr_assert(terminal_wait_text(t, "Executed line 1 of "));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Step 1 of 2"), "back, and no step was taken");
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_text(t, "clean up after it? y/n"));
    terminal_send(t, "y");
    cr_assert(terminal_wait_no_text(t, "Step 1 of 2"));
    terminal_send(t, "q");
    cr_expect_eq(terminal_wait_end(t), 0);
}

Test(lab_screen, threads_are_rows_where_there_are_some)
{
    terminal_send(t, "deadl");
    cr_assert(terminal_wait_text(t, "Experiment: deadl"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Step 1 of"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Step 2 of"));
    cr_assert(terminal_wait_text(t, "─ {A}"), "a thread's row");
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_text(t, "clean up after it? y/n"));
    terminal_send(t, "y");
    cr_assert(terminal_wait_no_text(t, "─ {A}"));
}

Test(lab_screen, a_family_is_spawned_by_hand)
{
    terminal_send(t, TERMINAL_END);
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Make processes by hand"));
    cr_assert(terminal_wait_text(t, "in the bench, 0 in the first child"));
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
    cr_assert(terminal_wait_no_text(t, "─ play-host"), "nothing of it is left");
}

/* ---- the score, kept where it was asked for ---- */

static char state_home[] = "/tmp/reaptop-lab.XXXXXX";
static char score_path[128];

static void start_with_score(void)
{
    char state[64], config[64], path[96];
    cr_assert_not_null(mkdtemp(state_home));
    (void)snprintf(state, sizeof state, "XDG_STATE_HOME=%s", state_home);
    (void)snprintf(config, sizeof config, "XDG_CONFIG_HOME=%s", state_home);
    (void)snprintf(path, sizeof path, "%s/reaptop", state_home);
    (void)snprintf(score_path, sizeof score_path, "%s/lab-score", path);
    cr_assert_eq(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/reaptop/reaptop.conf", state_home);
    FILE *file = fopen(path, "we");
    cr_assert_not_null(file);
    cr_assert_gt(fputs("lab-score = yes\n", file), 0);
    (void)fclose(file);
    t = terminal_start(&(struct terminal_options){
        .rows = 45,
        .cols = 160,
        .argv = (const char *[]){terminal_reaptop(), "-d", "200ms", NULL},
        .env = (const char *[]){state, config, NULL},
    });
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "PID"));
}

static void end_with_score(void)
{
    char path[96];
    end_lab();
    (void)unlink(score_path);
    (void)snprintf(path, sizeof path, "%s/reaptop/reaptop.conf", state_home);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/reaptop", state_home);
    (void)rmdir(path);
    (void)rmdir(state_home);
}

TestSuite(lab_score, .init = start_with_score, .fini = end_with_score);

Test(lab_score, the_best_is_kept_where_that_was_asked_for)
{
    terminal_send(t, "L");
    cr_assert(terminal_wait_text(t, "One process becomes two"));
    cr_expect_lt(terminal_find(t, "best 1 of 1"), 0);
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Step 1 of 2"));
    terminal_send(t, "3");
    cr_assert(terminal_wait_text(t, "Step 2 of 2"));
    terminal_send(t, TERMINAL_ENTER);
    cr_assert(terminal_wait_text(t, "Right predictions: 1 of 1"));
    cr_expect_eq(access(score_path, R_OK), 0);
    terminal_send(t, TERMINAL_ESCAPE);
    cr_assert(terminal_wait_text(t, "clean up after it? y/n"));
    terminal_send(t, "y");
    cr_assert(terminal_wait_no_text(t, "─ child"));
    terminal_send(t, "L");
    cr_assert(terminal_wait_text(t, "best 1 of 1"));
}
