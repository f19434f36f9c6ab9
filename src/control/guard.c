#include "reaptop/control/guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/sigset.h"
#include "reaptop/control/child.h"
#include "reaptop/control/handle.h"
#include "reaptop/model/target_list.h"
#include "reaptop/source/live.h"

enum {
    ROUND_MS = 20,
    ROUNDS = 500,
    ROUNDS_IN_VAIN = 45, /* nobody ended for so long: they are in state D, and end later or never */
};

/* ---- ending all ---- */

/* -ECHILD where no child is left. */
static int reap_dead(size_t *count)
{
    for (;;) {
        int r = waitpid(-1, NULL, WNOHANG);
        if (r < 0)
            return errno == EINTR ? 0 : -errno;
        if (r == 0)
            return 0;
        (*count)++;
    }
}

static void kill_one(struct identity id)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    if (id.pid != getpid() && handle_open(id, &handle, NULL) == 0)
        (void)handle_send(&handle, SIGKILL, NULL, NULL);
}

/* Parents first: none forks again. Whoever is born meanwhile is ours by the next round. */
static int kill_descendants(struct live *live)
{
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    _cleanup_(target_list_done) struct target_list list = TARGET_LIST_INIT;
    int r = live_sweep(live, false, &snapshot, NULL);
    if (r < 0)
        return r;
    ssize_t members = target_list_expand(&list, &snapshot, getpid(), TARGET_SUBTREE);
    for (size_t i = 0; i < list.count; i++)
        kill_one(list.ids[i]);
    return members < 0 ? (int)members : 0;
}

int guard_end_descendants(size_t *ret_count)
{
    struct live *live = NULL;
    size_t count = 0;
    int r = live_new(&live, NULL);
    if (r < 0)
        return r;
    r = -ETIME;
    size_t before = 0;
    for (int round = 0, in_vain = 0; round < ROUNDS && in_vain < ROUNDS_IN_VAIN; round++) {
        if (reap_dead(&count) == -ECHILD) {
            r = 0;
            break;
        }
        in_vain = count > before ? 0 : in_vain + 1;
        before = count;
        (void)kill_descendants(live);
        (void)poll(NULL, 0, round == 0 ? 1 : ROUND_MS);
    }
    live_free(live);
    if (ret_count)
        *ret_count = count;
    return r;
}

/* ---- the guard ---- */

static void fill_signals(sigset_t *set)
{
    static const int ending[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGCHLD);
    sigset_add_unless_ignored(set, ending, ELEMENTS(ending));
}

/* What the terminal sends goes to the whole foreground group, so to the worker as well. */
static void pass_on(int signal_fd, const struct handle *worker)
{
    struct signalfd_siginfo info;
    while (read(signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        if (info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
            (void)handle_send(worker, (int)info.ssi_signo, NULL, NULL);
}

/* Until the worker is dead; then its wait status, and all that it left is ended. */
static int watch_worker(pid_t pid, int signal_fd)
{
    _cleanup_(handle_done) struct handle worker = HANDLE_INIT;
    int status = 0;
    (void)handle_open((struct identity){.pid = pid}, &worker, NULL);
    for (;;) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid || (got < 0 && errno != EINTR))
            break;
        struct pollfd fd = {.fd = signal_fd, .events = POLLIN};
        (void)poll(&fd, 1, -1);
        pass_on(signal_fd, &worker);
    }
    if (WIFSIGNALED(status))
        (void)guard_end_descendants(NULL);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static _Noreturn void work(guard_worker *worker, void *argument, int guard_fd)
{
    (void)child_set_subreaper(true);
    _exit(worker(argument, guard_fd));
}

static int fork_worker(guard_worker *worker, void *argument, const sigset_t *set)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    /* Nobody but us may hold the write end: our end is its end. */
    _cleanup_close_ int lifeline_fd = fds[1];
    _cleanup_close_ int signal_fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
    pid_t pid = signal_fd < 0 ? -1 : fork();
    if (pid == 0) {
        (void)close(take_fd(lifeline_fd));
        (void)close(take_fd(signal_fd));
        work(worker, argument, fds[0]);
    }
    int code = pid < 0 ? -errno : 0;
    (void)close(fds[0]);
    return code < 0 ? code : watch_worker(pid, signal_fd);
}

int guard_run(guard_worker *worker, void *argument)
{
    sigset_t set, before;
    bool was_subreaper = child_is_subreaper();
    fill_signals(&set);
    if (sigprocmask(SIG_BLOCK, &set, &before) < 0)
        return -errno;
    int r = child_set_subreaper(true);
    if (r == 0)
        r = fork_worker(worker, argument, &set);
    (void)child_set_subreaper(was_subreaper);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return r;
}

/* ---- off the screen ---- */

void guard_leave_screen(void)
{
    static const int rescued[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGPIPE};
    for (size_t i = 0; i < ELEMENTS(rescued); i++)
        (void)signal(rescued[i], SIG_DFL);
    (void)setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int standard = STDIN_FILENO; null >= 0 && standard <= STDERR_FILENO; standard++)
        (void)dup2(null, standard);
    if (null > STDERR_FILENO)
        (void)fd_close(null);
}
