#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/pidfs.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/watch.h"
#include "support/test_child.h"

static struct identity identity_of(pid_t pid)
{
    _cleanup_close_ int dir_fd = procfs_open_process(pid, 0);
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct stat_line line;
    cr_assert_geq(dir_fd, 0);
    cr_assert_eq(procfs_read(dir_fd, "stat", STAT_TEXT_LIMIT, &text), 0);
    cr_assert_eq(parse_stat(text.data, text.length, &line), 0);
    return (struct identity){.pid = pid, .start_ticks = line.start_ticks};
}

static void watch_cleanup(struct watch **watch)
{
    watch_free(*watch);
}

#define WATCH(watch, capacity)                                                                     \
    _cleanup_(watch_cleanup) struct watch *watch = NULL;                                           \
    cr_assert_eq(watch_new(&(watch), (capacity)), 0)

/* The next events; the test's timeout bounds it. An old kernel tells of no reaping: look often. */
static size_t await_events(struct watch *watch, struct event *events, size_t capacity)
{
    size_t count;
    while ((count = watch_read(watch, events, capacity)) == 0) {
        struct pollfd ready = {.fd = watch_fd(watch), .events = POLLIN};
        (void)poll(&ready, 1, 50);
    }
    return count;
}

static void body_stays(void *argument)
{
    (void)argument;
    specimen_ready();
    specimen_stay();
}

Test(watch, death_and_reaping_are_reported_one_after_the_other)
{
    WATCH(watch, 4);
    pid_t pid = specimen_start(body_stays, NULL);
    struct identity id = identity_of(pid);
    struct event events[4];
    cr_assert_eq(watch_add(watch, id, "victim"), 0);
    cr_assert_eq(watch_add(watch, id, "victim"), 0, "twice is once");
    cr_expect(watch_has(watch, id));
    cr_expect_eq(watch_read(watch, events, 4), 0);

    cr_assert_eq(kill(pid, SIGKILL), 0);
    cr_assert_eq(await_events(watch, events, 4), 1);
    cr_expect_eq(events[0].kind, EVENT_EXIT);
    cr_expect_eq(events[0].source, EVENT_FROM_PIDFD);
    cr_expect_eq(events[0].exit_status, SIGKILL);
    cr_expect_eq(events[0].ppid, getpid());
    cr_expect_eq(events[0].id.pid, pid);
    cr_expect_str_eq(events[0].comm, "victim");
    cr_expect_eq(watch_read(watch, events, 4), 0, "told once");

    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    size_t count = await_events(watch, events, 4); /* state X may have been caught before */
    cr_expect_eq(events[count - 1].kind, EVENT_REAP);
    cr_expect_eq(events[count - 1].exit_status, SIGKILL);
    cr_expect(count == 1 || (count == 2 && events[0].state_to == 'X'));
    cr_expect(!watch_has(watch, id));
}

/* ---- state X ---- */

/* X, where it was caught, and the reaping behind it. True where it was. */
static bool expect_last_events(struct watch *watch, struct identity id, const struct event *events,
                               size_t count)
{
    cr_assert(count == 1 || count == 2);
    cr_expect_eq(events[count - 1].kind, EVENT_REAP);
    cr_expect_not(watch_has(watch, id));
    if (count == 1)
        return false;
    cr_expect_eq(events[0].kind, EVENT_STATE);
    cr_expect_eq(events[0].state_from, 'Z');
    cr_expect_eq(events[0].state_to, 'X');
    cr_expect_eq(events[0].id.pid, id.pid);
    cr_expect_leq(events[0].mono_ns, events[1].mono_ns);
    return true;
}

/* Whether X is caught is luck here. */
Test(watch, whom_we_reap_may_be_caught_in_state_x)
{
    WATCH(watch, 4);
    for (int i = 0; i < 20; i++) {
        pid_t pid = specimen_start(body_stays, NULL);
        struct identity id = identity_of(pid);
        struct event events[WATCH_EVENTS_EACH];
        cr_assert_eq(watch_add(watch, id, "victim"), 0);
        cr_assert_eq(kill(pid, SIGKILL), 0);
        cr_assert_eq(await_events(watch, events, WATCH_EVENTS_EACH), 1);
        cr_expect_eq(events[0].kind, EVENT_EXIT);
        cr_expect_eq(events[0].state_to, 'Z');

        watch_look(watch, id);
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        size_t count = await_events(watch, events, WATCH_EVENTS_EACH);
        (void)expect_last_events(watch, id, events, count);
    }
}

