#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/connector.h"
#include "support/test_child.h"

enum {
    CHILDREN = 1000,
    PIDS_MAX = 1 << 22,
    SKIPPED = 77
};

static void connector_cleanup(struct connector **connector)
{
    connector_close(*connector);
}

static bool is_same_namespace(const char *ours, const char *first)
{
    struct stat one, other;
    return stat(ours, &one) == 0 && stat(first, &other) == 0 && one.st_ino == other.st_ino;
}

/* Root outside of any namespace is answered, if the kernel has the connector at all. */
static bool may_be_refused(void)
{
    struct stat pid_namespace;
    return geteuid() != 0 || access("/proc/net/connector", F_OK) < 0 ||
           stat("/proc/self/ns/pid", &pid_namespace) < 0 || pid_namespace.st_ino != 0xEFFFFFFCU ||
           !is_same_namespace("/proc/self/ns/user", "/proc/1/ns/user") ||
           !is_same_namespace("/proc/self/ns/net", "/proc/1/ns/net");
}

#define CONNECTOR(connector)                                                                       \
    _cleanup_(connector_cleanup) struct connector *connector = NULL;                               \
    struct error connector_error = ERROR_INIT;                                                     \
    if (connector_open(&(connector), &connector_error) < 0) {                                      \
        cr_assert(may_be_refused(), "%s", connector_error.message);                                \
        cr_skip("%s", connector_error.message);                                                    \
    }

/* At least one event; the test's timeout bounds it. */
static int await_events(struct connector *connector, struct event *events, size_t capacity)
{
    int count;
    while ((count = connector_read(connector, events, capacity)) == 0) {
        struct pollfd ready = {.fd = connector_fd(connector), .events = POLLIN};
        cr_assert_eq(poll(&ready, 1, 10000), 1);
    }
    cr_assert_gt(count, 0);
    return count;
}

/* ---- each of a thousand children ---- */

struct tally {
    bool *is_ours; /* by number, from birth to end; another may have it next */
    int forks, execs, exits;
    uint64_t lost;
};

static void count_events(struct tally *tally, const struct event *events, int count)
{
    for (int i = 0; i < count; i++) {
        const struct event *event = &events[i];
        if (event->kind == EVENT_LOST)
            tally->lost += event->count + 1;
        bool *is_ours = &tally->is_ours[event->id.pid % PIDS_MAX];
        if (event->kind == EVENT_FORK && event->ppid == getpid()) {
            *is_ours = true;
            tally->forks++;
        } else if (event->kind == EVENT_EXEC && *is_ours) {
            tally->execs++;
        } else if (event->kind == EVENT_EXIT && *is_ours) {
            *is_ours = false;
            tally->exits++;
        }
    }
}

Test(connector, no_birth_exec_or_end_of_a_thousand_children_is_missed, .timeout = 600)
{
    CONNECTOR(connector);
    struct tally tally = {.is_ours = calloc(PIDS_MAX, sizeof(bool))};
    cr_assert_not_null(tally.is_ours);
    struct event events[256];
    int count;

    for (int i = 0; i < CHILDREN; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            (void)execl("/bin/true", "true", NULL);
            _exit(99);
        }
        cr_assert_gt(pid, 0);
        cr_assert_eq(waitpid(pid, NULL, 0), pid);
        while ((count = connector_read(connector, events, 256)) > 0)
            count_events(&tally, events, count);
    }
    /* The parent is woken a little before the last event is sent. */
    while (tally.exits < CHILDREN) {
        count = await_events(connector, events, 256);
        count_events(&tally, events, count);
    }
    cr_expect_eq(tally.forks, CHILDREN);
    cr_expect_eq(tally.execs, CHILDREN);
    cr_expect_eq(tally.exits, CHILDREN);
    cr_expect_eq(tally.lost, 0);
    free(tally.is_ours);
}

/* ---- what an event holds ---- */

/* The next event of that kind and process. */
static struct event await_event(struct connector *connector, enum event_kind kind, pid_t pid)
{
    static struct event events[256];
    static int count, next;
    for (;;) {
        for (; next < count; next++)
            if (events[next].kind == kind && events[next].id.pid == pid)
                return events[next++];
        count = await_events(connector, events, 256);
        next = 0;
    }
}

static void body_renames_itself(void *argument)
{
    (void)argument;
    (void)prctl(PR_SET_NAME, "new\nname");
    specimen_ready();
    specimen_stay();
}

Test(connector, an_event_reports_who_and_when)
{
    CONNECTOR(connector);
    uint64_t before = clock_boot_ns(), real_before = clock_real_ns();
    pid_t pid = specimen_start(body_renames_itself, NULL);
    cr_assert_gt(pid, 0);

    struct event event = await_event(connector, EVENT_FORK, pid);
    cr_expect_eq(event.ppid, getpid());
    cr_expect_eq(event.source, EVENT_FROM_CONNECTOR);
    cr_expect_gt(event.id.start_ticks, 0);
    cr_expect_geq(event.mono_ns, before);
    cr_expect_leq(event.mono_ns, clock_boot_ns());
    /* The clock may be stepped while we look; a second is room enough for its slewing. */
    cr_expect_geq(event.time_ns + NS_PER_SEC, real_before);

    event = await_event(connector, EVENT_COMM, pid);
    cr_expect_str_eq(event.comm, "new\nname");

    cr_assert_eq(kill(pid, SIGTERM), 0);
    event = await_event(connector, EVENT_EXIT, pid);
    cr_expect_eq(event.exit_status, SIGTERM);
    cr_expect_eq(event.ppid, getpid());
    specimen_end(pid);
}

