#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "play_stage.h"
#include "reaptop/base/array.h"

enum {
    VFORK_STACK = 65536
};

static void answer(const struct stage *stage, int place, int64_t result, int32_t status)
{
    const struct answer what = {.place = place, .result = result, .status = status};
    (void)!write(stage->said[1], &what, sizeof(what));
}

static bool take_order(const struct stage *stage, int place, struct order *ret_order)
{
    struct pollfd fds[] = {
        {.fd = stage->children[place].go[0], .events = POLLIN},
        {.fd = stage->lifeline[0], .events = POLLIN},
    };
    for (;;) {
        if (poll(fds, ELEMENTS(fds), -1) < 0 && errno != EINTR)
            return false;
        if (fds[1].revents)
            return false;
        if (fds[0].revents)
            return read(fds[0].fd, ret_order, sizeof(*ret_order)) == (ssize_t)sizeof(*ret_order);
    }
}

static void child_fork(struct stage *stage, int place, int child_place)
{
    pid_t pid = fork();
    if (pid == 0)
        play_child_main(stage, child_place);
    if (pid > 0)
        stage->children[child_place].pid = pid;
    answer(stage, place, pid < 0 ? -errno : pid, 0);
}

static void child_exec(const struct stage *stage, int place)
{
    /*
     * Root's program would have more capabilities than the process that executes it, so that its
     * parent could not trace it (ptrace(2)).
     */
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
    /* The answer goes first: behind a successful exec there is nobody to give it. */
    answer(stage, place, 0, 0);
    (void)execlp("sleep", "sleep", "1000000", (char *)NULL);
}

static void child_wait(const struct stage *stage, int place)
{
    int status = 0;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    answer(stage, place, pid < 0 ? -errno : pid, status);
}

/* ---- vfork: one memory, two processes, and the parent sleeps ---- */

static _Noreturn void take_orders(struct stage *stage, int place);

struct vfork_start {
    struct stage *stage;
    int place;
};

static int vfork_child(void *argument)
{
    struct vfork_start start = *(const struct vfork_start *)argument;

    (void)prctl(PR_SET_NAME, "play-child");
    start.stage->children[start.place].pid = getpid();
    answer(start.stage, start.place, getpid(), 0);
    take_orders(start.stage, start.place);
}

/* vfork(2) by its other name; a function that returns twice on one stack is not for C. */
static void child_vfork(struct stage *stage, int place, int child_place)
{
    struct vfork_start start = {stage, child_place};
    char *stack = malloc(VFORK_STACK);

    if (!stack) {
        answer(stage, place, -ENOMEM, 0);
        return;
    }
    /* The child answers; the parent does once the child has executed or exited, to nobody. */
    if (clone(vfork_child, stack + VFORK_STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, &start) < 0)
        answer(stage, place, -errno, 0);
    free(stack);
}

/* ---- threads, signals, memory, a pipe ---- */

static void *thread_main(void *unused)
{
    for (;;)
        (void)pause();
    return unused;
}

static void child_thread(const struct stage *stage, int place)
{
    pthread_t thread;

    answer(stage, place, -pthread_create(&thread, NULL, thread_main, NULL), 0);
}

static void child_trace(const struct stage *stage, int place, const struct order *order)
{
    int status;
    long r = order->action == PLAY_RELEASE ? ptrace(PTRACE_DETACH, order->pid, NULL, NULL)
                                           : ptrace(PTRACE_SEIZE, order->pid, NULL, NULL);

    if (r == 0 && order->action == PLAY_TRACE) {
        r = ptrace(PTRACE_INTERRUPT, order->pid, NULL, NULL);
        if (r == 0)
            (void)waitpid(order->pid, &status, __WALL);
    }
    answer(stage, place, r < 0 ? -errno : 0, 0);
}

static void handle_signal(int number)
{
    (void)number;
}

static void child_dispose(const struct stage *stage, int place, enum play_action action)
{
    const struct sigaction handled = {.sa_handler = handle_signal, .sa_flags = SA_RESTART};
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigset_t set;
    int r;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, PLAY_SIGNAL);
    if (action == PLAY_HANDLE)
        r = sigaction(PLAY_SIGNAL, &handled, NULL);
    else if (action == PLAY_IGNORE)
        r = sigaction(PLAY_SIGNAL, &ignored, NULL);
    else
        r = sigprocmask(action == PLAY_BLOCK ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
    answer(stage, place, r < 0 ? -errno : 0, 0);
}

static char *memory; /* of this child, or copied from the one that forked it */

static void child_memory(const struct stage *stage, int place, enum play_action action)
{
    size_t size = (size_t)PLAY_MEMORY_KIB * 1024;

    if (action == PLAY_MALLOC) {
        memory = malloc(size);
        answer(stage, place, memory ? 0 : -ENOMEM, 0);
    } else if (!memory) {
        answer(stage, place, -ENOENT, 0);
    } else {
        memset(memory, 1, size);
        answer(stage, place, 0, 0);
    }
}

static int ends[2] = {-1, -1}; /* of the pipe; a child that is forked later has them too */

static void child_pipe(const struct stage *stage, int place, enum play_action action)
{
    char byte = '!';

    if (action == PLAY_PIPE) {
        int r = pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0;
        answer(stage, place, r, (int32_t)((unsigned)ends[0] << 16 | (unsigned)ends[1]));
    } else if (ends[0] < 0) {
        answer(stage, place, -ENOENT, 0);
    } else if (action == PLAY_WRITE) {
        ssize_t n = write(ends[1], &byte, 1);
        answer(stage, place, n < 0 ? -errno : n, 0);
    } else {
        /* The answer goes first: the read may sleep for long. */
        answer(stage, place, 0, 0);
        (void)!read(ends[0], &byte, 1);
    }
}

/* One order; those that come back have answered. */
static void obey(struct stage *stage, int place, const struct order *order)
{
    switch (order->action) {
    case PLAY_FORK:
        child_fork(stage, place, order->place);
        break;
    case PLAY_VFORK:
        child_vfork(stage, place, order->place);
        break;
    case PLAY_THREAD:
        child_thread(stage, place);
        break;
    case PLAY_EXEC:
        child_exec(stage, place);
        break;
    case PLAY_WAIT:
        child_wait(stage, place);
        break;
    case PLAY_TRACE:
    case PLAY_RELEASE:
        child_trace(stage, place, order);
        break;
    case PLAY_HANDLE:
    case PLAY_IGNORE:
    case PLAY_BLOCK:
    case PLAY_UNBLOCK:
        child_dispose(stage, place, order->action);
        break;
    case PLAY_MALLOC:
    case PLAY_TOUCH:
        child_memory(stage, place, order->action);
        break;
    case PLAY_PIPE:
    case PLAY_READ:
    case PLAY_WRITE:
        child_pipe(stage, place, order->action);
        break;
    default: /* EXIT and ORPHAN */
        _exit(0);
    }
}

static _Noreturn void take_orders(struct stage *stage, int place)
{
    struct order order;

    while (take_order(stage, place, &order))
        obey(stage, place, &order);
    _exit(0);
}

_Noreturn void play_child_main(struct stage *stage, int place)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_NAME, "play-child");
    answer(stage, place, getpid(), 0);
    take_orders(stage, place);
}
