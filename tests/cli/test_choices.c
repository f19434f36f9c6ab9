/*
 * Waits that more than one thing ends: `why` names nobody who must act where a
 * timeout or another descriptor would do, and stops at such a wait on its way to
 * the end of a chain.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run_command.h"
#include "support/spawn.h"

static int fds[2] = {-1, -1};

static void close_both(void)
{
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    fds[0] = fds[1] = -1;
}

static void release(void)
{
    spawn_done();
    close_both();
}

TestSuite(choices, .fini = release, .timeout = 600);

/* A pipe that the test holds, and a signalfd that nobody needs to write to. */
static int poll_two(void *argument)
{
    sigset_t set;
    (void)argument;
    (void)close(fds[1]);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    struct pollfd both[2] = {{.fd = fds[0], .events = POLLIN},
                             {.fd = signalfd(-1, &set, 0), .events = POLLIN}};
    spawn_ready();
    return poll(both, 2, -1);
}

static int poll_timed(void *argument)
{
    struct pollfd one = {.fd = fds[0], .events = POLLIN};
    (void)argument;
    (void)close(fds[1]);
    spawn_ready();
    return poll(&one, 1, 3600 * 1000);
}

static int read_one(void *argument)
{
    char byte;
    (void)close(*(int *)argument);
    spawn_ready();
    return (int)read(fds[0], &byte, 1);
}

static void expect_why(pid_t pid, const char *holds, const char *lacks)
{
    int status = -1;
    cr_assert_eq(spawn_await_state(pid, "S"), 'S');
    const char *text = run_command("why", pid, false, &status);
    cr_expect_eq(status, 0);
    cr_expect_not_null(strstr(text, holds), "lacks \"%s\": %s", holds, text);
    cr_expect_null(strstr(text, lacks), "has \"%s\": %s", lacks, text);
}

Test(choices, any_of_several_descriptors)
{
    cr_assert_eq(pipe(fds), 0);
    expect_why(spawn_child(poll_two, NULL),
               "in short: no one process must act: any of its descriptors ends the wait",
               "in short: 1");
}

Test(choices, a_timeout)
{
    cr_assert_eq(pipe(fds), 0);
    char wanted[96];
    (void)snprintf(wanted, sizeof(wanted),
                   "in short: its timeout ends the wait at the latest; before that, %d ",
                   (int)getpid());
    expect_why(spawn_child(poll_timed, NULL), wanted, "no action");
}

/* It holds the pipe of the reader, and waits for any of two itself. */
static int hold_and_poll(void *argument)
{
    (void)close(fds[0]);
    (void)argument;
    int kept = fds[1];
    if (pipe(fds) < 0 || kept < 0)
        return 1;
    int spare = dup(fds[1]);
    (void)fcntl(spare, F_SETFD, 0);
    return poll_two(NULL);
}

Test(choices, the_chain_ends_where_one_has_a_choice)
{
    cr_assert_eq(pipe(fds), 0);
    pid_t holder = spawn_child(hold_and_poll, NULL);
    pid_t reader = spawn_child(read_one, &fds[1]);
    close_both(); /* the test itself holds it no more */
    cr_assert_eq(spawn_await_state(holder, "S"), 'S');
    char wanted[64];
    (void)snprintf(wanted, sizeof(wanted), "in short: %d cli must write to it, or close it",
                   (int)holder);
    expect_why(reader, wanted, "no one process");
}

/* A password is asked for while the other side has sent something: nobody is stuck. */
static int read_terminal(void *argument)
{
    char byte;
    spawn_ready();
    return (int)read(*(int *)argument, &byte, 1);
}

Test(choices, who_waits_for_a_person_is_not_stuck)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        cr_skip_test("no pseudo-terminals here");
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    cr_assert_geq(slave, 0);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    cr_assert_eq(write(fds[1], "x", 1), 1);
    expect_why(spawn_child(read_terminal, &slave), "somebody to type", "stuck");
    (void)close(slave);
    (void)close(master);
}
