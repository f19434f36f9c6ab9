/* Death and family, continued: daemons, thread groups, PID namespaces, PIDs that come again. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "reaptop/base/cleanup.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

static struct role *shell, *first, *second, *leader, *outer, *init, *parent, *child;

/* ---- daemon ---- */

static int terminal = -1; /* the master side stays with the host */
static char terminal_name[64];

static void daemon_second(struct bench *bench)
{
    char name[64];

    if (is_sight_broken(bench, 3, 2))
        (void)setsid();
    if (is_sight_broken(bench, 3, 3) && bench_terminal(name, sizeof(name)) >= 0)
        (void)role_take_terminal(name);
    role_exit_when_asked(bench);
}

static void daemon_first(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case 's':
            role_report(bench, is_broken(bench, 2) ? getsid(0) : setsid());
            break;
        case 'f':
            (void)role_fork(bench, second, daemon_second);
            if (!is_broken(bench, 3))
                _exit(0);
            break;
        }
}

static void daemon_shell(struct bench *bench)
{
    (void)role_take_terminal(terminal_name);
    (void)signal(SIGHUP, SIG_IGN);
    if (!is_broken(bench, 1))
        (void)role_fork(bench, first, daemon_first);
    role_idle(bench);
}

static void daemon_start(struct bench *bench)
{
    terminal = bench_terminal(terminal_name, sizeof(terminal_name));
    if (terminal < 0) {
        see_skipped(bench, 0, _("no pseudo-terminal: %s"), strerror(-terminal));
        see_skipped(bench, 1, _("no pseudo-terminal: %s"), strerror(-terminal));
        return;
    }
    first = role_new(bench, "first");
    second = role_new(bench, "daemon");
    shell = role_spawn(bench, "shell", daemon_shell);
    if (!role_meet(bench, first))
        return;
    int64_t tty = 0;
    bool seen = until(bench, (tty = observe_stat(first->pid, 7)) > 0);
    (void)see(bench, 0, seen, _("/proc/%d/stat field 7 (tty_nr): %" PRId64 ", which is %s"),
              first->pid, tty, terminal_name);
    (void)see_stat(bench, 1, first->pid, 6, shell->pid);
}

static void daemon_session(struct bench *bench)
{
    if (terminal < 0) {
        for (unsigned i = 0; i < 3; i++)
            see_skipped(bench, i, _("no pseudo-terminal"));
        return;
    }
    role_go(bench, first, 's');
    (void)see_reported(bench, 0, first, _("setsid() returned"), first->pid);
    (void)see_stat(bench, 1, first->pid, 6, first->pid);
    (void)see_stat(bench, 2, first->pid, 7, 0);
}

static void daemon_again(struct bench *bench)
{
    if (terminal < 0) {
        for (unsigned i = 0; i < 3; i++)
            see_skipped(bench, i, _("no pseudo-terminal"));
        return;
    }
    role_go(bench, first, 'f');
    if (!role_meet(bench, second))
        return;
    (void)see_parent(bench, 0, second->pid, bench->host_pid);
    if (is_sight_broken(bench, 3, 2))
        (void)until_broken(bench, observe_stat(second->pid, 6) == second->pid);
    if (is_sight_broken(bench, 3, 3))
        (void)until_broken(bench, observe_stat(second->pid, 7) != 0);
    (void)see_stat(bench, 1, second->pid, 6, first->pid);
    (void)see_stat(bench, 2, second->pid, 7, 0);
}

