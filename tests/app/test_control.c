/*
 * --host with --control, on the screen of the whole program: a script in ssh's place runs the
 * same reaptop, or says no.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/spawn.h"
#include "support/terminal.h"

static struct terminal *t;
static pid_t target;
static char target_name[16];
static char directory[PATH_MAX], program[PATH_MAX + 8], ssh_is[PATH_MAX + 32];

/* $5 is the host, $6 is "reaptop": the host "deaf" can be looked at alone. */
static const char script[] =
    "#!/bin/sh\n"
    "case $5:$7 in deaf:send) echo 'deaf: no more sessions' >&2; exit 255\n"
    "esac\n"
    "shift 6\n"
    "exec \"$PROGRAM\" \"$@\"\n";

static void on_signal(int signal)
{
    (void)signal;
}

/* Of a name that the target of no other test has, which may run at the same time. */
static int be_target(void *unused)
{
    char name[16];
    (void)unused;
    (void)snprintf(name, sizeof(name), "ctl-%d", (int)getpid());
    (void)prctl(PR_SET_NAME, name);
    (void)signal(SIGUSR1, on_signal);
    spawn_ready();
    for (;;)
        (void)pause();
    return 0;
}

static void set_up(void)
{
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(directory, sizeof(directory), "%s/control-XXXXXX", tmp ? tmp : "/tmp");
    cr_assert_not_null(mkdtemp(directory));
    (void)snprintf(program, sizeof(program), "%s/ssh", directory);
    (void)snprintf(ssh_is, sizeof(ssh_is), "REAPTOP_SSH=%s", program);
    int fd = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    cr_assert_eq(write(fd, script, sizeof(script) - 1), (ssize_t)sizeof(script) - 1);
    (void)close(fd);
    target = spawn_child(be_target, NULL);
    (void)snprintf(target_name, sizeof(target_name), "ctl-%d", (int)target);
}

static void tear_down(void)
{
    terminal_free(t);
    spawn_done();
    (void)unlink(program);
    (void)rmdir(directory);
}

TestSuite(app_control, .init = set_up, .fini = tear_down);

static void start(const char *hosts, const char *control)
{
    char program_is[PATH_MAX + 16];
    (void)snprintf(program_is, sizeof(program_is), "PROGRAM=%s", terminal_reaptop());
    t = terminal_start(&(struct terminal_options){
        .rows = 40,
        .cols = 120,
        .env = (const char *[]){ssh_is, program_is, "REAPTOP_HOST_TIMEOUT=60s", NULL},
        .argv = (const char *[]){terminal_reaptop(), "--host", hosts, control, NULL}});
    cr_assert_not_null(t);
    cr_assert(terminal_wait_text(t, "COMMAND"));
}

static bool reach(const char *keys, const char *text)
{
    return terminal_send(t, keys) && terminal_wait_text(t, text);
}

/* The filter leaves the target, and the search puts the cursor on it. */
static void choose_target(void)
{
    char filter[32], search[32];
    (void)snprintf(filter, sizeof(filter), "\\comm=%s\r", target_name);
    (void)snprintf(search, sizeof(search), "/%s\r", target_name);
    cr_assert(terminal_send(t, filter));
    cr_assert(terminal_wait_text(t, target_name));
    cr_assert(terminal_send(t, search));
}

Test(app_control, the_reaptop_there_forecasts_sends_and_tells)
{
    char pid[48];
    int status;
    (void)snprintf(pid, sizeof(pid), "one %d %s", (int)target, target_name);
    start("one,two", "--control");
    choose_target();
    cr_expect(reach("k", "default action: the process ends"));
    cr_expect(terminal_wait_text(t, pid), "whose it is");
    cr_expect(reach("USR1", "handler"));
    cr_expect(reach("\r", "caught: its handler took SIGUSR1"));
    cr_expect_eq(waitpid(target, &status, WNOHANG), 0, "it lives");
    cr_expect(terminal_send(t, TERMINAL_ESCAPE));
    cr_expect(reach("kTERM", "default action: the process ends"));
    cr_expect(reach("\r", "has not collected it"));
    cr_assert_eq(waitpid(target, &status, 0), target);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    cr_expect(terminal_send(t, TERMINAL_ESCAPE));
    cr_expect(terminal_send(t, "q"));
    cr_expect_eq(terminal_wait_end(t), 0);
}

Test(app_control, a_machine_is_no_process_and_other_changes_are_done_there)
{
    start("one,two", "--control");
    cr_expect(terminal_send(t, "g"));
    cr_expect(reach("k", "it is a machine, not a process"));
    cr_expect(terminal_send(t, TERMINAL_ESCAPE));
    cr_expect(reach("n", "On other machines only signals can be sent"));
}

Test(app_control, without_it_nothing_is_sent)
{
    start("one", NULL);
    choose_target();
    cr_expect(reach("k", "with --control signals can be sent there"));
}

Test(app_control, a_machine_that_does_not_let_us_says_why)
{
    start("deaf", "--control");
    choose_target();
    cr_expect(reach("k", "its machine does not hold it"));
    cr_expect(terminal_send(t, TERMINAL_ESCAPE));
    cr_expect(terminal_wait_text(t, "deaf: no more sessions"));
    cr_expect_eq(kill(target, 0), 0);
}
