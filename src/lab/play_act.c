#include "play_stage.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "experiment_cgroup.h"
#include "observe.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/event.h"
#include "reaptop/model/signals.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

enum {
    ANSWER_MS = 3000
};

void play_say(struct play_report *report, bool is_done, const char *call, const char *format, ...)
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

int play_place(const struct play_host *host, pid_t pid)
{
    for (int i = 0; i < PLAY_CHILDREN_MAX; i++)
        if (host->stage->children[i].pid == pid)
            return i;
    return -1;
}

static int free_place(const struct play_host *host)
{
    return play_place(host, 0);
}

bool play_receive(const struct play_host *host, struct answer *ret_answer)
{
    struct pollfd fd = {.fd = host->stage->said[0], .events = POLLIN};
    return poll(&fd, 1, ANSWER_MS) > 0 &&
           read(fd.fd, ret_answer, sizeof(*ret_answer)) == (ssize_t)sizeof(*ret_answer);
}

static bool has_vfork_child(const struct play_host *host, pid_t parent)
{
    struct stat_line line;
    for (int i = 0; i < PLAY_CHILDREN_MAX; i++)
        if (host->is_vforked[i] && procfs_read_stat_of(host->stage->children[i].pid, &line) == 0 &&
            line.ppid == parent && line.state != 'Z')
            return true;
    return false;
}

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
static bool is_frozen(const struct play_host *host, pid_t pid)
{
    const struct bench group = {.shared = &host->stage->group};
    char text[64];
    return host->stage->group.cgroup[0] && cgroup_has(&group, pid) &&
           group_is_frozen(&group, text, sizeof(text));
}

/* Is it one of free play's, and can take an order? Otherwise the report says why not. */
static bool can_obey(const struct play_host *host, int place, struct play_report *report,
                     const char *call)
{
    struct stat_line line;
    char where[128];
    pid_t pid = host->stage->children[place].pid;
    if (procfs_read_stat_of(pid, &line) < 0)
        play_say(report, false, call, _("%d is gone"), pid);
    else if (line.state == 'Z' || line.state == 'X')
        play_say(report, false, call, _("%d is dead: a zombie does nothing"), pid);
    else if (is_frozen(host, pid))
        play_say(report, false, call, _("%d is frozen: it does nothing until it is thawed"), pid);
    else if (line.state == 'T')
        play_say(report, false, call, _("%d is stopped: it does nothing until it is continued"),
                 pid);
    else if (line.state == 't')
        play_say(report, false, call, _("%d is stopped for its tracer, which can release it"), pid);
    else if (line.state == 'D' && has_vfork_child(host, pid))
        play_say(report, false, call, _("%d sleeps until its vfork child executes or exits"), pid);
    else if (observe_is_in(pid, "pipe_read|pipe_wait", SYS_read, where, sizeof(where)))
        play_say(report, false, call, _("%d sleeps in read() until somebody writes"), pid);
    else if (host->is_vforked[place] && report->action != PLAY_EXEC &&
             report->action != PLAY_EXIT && report->action != PLAY_ORPHAN)
        play_say(report, false, call,
                 _("%d uses its vforking parent's memory: it may execute or exit"), pid);
    else if (host->has_execed[place])
        play_say(report, false, call, _("%d runs another program now and takes no orders"), pid);
    else
        return true;
    return false;
}

static void order_of(const struct play_host *host, int place, enum play_action action, int child,
                     pid_t pid)
{
    const struct order what = {.action = action, .place = child, .pid = pid};
    (void)!write(host->stage->children[place].go[1], &what, sizeof(what));
}

static void order(const struct play_host *host, int place, enum play_action action, int child)
{
    order_of(host, place, action, child, 0);
}

/* Orders it and receives what the call returned: false, and the report says so, if nothing came. */
static bool ask(const struct play_host *host, int place, struct play_report *report,
                const char *call, pid_t whom, struct answer *ret_said)
{
    order_of(host, place, report->action, 0, whom);
    if (!play_receive(host, ret_said))
        play_say(report, false, call, _("%d does not answer"), report->pid);
    else if (ret_said->result == -ENOENT)
        play_say(report, false, call,
                 report->action == PLAY_TOUCH ? _("it has asked for no memory yet: malloc first")
                                              : _("it has no pipe yet: pipe first"));
    else if (ret_said->result < 0)
        play_say(report, false, call, "-1: %s", strerror((int)-ret_said->result));
    else
        return true;
    return false;
}