const struct lab_experiment experiment_daemon = {
    .name = "daemon",
    .chapter = LAB_DEATH,
    .place = 6,
    .title = N_("How a daemon leaves its terminal"),
    .question = N_("Why do daemons fork twice?"),
    .roles = {{"shell", N_("leads a session on a terminal of its own")},
              {"first", N_("forked by the shell; calls setsid()")},
              {"daemon", N_("forked by the first, which then exits")}},
    .steps =
        {
            {
                .does = N_("A shell on a pseudo-terminal forks a child. A pseudo-terminal is a "
                           "terminal made of software, as every terminal window has."),
                .question = N_("Which terminal does the child have?"),
                .choices = {N_("none"), N_("its parent's"), N_("a new one")},
                .right = 1,
                .sees = {{N_("the child has a controlling terminal"), "/proc/PID/stat field 7"},
                         {N_("its session is the shell's"), "/proc/PID/stat field 6"}},
                .explains = N_("A session is a group of processes that share one controlling "
                               "terminal, if they have one; its ID is the PID of its leader. "
                               "If the terminal goes away, the leader gets SIGHUP."),
                .manual = "setsid(2), credentials(7)",
                .breaks = N_("the shell does not fork"),
                .run = daemon_start,
            },
            {
                .does = N_("The child calls setsid()."),
                .question = N_("What does it have afterwards?"),
                .choices = {N_("a session of its own and no terminal"),
                            N_("a session of its own and the same terminal"),
                            N_("the same session and no terminal")},
                .right = 0,
                .sees = {{N_("setsid() returns the new session's ID"),
                          N_("setsid(2), as the process itself reports it")},
                         {N_("its session ID is its own PID"), "/proc/PID/stat field 6"},
                         {N_("it has no controlling terminal"), "/proc/PID/stat field 7"}},
                .explains = N_("A new session has no terminal. But its leader, and only its "
                               "leader, would get one by opening a terminal."),
                .manual = "setsid(2)",
                .breaks = N_("the child does not call setsid()"),
                .run = daemon_session,
            },
            {
                .does = N_("The child forks once more and exits."),
                .question = N_("What is the grandchild?"),
                .choices = {N_("the leader of the new session"),
                            N_("a member of it, and an orphan"), N_("a zombie")},
                .right = 1,
                .sees = {{N_("the daemon was adopted"), "/proc/PID/stat field 4"},
                         {N_("it is in the new session without leading it"),
                          "/proc/PID/stat field 6", N_("it calls setsid() itself")},
                         {N_("it has no controlling terminal"), "/proc/PID/stat field 7",
                          N_("it opens a terminal")}},
                .explains = N_("The second fork makes a process that is not a session leader, so "
                               "it cannot get a terminal by accident. Its parent is dead, so it "
                               "runs below init, or here below lab-host."),
                .manual = "daemon(7), setsid(2)",
                .breaks = N_("the child does not exit"),
                .run = daemon_again,
            },
        },
    .reading = "setsid(2), credentials(7), daemon(3), daemon(7)",
};

/* ---- thread-zombie ---- */

static struct role *survivor;

static void thread_leader(struct bench *bench)
{
    if (is_sight_broken(bench, 1, 3) || is_sight_broken(bench, 1, 4))
        (void)role_fork(bench, survivor, role_exit_when_asked);
    else if (role_thread(bench, survivor, role_exit_when_asked) < 0)
        _exit(1);
    if (is_broken(bench, 1))
        role_idle(bench);
    pthread_exit(NULL);
}

static void leader_exits(struct bench *bench)
{
    int status = 0;
    char text[128];

    survivor = role_new(bench, "survivor");
    leader = role_spawn(bench, "leader", thread_leader);
    if (!role_meet(bench, survivor))
        return;
    (void)see_state(bench, 0, leader->pid, "Z");
    if (is_sight_broken(bench, 1, 2)) {
        role_go(bench, survivor, 'x');
        (void)until_broken(bench, observe_state(survivor->pid) == '\0');
    }
    (void)see_state(bench, 1, survivor->pid, "SR");
    (void)snprintf(text, sizeof(text), "%d", leader->pid);
    (void)see_value(bench, 2, survivor->pid, "status", "Tgid", text);
    pid_t reaped = waitpid(leader->pid, &status, WNOHANG);
    (void)see(bench, 3, reaped == 0, _("waitpid(%d, WNOHANG) returned %d"), leader->pid, reaped);
}

