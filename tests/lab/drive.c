#include "drive.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/clock.h"

enum {
    MESSAGE_SECONDS = 50,
    ALONE_SECONDS = 10,
};

static void note(struct drive *drive, const struct lab_experiment *experiment,
                 const struct lab_message *message)
{
    size_t length = strlen(drive->complaint);
    const struct lab_step *step = &experiment->steps[message->step];

    switch (message->kind) {
    case LAB_PROCESS:
        if (strcmp(message->role, "lab-host") == 0)
            drive->host = message->pid;
        break;
    case LAB_SIGHT:
        drive->sights[message->step][message->sight] = message->result;
        if (message->result == LAB_SKIPPED && message->text[0] == '\0')
            drive->skips_are_named = false;
        if (message->result == LAB_SKIPPED)
            (void)snprintf(drive->skipped, sizeof(drive->skipped), "%s", message->text);
        if (message->result == LAB_NOT_SEEN)
            (void)snprintf(drive->complaint + length, sizeof(drive->complaint) - length,
                           "step %u, %s: %s; ", message->step + 1, step->sees[message->sight].claim,
                           message->text);
        break;
    case LAB_RESULT:
        drive->steps[message->step] = message->result;
        break;
    case LAB_FINISHED:
        drive->whole = message->result;
        break;
    case LAB_STEP:
    case LAB_MESSAGE_KIND_COUNT:
        break;
    }
}

/* As lab_read(), but waits for what comes; -ETIMEDOUT. */
static int read_wait(struct lab *lab, struct lab_message *ret_message)
{
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + MESSAGE_SECONDS * NS_PER_SEC;

    for (;;) {
        int r = lab_read(lab, ret_message);
        if (r != 0)
            return r;
        uint64_t now = clock_ns(CLOCK_MONOTONIC);
        if (now >= end)
            return -ETIMEDOUT;
        struct pollfd fd = {.fd = lab_fd(lab), .events = POLLIN};
        if (poll(&fd, 1, (int)((end - now) / NS_PER_MS) + 1) < 0)
            return -errno;
    }
}

int drive(const char *name, unsigned broken_step, unsigned broken_sight, struct drive *ret_drive)
{
    struct lab *lab = NULL;
    struct lab_options options = {.broken_step = broken_step, .broken_sight = broken_sight};
    struct lab_message message;

    *ret_drive = (struct drive){.whole = LAB_NOT_REACHED, .skips_are_named = true};
    for (size_t i = 0; i < LAB_STEPS_MAX; i++)
        ret_drive->steps[i] = LAB_NOT_REACHED;
    int r = lab_start(name, &options, &lab, NULL);
    if (r < 0)
        return r;
    while ((r = read_wait(lab, &message)) > 0) {
        note(ret_drive, lab_experiment(lab), &message);
        if (message.kind == LAB_FINISHED)
            break;
        if (message.kind == LAB_STEP && (r = lab_next(lab, LAB_NO_PREDICTION)) < 0)
            break;
    }
    (void)lab_stop(lab);
    return r < 0 ? r : 0;
}

int drive_to_step(struct lab *lab, unsigned step, pid_t *ret_host)
{
    struct lab_message message;
    int r;

    while ((r = read_wait(lab, &message)) > 0) {
        if (message.kind == LAB_PROCESS && strcmp(message.role, "lab-host") == 0)
            *ret_host = message.pid;
        if (message.kind == LAB_STEP && message.step == step)
            return 1;
        if (message.kind == LAB_FINISHED)
            return 0;
        if (message.kind == LAB_STEP && (r = lab_next(lab, LAB_NO_PREDICTION)) < 0)
            return r;
    }
    return r;
}

void drive_adopt(void)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

bool drive_is_alone(void)
{
    uint64_t end = clock_ns(CLOCK_MONOTONIC) + ALONE_SECONDS * NS_PER_SEC;

    while (clock_ns(CLOCK_MONOTONIC) < end) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid < 0 && errno == ECHILD)
            return true;
        if (pid == 0)
            (void)poll(NULL, 0, 1);
    }
    return false;
}

bool drive_as_nobody(void)
{
    if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 ||
        setresuid(65534, 65534, 65534) < 0)
        return false;
    /* Changing users made us unreadable, as a setuid program is; an ordinary user is not. */
    return prctl(PR_SET_DUMPABLE, 1) == 0;
}
