/*
 * Signals that others send, as the kernel's tracepoint tells them. Each test
 * mounts a tracefs that only it sees; that needs root.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/source/trace.h"
#include "support/grow.h"

#define MOUNT_POINT "/sys/kernel/tracing"

TestSuite(trace, .fini = grow_done);

static bool has_tracefs(void)
{
    return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tracefs", MOUNT_POINT, "tracefs", 0, NULL) == 0;
}

static struct trace *open_trace(void)
{
    struct trace *trace = NULL;
    struct error error = ERROR_INIT;
    if (!has_tracefs())
        cr_skip_test("no tracefs can be mounted");
    cr_assert_eq(trace_open(&trace, &error), 0, "%s", error.message);
    return trace;
}

/* Waits at most ten seconds for that signal to that process. */
static bool await_signal(struct trace *trace, pid_t target, int signal, struct event *ret_event)
{
    for (int tries = 0; tries < 200; tries++) {
        struct event event;
        while (trace_read(trace, &event, 1) > 0)
            if (event.kind == EVENT_SIGNAL && event.id.pid == target && event.signal == signal) {
                *ret_event = event;
                return true;
            }
        struct pollfd ready = {.fd = trace_fd(trace), .events = POLLIN};
        (void)poll(&ready, 1, 50);
    }
    return false;
}

static int send_term(void *argument)
{
    grow_ready();
    return kill(*(pid_t *)argument, SIGTERM) < 0;
}

Test(trace, names_the_sender_of_a_kill)
{
    struct trace *trace = open_trace();
    pid_t target = grow(grow_pause, NULL);
    pid_t sender = grow(send_term, &target);
    struct event event;
    cr_assert(await_signal(trace, target, SIGTERM, &event));
    cr_expect_eq(event.sender, sender);
    cr_expect_eq(event.source, EVENT_FROM_TRACE);
    cr_expect_str_eq(event.detail, "kill(2), delivered");
    cr_expect_gt(event.mono_ns, 0);
    cr_expect_gt(event.time_ns, event.mono_ns);
    trace_close(trace);
}

static int ignore_signals(void *unused)
{
    (void)unused;
    (void)signal(SIGTERM, SIG_IGN);
    return grow_pause(NULL);
}

Test(trace, tells_what_is_ignored)
{
    struct trace *trace = open_trace();
    pid_t target = grow(ignore_signals, NULL);
    (void)grow(send_term, &target);
    struct event event;
    cr_assert(await_signal(trace, target, SIGTERM, &event));
    cr_expect_str_eq(event.detail, "kill(2), ignored");
    trace_close(trace);
}

static int break_pipe(void *unused)
{
    (void)unused;
    int ends[2];
    if (pipe(ends) < 0)
        return 1;
    (void)signal(SIGPIPE, SIG_DFL);
    close(ends[0]);
    grow_ready();
    return write(ends[1], "x", 1) > 0;
}

Test(trace, a_broken_pipe_and_the_parent_that_hears_of_the_end)
{
    struct trace *trace = open_trace();
    pid_t target = grow(break_pipe, NULL);
    struct event event;
    cr_assert(await_signal(trace, target, SIGPIPE, &event));
    cr_expect_eq(event.sender, target, "its own write did it");
    cr_assert(await_signal(trace, getpid(), SIGCHLD, &event));
    cr_expect_eq(event.sender, target);
    trace_close(trace);
}

static bool has_instance(pid_t pid)
{
    char path[96];
    struct stat st;
    (void)snprintf(path, sizeof path, MOUNT_POINT "/instances/reaptop-%d", (int)pid);
    return stat(path, &st) == 0;
}

static int open_and_be_killed(void *unused)
{
    (void)unused;
    struct trace *trace;
    if (trace_open(&trace, NULL) < 0)
        return 1;
    return grow_pause(NULL);
}

Test(trace, its_instance_goes_with_it_and_another_s_that_was_left)
{
    if (!has_tracefs())
        cr_skip_test("no tracefs can be mounted");
    pid_t killed = grow(open_and_be_killed, NULL);
    cr_assert(has_instance(killed));
    grow_kill(killed);
    cr_assert(has_instance(killed), "nobody removed it");

    struct trace *trace = NULL;
    cr_assert_eq(trace_open(&trace, NULL), 0);
    cr_expect(has_instance(getpid()));
    cr_expect_not(has_instance(killed));
    trace_close(trace);
    cr_expect_not(has_instance(getpid()));
}

static int open_as_nobody(void *unused)
{
    (void)unused;
    struct trace *trace = NULL;
    struct error error = ERROR_INIT;
    int r = trace_open(&trace, &error);
    return (r == -EPERM || r == -ENOTSUP) && !trace && error.message[0] ? 0 : 1;
}

Test(trace, says_what_it_would_take)
{
    cr_expect_eq(grow_run_as_nobody(open_as_nobody, NULL), 0);
}