static void last_thread_exits(struct bench *bench)
{
    int status = 0;

    if (!is_broken(bench, 2))
        role_go(bench, survivor, 'x');
    int reaped = bench_reap(bench, leader->pid, &status);
    (void)see(bench, 0, reaped > 0, _("waitpid(%d): %s"), leader->pid,
              reaped > 0 ? _("reaped") : _("it is not over"));
    (void)see_gone(bench, 1, survivor->pid);
}

const struct lab_experiment experiment_thread_zombie = {
    .name = "thread-zombie",
    .chapter = LAB_DEATH,
    .place = 7,
    .title = N_("A zombie that is not dead"),
    .question = N_("Is a process over when its first thread ends?"),
    .roles = {{"leader", N_("starts a thread, then ends only itself")},
              {"survivor", N_("the thread that lives on")}},
    .steps =
        {
            {
                .does = N_("A process starts a second thread. Then its first thread calls "
                           "pthread_exit(). A thread is one flow of execution; the threads of a "
                           "process share its memory, and the first one is the leader."),
                .question = N_("What state does the process show?"),
                .choices = {N_("S: a thread is alive"), N_("Z, though a thread is alive"),
                            N_("it is gone")},
                .right = 1,
                .sees = {{N_("the leader is Z"), "/proc/PID/stat field 3"},
                         {N_("the other thread lives"), "/proc/TID/stat field 3",
                          N_("the other thread exits too")},
                         {N_("and belongs to the same process"), "/proc/TID/status Tgid",
                          N_("it is a process, not a thread")},
                         {N_("the process cannot be reaped yet"), "waitpid(2)",
                          N_("the other one is a process, not a thread")}},
                .explains = N_("/proc/PID shows the leader. A leader that ended stays Z "
                               "(zombie: ended, not waited for) until the last thread ends, "
                               "because its number (TGID, thread group ID) is the PID of the "
                               "process. So look at /proc/PID/task before you call something a "
                               "zombie."),
                .manual = "pthread_exit(3), proc(5)",
                .breaks = N_("the leader does not exit"),
                .run = leader_exits,
            },
            {
                .does = N_("The last thread ends."),
                .question = N_("And now?"),
                .choices = {N_("the process is over and can be reaped"),
                            N_("the leader comes back"), N_("the thread becomes a zombie too")},
                .right = 0,
                .sees = {{N_("waitpid() gets the process"), "waitpid(2)"},
                         {N_("the thread is gone"), "/proc/TID"}},
                .explains = N_("A process is over when all its threads are. Only then is SIGCHLD "
                               "sent and does waitpid() return."),
                .manual = "wait(2), pthreads(7)",
                .breaks = N_("the thread does not end"),
                .run = last_thread_exits,
            },
        },
    .reading = "pthread_exit(3), proc(5), wait(2)",
};

/* ---- PID namespaces ---- */

/* A new PID namespace for our children, with a user namespace where privilege is missing. */
static int new_pid_namespace(void)
{
    if (unshare(CLONE_NEWPID) == 0)
        return 0;
    if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
        return -errno;
    /* Gaining capabilities made us undumpable, which would hide us from our own host. */
    (void)prctl(PR_SET_DUMPABLE, 1);
    return 0;
}

static bool namespace_ready(struct bench *bench, size_t sights)
{
    static int64_t made = 1;

    if (made > 0 && !role_receive(bench, outer, &made))
        return false;
    if (made == 0)
        return true;
    for (unsigned i = 0; i < sights; i++)
        see_skipped(bench, i,
                    _("a PID namespace needs CAP_SYS_ADMIN, or user namespaces for everybody "
                      "(unshare: %s)"),
                    strerror((int)-made));
    return false;
}

