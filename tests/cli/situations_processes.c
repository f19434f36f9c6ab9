#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "situations_private.h"
#include "support/spawn.h"

/* ---- children ---- */

static pid_t start_child(void)
{
    pid_t pid = spawn_bound();
    if (pid == 0)
        for (;;)
            (void)pause();
    shared->holder = pid;
    return pid;
}

static void wait_child(void)
{
    (void)waitpid(start_child(), NULL, 0);
}

static void wait_any_child(void)
{
    siginfo_t info;
    (void)start_child();
    (void)waitid(P_ALL, 0, &info, WEXITED);
}

static void wait_pidfd(void)
{
    struct pollfd one = {.fd = (int)syscall(SYS_pidfd_open, start_child(), 0), .events = POLLIN};
    (void)poll(&one, 1, -1);
}

static void wait_vfork(void)
{
    pid_t pid = vfork();
    if (pid == 0) {
        shared->holder = (pid_t)syscall(SYS_getpid);
        for (;;)
            (void)syscall(SYS_rt_sigsuspend, &(uint64_t){0}, sizeof(uint64_t));
    }
}

static void wait_group(void)
{
    pid_t pid = start_child();
    (void)setpgid(pid, pid);
    (void)waitpid(-pid, NULL, 0);
}

static void wait_child_s_pidfd(void)
{
    siginfo_t info;
    int pidfd = (int)syscall(SYS_pidfd_open, start_child(), 0);
    (void)waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED);
}

/* ---- a tracer waits for one that is not its child ---- */

static void be_traced(void)
{
    __atomic_store_n(&shared->holder, getpid(), __ATOMIC_SEQ_CST);
}

static pid_t seize(void)
{
    (void)ptrace(PTRACE_SEIZE, situation_holder(), NULL, NULL);
    return situation_holder();
}

static void wait_traced(void)
{
    (void)waitpid(seize(), NULL, __WALL);
}

static void wait_any_traced(void)
{
    (void)seize();
    (void)waitpid(-1, NULL, __WALL);
}

/* ---- nobody else ---- */

static void sleep_long(void)
{
    const struct timespec time = {.tv_sec = 3600};
    (void)nanosleep(&time, NULL); /* lint: allowed, it is what is looked at */
}

static void sleep_absolute(void)
{
    struct timespec time;
    const clockid_t clock = CLOCK_MONOTONIC;
    (void)clock_gettime(clock, &time);
    time.tv_sec += 3600;
    (void)clock_nanosleep(clock, TIMER_ABSTIME, &time, NULL); /* lint: allowed; likewise */
}

static void pause_own(void)
{
    (void)pause();
}

static void suspend_own(void)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigsuspend(&none);
}

static void wait_signal(void)
{
    sigset_t set;
    int signal;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)sigwait(&set, &signal);
}

static void wait_signal_timed(void)
{
    sigset_t set;
    const struct timespec time = {.tv_sec = 3600};
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)sigtimedwait(&set, NULL, &time);
}

/* ---- rings ---- */

static int make_ring(void)
{
    struct io_uring_params parameters = {0};
    fds[0] = (int)syscall(SYS_io_uring_setup, 4, &parameters);
    return fds[0] < 0 ? -1 : 0;
}

/* Nothing was queued: no completion comes. */
static void wait_ring(void)
{
    (void)syscall(SYS_io_uring_enter, fds[0], 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
}

static const struct situation rows[] = {
    /* name, kind, state, prepare, wait, hold, holder_is_child, takes_thread */
    {"waitpid", "child", 'S', situation_share, wait_child, NULL, true, true},
    {"waitpid of a group", "child", 'S', situation_share, wait_group, NULL, true, true},
    {"waitid of any", "child", 'S', situation_share, wait_any_child, NULL, true, true},
    {"waitid of a pidfd", "child", 'S', situation_share, wait_child_s_pidfd, NULL, true, true},
    {"poll of a pidfd", "poll", 'S', situation_share, wait_pidfd, NULL, true, true},
    {"waitpid of a tracer", "child", 'S', situation_share, wait_traced, be_traced, false, true},
    {"waitpid of a tracer for any", "child", 'S', situation_share, wait_any_traced, be_traced,
     false, true},
    {"vfork", "vfork", 'D', situation_share, wait_vfork, NULL, true, false},
    {"nanosleep", "timer", 'S', NULL, sleep_long, NULL, false, true},
    {"sleep until a moment", "timer", 'S', NULL, sleep_absolute, NULL, false, true},
    {"pause", "signal", 'S', NULL, pause_own, NULL, false, true},
    {"sigsuspend", "signal", 'S', NULL, suspend_own, NULL, false, true},
    {"sigwait", "signal", 'S', NULL, wait_signal, NULL, false, true},
    {"sigtimedwait", "signal", 'S', NULL, wait_signal_timed, NULL, false, true},
    {"io_uring_enter", "io_uring", 'S', make_ring, wait_ring, NULL, false, true},
};

const struct situation_table process_situations = {rows, sizeof(rows) / sizeof(rows[0])};
