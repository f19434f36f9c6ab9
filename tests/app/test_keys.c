/*
 * Keys among thousands of processes: they are answered while a sweep is under
 * way, not behind it. The program's own log tells in which order things went.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/crowd.h"
#include "support/terminal.h"

enum {
    CROWD = 10000,
    SWEEPS_MOST = 60 /* in which no key was answered */
};

static struct terminal *t;
static pid_t crowd;
static char state_dir[] = "/tmp/reaptop-keys.XXXXXX";
static char log_dir[64], log_path[80];

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(state_dir));
    (void)snprintf(log_dir, sizeof log_dir, "%s/reaptop", state_dir);
    (void)snprintf(log_path, sizeof log_path, "%s/debug.log", log_dir);
    crowd = crowd_start(CROWD);
}

static void tear_down(void)
{
    terminal_free(t);
    t = NULL;
    crowd_end(crowd);
    (void)unlink(log_path);
    (void)rmdir(log_dir);
    (void)rmdir(state_dir);
}

TestSuite(keys, .init = set_up, .fini = tear_down, .timeout = 600);

/* Was a key taken and its answer drawn between a sweep's beginning and its end? */
static bool was_answered_within_a_sweep(int *ret_sweeps)
{
    int sweeps = 0;
    FILE *file = fopen(log_path, "re");
    char line[256];
    bool is_sweeping = false, has_key = false, is_answered = false;
    while (file && !is_answered && fgets(line, sizeof line, file)) {
        if (strstr(line, "sweep begins")) {
            is_sweeping = true;
            has_key = false;
        } else if (strstr(line, "sweep is taken in")) {
            is_sweeping = false;
            sweeps++;
        } else if (strstr(line, "key")) {
            has_key = is_sweeping;
        } else if (strstr(line, "drawn")) {
            is_answered = is_sweeping && has_key;
        }
    }
    if (file)
        (void)fclose(file);
    *ret_sweeps = sweeps;
    return is_answered;
}

Test(keys, are_answered_while_ten_thousand_are_swept)
{
    if (crowd < 0)
        cr_skip_test("the machine does not let that many processes be");
    char setting[96];
    (void)snprintf(setting, sizeof setting, "XDG_STATE_HOME=%s", state_dir);
    t = terminal_start(&(struct terminal_options){
        .rows = 50,
        .cols = 160,
        .argv = (const char *[]){terminal_reaptop(), "-d", "100ms", NULL},
        .env = (const char *[]){"REAPTOP_DEBUG=all", setting, NULL}});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "PPID"));

    bool is_answered = false;
    for (int i = 0, sweeps = 0; sweeps < SWEEPS_MOST && !is_answered; i++) {
        size_t before = terminal_bytes(t);
        terminal_send(t, i % 2 == 0 ? TERMINAL_DOWN : TERMINAL_UP);
        for (int tries = 0; terminal_bytes(t) == before && tries < 200; tries++)
            (void)terminal_read(t, 100);
        cr_assert_neq(terminal_bytes(t), before, "key %d is answered", i);
        is_answered = was_answered_within_a_sweep(&sweeps);
    }
    cr_expect(is_answered, "a key is answered before the sweep under way has ended");

    terminal_send(t, "q");
    cr_expect_eq(terminal_wait_end(t), 0, "it ends in the midst of sweeps");
}