/* The last number of NSpid: what the process is called inside. */
static int64_t inner_pid(pid_t pid)
{
    char text[128];

    if (!observe_value(pid, "status", "NSpid", text, sizeof(text)))
        return -1;
    char *last = strrchr(text, '\t');
    return strtoll(last ? last : text, NULL, 10);
}

static void see_inner(struct bench *bench, unsigned sight, pid_t pid, int64_t expected)
{
    char text[128] = "";
    bool seen = until(bench, inner_pid(pid) == expected);

    (void)observe_value(pid, "status", "NSpid", text, sizeof(text));
    (void)see(bench, sight, seen, "/proc/%d/status: NSpid: %s", pid, text);
}

static void pidns_parent(struct bench *bench)
{
    (void)role_fork(bench, child, role_exit_when_asked);
    role_exit_when_asked(bench);
}

static void pidns_init(struct bench *bench)
{
    (void)role_fork(bench, parent, pidns_parent);
    role_exit_when_asked(bench);
}

static void pidns_outer(struct bench *bench)
{
    int r = is_broken(bench, 1) ? 0 : new_pid_namespace();

    role_report(bench, r);
    if (r == 0)
        (void)role_fork(bench, init, pidns_init);
    role_idle(bench);
}

static bool has_namespace;

static void pidns_make(struct bench *bench)
{
    init = role_new(bench, "ns-init");
    parent = role_new(bench, "parent");
    child = role_new(bench, "child");
    outer = role_spawn(bench, "outer", pidns_outer);
    has_namespace = namespace_ready(bench, 2);
    if (!has_namespace || !role_meet(bench, init) || !role_meet(bench, parent) ||
        !role_meet(bench, child))
        return;
    see_inner(bench, 0, init->pid, 1);
    if (is_sight_broken(bench, 1, 2)) {
        role_go(bench, parent, 'x');
        (void)until_broken(bench, observe_stat(child->pid, 4) != parent->pid);
    }
    (void)see_parent(bench, 1, child->pid, parent->pid);
}

static void pidns_orphan(struct bench *bench)
{
    if (!has_namespace) {
        (void)namespace_ready(bench, 1);
        return;
    }
    if (!is_broken(bench, 2))
        role_go(bench, parent, 'x');
    (void)see_parent(bench, 0, child->pid, init->pid);
}

static void pidns_end(struct bench *bench)
{
    if (!has_namespace) {
        (void)namespace_ready(bench, 2);
        return;
    }
    if (!is_broken(bench, 3))
        (void)kill(init->pid, SIGKILL);
    (void)see_state(bench, 0, init->pid, "Z");
    (void)see_gone(bench, 1, child->pid);
}