static void do_fork(struct play_host *host, int place, struct play_report *report)
{
    bool is_vfork = report->action == PLAY_VFORK;
    const char *call = is_vfork ? "pid_t pid = vfork();" : "pid_t pid = fork();";
    struct answer said;
    int child = free_place(host);
    if (child < 0) {
        play_say(report, false, call, _("there are %d processes already: reap some"),
                 PLAY_CHILDREN_MAX);
        return;
    }
    order(host, place, report->action, child);
    bool has_said = play_receive(host, &said);
    /* Parent and child answer: both are through fork(3) then. */
    if (has_said && said.result >= 0 && !is_vfork)
        has_said = play_receive(host, &said);
    if (!has_said) {
        play_say(report, false, call, _("%d does not answer"), report->pid);
    } else if (said.result < 0) {
        play_say(report, false, call, "-1: %s", strerror((int)-said.result));
    } else {
        report->born = (pid_t)said.result;
        host->stage->children[child].pid = report->born;
        host->is_vforked[child] = is_vfork;
        host->pidfds[child] = (int)syscall(SYS_pidfd_open, report->born, 0);
        if (is_vfork)
            play_say(report, true, call,
                     _("0 in the child, %d; in the parent not yet: it sleeps, state %c"),
                     report->born, await_state(report->pid, "D"));
        else
            play_say(report, true, call, _("%d in the parent, 0 in the child"), report->born);
    }
}

static void do_exec(struct play_host *host, int place, struct play_report *report)
{
    static const char call[] = "execlp(\"sleep\", \"sleep\", \"1000000\", NULL);";
    struct answer said;
    struct stat_line line;
    if (!ask(host, place, report, call, 0, &said))
        return;
    for (int i = 0; i < ANSWER_MS && procfs_read_stat_of(report->pid, &line) == 0; i++) {
        if (strcmp(line.comm, "sleep") == 0) {
            host->has_execed[place] = true;
            host->is_vforked[place] = false;
            play_say(report, true, call, _("does not return: the same PID is another program now"));
            return;
        }
        (void)poll(NULL, 0, 1);
    }
    play_say(report, false, call, _("-1: sleep(1) could not be executed"));
}

static void do_wait(struct play_host *host, int place, struct play_report *report)
{
    static const char call[] = "pid_t pid = waitpid(-1, &status, WNOHANG);";
    struct answer said;
    order(host, place, PLAY_WAIT, 0);
    if (!play_receive(host, &said)) {
        play_say(report, false, call, _("%d does not answer"), report->pid);
    } else if (said.result == 0) {
        play_say(report, true, call, _("0: none of its children has ended"));
    } else if (said.result < 0) {
        play_say(report, true, call, _("-1, %s: it has no children"), "ECHILD");
    } else {
        _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
        exit_status_describe(said.status, &words);
        play_say(report, true, call, _("%d: that child %s, and is gone from the table"),
                 (int)said.result, strbuf_text(&words));
    }
}

static bool has_children(const struct play_host *host, pid_t pid)
{
    struct stat_line line;
    for (int i = 0; i < PLAY_CHILDREN_MAX; i++)
        if (host->stage->children[i].pid > 0 &&
            procfs_read_stat_of(host->stage->children[i].pid, &line) == 0 && line.ppid == pid &&
            line.state != 'Z')
            return true;
    return false;
}

static void do_exit(struct play_host *host, int place, struct play_report *report)
{
    static const char call[] = "_exit(0);";
    bool is_orphaning = has_children(host, report->pid);
    if (report->action == PLAY_ORPHAN && !is_orphaning) {
        play_say(report, false, call, _("%d has no child that could be orphaned: fork first"),
                 report->pid);
        return;
    }
    order(host, place, report->action, 0);
    char state = await_state(report->pid, "ZX");
    const char *after = state == '\0' ? _("gone: its parent, the bench, waited at once")
                                      : _("a zombie until its parent waits");
    if (is_orphaning)
        play_say(report, true, call, _("%s; its children are adopted by the nearest subreaper, %d"),
                 after, getpid());
    else
        play_say(report, true, call, "%s", after);
}

