#include "reaptop/lab/play.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

#include "bench.h"
#include "experiment_cgroup.h"
#include "observe.h"
#include "play_stage.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/control/guard.h"
#include "reaptop/model/event.h"
#include "reaptop/model/signals.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

enum {
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
    [PLAY_VFORK] = {'v', "vfork",
                    N_("it vforks, and sleeps (D) until the child executes or exits")},
    [PLAY_THREAD] = {'d', "thread", N_("it starts a thread, which waits")},
    [PLAY_TRACE] = {'t', "trace", N_("it traces its newest child, which stops (t)")},
    [PLAY_RELEASE] = {'T', "release", N_("it lets that child go on untraced")},
    [PLAY_HANDLE] = {'h', "handle", N_("it catches SIGUSR1 from now on")},
    [PLAY_IGNORE] = {'i', "ignore", N_("it ignores SIGUSR1 from now on")},
    [PLAY_BLOCK] = {'b', "block", N_("it blocks SIGUSR1: what is sent stays pending")},
    [PLAY_UNBLOCK] = {'B', "unblock", N_("it unblocks SIGUSR1: what is pending is delivered")},
    [PLAY_USR1] = {'u', "usr1", N_("it is sent SIGUSR1, which ends it by default")},
    [PLAY_MALLOC] = {'m', "malloc", N_("it asks for 16 MiB: addresses, and no memory yet")},
    [PLAY_TOUCH] = {'M', "touch", N_("it writes to all of that: now it uses memory")},
    [PLAY_PIPE] = {'p', "pipe", N_("it makes a pipe, which children born later have too")},
    [PLAY_READ] = {'r', "read", N_("it reads from that pipe, and sleeps while that is empty")},
    [PLAY_WRITE] = {'W', "write", N_("it writes a byte into it, which wakes one reader")},
    [PLAY_FREEZE] = {'z', "freeze", N_("it is put into a control group, which is frozen")},
    [PLAY_THAW] = {'Z', "thaw", N_("that control group is thawed, and all in it go on")},
};

/* From the viewer to the host. */
struct request {
    pid_t pid;
    enum play_action action;
};

struct play {
    struct helper guard;
};

/* ---- the host ---- */

struct host {
    struct stage *stage;
    int socket; /* to the viewer */
    int pidfds[PLAY_CHILDREN_MAX];
    bool has_execed[PLAY_CHILDREN_MAX]; /* another program by now: it takes no orders */
    bool is_vforked[PLAY_CHILDREN_MAX]; /* it uses its parent's memory until it executes or exits */
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
    for (int i = 0; i < PLAY_CHILDREN_MAX; i++)
        if (host->stage->children[i].pid == pid)
            return i;
    return -1;
}

static void leave_place(struct host *host, int place)
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
static void tidy(struct host *host)
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

static bool has_vfork_child(const struct host *host, pid_t parent)
{
    struct stat_line line;
    for (int i = 0; i < PLAY_CHILDREN_MAX; i++)
        if (host->is_vforked[i] && procfs_read_stat_of(host->stage->children[i].pid, &line) == 0 &&
            line.ppid == parent && line.state != 'Z')
            return true;
    return false;
}

static bool is_frozen(const struct host *host, pid_t pid);

/* Is it one of free play's, and can take an order? Otherwise the report says why not. */
static bool can_obey(const struct host *host, int place, struct play_report *report,
                     const char *call)
{
    struct stat_line line;
    char where[128];
    pid_t pid = host->stage->children[place].pid;
    if (procfs_read_stat_of(pid, &line) < 0)
        say(report, false, call, _("%d is gone"), pid);
    else if (line.state == 'Z' || line.state == 'X')
        say(report, false, call, _("%d is dead: a zombie does nothing"), pid);
    else if (is_frozen(host, pid))
        say(report, false, call, _("%d is frozen: it does nothing until it is thawed"), pid);
    else if (line.state == 'T')
        say(report, false, call, _("%d is stopped: it does nothing until it is continued"), pid);
    else if (line.state == 't')
        say(report, false, call, _("%d is stopped for its tracer, which can release it"), pid);
    else if (line.state == 'D' && has_vfork_child(host, pid))
        say(report, false, call, _("%d sleeps until its vfork child executes or exits"), pid);
    else if (observe_is_in(pid, "pipe_read|pipe_wait", SYS_read, where, sizeof(where)))
        say(report, false, call, _("%d sleeps in read() until somebody writes"), pid);
    else if (host->is_vforked[place] && report->action != PLAY_EXEC &&
             report->action != PLAY_EXIT && report->action != PLAY_ORPHAN)
        say(report, false, call, _("%d uses its vforking parent's memory: it may execute or exit"),
            pid);
    else if (host->has_execed[place])
        say(report, false, call, _("%d runs another program now and takes no orders"), pid);
    else
        return true;
    return false;
}