const struct lab_experiment experiment_pidns = {
    .name = "pidns",
    .chapter = LAB_DEATH,
    .place = 8,
    .title = N_("A world with its own PID 1"),
    .question = N_("What does the first process of a PID namespace do?"),
    .roles = {{"outer", N_("makes the namespace and stays outside")},
              {"ns-init", N_("PID 1 inside")},
              {"parent", N_("exits")},
              {"child", N_("is orphaned inside")}},
    .steps =
        {
            {
                .does = N_("A process calls unshare(CLONE_NEWPID) and forks. Its child forks a "
                           "parent, and that a child."),
                .question = N_("Which PID has the first process inside?"),
                .choices = {N_("1 inside, another one outside"), N_("1 everywhere"),
                            N_("the next free one, everywhere")},
                .right = 0,
                .sees = {{N_("one process, two PIDs: ours and 1"), "/proc/PID/status NSpid"},
                         {N_("from outside, the family looks as any other"),
                          "/proc/PID/stat field 4", N_("the parent exits")}},
                .explains = N_("A PID namespace is a set of processes that see only each other and "
                               "count their PIDs from 1. Containers are built on it. From outside "
                               "one sees in; NSpid lists the PIDs from the outermost inwards."),
                .manual = "pid_namespaces(7)",
                .breaks = N_("no namespace is made"),
                .run = pidns_make,
            },
            {
                .does = N_("The parent exits."),
                .question = N_("Who adopts the child? lab-host is a subreaper."),
                .choices = {N_("lab-host"), N_("the namespace's PID 1"), N_("the real init")},
                .right = 1,
                .sees = {{N_("the child's PPID is the namespace's init"),
                          "/proc/PID/stat field 4"}},
                .explains = N_("An orphan never leaves its PID namespace: PID 1 inside is the init "
                               "there. So the first program of a container should wait for "
                               "children it never forked."),
                .manual = "pid_namespaces(7)",
                .breaks = N_("the parent does not exit"),
                .run = pidns_orphan,
            },
            {
                .does = N_("SIGKILL is sent to the namespace's PID 1 from outside."),
                .question = N_("What happens to the child?"),
                .choices = {N_("it is adopted by lab-host"), N_("nothing"), N_("it is killed")},
                .right = 2,
                .sees = {{N_("the namespace's init is dead"), "/proc/PID/stat field 3"},
                         {N_("its child is gone too"), "/proc/PID"}},
                .explains = N_("When PID 1 of a namespace ends, the kernel kills everything "
                               "inside it. That is how a container ends for certain."),
                .manual = "pid_namespaces(7)",
                .breaks = N_("SIGKILL is not sent"),
                .run = pidns_end,
            },
        },
    .reading = "pid_namespaces(7), unshare(2), proc(5)",
};

/* ---- pid-reuse ---- */

static struct role *numbered[3], *before_wrap, *after_wrap, *old_owner, *new_owner;

static int set_last_pid(long pid)
{
    char text[32];
    _cleanup_close_ int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
    int length = snprintf(text, sizeof(text), "%ld", pid);

    if (fd < 0)
        return -errno;
    return write(fd, text, (size_t)length) == length ? 0 : -errno;
}

static long pid_max(void)
{
    char text[32] = "";
    _cleanup_close_ int fd = open("/proc/sys/kernel/pid_max", O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
        return 32768;
    return strtol(text, NULL, 10);
}

static void reuse_wrap(struct bench *bench)
{
    int r = set_last_pid(pid_max() - (is_sight_broken(bench, 2, 1) ? 9 : 2));

    role_report(bench, r);
    if (r < 0)
        return;
    role_report(bench, pid_max()); /* since Linux 6.14 each PID namespace has its own */
    role_report(bench, role_fork(bench, before_wrap, role_exit_when_asked));
    if (is_broken(bench, 2))
        (void)set_last_pid(pid_max() - 3);
    role_report(bench, role_fork(bench, after_wrap, role_exit_when_asked));
}

/* The old owner's handle, its end, and the same number once more. */
static void reuse_again(struct bench *bench)
{
    pid_t pid = role_fork(bench, old_owner, role_exit_when_asked);
    int handle = (int)syscall(SYS_pidfd_open, pid, 0);

    role_report(bench, pid);
    (void)role_await(bench); /* the host looks at the first owner */
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    if (!is_broken(bench, 3))
        (void)set_last_pid(pid - 1);
    pid_t next = role_fork(bench, new_owner, role_exit_when_asked);
    if (is_sight_broken(bench, 3, 3))
        handle = (int)syscall(SYS_pidfd_open, next, 0);
    if (is_sight_broken(bench, 3, 4)) {
        (void)kill(next, SIGKILL);
        (void)waitpid(next, NULL, 0);
    }
    role_report(bench, next);
    role_report(bench, kill(pid, 0) < 0 ? -errno : 0);
    role_report(bench, syscall(SYS_pidfd_send_signal, handle, SIGKILL, NULL, 0) < 0 ? -errno : 0);
}

static void reuse_init(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case 'u':
            for (size_t i = 0; i < 3; i++) {
                if (is_broken(bench, 1))
                    (void)set_last_pid(100 - (long)i * 10);
                (void)role_fork(bench, numbered[i], role_exit_when_asked);
            }
            break;
        case 'w':
            reuse_wrap(bench);
            break;
        case 'r':
            reuse_again(bench);
            break;
        }
}

