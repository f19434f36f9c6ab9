#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/privilege.h"
#include "reaptop/lab/play.h"

enum {
    PATIENCE_MS = 20000
};

static struct play *bench;

static struct play_report receive(void)
{
    struct play_report report = {0};
    struct pollfd fd = {.fd = play_fd(bench), .events = POLLIN};
    cr_assert_eq(poll(&fd, 1, PATIENCE_MS), 1, "the bench says nothing");
    cr_assert_eq(play_read(bench, &report), 1);
    return report;
}

static struct play_report ask(pid_t pid, enum play_action action)
{
    cr_assert_eq(play_do(bench, pid, action), 0);
    return receive();
}

/* The first child, from the report that the bench begins with. */
static pid_t begin(void)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(play_start(&bench, &error), 0, "%s", error.message);
    return receive().born;
}

static char state_of(pid_t pid, pid_t *ret_ppid)
{
    char path[64], state = '\0';
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    *ret_ppid = 0;
    if (!file)
        return '\0';
    if (fscanf(file, "%*d (%*[^)]) %c %d", &state, ret_ppid) != 2)
        state = '\0';
    fclose(file);
    return state;
}

static void end_bench(void)
{
    bench = play_stop(bench);
}

TestSuite(play, .fini = end_bench);

Test(play, a_whole_life_by_hand)
{
    pid_t ppid, parent = begin();
    struct play_report report = ask(parent, PLAY_FORK);
    pid_t child = report.born;
    cr_assert(report.is_done && child > 0, "%s", report.outcome);
    cr_expect_str_eq(report.call, "pid_t pid = fork();");
    (void)state_of(child, &ppid);
    cr_expect_eq(ppid, parent);

    report = ask(parent, PLAY_WAIT);
    cr_expect(strncmp(report.outcome, "0:", 2) == 0, "%s", report.outcome);

    report = ask(child, PLAY_STOP);
    cr_expect(report.is_done);
    cr_expect_eq(state_of(child, &ppid), 'T');
    report = ask(child, PLAY_FORK);
    cr_expect_not(report.is_done, "a stopped process does nothing");
    cr_expect(ask(child, PLAY_CONTINUE).is_done);
    cr_expect_neq(state_of(child, &ppid), 'T');

    cr_expect(ask(child, PLAY_EXEC).is_done);
    report = ask(child, PLAY_FORK);
    cr_expect_not(report.is_done, "it is another program");

    cr_expect(ask(child, PLAY_KILL).is_done);
    cr_expect_eq(state_of(child, &ppid), 'Z');
    report = ask(parent, PLAY_WAIT);
    cr_expect(strstr(report.outcome, "SIGKILL"), "%s", report.outcome);
    cr_expect_eq(state_of(child, &ppid), '\0');
    report = ask(parent, PLAY_WAIT);
    cr_expect(strstr(report.outcome, "ECHILD"), "%s", report.outcome);
}

Test(play, orphans_are_adopted_by_the_bench)
{
    pid_t ppid, parent = begin();
    struct play_report report = ask(parent, PLAY_ORPHAN);
    cr_expect_not(report.is_done, "without a child nobody is orphaned");
    pid_t child = ask(parent, PLAY_FORK).born, grandchild = ask(child, PLAY_FORK).born;
    cr_assert_gt(grandchild, 0);

    report = ask(child, PLAY_ORPHAN);
    cr_expect(report.is_done, "%s", report.outcome);
    cr_expect_eq(state_of(child, &ppid), 'Z', "its parent has not waited");
    (void)state_of(grandchild, &ppid);
    cr_expect_neq(ppid, child);
    cr_expect_neq(ppid, 1, "the host is a subreaper");
    cr_expect(ask(grandchild, PLAY_FORK).is_done, "it lives on");
}

Test(play, a_vfork_parent_sleeps_until_its_child_executes)
{
    pid_t ppid, parent = begin();
    struct play_report report = ask(parent, PLAY_VFORK);
    pid_t child = report.born;
    cr_assert(report.is_done && child > 0, "%s", report.outcome);
    cr_expect_eq(state_of(parent, &ppid), 'D');
    report = ask(parent, PLAY_FORK);
    cr_expect_not(report.is_done, "it sleeps");
    cr_expect(strstr(report.outcome, "vfork"), "%s", report.outcome);
    cr_expect_not(ask(child, PLAY_THREAD).is_done, "it uses its parent's memory");
    cr_expect(ask(child, PLAY_EXEC).is_done);
    report = ask(parent, PLAY_FORK);
    cr_expect(report.is_done, "%s", report.outcome);
    child = ask(parent, PLAY_VFORK).born;
    cr_expect(ask(child, PLAY_EXIT).is_done);
    cr_expect(ask(parent, PLAY_FORK).is_done, "that one has exited");
}