struct crowd {
    pid_t oldest; /* told by the parent; the two share this */
    int go[2];
};

static void body_leaves_a_crowd_of_zombies(void *argument)
{
    enum {
        ZOMBIES = 1000
    };
    struct crowd *crowd = argument;
    siginfo_t info;
    char byte;
    (void)signal(SIGCHLD, SIG_DFL);
    for (int i = 0; i < ZOMBIES; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        if (pid < 0)
            break;
        (void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
        if (i == 0)
            crowd->oldest = pid;
    }
    specimen_ready();
    (void)!read(crowd->go[0], &byte, 1);
    _exit(0);
}

/*
 * Zombies whose next parent ignores SIGCHLD become X all at once when theirs
 * ends, and are let go of one by one, the oldest last: X lasts milliseconds.
 */
static bool let_a_crowd_go(struct watch *watch, struct crowd *crowd)
{
    struct event events[WATCH_EVENTS_EACH];
    size_t count;
    cr_assert_gt(specimen_start(body_leaves_a_crowd_of_zombies, crowd), 0);
    struct identity id = identity_of(crowd->oldest);
    cr_assert_eq(watch_add(watch, id, "victim"), 0);
    cr_assert_eq(await_events(watch, events, WATCH_EVENTS_EACH), 1);
    cr_expect_eq(events[0].kind, EVENT_EXIT);
    cr_assert_eq(write(crowd->go[1], "", 1), 1);
    do
        watch_look(watch, id);
    while ((count = watch_read(watch, events, WATCH_EVENTS_EACH)) == 0);
    return expect_last_events(watch, id, events, count);
}

Test(watch, the_dead_are_caught_in_state_x, .timeout = 600)
{
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
        cr_skip("state X needs a second processor to be seen");
    struct crowd *crowd =
        mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(crowd, MAP_FAILED);
    cr_assert_eq(pipe(crowd->go), 0);
    cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    (void)signal(SIGCHLD, SIG_IGN);
    /* Before whatever else the machine does, where that is permitted: who looks, and who ends. */
    (void)sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
    WATCH(watch, 4);
    while (!let_a_crowd_go(watch, crowd))
        ; /* we were not on a processor meanwhile; the test's time bounds it */
}

Test(watch, more_are_watched_than_are_looked_at)
{
    enum {
        MANY = 40
    };
    pid_t pids[MANY];
    WATCH(watch, MANY);
    for (int i = 0; i < MANY; i++) {
        pids[i] = specimen_start(body_stays, NULL);
        cr_assert_eq(watch_add(watch, identity_of(pids[i]), "one"), 0);
    }
    for (int i = 0; i < MANY; i++) {
        (void)kill(pids[i], SIGKILL);
        cr_assert_eq(waitpid(pids[i], NULL, 0), pids[i]);
    }
    struct event events[2 * MANY * WATCH_EVENTS_EACH];
    unsigned exits = 0, reaps = 0;
    while (reaps < MANY) {
        size_t count = await_events(watch, events, ELEMENTS(events));
        for (size_t i = 0; i < count; i++) {
            exits += events[i].kind == EVENT_EXIT;
            reaps += events[i].kind == EVENT_REAP;
        }
    }
    cr_expect_eq(exits, MANY);
}

static void body_exits(void *argument)
{
    (void)argument;
    specimen_ready();
    _exit(3);
}

Test(watch, a_zombie_is_reported_as_dead)
{
    WATCH(watch, 4);
    struct event events[4];
    pid_t pid = specimen_start(body_exits, NULL);
    cr_assert_eq(specimen_wait_dead(pid), 0);
    cr_assert_eq(watch_add(watch, identity_of(pid), NULL), 0);
    cr_assert_eq(await_events(watch, events, 4), 1);
    cr_expect_eq(events[0].kind, EVENT_EXIT);
    cr_expect_eq(events[0].exit_status, 3 << 8);
    specimen_end(pid);
}

/* A parent that reaps its child as soon as SIGUSR1 lets that end. */
static void body_reaps(void *grandchild)
{
    int ends[2];
    sigset_t usr1;
    (void)sigemptyset(&usr1);
    (void)sigaddset(&usr1, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &usr1, NULL);
    if (pipe(ends) < 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        (void)close(ends[1]);
        (void)!read(ends[0], &byte, 1);
        _exit(5);
    }
    *(volatile pid_t *)grandchild = pid;
    specimen_ready();
    int signal;
    (void)sigwait(&usr1, &signal);
    (void)close(ends[1]);
    (void)waitpid(pid, NULL, 0);
    specimen_stay();
}

Test(watch, a_strangers_child_is_reported_after_its_parent_reaped_it)
{
    WATCH(watch, 4);
    struct event events[4];
    pid_t *grandchild =
        mmap(NULL, sizeof(pid_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t parent = specimen_start(body_reaps, grandchild);
    cr_assert_gt(parent, 0);
    cr_assert_eq(watch_add(watch, identity_of(*grandchild), "grandchild"), 0);
    cr_assert_eq(kill(parent, SIGUSR1), 0);

    enum event_kind last = EVENT_FORK;
    int32_t status = EXIT_UNKNOWN;
    while (last != EVENT_REAP) {
        size_t count = await_events(watch, events, 4);
        cr_expect(last != EVENT_FORK || events[0].kind == EVENT_EXIT, "death comes first");
        last = events[count - 1].kind;
        status = events[count - 1].exit_status;
    }
    cr_expect(status == 5 << 8 || status == EXIT_UNKNOWN, "%d", status);
    specimen_end(parent);
}

Test(watch, in_a_full_set_the_one_not_asked_for_the_longest_goes)
{
    WATCH(watch, 2);
    pid_t pids[3];
    struct identity ids[3];
    for (int i = 0; i < 3; i++) {
        pids[i] = specimen_start(body_stays, NULL);
        ids[i] = identity_of(pids[i]);
    }
    cr_assert_eq(watch_add(watch, ids[0], "first"), 0);
    cr_assert_eq(watch_add(watch, ids[1], "second"), 0);
    cr_assert_eq(watch_add(watch, ids[0], "first"), 0);
    cr_assert_eq(watch_add(watch, ids[2], "third"), 0);
    cr_expect(watch_has(watch, ids[0]));
    cr_expect(!watch_has(watch, ids[1]));
    cr_expect(watch_has(watch, ids[2]));
    watch_remove(watch, ids[0]);
    cr_assert_eq(watch_add(watch, ids[1], "second"), 0);
    cr_expect(watch_has(watch, ids[2]), "there was room");
    for (int i = 0; i < 3; i++)
        specimen_end(pids[i]);
}

Test(watch, a_successor_is_not_watched)
{
    WATCH(watch, 1);
    struct identity other = identity_of(getpid());
    other.start_ticks++;
    cr_expect_eq(watch_add(watch, other, ""), -ESRCH);
    cr_expect(!watch_has(watch, other));
}

static uint64_t inode_of(struct identity id)
{
    _cleanup_close_ int pidfd = pidfs_open(id);
    return pidfs_inode(pidfd);
}

Test(pidfs, inodes_report_processes_apart_where_the_kernel_has_them)
{
    pid_t pid = specimen_start(body_stays, NULL);
    struct identity child = identity_of(pid), self = identity_of(getpid());
    _cleanup_close_ int pidfd = pidfs_open(self);
    cr_assert_geq(pidfd, 0);
    struct statfs where;
    cr_assert_eq(fstatfs(pidfd, &where), 0);
    if (where.f_type == 0x50494446) {
        cr_expect_neq(pidfs_inode(pidfd), 0);
        cr_expect_eq(pidfs_inode(pidfd), inode_of(self));
        cr_expect_neq(inode_of(child), inode_of(self));
        self.inode = inode_of(child);
        cr_expect_eq(pidfs_open(self), -ESRCH);
    } else {
        cr_expect_eq(pidfs_inode(pidfd), 0);
    }
    child.start_ticks++;
    cr_expect_eq(inode_of(child), 0);
    cr_expect_eq(pidfs_inode(-1), 0);
    specimen_end(pid);
}

Test(pidfs, reaped_and_how)
{
    pid_t pid = specimen_start(body_exits, NULL);
    cr_assert_eq(specimen_wait_dead(pid), 0);
    _cleanup_close_ int pidfd = pidfs_open((struct identity){.pid = pid});
    int32_t status = -7;
    cr_assert_geq(pidfd, 0);
    cr_expect(!pidfs_is_reaped(pidfd));
    specimen_end(pid);
    cr_expect(pidfs_is_reaped(pidfd));
    int r = pidfs_exit_status(pidfd, &status);
    cr_expect((r == 0 && status == 3 << 8) || (r == -ENODATA && status == -7));
}