static void reuse_outer(struct bench *bench)
{
    int r = new_pid_namespace();

    role_report(bench, r);
    if (r == 0)
        (void)role_fork(bench, init, reuse_init);
    role_idle(bench);
}

static void reuse_upward(struct bench *bench)
{
    static const char *const names[] = {"one", "two", "three"};
    int64_t pids[3] = {0};

    init = role_new(bench, "ns-init");
    for (size_t i = 0; i < 3; i++)
        numbered[i] = role_new(bench, names[i]);
    before_wrap = role_new(bench, "last");
    after_wrap = role_new(bench, "wrapped");
    old_owner = role_new(bench, "old-owner");
    new_owner = role_new(bench, "new-owner");
    outer = role_spawn(bench, "outer", reuse_outer);
    has_namespace = namespace_ready(bench, 1);
    if (!has_namespace || !role_meet(bench, init))
        return;
    role_go(bench, init, 'u');
    for (size_t i = 0; i < 3; i++) {
        if (!role_meet(bench, numbered[i]))
            return;
        pids[i] = inner_pid(numbered[i]->pid);
    }
    (void)see(bench, 0, pids[0] > 1 && pids[1] == pids[0] + 1 && pids[2] == pids[1] + 1,
              _("NSpid inside: %" PRId64 ", %" PRId64 ", %" PRId64), pids[0], pids[1], pids[2]);
}

/* Does setting the namespace's last PID work? Tells why not, in every sight. */
static bool last_pid_works(struct bench *bench, int64_t result, size_t sights)
{
    if (result == 0)
        return true;
    for (unsigned i = 0; i < sights; i++)
        see_skipped(bench, i,
                    _("/proc/sys/kernel/ns_last_pid needs CAP_CHECKPOINT_RESTORE and "
                      "CONFIG_CHECKPOINT_RESTORE (%s)"),
                    strerror((int)-result));
    return false;
}

static int64_t can_set_last_pid;

static void reuse_over(struct bench *bench)
{
    int64_t last = 0, next = 0, most = 0;

    if (!has_namespace) {
        (void)namespace_ready(bench, 2);
        return;
    }
    can_set_last_pid = role_ask(bench, init, 'w');
    if (can_set_last_pid == INT64_MIN || !last_pid_works(bench, can_set_last_pid, 2))
        return;
    if (!role_receive(bench, init, &most) || !role_receive(bench, init, &last) ||
        !role_receive(bench, init, &next) || !role_meet(bench, before_wrap) ||
        !role_meet(bench, after_wrap))
        return;
    int64_t seen_last = inner_pid(before_wrap->pid), seen_next = inner_pid(after_wrap->pid);
    (void)see(bench, 0, seen_last == last && last == most - 1,
              _("/proc/%d/status: NSpid ends in %" PRId64 ", pid_max is %" PRId64 " inside"),
              before_wrap->pid, seen_last, most);
    (void)see(bench, 1, seen_next == next && next > 0 && next < last - 1000,
              _("/proc/%d/status: NSpid ends in %" PRId64), after_wrap->pid, seen_next);
}

static void reuse_handle(struct bench *bench)
{
    int64_t old_pid, next;

    if (!has_namespace) {
        (void)namespace_ready(bench, 4);
        return;
    }
    if (!last_pid_works(bench, can_set_last_pid, 4))
        return;
    role_go(bench, init, 'r');
    if (!role_receive(bench, init, &old_pid) || !role_meet(bench, old_owner))
        return;
    int64_t before = inner_pid(old_owner->pid);
    role_go(bench, init, 'k');
    if (!role_receive(bench, init, &next) || !role_meet(bench, new_owner))
        return;
    int64_t after = inner_pid(new_owner->pid);
    (void)see(bench, 0, before == after && old_owner->pid != new_owner->pid,
              _("NSpid of the first owner ended in %" PRId64 ", of the second in %" PRId64), before,
              after);
    (void)see_reported(bench, 1, init, "kill(PID, 0)", 0);
    (void)see_reported(bench, 2, init, "pidfd_send_signal(handle, SIGKILL)", -ESRCH);
    (void)see_state(bench, 3, new_owner->pid, "SR");
}

