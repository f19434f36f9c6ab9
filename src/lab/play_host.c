#include "play_stage.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiment_cgroup.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/control/guard.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

static void leave_place(struct play_host *host, int place)
{
    host->pidfds[place] = fd_close(host->pidfds[place]);
    host->has_execed[place] = false;
    host->is_vforked[place] = false;
    host->stage->children[place].pid = 0;
    struct order stale;
    int fd = host->stage->children[place].go[0];
    struct pollfd pending = {.fd = fd, .events = POLLIN};
    while (poll(&pending, 1, 0) > 0 && read(fd, &stale, sizeof(stale)) > 0)
        ;
}

/* Places of processes that were reaped are free again. */
static void tidy(struct play_host *host)
{
    struct stat_line line;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ; /* orphans that came to us and ended: init's work */
    for (int i = 0; i < PLAY_CHILDREN_MAX; i++) {
        pid_t pid = host->stage->children[i].pid;
        if (pid > 0 && procfs_read_stat_of(pid, &line) < 0)
            leave_place(host, i);
    }
}

static void obey(struct play_host *host, const struct play_request *request)
{
    struct play_report report = {.action = request->action, .pid = request->pid};
    tidy(host);
    int place = play_place(host, request->pid);
    if (request->pid <= 0 || place < 0)
        play_say(&report, false, play_actions[request->action].name,
                 _("%d is not one of this play's processes: select one"), request->pid);
    else
        play_act(host, place, &report);
    (void)send(host->socket, &report, sizeof(report), MSG_NOSIGNAL);
}

/* The first process of free play is the host's own child. */
static int begin(struct play_host *host)
{
    struct play_report report = {.action = PLAY_FORK, .pid = getpid()};
    pid_t pid = fork();
    if (pid == 0) {
        /* Host and guard alone hold it: it hangs up with them. */
        (void)close(host->stage->lifeline[1]);
        play_child_main(host->stage, 0);
    }
    if (pid < 0)
        return -errno;
    struct answer is_there;
    (void)play_receive(host, &is_there);
    host->stage->children[0].pid = pid;
    host->pidfds[0] = (int)syscall(SYS_pidfd_open, pid, 0);
    report.born = pid;
    play_say(&report, true, "pid_t pid = fork();", _("%d in the bench, 0 in the first child"), pid);
    return send(host->socket, &report, sizeof(report), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

void play_end_all(const struct stage *stage)
{
    cgroup_thaw(&stage->group);
    (void)guard_end_descendants(NULL);
    cgroup_remove(&stage->group);
}

/* Until the viewer hangs up or the guard is gone. */
static void serve(struct play_host *host, int guard_fd)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = host->socket, .events = POLLIN},
                               {.fd = guard_fd, .events = POLLIN}};
        struct play_request request;
        if ((poll(fds, ELEMENTS(fds), -1) < 0 && errno != EINTR) || fds[1].revents)
            break;
        if (!fds[0].revents)
            continue;
        if (recv(host->socket, &request, sizeof(request), 0) != (ssize_t)sizeof(request) ||
            (unsigned)request.action >= PLAY_ACTION_COUNT)
            break;
        obey(host, &request);
    }
}

int play_host_main(void *argument, int guard_fd)
{
    struct play_host *host = argument;
    if (begin(host) == 0)
        serve(host, guard_fd);
    play_end_all(host->stage);
    return 0;
}