Test(play, a_traced_child_waits_for_its_tracer)
{
    pid_t ppid, parent = begin(), child = ask(parent, PLAY_FORK).born;
    struct play_report report = ask(parent, PLAY_TRACE);
    if (!report.is_done && strstr(report.outcome, "permitted"))
        cr_skip("ptrace is not granted");
    cr_assert(report.is_done, "%s", report.outcome);
    cr_expect_eq(state_of(child, &ppid), 't');
    cr_expect_not(ask(child, PLAY_FORK).is_done);
    cr_expect(ask(parent, PLAY_RELEASE).is_done);
    cr_expect(ask(child, PLAY_FORK).is_done);
    cr_expect_not(ask(child, PLAY_RELEASE).is_done, "it traces nobody");
}

Test(play, what_executed_another_program_can_be_traced)
{
    /* As `reaptop lab` runs: the program that root executes may not get back what was given up. */
    cr_assert_eq(privileges_keep(PRIVILEGES_LAB, false), 0);
    pid_t parent = begin();
    cr_expect(ask(parent, PLAY_FORK).is_done);
    struct play_report report = ask(parent, PLAY_TRACE);
    if (!report.is_done && strstr(report.outcome, "permitted"))
        cr_skip("ptrace is not granted");
    cr_expect(ask(parent, PLAY_RELEASE).is_done);
    pid_t child = ask(parent, PLAY_FORK).born;
    cr_expect(ask(child, PLAY_EXEC).is_done);
    report = ask(parent, PLAY_TRACE);
    cr_expect(report.is_done, "%s", report.outcome);
}

Test(play, a_signal_is_handled_ignored_blocked_or_ends_it)
{
    pid_t ppid, parent = begin(), child = ask(parent, PLAY_FORK).born;
    cr_expect(strstr(ask(child, PLAY_HANDLE).outcome, "SigCgt"));
    cr_expect(strstr(ask(child, PLAY_USR1).outcome, "handler"));
    cr_expect(strstr(ask(child, PLAY_IGNORE).outcome, "SigIgn"));
    cr_expect(strstr(ask(child, PLAY_USR1).outcome, "discarded"));
    cr_expect(ask(child, PLAY_HANDLE).is_done);
    cr_expect(ask(child, PLAY_BLOCK).is_done);
    cr_expect(strstr(ask(child, PLAY_USR1).outcome, "pending"));
    cr_expect(ask(child, PLAY_UNBLOCK).is_done);
    cr_expect(ask(child, PLAY_FORK).is_done, "it lives");
    child = ask(parent, PLAY_FORK).born;
    struct play_report report = ask(child, PLAY_USR1);
    cr_expect(report.is_done, "%s", report.outcome);
    cr_expect_eq(state_of(child, &ppid), 'Z', "%s", report.outcome);
}

Test(play, memory_is_used_when_it_is_touched)
{
    pid_t parent = begin();
    long long size[2], rss[2];
    cr_expect_not(ask(parent, PLAY_TOUCH).is_done, "malloc first");
    struct play_report report = ask(parent, PLAY_MALLOC);
    cr_assert_eq(sscanf(report.outcome, "VmSize %lld KiB, VmRSS %lld", &size[0], &rss[0]), 2);
    report = ask(parent, PLAY_TOUCH);
    cr_assert_eq(sscanf(report.outcome, "VmSize %lld KiB, VmRSS %lld", &size[1], &rss[1]), 2);
    cr_expect_geq(rss[1], rss[0] + 16000);
    cr_expect_lt(size[1], size[0] + 8000);
}

Test(play, a_reader_sleeps_until_another_writes)
{
    pid_t parent = begin();
    cr_expect_not(ask(parent, PLAY_READ).is_done, "no pipe yet");
    cr_expect(ask(parent, PLAY_PIPE).is_done);
    pid_t child = ask(parent, PLAY_FORK).born;
    struct play_report report = ask(child, PLAY_READ);
    cr_expect(strstr(report.outcome, "sleeps"), "%s", report.outcome);
    cr_expect_not(ask(child, PLAY_FORK).is_done);
    cr_expect(ask(parent, PLAY_WRITE).is_done);
    uint64_t until_ns = clock_boot_ns() + 10 * NS_PER_SEC;
    while (!(report = ask(child, PLAY_FORK)).is_done && clock_boot_ns() < until_ns)
        (void)poll(NULL, 0, 1);
    cr_expect(report.is_done, "%s", report.outcome);
    cr_expect(strstr(ask(child, PLAY_THREAD).outcome, "2 threads"));
}