static void do_signal(struct play_host *host, int place, struct play_report *report)
{
    int number = report->action == PLAY_STOP       ? SIGSTOP
                 : report->action == PLAY_CONTINUE ? SIGCONT
                                                   : SIGKILL;
    char call[PLAY_TEXT_SIZE];
    (void)snprintf(call, sizeof(call), "kill(%d, SIG%s);", report->pid, signal_name(number));
    if (syscall(SYS_pidfd_send_signal, host->pidfds[place], number, NULL, 0) < 0) {
        play_say(report, false, call, "-1: %s", strerror(errno));
        return;
    }
    char state = await_state(report->pid, number == SIGSTOP   ? "TZX"
                                          : number == SIGCONT ? "RSDZX"
                                                              : "ZX");
    if (state == '\0')
        play_say(report, true, call, _("0: it is dead and was waited for by the bench"));
    else
        play_say(report, true, call, _("0: its state is %c now"), state);
}

/* ---- threads, tracing, dispositions, memory, pipes ---- */

static void do_thread(struct play_host *host, int place, struct play_report *report)
{
    static const char call[] = "pthread_create(&thread, NULL, wait_for_ever, NULL);";
    struct answer said;
    if (ask(host, place, report, call, 0, &said))
        play_say(report, true, call, _("0: it has %d threads now, and one PID"),
                 (int)observe_number(report->pid, "status", "Threads"));
}

/* The newest living child of `parent` that is traced, or is not; 0: none. */
static pid_t newest_child(const struct play_host *host, pid_t parent, bool is_traced)
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

static void do_trace(struct play_host *host, int place, struct play_report *report)
{
    bool releases = report->action == PLAY_RELEASE;
    pid_t child = newest_child(host, report->pid, releases);
    struct answer said;
    char call[PLAY_TEXT_SIZE];
    (void)snprintf(call, sizeof(call), "ptrace(%s, %d, NULL, NULL);",
                   releases ? "PTRACE_DETACH" : "PTRACE_SEIZE", child);
    if (child == 0)
        play_say(report, false, call,
                 releases ? _("it traces no child") : _("it has no child to trace"));
    else if (ask(host, place, report, call, child, &said))
        play_say(report, true, call, _("0: the state of %d is %c now"), child,
                 await_state(child, releases ? "RSDTZX" : "tZX"));
}

static void do_dispose(struct play_host *host, int place, struct play_report *report)
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
            play_say(report, true, calls[report->action], _("what was pending has ended it"));
        return;
    }
    (void)observe_value(report->pid, "status", key, mask, sizeof(mask));
    play_say(report, true, calls[report->action], "0: %s %s", key, mask);
}

