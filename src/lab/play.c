#include "reaptop/lab/play.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "play_stage.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/control/guard.h"

struct play {
    struct helper guard;
};

/* ---- the guard ---- */

static int set_stage(struct play_host *host)
{
    struct stage *stage =
        mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED)
        return -errno;
    host->stage = stage;
    (void)snprintf(stage->group.name, sizeof(stage->group.name), "/reaptop-play-%lx",
                   (unsigned long)(clock_boot_ns() ^ (uint64_t)getpid() << 40));
    if (pipe2(stage->said, O_CLOEXEC) < 0 || pipe2(stage->lifeline, O_CLOEXEC) < 0)
        return -errno;
    for (int i = 0; i < PLAY_CHILDREN_MAX; i++) {
        host->pidfds[i] = -EBADF;
        if (pipe2(stage->children[i].go, O_CLOEXEC) < 0)
            return -errno;
    }
    return 0;
}

static void play_guard(void *unused, int socket, int unused_fd)
{
    struct play_host host = {.socket = socket};
    (void)unused;
    (void)unused_fd;
    if (set_stage(&host) < 0)
        _exit(1);
    int r = guard_run(HELPER_PLAY_HOST, play_host_main, &host);
    play_end_all(host.stage); /* where the host was killed it is frozen still */
    _exit(r < 0);
}

/* ---- the viewer's side ---- */

int play_start(struct play **ret_play, struct error *error)
{
    struct play *play = calloc(1, sizeof(*play));
    int r = play ? helper_start(HELPER_PLAY_GUARD, play_guard, NULL, -1, &play->guard) : -ENOMEM;
    if (r < 0) {
        free(play);
        return error_set_errno(error, r, _("the bench cannot be started"));
    }
    *ret_play = play;
    return 0;
}

int play_fd(const struct play *play)
{
    return play->guard.fd;
}

pid_t play_root(const struct play *play)
{
    return play->guard.pid;
}

int play_do(struct play *play, pid_t pid, enum play_action action)
{
    const struct play_request request = {.pid = pid, .action = action};
    return send(play->guard.fd, &request, sizeof(request), MSG_NOSIGNAL) < 0 ? -EPIPE : 0;
}

int play_read(struct play *play, struct play_report *ret_report)
{
    struct play_report report;
    ssize_t got = recv(play->guard.fd, &report, sizeof(report), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got != (ssize_t)sizeof(report) || (unsigned)report.action >= PLAY_ACTION_COUNT)
        return -EPIPE;
    report.call[sizeof(report.call) - 1] = '\0';
    report.outcome[sizeof(report.outcome) - 1] = '\0';
    *ret_report = report;
    return 1;
}

struct play *play_stop(struct play *play)
{
    if (!play)
        return NULL;
    helper_end(&play->guard); /* its socket is closed: the host sees it, and ends all */
    free(play);
    return NULL;
}

struct play *play_leave(struct play *play)
{
    if (!play)
        return NULL;
    helper_leave(&play->guard);
    free(play);
    return NULL;
}
