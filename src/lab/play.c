#include "reaptop/lab/play.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/control/guard.h"
#include "reaptop/model/event.h"
#include "reaptop/model/signals.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

enum {
    PUPPETS_MAX = 32, /* in all, the ended counted until their place is free again */
    ANSWER_MS = 3000
};

const struct play_action_info play_actions[PLAY_ACTION_COUNT] = {
    [PLAY_FORK] = {'f', "fork", N_("it forks: a child is born")},
    [PLAY_EXEC] = {'e', "exec", N_("it executes sleep(1): another program, the same process")},
    [PLAY_STOP] = {'s', "stop", N_("it is sent SIGSTOP")},
    [PLAY_CONTINUE] = {'c', "continue", N_("it is sent SIGCONT")},
    [PLAY_KILL] = {'k', "kill", N_("it is sent SIGKILL")},
    [PLAY_WAIT] = {'w', "wait", N_("it waits for a child that has ended: a zombie is reaped")},
    [PLAY_ORPHAN] = {'o', "orphan", N_("it exits before its children: they are adopted")},
    [PLAY_EXIT] = {'x', "exit", N_("it exits: a zombie, until its parent waits")},
};

/* ---- what host and puppets share ---- */

struct puppet {
    _Atomic pid_t pid; /* 0: the place is free */
    int go[2];         /* the host writes orders, the puppet reads */
};

struct order {
    enum play_action action;
    int place; /* FORK: the child's */
};

/* A puppet's answer; one write(2), so that answers do not mix. */
struct answer {
    int place;
    int64_t result; /* of the system call, or -errno */
    int32_t status; /* WAIT */
};

struct stage {
    struct puppet puppets[PUPPETS_MAX];
    int said[2];     /* puppets write answers, the host reads */
    int lifeline[2]; /* its reading end hangs up when the host is dead */
};

/* From the viewer to the host. */
struct request {
    pid_t pid;
    enum play_action action;
};

struct play {
    struct helper guard;
};

/* ---- a puppet's life ---- */

static void answer(const struct stage *stage, int place, int64_t result, int32_t status)
{
    const struct answer what = {.place = place, .result = result, .status = status};
    (void)!write(stage->said[1], &what, sizeof(what));
}