Test(play, strangers_are_refused)
{
    (void)begin();
    struct play_report report = ask(getpid(), PLAY_KILL);
    cr_expect_not(report.is_done);
    report = ask(0, PLAY_KILL);
    cr_expect_not(report.is_done);
    report = ask(-1, PLAY_KILL);
    cr_expect_not(report.is_done);
    report = ask(play_root(bench), PLAY_KILL);
    cr_expect_not(report.is_done);
}

Test(play, a_frozen_group_stands_still_until_it_is_thawed)
{
    pid_t parent = begin(), child = ask(parent, PLAY_FORK).born;
    cr_expect(ask(child, PLAY_HANDLE).is_done);
    struct play_report report = ask(child, PLAY_FREEZE);
    if (!report.is_done)
        cr_skip("no control group can be made here: %s", report.outcome);
    cr_expect(strstr(report.outcome, "stands still"), "%s", report.outcome);
    report = ask(child, PLAY_FORK);
    cr_expect_not(report.is_done);
    cr_expect(strstr(report.outcome, "is frozen"), "%s", report.outcome);
    cr_expect(strstr(ask(child, PLAY_USR1).outcome, "pending"));
    cr_expect(ask(parent, PLAY_FORK).is_done, "its parent is not in the group");
    report = ask(child, PLAY_THAW);
    cr_expect(report.is_done, "%s", report.outcome);
    report = ask(parent, PLAY_FREEZE);
    cr_expect(report.is_done, "left frozen, it ends all the same: %s", report.outcome);
}

Test(play, there_is_a_bound)
{
    pid_t parent = begin();
    struct play_report report;
    int born = 0;
    while ((report = ask(parent, PLAY_FORK)).is_done && born < 100)
        born++;
    cr_expect_eq(born, 31);
    cr_expect(strstr(report.outcome, "reap some"), "%s", report.outcome);
}

/* Whoever of viewer, guard and host is killed: no child is left. */
static void expect_nobody(const pid_t *pids, size_t count)
{
    pid_t ppid;
    for (int i = 0; i < PATIENCE_MS; i++) {
        size_t left = 0;
        for (size_t p = 0; p < count; p++) {
            char state = state_of(pids[p], &ppid);
            left += state != '\0' && state != 'Z';
        }
        if (left == 0)
            return;
        (void)poll(NULL, 0, 1);
    }
    cr_assert_fail("somebody was left behind");
}

Test(play, nothing_is_left_when_guard_or_host_is_killed)
{
    for (int kills_host = 0; kills_host < 2; kills_host++) {
        pid_t ppid, parent = begin(), child = ask(parent, PLAY_FORK).born;
        const pid_t all[] = {parent, child, ask(child, PLAY_FORK).born};
        cr_expect(ask(all[2], PLAY_EXEC).is_done);
        (void)state_of(parent, &ppid); /* the host */
        (void)kill(kills_host ? ppid : play_root(bench), SIGKILL);
        expect_nobody(all, 3);
        end_bench();
    }
}

Test(play, nothing_is_left_when_the_viewer_is_killed)
{
    int reported[2];
    pid_t pids[2];
    cr_assert_eq(pipe(reported), 0);
    pid_t viewer = fork();
    if (viewer == 0) {
        struct pollfd fd;
        struct play_report report;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (play_start(&bench, NULL) < 0)
            _exit(1);
        fd = (struct pollfd){.fd = play_fd(bench), .events = POLLIN};
        if (poll(&fd, 1, PATIENCE_MS) != 1 || play_read(bench, &report) != 1)
            _exit(1);
        pids[0] = report.born;
        (void)play_do(bench, pids[0], PLAY_FORK);
        if (poll(&fd, 1, PATIENCE_MS) != 1 || play_read(bench, &report) != 1)
            _exit(1);
        pids[1] = report.born;
        (void)!write(reported[1], pids, sizeof(pids));
        for (;;)
            (void)pause();
    }
    bool is_reported = read(reported[0], pids, sizeof(pids)) == (ssize_t)sizeof(pids);
    (void)kill(viewer, SIGKILL);
    (void)waitpid(viewer, NULL, 0);
    close(reported[0]);
    close(reported[1]);
    cr_assert(is_reported);
    expect_nobody(pids, 2);
}