static void body_exits_7(void *argument)
{
    (void)argument;
    specimen_ready();
    _exit(7);
}

Test(connector, an_exit_status_is_as_waitpid_gives_it)
{
    CONNECTOR(connector);
    pid_t pid = specimen_start(body_exits_7, NULL);
    cr_assert_gt(pid, 0);
    cr_expect_eq(await_event(connector, EVENT_EXIT, pid).exit_status, 7 << 8);
    specimen_end(pid);
}

/* ---- threads ---- */

static void *outlive_the_leader(void *argument)
{
    (void)argument;
    specimen_ready();
    sigset_t usr1;
    int signal;
    (void)sigemptyset(&usr1);
    (void)sigaddset(&usr1, SIGUSR1);
    (void)sigwait(&usr1, &signal);
    (void)prctl(PR_SET_NAME, "thread-name");
    /* SYS_exit ends this thread alone, the last one: that ends the process. */
    (void)syscall(SYS_exit, 0);
    return NULL;
}

static void body_leader_exits(void *argument)
{
    (void)argument;
    pthread_t thread;
    sigset_t usr1;
    (void)sigemptyset(&usr1);
    (void)sigaddset(&usr1, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &usr1, NULL);
    if (pthread_create(&thread, NULL, outlive_the_leader, NULL) == 0)
        (void)syscall(SYS_exit, 0);
}

Test(connector, a_process_ends_with_its_last_thread)
{
    CONNECTOR(connector);
    static struct event events[256];
    pid_t pid = specimen_start(body_leader_exits, NULL);
    cr_assert_gt(pid, 0);

    /* The leader's death must be past before the thread is let go. */
    char state = '\0';
    while (state != 'Z') {
        char path[32];
        (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
        _cleanup_file_ FILE *file = fopen(path, "re");
        cr_assert_not_null(file);
        cr_assert_eq(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
        (void)sched_yield();
    }
    int forks = 0, names = 0, exits = 0, count;
    while ((count = connector_read(connector, events, 256)) > 0)
        for (int i = 0; i < count; i++) {
            forks += events[i].kind == EVENT_FORK && events[i].ppid == pid;
            exits += events[i].kind == EVENT_EXIT && events[i].id.pid == pid;
        }
    cr_expect_eq(forks, 0, "a thread is no child");
    cr_expect_eq(exits, 0, "the leader's end is not the process's");

    cr_assert_eq(kill(pid, SIGUSR1), 0);
    while (exits == 0) {
        count = await_events(connector, events, 256);
        for (int i = 0; i < count; i++) {
            names += events[i].kind == EVENT_COMM && events[i].id.pid == pid;
            exits += events[i].kind == EVENT_EXIT && events[i].id.pid == pid;
        }
    }
    cr_expect_eq(exits, 1);
    cr_expect_eq(names, 0, "a thread's name is not the process's");
    specimen_end(pid);
}

/* ---- losses, and where there is no answer ---- */

Test(connector, what_was_lost_is_counted)
{
    CONNECTOR(connector);
    const int small = 1;
    static struct event events[256];
    int count;
    uint64_t lost = 0;
    cr_assert_eq(setsockopt(connector_fd(connector), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)),
                 0);
    while (lost == 0) {
        for (int i = 0; i < 100; i++) {
            pid_t pid = fork();
            if (pid == 0)
                _exit(0);
            cr_assert_eq(waitpid(pid, NULL, 0), pid);
        }
        while ((count = connector_read(connector, events, 256)) > 0)
            for (int i = 0; i < count; i++)
                if (events[i].kind == EVENT_LOST)
                    lost += events[i].count;
    }
    cr_expect_gt(lost, 0);
}

static int opens_in_vain(void)
{
    struct connector *connector = NULL;
    struct error error = ERROR_INIT;
    int r = connector_open(&connector, &error);
    return (r == -ENOTSUP || r == -EPERM) && !connector && error.message[0] != '\0' ? 0 : 1;
}

/* `hides_proc`: nothing but the kernel's silence tells that this is a namespace. */
static int is_silent_in_a_namespace(void *hides_proc)
{
    const int spaces = CLONE_NEWPID | CLONE_NEWNS;
    if ((unshare(spaces) < 0 && unshare(CLONE_NEWUSER | spaces) < 0) ||
        (hides_proc && (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
                        mount("none", "/proc", "tmpfs", 0, NULL) < 0)))
        return SKIPPED;
    pid_t pid = fork();
    if (pid == 0)
        _exit(opens_in_vain());
    int status;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static void expect_silence(void *hides_proc)
{
    int status = specimen_run(is_silent_in_a_namespace, hides_proc);
    if (status == SKIPPED)
        cr_skip("this user may not make the namespaces");
    cr_expect_eq(status, 0);
}

Test(connector, a_pid_namespace_is_an_error_with_words)
{
    expect_silence(NULL);
}

Test(connector, silence_is_an_error_with_words)
{
    static char hides_proc[] = "yes";
    expect_silence(hides_proc);
}