static bool take_order(const struct stage *stage, int place, struct order *ret_order)
{
    struct pollfd fds[] = {
        {.fd = stage->puppets[place].go[0], .events = POLLIN},
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

static _Noreturn void puppet_main(struct stage *stage, int place);

static void puppet_fork(struct stage *stage, int place, int child_place)
{
    pid_t pid = fork();
    if (pid == 0)
        puppet_main(stage, child_place);
    if (pid > 0)
        stage->puppets[child_place].pid = pid;
    answer(stage, place, pid < 0 ? -errno : pid, 0);
}

static void puppet_exec(const struct stage *stage, int place)
{
    /* The answer goes first: behind a successful exec there is nobody to give it. */
    answer(stage, place, 0, 0);
    (void)execlp("sleep", "sleep", "1000000", (char *)NULL);
}

static void puppet_wait(const struct stage *stage, int place)
{
    int status = 0;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    answer(stage, place, pid < 0 ? -errno : pid, status);
}

static _Noreturn void puppet_main(struct stage *stage, int place)
{
    struct order order;
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_NAME, "puppet");
    (void)close(stage->lifeline[1]); /* held by host and guard alone: it hangs up with them */
    while (take_order(stage, place, &order)) {
        switch (order.action) {
        case PLAY_FORK:
            puppet_fork(stage, place, order.place);
            break;
        case PLAY_EXEC:
            puppet_exec(stage, place);
            break;
        case PLAY_WAIT:
            puppet_wait(stage, place);
            break;
        default: /* EXIT and ORPHAN */
            _exit(0);
        }
    }
    _exit(0);
}

/* ---- the host ---- */

struct host {
    struct stage *stage;
    int socket; /* to the viewer */
    int pidfds[PUPPETS_MAX];
    bool has_execed[PUPPETS_MAX]; /* another program by now: it takes no orders */
};

static void say(struct play_report *report, bool is_done, const char *call, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void say(struct play_report *report, bool is_done, const char *call, const char *format, ...)
{
    report->is_done = is_done;
    (void)snprintf(report->call, sizeof(report->call), "%s", call);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(report->outcome, sizeof(report->outcome), format, arguments);
    va_end(arguments);
}

/* Waits until a state letter of `wanted` shows; at most ANSWER_MS. */
static char await_state(pid_t pid, const char *wanted)
{
    struct stat_line line;
    for (int i = 0; i < ANSWER_MS; i++) {
        if (procfs_read_stat_of(pid, &line) < 0)
            return '\0';
        if (strchr(wanted, line.state))
            return line.state;
        (void)poll(NULL, 0, 1);
    }
    return line.state;
}

static int place_of(const struct host *host, pid_t pid)
{
    for (int i = 0; i < PUPPETS_MAX; i++)
        if (host->stage->puppets[i].pid == pid)
            return i;
    return -1;
}

static void leave_place(struct host *host, int place)
{
    host->pidfds[place] = fd_close(host->pidfds[place]);
    host->has_execed[place] = false;
    host->stage->puppets[place].pid = 0;
    struct order stale;
    int fd = host->stage->puppets[place].go[0];
    struct pollfd pending = {.fd = fd, .events = POLLIN};
    while (poll(&pending, 1, 0) > 0 && read(fd, &stale, sizeof(stale)) > 0)
        ;
}

/* Places of puppets that were reaped are free again. */
static void tidy(struct host *host)
{
    struct stat_line line;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ; /* orphans that came to us and ended: init's work */
    for (int i = 0; i < PUPPETS_MAX; i++) {
        pid_t pid = host->stage->puppets[i].pid;
        if (pid > 0 && procfs_read_stat_of(pid, &line) < 0)
            leave_place(host, i);
    }
}

static int free_place(const struct host *host)
{
    return place_of(host, 0);
}

static bool receive(const struct host *host, struct answer *ret_answer)
{
    struct pollfd fd = {.fd = host->stage->said[0], .events = POLLIN};
    return poll(&fd, 1, ANSWER_MS) > 0 &&
           read(fd.fd, ret_answer, sizeof(*ret_answer)) == (ssize_t)sizeof(*ret_answer);
}

/* Is it a puppet that can take an order? Otherwise the report says why not. */
static bool can_obey(const struct host *host, int place, struct play_report *report,
                     const char *call)
{
    struct stat_line line;
    pid_t pid = host->stage->puppets[place].pid;
    if (procfs_read_stat_of(pid, &line) < 0)
        say(report, false, call, _("%d is gone"), pid);
    else if (line.state == 'Z' || line.state == 'X')
        say(report, false, call, _("%d is dead: a zombie does nothing"), pid);
    else if (line.state == 'T')
        say(report, false, call, _("%d is stopped: it does nothing until it is continued"), pid);
    else if (host->has_execed[place])
        say(report, false, call, _("%d runs another program now and takes no orders"), pid);
    else
        return true;
    return false;
}

static void order(const struct host *host, int place, enum play_action action, int child)
{
    const struct order what = {.action = action, .place = child};
    (void)!write(host->stage->puppets[place].go[1], &what, sizeof(what));
}

static void do_fork(struct host *host, int place, struct play_report *report)
{
    static const char call[] = "pid_t pid = fork();";
    struct answer said;
    int child = free_place(host);
    if (child < 0) {
        say(report, false, call, _("there are %d puppets already: reap some"), PUPPETS_MAX);
        return;
    }
    order(host, place, PLAY_FORK, child);
    if (!receive(host, &said)) {
        say(report, false, call, _("%d does not answer"), report->pid);
    } else if (said.result < 0) {
        say(report, false, call, "-1: %s", strerror((int)-said.result));
    } else {
        report->born = (pid_t)said.result;
        host->stage->puppets[child].pid = report->born;
        host->pidfds[child] = (int)syscall(SYS_pidfd_open, report->born, 0);
        say(report, true, call, _("%d in the parent, 0 in the child"), report->born);
    }
}

static void do_exec(struct host *host, int place, struct play_report *report)
{
    static const char call[] = "execlp(\"sleep\", \"sleep\", \"1000000\", NULL);";
    struct answer said;
    struct stat_line line;
    order(host, place, PLAY_EXEC, 0);
    if (!receive(host, &said)) {
        say(report, false, call, _("%d does not answer"), report->pid);
        return;
    }
    for (int i = 0; i < ANSWER_MS && procfs_read_stat_of(report->pid, &line) == 0; i++) {
        if (strcmp(line.comm, "sleep") == 0) {
            host->has_execed[place] = true;
            say(report, true, call, _("does not return: the same PID is another program now"));
            return;
        }
        (void)poll(NULL, 0, 1);
    }
    say(report, false, call, _("-1: sleep(1) could not be executed"));
}

static void do_wait(struct host *host, int place, struct play_report *report)
{
    static const char call[] = "pid_t pid = waitpid(-1, &status, WNOHANG);";
    struct answer said;
    order(host, place, PLAY_WAIT, 0);
    if (!receive(host, &said)) {
        say(report, false, call, _("%d does not answer"), report->pid);
    } else if (said.result == 0) {
        say(report, true, call, _("0: none of its children has ended"));
    } else if (said.result < 0) {
        say(report, true, call, _("-1, %s: it has no children"), "ECHILD");
    } else {
        _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
        exit_status_describe(said.status, &words);
        say(report, true, call, _("%d: that child %s, and is gone from the table"),
            (int)said.result, strbuf_text(&words));
    }
}

static bool has_children(const struct host *host, pid_t pid)
{
    struct stat_line line;
    for (int i = 0; i < PUPPETS_MAX; i++)
        if (host->stage->puppets[i].pid > 0 &&
            procfs_read_stat_of(host->stage->puppets[i].pid, &line) == 0 && line.ppid == pid &&
            line.state != 'Z')
            return true;
    return false;
}

static void do_exit(struct host *host, int place, struct play_report *report)
{
    static const char call[] = "_exit(0);";
    bool is_orphaning = has_children(host, report->pid);
    if (report->action == PLAY_ORPHAN && !is_orphaning) {
        say(report, false, call, _("%d has no child that could be orphaned: fork first"),
            report->pid);
        return;
    }
    order(host, place, report->action, 0);
    char state = await_state(report->pid, "ZX");
    const char *after = state == '\0' ? _("gone: its parent, the bench, waited at once")
                                      : _("a zombie until its parent waits");
    if (is_orphaning)
        say(report, true, call, _("%s; its children are adopted by the nearest subreaper, %d"),
            after, getpid());
    else
        say(report, true, call, "%s", after);
}

static void do_signal(struct host *host, int place, struct play_report *report)
{
    int number = report->action == PLAY_STOP       ? SIGSTOP
                 : report->action == PLAY_CONTINUE ? SIGCONT
                                                   : SIGKILL;
    char call[PLAY_TEXT_SIZE];
    (void)snprintf(call, sizeof(call), "kill(%d, SIG%s);", report->pid, signal_name(number));
    if (syscall(SYS_pidfd_send_signal, host->pidfds[place], number, NULL, 0) < 0) {
        say(report, false, call, "-1: %s", strerror(errno));
        return;
    }
    char state = await_state(report->pid, number == SIGSTOP   ? "TZX"
                                          : number == SIGCONT ? "RSDZX"
                                                              : "ZX");
    if (state == '\0')
        say(report, true, call, _("0: it is dead and was waited for by the bench"));
    else
        say(report, true, call, _("0: its state is %c now"), state);
}

static void obey(struct host *host, const struct request *request)
{
    struct play_report report = {.action = request->action, .pid = request->pid};
    tidy(host);
    int place = place_of(host, request->pid);
    if (request->pid <= 0 || place < 0) {
        say(&report, false, play_actions[request->action].name,
            _("%d is not one of the puppets: select one"), request->pid);
    } else if (request->action == PLAY_STOP || request->action == PLAY_CONTINUE ||
               request->action == PLAY_KILL) {
        do_signal(host, place, &report);
    } else if (can_obey(host, place, &report, play_actions[request->action].name)) {
        void (*const acts[PLAY_ACTION_COUNT])(struct host *, int, struct play_report *) = {
            [PLAY_FORK] = do_fork,   [PLAY_EXEC] = do_exec, [PLAY_WAIT] = do_wait,
            [PLAY_ORPHAN] = do_exit, [PLAY_EXIT] = do_exit,
        };
        acts[request->action](host, place, &report);
    }
    (void)send(host->socket, &report, sizeof(report), MSG_NOSIGNAL);
}

/* The first puppet is the host's own child. */
static int begin(struct host *host)
{
    struct play_report report = {.action = PLAY_FORK, .pid = getpid()};
    pid_t pid = fork();
    if (pid == 0)
        puppet_main(host->stage, 0);
    if (pid < 0)
        return -errno;
    host->stage->puppets[0].pid = pid;
    host->pidfds[0] = (int)syscall(SYS_pidfd_open, pid, 0);
    report.born = pid;
    say(&report, true, "pid_t pid = fork();", _("%d in the bench, 0 in the first puppet"), pid);
    return send(host->socket, &report, sizeof(report), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Until the viewer hangs up or the guard is gone; then nothing of it is left. */
static void serve(struct host *host, int guard_fd)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = host->socket, .events = POLLIN},
                               {.fd = guard_fd, .events = POLLIN}};
        struct request request;
        if ((poll(fds, ELEMENTS(fds), -1) < 0 && errno != EINTR) || fds[1].revents)
            break;
        if (!fds[0].revents)
            continue;
        if (recv(host->socket, &request, sizeof(request), 0) != (ssize_t)sizeof(request) ||
            (unsigned)request.action >= PLAY_ACTION_COUNT)
            break;
        obey(host, &request);
    }
    (void)guard_end_descendants(NULL);
}

static int host_main(void *argument, int guard_fd)
{
    struct host *host = argument;
    if (begin(host) == 0)
        serve(host, guard_fd);
    else
        (void)guard_end_descendants(NULL);
    return 0;
}

/* ---- the guard ---- */

static int set_stage(struct host *host)
{
    struct stage *stage =
        mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED)
        return -errno;
    host->stage = stage;
    if (pipe2(stage->said, O_CLOEXEC) < 0 || pipe2(stage->lifeline, O_CLOEXEC) < 0)
        return -errno;
    for (int i = 0; i < PUPPETS_MAX; i++) {
        host->pidfds[i] = -EBADF;
        if (pipe2(stage->puppets[i].go, O_CLOEXEC) < 0)
            return -errno;
    }
    return 0;
}

static void play_guard(void *unused, int socket, int unused_fd)
{
    struct host host = {.socket = socket};
    (void)unused;
    (void)unused_fd;
    _exit(set_stage(&host) < 0 || guard_run(HELPER_PLAY_HOST, host_main, &host) < 0);
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
    const struct request request = {.pid = pid, .action = action};
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