const struct lab_experiment experiment_pid_reuse = {
    .name = "pid-reuse",
    .chapter = LAB_DEATH,
    .place = 9,
    .title = N_("The number comes again"),
    .question = N_("Does a PID always mean the same process?"),
    .roles = {{"outer", N_("makes a PID namespace, where nobody else takes PIDs")},
              {"ns-init", N_("forks the others, inside")},
              {"one", N_("three in a row")},
              {"two", N_("three in a row")},
              {"three", N_("three in a row")},
              {"last", N_("gets the highest PID")},
              {"wrapped", N_("comes after the highest")},
              {"old-owner", N_("has a PID, and a handle is opened to it")},
              {"new-owner", N_("gets the same PID later")}},
    .steps =
        {
            {
                .does = N_("In a PID namespace of their own, three processes are forked, one after "
                           "the other."),
                .question = N_("How are PIDs given out?"),
                .choices = {N_("at random"), N_("the lowest free one"), N_("the next one up")},
                .right = 2,
                .sees = {{N_("each PID is one more than the one before"),
                          "/proc/PID/status NSpid"}},
                .explains = N_("The kernel remembers the last PID and looks for the next free one "
                               "above it. So a number is not used again soon."),
                .manual = "proc(5)",
                .breaks = N_("the last PID is set back in between"),
                .run = reuse_upward,
            },
            {
                .does = N_("The namespace's last PID is set to just below pid_max, and two more "
                           "are forked."),
                .question = N_("What comes after the highest PID?"),
                .choices = {N_("fork() fails"), N_("a low number again"), N_("pid_max is raised")},
                .right = 1,
                .sees = {{N_("one gets the highest PID there is"),
                          "/proc/PID/status NSpid, /proc/sys/kernel/pid_max",
                          N_("the count is set back further")},
                         {N_("the next one gets a low PID"), "/proc/PID/status NSpid"}},
                .explains = N_("The search starts over at 300; the numbers below are left to what "
                               "was started at boot. On a busy machine all PIDs may be used up "
                               "within seconds."),
                .manual = "proc(5)",
                .breaks = N_("the count does not pass pid_max"),
                .run = reuse_over,
            },
            {
                .does = N_("A handle (pidfd) is opened to a process. The process dies, is reaped, "
                           "and another gets its PID. Then SIGKILL is sent through the handle."),
                .question = N_("Who is killed?"),
                .choices = {N_("the new process"), N_("nobody: ESRCH"), N_("the sender")},
                .right = 1,
                .sees = {{N_("two processes had the same PID, one after the other"),
                          "/proc/PID/status NSpid"},
                         {N_("kill() of the number finds somebody"),
                          N_("kill(2), as the process itself reports it")},
                         {N_("the handle says ESRCH"),
                          N_("pidfd_send_signal(2), as the process itself reports it"),
                          N_("the handle is opened to the new process")},
                         {N_("the new process lives"), "/proc/PID/stat field 3",
                          N_("the new process is ended")}},
                .explains = N_("A handle is the process, not its number. reaptop opens one before "
                               "it shows you whom you are about to signal."),
                .manual = "pidfd_open(2), pidfd_send_signal(2)",
                .breaks = N_("the number is not used again"),
                .run = reuse_handle,
            },
        },
    .reading = "pidfd_open(2), pidfd_send_signal(2), pid_namespaces(7)",
};