static void order_of(const struct host *host, int place, enum play_action action, int child,
                     pid_t pid)
{
    const struct order what = {.action = action, .place = child, .pid = pid};
    (void)!write(host->stage->children[place].go[1], &what, sizeof(what));
}

static void order(const struct host *host, int place, enum play_action action, int child)
{
    order_of(host, place, action, child, 0);
}

static void do_fork(struct host *host, int place, struct play_report *report)
{
    bool is_vfork = report->action == PLAY_VFORK;
    const char *call = is_vfork ? "pid_t pid = vfork();" : "pid_t pid = fork();";
    struct answer said;
    int child = free_place(host);
    if (child < 0) {
        say(report, false, call, _("there are %d processes already: reap some"), PLAY_CHILDREN_MAX);
        return;
    }
    order(host, place, report->action, child);
    if (!receive(host, &said)) {
        say(report, false, call, _("%d does not answer"), report->pid);
    } else if (said.result < 0) {
        say(report, false, call, "-1: %s", strerror((int)-said.result));
    } else {
        report->born = (pid_t)said.result;
        host->stage->children[child].pid = report->born;
        host->is_vforked[child] = is_vfork;
        host->pidfds[child] = (int)syscall(SYS_pidfd_open, report->born, 0);
        if (is_vfork)
            say(report, true, call,
                _("0 in the child, %d; in the parent not yet: it sleeps, state %c"), report->born,
                await_state(report->pid, "D"));
        else
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
            host->is_vforked[place] = false;
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
    for (int i = 0; i < PLAY_CHILDREN_MAX; i++)
        if (host->stage->children[i].pid > 0 &&
            procfs_read_stat_of(host->stage->children[i].pid, &line) == 0 && line.ppid == pid &&
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

/* ---- threads, tracing, dispositions, memory, pipes ---- */

/* Orders it and receives what the call returned: false, and the report says so, if nothing came. */
static bool ask(const struct host *host, int place, struct play_report *report, const char *call,
                pid_t whom, struct answer *ret_said)
{
    order_of(host, place, report->action, 0, whom);
    if (!receive(host, ret_said))
        say(report, false, call, _("%d does not answer"), report->pid);
    else if (ret_said->result == -ENOENT)
        say(report, false, call,
            report->action == PLAY_TOUCH ? _("it has asked for no memory yet: malloc first")
                                         : _("it has no pipe yet: pipe first"));
    else if (ret_said->result < 0)
        say(report, false, call, "-1: %s", strerror((int)-ret_said->result));
    else
        return true;
    return false;
}

static void do_thread(struct host *host, int place, struct play_report *report)
{
    static const char call[] = "pthread_create(&thread, NULL, wait_for_ever, NULL);";
    struct answer said;
    if (ask(host, place, report, call, 0, &said))
        say(report, true, call, _("0: it has %d threads now, and one PID"),
            (int)observe_number(report->pid, "status", "Threads"));
}

/* The newest living child of `parent` that is traced, or is not; 0: none. */
static pid_t newest_child(const struct host *host, pid_t parent, bool is_traced)
{
    struct stat_line line;
    uint64_t start = 0;
    pid_t newest = 0;
    for (int i = 0; i < PLAY_CHILDREN_MAX; i++) {
        pid_t pid = host->stage->children[i].pid;
        if (pid <= 0 || procfs_read_stat_of(pid, &line) < 0 || line.ppid != parent ||
            line.state == 'Z' || (line.state == 't') != is_traced)
            continue;
        if (newest == 0 || line.start_ticks > start ||
            (line.start_ticks == start && pid > newest)) {
            newest = pid;
            start = line.start_ticks;
        }
    }
    return newest;
}

static void do_trace(struct host *host, int place, struct play_report *report)
{
    bool releases = report->action == PLAY_RELEASE;
    pid_t child = newest_child(host, report->pid, releases);
    struct answer said;
    char call[PLAY_TEXT_SIZE];
    (void)snprintf(call, sizeof(call), "ptrace(%s, %d, NULL, NULL);",
                   releases ? "PTRACE_DETACH" : "PTRACE_SEIZE", child);
    if (child == 0)
        say(report, false, call,
            releases ? _("it traces no child") : _("it has no child to trace"));
    else if (ask(host, place, report, call, child, &said))
        say(report, true, call, _("0: the state of %d is %c now"), child,
            await_state(child, releases ? "RSDTZX" : "tZX"));
}

static void do_dispose(struct host *host, int place, struct play_report *report)
{
    static const char *const calls[PLAY_ACTION_COUNT] = {
        [PLAY_HANDLE] = "signal(SIGUSR1, handler);",
        [PLAY_IGNORE] = "signal(SIGUSR1, SIG_IGN);",
        [PLAY_BLOCK] = "sigprocmask(SIG_BLOCK, &usr1, NULL);",
        [PLAY_UNBLOCK] = "sigprocmask(SIG_UNBLOCK, &usr1, NULL);",
    };
    const char *key = report->action == PLAY_HANDLE   ? "SigCgt"
                      : report->action == PLAY_IGNORE ? "SigIgn"
                                                      : "SigBlk";
    char mask[32] = "";
    struct answer said;
    /* A pending SIGUSR1 may end it as soon as it is unblocked: then it has answered nothing. */
    if (!ask(host, place, report, calls[report->action], 0, &said)) {
        if (report->action == PLAY_UNBLOCK && await_state(report->pid, "ZX") != 'S')
            say(report, true, calls[report->action], _("what was pending has ended it"));
        return;
    }
    (void)observe_value(report->pid, "status", key, mask, sizeof(mask));
    say(report, true, calls[report->action], "0: %s %s", key, mask);
}

static void do_memory(struct host *host, int place, struct play_report *report)
{
    const char *call = report->action == PLAY_MALLOC ? "char *memory = malloc(16 << 20);"
                                                     : "memset(memory, 1, 16 << 20);";
    struct answer said;
    if (ask(host, place, report, call, 0, &said))
        say(report, true, call, _("VmSize %" PRId64 " KiB, VmRSS %" PRId64 " KiB"),
            observe_number(report->pid, "status", "VmSize"),
            observe_number(report->pid, "status", "VmRSS"));
}

/* It has answered, so it is on its way into the read, or through it and back in poll(2). */
static bool sleeps_in_read(pid_t pid, char *ret_where, size_t size)
{
    for (int i = 0; i < ANSWER_MS; i++) {
        if (observe_is_in(pid, "pipe_read|pipe_wait", SYS_read, ret_where, size))
            return true;
        if (observe_is_in(pid, "poll", SYS_ppoll, ret_where, size))
            return false;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

static void do_pipe(struct host *host, int place, struct play_report *report)
{
    const char *call = report->action == PLAY_PIPE   ? "pipe(ends);"
                       : report->action == PLAY_READ ? "read(ends[0], &byte, 1);"
                                                     : "write(ends[1], \"!\", 1);";
    char where[128];
    struct answer said;
    if (!ask(host, place, report, call, 0, &said))
        return;
    if (report->action == PLAY_PIPE) {
        say(report, true, call, _("0: %d to read from, %d to write to"), said.status >> 16,
            said.status & 0xffff);
    } else if (report->action == PLAY_WRITE) {
        say(report, true, call, "1");
    } else if (sleeps_in_read(report->pid, where, sizeof(where))) {
        say(report, true, call, _("it sleeps until somebody writes (%s)"), where);
    } else {
        say(report, true, call, _("1: a byte was there"));
    }
}

/* ---- a control group ---- */

/* What the group's own file says: "cgroup.events: frozen 1". */
static bool group_is_frozen(const struct bench *group, char *ret_text, size_t size)
{
    char line[32]; /* "FROZEN", "FREEZING" or "THAWED" */
    if (cgroup_is_v2(group)) {
        int64_t frozen = cgroup_number(group, "cgroup.events", "frozen");
        (void)snprintf(ret_text, size, "cgroup.events: frozen %" PRId64, frozen);
        return frozen == 1;
    }
    (void)cgroup_line(group, "freezer.state", line, sizeof(line));
    (void)snprintf(ret_text, size, "freezer.state: %s", line);
    return strcmp(line, "FROZEN") == 0;
}

static bool await_group(const struct bench *group, bool is_frozen, char *ret_text, size_t size)
{
    for (int i = 0; i < ANSWER_MS; i++) {
        if (group_is_frozen(group, ret_text, size) == is_frozen)
            return true;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

/* It is in the group, and that is frozen. */
static bool is_frozen(const struct host *host, pid_t pid)
{
    const struct bench group = {.shared = &host->stage->group};
    char text[64];
    return host->stage->group.cgroup[0] && cgroup_has(&group, pid) &&
           group_is_frozen(&group, text, sizeof(text));
}

static void do_freeze(struct host *host, int place, struct play_report *report)
{
    bool freezes = report->action == PLAY_FREEZE;
    struct bench group = {.shared = &host->stage->group};
    bool is_v2 = false;
    char text[64] = "", call[PLAY_TEXT_SIZE], why[PLAY_TEXT_SIZE];
    (void)place;
    if (freezes && !group.shared->cgroup[0] &&
        cgroup_make(&group, CGROUP_FREEZER, why, sizeof(why)) < 0) {
        say(report, false, "mkdir(group, 0755);", "%s", why);
        return;
    }
    if (!group.shared->cgroup[0]) {
        say(report, false, play_actions[PLAY_THAW].name, _("nothing was frozen yet: freeze first"));
        return;
    }
    is_v2 = cgroup_is_v2(&group);
    (void)snprintf(call, sizeof(call), "dprintf(%s, \"%s\");", is_v2 ? "cgroup_freeze" : "state",
                   is_v2     ? (freezes ? "1" : "0")
                   : freezes ? "FROZEN"
                             : "THAWED");
    int r = freezes ? cgroup_add(&group, report->pid) : 0;
    if (r == 0)
        r = cgroup_write(&group, is_v2 ? "cgroup.freeze" : "freezer.state",
                         is_v2     ? (freezes ? "1" : "0")
                         : freezes ? "FROZEN"
                                   : "THAWED");
    if (r < 0)
        say(report, false, call, "-1: %s", strerror(-r));
    else if (!await_group(&group, freezes, text, sizeof(text)))
        say(report, false, call, _("%s: it is not through with that"), text);
    else if (freezes)
        say(report, true, call, _("%s: it stands still, its state is %c"), text,
            await_state(report->pid, "RSDTtZX"));
    else
        say(report, true, call, _("%s: it goes on, its state is %c"), text,
            await_state(report->pid, "RSTtZX"));
}

static void do_usr1(struct host *host, int place, struct play_report *report)
{
    char call[PLAY_TEXT_SIZE];
    signal_set blocked = 0, ignored = 0, caught = 0;
    const signal_set bit = UINT64_C(1) << (PLAY_SIGNAL - 1);
    (void)snprintf(call, sizeof(call), "kill(%d, SIGUSR1);", report->pid);
    (void)observe_signals(report->pid, "SigBlk", &blocked);
    (void)observe_signals(report->pid, "SigIgn", &ignored);
    (void)observe_signals(report->pid, "SigCgt", &caught);
    char before = await_state(report->pid, "RSDTtZXI");
    /* What ends it by default ends it at once, but for a group of cgroup v1. */
    bool waits =
        is_frozen(host, report->pid) && ((caught & bit) || !host->stage->group.cgroup_is_v2);
    if (syscall(SYS_pidfd_send_signal, host->pidfds[place], PLAY_SIGNAL, NULL, 0) < 0)
        say(report, false, call, "-1: %s", strerror(errno));
    else if (before == 'Z' || before == 'X')
        say(report, true, call, _("0: nothing happens: it is dead"));
    else if (blocked & bit)
        say(report, true, call, _("0: it is blocked, so it stays pending"));
    else if (ignored & bit)
        say(report, true, call, _("0: it is ignored, so it is discarded"));
    else if (waits)
        say(report, true, call, _("0: it is pending until the group is thawed"));
    else if (before == 'T' || before == 't' || before == 'D')
        say(report, true, call, _("0: it is pending until state %c is over"), before);
    else if (caught & bit)
        say(report, true, call, _("0: its handler runs"));
    else if (await_state(report->pid, "ZX") == '\0')
        say(report, true, call, _("0: by default that ends it, and the bench waited for it"));
    else
        say(report, true, call, _("0: by default that ends it: a zombie until its parent waits"));
}

static void obey(struct host *host, const struct request *request)
{
    struct play_report report = {.action = request->action, .pid = request->pid};
    tidy(host);
    int place = place_of(host, request->pid);
    if (request->pid <= 0 || place < 0) {
        say(&report, false, play_actions[request->action].name,
            _("%d is not one of this play's processes: select one"), request->pid);
    } else if (request->action == PLAY_STOP || request->action == PLAY_CONTINUE ||
               request->action == PLAY_KILL) {
        do_signal(host, place, &report);
    } else if (request->action == PLAY_USR1) {
        do_usr1(host, place, &report);
    } else if (request->action == PLAY_FREEZE || request->action == PLAY_THAW) {
        do_freeze(host, place, &report);
    } else if (can_obey(host, place, &report, play_actions[request->action].name)) {
        void (*const acts[PLAY_ACTION_COUNT])(struct host *, int, struct play_report *) = {
            [PLAY_FORK] = do_fork,       [PLAY_EXEC] = do_exec,      [PLAY_WAIT] = do_wait,
            [PLAY_ORPHAN] = do_exit,     [PLAY_EXIT] = do_exit,      [PLAY_VFORK] = do_fork,
            [PLAY_THREAD] = do_thread,   [PLAY_TRACE] = do_trace,    [PLAY_RELEASE] = do_trace,
            [PLAY_HANDLE] = do_dispose,  [PLAY_IGNORE] = do_dispose, [PLAY_BLOCK] = do_dispose,
            [PLAY_UNBLOCK] = do_dispose, [PLAY_MALLOC] = do_memory,  [PLAY_TOUCH] = do_memory,
            [PLAY_PIPE] = do_pipe,       [PLAY_READ] = do_pipe,      [PLAY_WRITE] = do_pipe,
        };
        acts[request->action](host, place, &report);
    }
    (void)send(host->socket, &report, sizeof(report), MSG_NOSIGNAL);
}

/* The first process of free play is the host's own child. */
static int begin(struct host *host)
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
    host->stage->children[0].pid = pid;
    host->pidfds[0] = (int)syscall(SYS_pidfd_open, pid, 0);
    report.born = pid;
    say(&report, true, "pid_t pid = fork();", _("%d in the bench, 0 in the first child"), pid);
    return send(host->socket, &report, sizeof(report), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* What is frozen cannot die everywhere. */
static void end_all(const struct stage *stage)
{
    cgroup_thaw(&stage->group);
    (void)guard_end_descendants(NULL);
    cgroup_remove(&stage->group);
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
    end_all(host->stage);
}

static int host_main(void *argument, int guard_fd)
{
    struct host *host = argument;
    if (begin(host) == 0)
        serve(host, guard_fd);
    else
        end_all(host->stage);
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
    struct host host = {.socket = socket};
    (void)unused;
    (void)unused_fd;
    if (set_stage(&host) < 0)
        _exit(1);
    int r = guard_run(HELPER_PLAY_HOST, host_main, &host);
    end_all(host.stage); /* where the host was killed it is frozen still */
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
