#include "reaptop/lab/lab.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/helper.h"
#include "session.h"

struct lab {
    const struct lab_experiment *experiment;
    struct helper guard;
    bool is_asking; /* a step is announced and waits for lab_next */
    unsigned step;
    unsigned predicted, right;
};

int lab_start(const char *name, const struct lab_options *options, struct lab **ret_lab,
              struct error *error)
{
    const struct lab_experiment *experiment = lab_find(name);

    if (!experiment)
        return error_set(error, -ENOENT, _("no experiment is called %s"), name);
    struct lab *lab = calloc(1, sizeof(*lab));
    if (!lab)
        return error_set_errno(error, -ENOMEM, "lab");
    struct guard_start start = {experiment, options};
    lab->experiment = experiment;
    int r = helper_start(HELPER_LAB_GUARD, guard_main, &start, -1, &lab->guard);
    if (r < 0) {
        free(lab);
        return error_set_errno(error, r, "fork");
    }
    *ret_lab = lab;
    return 0;
}

int lab_fd(const struct lab *lab)
{
    return lab->guard.fd;
}

const struct lab_experiment *lab_experiment(const struct lab *lab)
{
    return lab->experiment;
}

pid_t lab_guard_pid(const struct lab *lab)
{
    return lab->guard.pid;
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
    ssize_t n = recv(lab->guard.fd, &message, sizeof(message), MSG_DONTWAIT);

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

int lab_next(struct lab *lab, int prediction)
{
    struct request request = {.kind = REQUEST_NEXT, .prediction = prediction};

    if (!lab->is_asking)
        return -EAGAIN;
    if (send(lab->guard.fd, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
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

struct lab *lab_stop(struct lab *lab)
{
    if (!lab)
        return NULL;
    helper_end(&lab->guard);
    free(lab);
    return NULL;
}

struct lab *lab_leave(struct lab *lab)
{
    if (!lab)
        return NULL;
    helper_leave(&lab->guard);
    free(lab);
    return NULL;
}
