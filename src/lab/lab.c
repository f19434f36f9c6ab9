#include "reaptop/lab/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "session.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum {
    ASK_MS = 3000,  /* for the host to end by itself once its socket is closed */
    TERM_MS = 5000, /* for the guard to kill a host that does not */
    KILL_MS = 1000,
};

struct lab {
    const struct lab_experiment *experiment;
    int socket;
    int guard_fd; /* a pidfd */
    pid_t guard;
    bool is_asking; /* a step is announced and waits for lab_next */
    unsigned step;
    unsigned predicted, right;
};

int lab_start(const char *name, const struct lab_options *options, struct lab **ret_lab,
              struct error *error)
{
    const struct lab_experiment *experiment = lab_find(name);
    int ends[2];

    if (!experiment)
        return error_set(error, -ENOENT, _("no experiment is called %s"), name);
    _cleanup_free_ struct lab *lab = calloc(1, sizeof(*lab));
    if (!lab)
        return error_set_errno(error, -ENOMEM, "lab");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return error_set_errno(error, -errno, "socketpair");
    _cleanup_close_ int ours = ends[0];
    _cleanup_close_ int theirs = ends[1];

    pid_t viewer = getpid();
    pid_t guard = fork();
    if (guard < 0)
        return error_set_errno(error, -errno, "fork");
    if (guard == 0)
        guard_main(experiment, options, theirs, viewer);
    lab->experiment = experiment;
    lab->guard = guard;
    lab->guard_fd = (int)syscall(SYS_pidfd_open, guard, 0);
    lab->socket = take_fd(ours);
    (void)fcntl(lab->socket, F_SETFL, O_NONBLOCK);
    *ret_lab = take_pointer(lab);
    return 0;
}

int lab_fd(const struct lab *lab)
{
    return lab->socket;
}

const struct lab_experiment *lab_experiment(const struct lab *lab)
{
    return lab->experiment;
}

pid_t lab_guard_pid(const struct lab *lab)
{
    return lab->guard;
}

/* The host is ours, but it lives with processes that may have done anything to it. */
static bool is_sound(const struct lab *lab, const struct lab_message *message)
{
    if ((unsigned)message->kind >= LAB_MESSAGE_KIND_COUNT ||
        (unsigned)message->result >= LAB_RESULT_COUNT)
        return false;
    if (message->kind == LAB_FINISHED)
        return true;
    if (message->step >= lab_step_count(lab->experiment))
        return false;
    return message->kind != LAB_SIGHT ||
           message->sight < lab_sight_count(&lab->experiment->steps[message->step]);
}

int lab_read(struct lab *lab, struct lab_message *ret_message)
{
    struct lab_message message;
    ssize_t n = recv(lab->socket, &message, sizeof(message), MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
    if (n == 0)
        return -EPIPE;
    if (n != sizeof(message) || !is_sound(lab, &message))
        return -EBADMSG;
    message.role[sizeof(message.role) - 1] = '\0';
    message.text[sizeof(message.text) - 1] = '\0';
    if (message.kind == LAB_STEP) {
        lab->is_asking = true;
        lab->step = message.step;
    }
    *ret_message = message;
    return 1;
}

int lab_read_wait(struct lab *lab, uint64_t timeout_ns, struct lab_message *ret_message)
{
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + timeout_ns;

    for (;;) {
        int r = lab_read(lab, ret_message);
        if (r != 0)
            return r;
        uint64_t now = clock_ns(CLOCK_MONOTONIC);
        if (now >= end)
            return -ETIMEDOUT;
        struct pollfd fd = {.fd = lab->socket, .events = POLLIN};
        if (poll(&fd, 1, (int)((end - now) / NS_PER_MS) + 1) < 0)
            return -errno;
    }
}

int lab_next(struct lab *lab, int prediction)
{
    struct request request = {.kind = REQUEST_NEXT, .prediction = prediction};

    if (!lab->is_asking)
        return -EAGAIN;
    if (send(lab->socket, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
        return -EPIPE;
    lab->is_asking = false;
    if (prediction != LAB_NO_PREDICTION) {
        lab->predicted++;
        lab->right += lab->experiment->steps[lab->step].right == prediction;
    }
    return 0;
}

void lab_score(const struct lab *lab, unsigned *ret_made, unsigned *ret_right)
{
    *ret_made = lab->predicted;
    *ret_right = lab->right;
}

/* Is the guard reaped (by us, or by somebody who took it from us)? */
static bool is_over(struct lab *lab, int timeout_ms)
{
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + (uint64_t)timeout_ms * NS_PER_MS;

    for (;;) {
        pid_t pid = waitpid(lab->guard, NULL, WNOHANG);
        if (pid == lab->guard || (pid < 0 && errno == ECHILD))
            return true;
        uint64_t now = clock_ns(CLOCK_MONOTONIC);
        if (now >= end)
            return false;
        /* Without a pidfd: look again every few milliseconds. */
        struct pollfd fd = {.fd = lab->guard_fd, .events = POLLIN};
        int left_ms = (int)((end - now) / NS_PER_MS) + 1;
        (void)poll(&fd, lab->guard_fd >= 0, lab->guard_fd >= 0 || left_ms < 5 ? left_ms : 5);
    }
}

struct lab *lab_stop(struct lab *lab)
{
    if (!lab)
        return NULL;
    lab->socket = fd_close(lab->socket);
    if (!is_over(lab, ASK_MS)) {
        (void)kill(lab->guard, SIGTERM);
        (void)kill(lab->guard, SIGCONT);
        if (!is_over(lab, TERM_MS)) {
            (void)kill(lab->guard, SIGKILL);
            (void)is_over(lab, KILL_MS);
        }
    }
    (void)fd_close(lab->guard_fd);
    free(lab);
    return NULL;
}