static void do_memory(struct play_host *host, int place, struct play_report *report)
{
    const char *call = report->action == PLAY_MALLOC ? "char *memory = malloc(16 << 20);"
                                                     : "memset(memory, 1, 16 << 20);";
    struct answer said;
    if (ask(host, place, report, call, 0, &said))
        play_say(report, true, call, _("VmSize %" PRId64 " KiB, VmRSS %" PRId64 " KiB"),
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

static void do_pipe(struct play_host *host, int place, struct play_report *report)
{
    const char *call = report->action == PLAY_PIPE   ? "pipe(ends);"
                       : report->action == PLAY_READ ? "read(ends[0], &byte, 1);"
                                                     : "write(ends[1], \"!\", 1);";
    char where[128];
    struct answer said;
    if (!ask(host, place, report, call, 0, &said))
        return;
    if (report->action == PLAY_PIPE) {
        play_say(report, true, call, _("0: %d to read from, %d to write to"), said.status >> 16,
                 said.status & 0xffff);
    } else if (report->action == PLAY_WRITE) {
        play_say(report, true, call, "1");
    } else if (sleeps_in_read(report->pid, where, sizeof(where))) {
        play_say(report, true, call, _("it sleeps until somebody writes (%s)"), where);
    } else {
        play_say(report, true, call, _("1: a byte was there"));
    }
}

static void do_freeze(struct play_host *host, int place, struct play_report *report)
{
    bool freezes = report->action == PLAY_FREEZE;
    struct bench group = {.shared = &host->stage->group};
    char text[64] = "", call[PLAY_TEXT_SIZE], why[PLAY_TEXT_SIZE];
    (void)place;
    if (freezes && !group.shared->cgroup[0] &&
        cgroup_make(&group, CGROUP_FREEZER, why, sizeof(why)) < 0) {
        play_say(report, false, "mkdir(group, 0755);", "%s", why);
        return;
    }
    if (!group.shared->cgroup[0]) {
        play_say(report, false, play_actions[PLAY_THAW].name,
                 _("nothing was frozen yet: freeze first"));
        return;
    }
    bool is_v2 = cgroup_is_v2(&group);
    const char *value = is_v2 ? (freezes ? "1" : "0") : freezes ? "FROZEN" : "THAWED";
    (void)snprintf(call, sizeof(call), "dprintf(%s, \"%s\");", is_v2 ? "cgroup_freeze" : "state",
                   value);
    int r = freezes ? cgroup_add(&group, report->pid) : 0;
    if (r == 0)
        r = cgroup_write(&group, is_v2 ? "cgroup.freeze" : "freezer.state", value);
    if (r < 0)
        play_say(report, false, call, "-1: %s", strerror(-r));
    else if (!await_group(&group, freezes, text, sizeof(text)))
        play_say(report, false, call, _("%s: it is not through with that"), text);
    else if (freezes)
        play_say(report, true, call, _("%s: it stands still, its state is %c"), text,
                 await_state(report->pid, "RSDTtZX"));
    else
        play_say(report, true, call, _("%s: it goes on, its state is %c"), text,
                 await_state(report->pid, "RSTtZX"));
}

static void do_usr1(struct play_host *host, int place, struct play_report *report)
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
        play_say(report, false, call, "-1: %s", strerror(errno));
    else if (before == 'Z' || before == 'X')
        play_say(report, true, call, _("0: nothing happens: it is dead"));
    else if (blocked & bit)
        play_say(report, true, call, _("0: it is blocked, so it stays pending"));
    else if (ignored & bit)
        play_say(report, true, call, _("0: it is ignored, so it is discarded"));
    else if (waits)
        play_say(report, true, call, _("0: it is pending until the group is thawed"));
    else if (before == 'T' || before == 't' || before == 'D')
        play_say(report, true, call, _("0: it is pending until state %c is over"), before);
    else if (caught & bit)
        play_say(report, true, call, _("0: its handler runs"));
    else if (await_state(report->pid, "ZX") == '\0')
        play_say(report, true, call, _("0: by default that ends it, and the bench waited for it"));
    else
        play_say(report, true, call,
                 _("0: by default that ends it: a zombie until its parent waits"));
}

static const struct {
    void (*act)(struct play_host *host, int place, struct play_report *report);
    bool is_done_to_it; /* by the host: it need not be able to take an order */
} acts[PLAY_ACTION_COUNT] = {
    [PLAY_FORK] = {do_fork, false},      [PLAY_EXEC] = {do_exec, false},
    [PLAY_STOP] = {do_signal, true},     [PLAY_CONTINUE] = {do_signal, true},
    [PLAY_KILL] = {do_signal, true},     [PLAY_WAIT] = {do_wait, false},
    [PLAY_ORPHAN] = {do_exit, false},    [PLAY_EXIT] = {do_exit, false},
    [PLAY_VFORK] = {do_fork, false},     [PLAY_THREAD] = {do_thread, false},
    [PLAY_TRACE] = {do_trace, false},    [PLAY_RELEASE] = {do_trace, false},
    [PLAY_HANDLE] = {do_dispose, false}, [PLAY_IGNORE] = {do_dispose, false},
    [PLAY_BLOCK] = {do_dispose, false},  [PLAY_UNBLOCK] = {do_dispose, false},
    [PLAY_USR1] = {do_usr1, true},       [PLAY_MALLOC] = {do_memory, false},
    [PLAY_TOUCH] = {do_memory, false},   [PLAY_PIPE] = {do_pipe, false},
    [PLAY_READ] = {do_pipe, false},      [PLAY_WRITE] = {do_pipe, false},
    [PLAY_FREEZE] = {do_freeze, true},   [PLAY_THAW] = {do_freeze, true},
};

void play_act(struct play_host *host, int place, struct play_report *report)
{
    const char *name = play_actions[report->action].name;
    if (acts[report->action].is_done_to_it || can_obey(host, place, report, name))
        acts[report->action].act(host, place, report);
}
