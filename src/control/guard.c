#include "reaptop/control/guard.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
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
        if (got < 0 && errno == EINTR)
            continue;
        if (got != 0)
            break;
        struct pollfd fd = {.fd = signal_fd, .events = POLLIN};
        (void)poll(&fd, 1, -1);
        pass_on(signal_fd, &worker);
    }
    if (WIFSIGNALED(status))
        (void)guard_end_descendants(NULL);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

struct work {
    guard_worker *worker;
    void *argument;
    int signal_fd; /* the guard's */
};

static void work(void *argument, int guard_fd, int unused_fd)
{
    const struct work *work = argument;
    (void)unused_fd;
    (void)close(work->signal_fd);
    (void)child_set_subreaper(true);
    /* That it has begun, see has_begun(). */
    if (send(guard_fd, "", 1, MSG_NOSIGNAL) != 1)
        _exit(1);
    _exit(work->worker(work->argument, guard_fd));
}

/* A worker that ends before, as it may not give up its privileges, has no status of a command. */
static bool has_begun(int worker_fd)
{
    char byte;
    return recv(worker_fd, &byte, sizeof(byte), MSG_DONTWAIT) == sizeof(byte);
}

static int start_and_watch(enum helper_kind kind, struct work *what, const sigset_t *set)
{
    struct helper helper;
    _cleanup_close_ int signal_fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signal_fd < 0)
        return -errno;
    what->signal_fd = signal_fd;
    int r = helper_start(kind, work, what, -1, &helper);
    if (r < 0)
        return r;
    r = watch_worker(helper.pid, signal_fd);
    if (!has_begun(helper.fd) && r < 128)
        r = -ECANCELED;
    helper.fd = fd_close(helper.fd);
    return r;
}

int guard_run(enum helper_kind kind, guard_worker *worker, void *argument)
{
    struct work what = {.worker = worker, .argument = argument};
    sigset_t set, before;
    bool was_subreaper = child_is_subreaper();
    fill_signals(&set);
    if (sigprocmask(SIG_BLOCK, &set, &before) < 0)
        return -errno;
    int r = child_set_subreaper(true);
    if (r == 0)
        r = start_and_watch(kind, &what, &set);
    (void)child_set_subreaper(was_subreaper);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return r;
}
