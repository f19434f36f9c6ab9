#include "reaptop/control/call_trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/call.h"
#include "reaptop/model/signals.h"
#include "reaptop/model/syscall_names.h"
#include "reaptop/source/procfs.h"

enum {
    NUMBERS = 1024, /* system calls that are counted by number */
    OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
              PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT,
    EVENT_OF_STOP = 128, /* PTRACE_EVENT_STOP, which not every C library's header has */
    PARENT_MS = 5000,    /* how long a newborn waits for its parent's own stop */
};

/* A task that is traced. */
struct tracee {
    pid_t tid, pid;
    unsigned depth;
    bool is_spectator; /* CALL_TRACE_CHILDREN: its own calls do not stop it */
    bool is_born;      /* its first stop is over */
    bool is_reported;  /* its parent has reported it */
    uint64_t waits_ns; /* since when it is kept in its first stop, for its parent's; 0: it is not */
    bool is_shown;     /* the call that it is in is one to tell */
    bool is_inside;
    char comm[sizeof((struct traced){0}.comm)];
    struct call call;
    struct strbuf entry;
};

struct call_trace {
    struct tracee *tracees;
    size_t count, capacity;
    bool has_every_call;
    bool has_complained;
    struct call_trace_cost cost;
    uint32_t counts[NUMBERS]; /* of calls that were not reported */
};

void traced_done(struct traced *traced)
{
    strbuf_done(&traced->text);
    strbuf_done(&traced->result);
    strbuf_done(&traced->words);
}

struct call_trace *call_trace_new(bool has_every_call)
{
    struct call_trace *trace = calloc(1, sizeof(*trace));

    if (trace)
        trace->has_every_call = has_every_call;
    return trace;
}

void call_trace_free(struct call_trace *trace)
{
    if (!trace)
        return;
    for (size_t i = 0; i < trace->count; i++)
        strbuf_done(&trace->tracees[i].entry);
    free(trace->tracees);
    free(trace);
}

size_t call_trace_count(const struct call_trace *trace)
{
    return trace->count;
}

struct call_trace_cost call_trace_cost(const struct call_trace *trace)
{
    return trace->cost;
}

/* ---- the list ---- */

static struct tracee *find(struct call_trace *trace, pid_t tid)
{
    for (size_t i = 0; i < trace->count; i++)
        if (trace->tracees[i].tid == tid)
            return &trace->tracees[i];
    return NULL;
}

static void read_comm(struct tracee *tracee)
{
    struct stat_line line;

    if (procfs_read_stat_of(tracee->tid, &line) == 0)
        (void)snprintf(tracee->comm, sizeof(tracee->comm), "%s", line.comm);
}

static struct tracee *add(struct call_trace *trace, pid_t tid, pid_t pid, unsigned depth)
{
    if (array_reserve(&trace->tracees, &trace->capacity, trace->count + 1) < 0)
        return NULL;
    struct tracee *tracee = &trace->tracees[trace->count++];
    *tracee = (struct tracee){.tid = tid, .pid = pid, .depth = depth, .entry = STRBUF_INIT};
    trace->cost.processes += tid == pid;
    read_comm(tracee);
    return tracee;
}

static void drop(struct call_trace *trace, const struct tracee *tracee)
{
    size_t i = (size_t)(tracee - trace->tracees);

    strbuf_done(&trace->tracees[i].entry);
    trace->tracees[i] = trace->tracees[--trace->count];
}

int call_trace_begin(struct call_trace *trace, pid_t pid, enum call_trace_scope scope,
                     struct error *error)
{
    long options = scope == CALL_TRACE_CHILDREN ? OPTIONS : PTRACE_O_TRACEEXEC;
    struct tracee *tracee = add(trace, pid, pid, 0);

    if (!tracee)
        return error_set_errno(error, -ENOMEM, "ptrace");
    tracee->is_spectator = scope == CALL_TRACE_CHILDREN;
    tracee->is_born = true;
    /* It was in its execve(2) before it was traced: only the return will be seen. */
    tracee->is_inside = tracee->is_shown = scope == CALL_TRACE_FROM_EXEC;
    tracee->call.number = SYS_execve;
    if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)options) < 0) {
        int r = -errno;
        drop(trace, tracee);
        return error_set_errno(error, r, "ptrace(PTRACE_SEIZE, %d)", pid);
    }
    return 0;
}

/* ---- what a process's memory and descriptors hold ---- */

static size_t read_memory(void *context, uint64_t address, void *bytes, size_t size)
{
    const struct tracee *tracee = context;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), done = 0;

    /* Page by page: what lies behind the first that is not there is cut off, not refused. */
    while (done < size) {
        size_t part = page - (size_t)((address + done) % page);
        part = part < size - done ? part : size - done;
        struct iovec to = {(char *)bytes + done, part};
        struct iovec from = {(void *)(uintptr_t)(address + done), part};
        ssize_t n = process_vm_readv(tracee->tid, &to, 1, &from, 1, 0);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

static bool read_descriptor(void *context, int fd, char *name, size_t size)
{
    const struct tracee *tracee = context;
    char link[32];
    _cleanup_(strbuf_done) struct strbuf target = STRBUF_INIT;
    _cleanup_close_ int dir = procfs_open_process(tracee->pid, 0);

    (void)snprintf(link, sizeof(link), "fd/%d", fd);
    if (dir < 0 || procfs_readlink(dir, link, &target) < 0)
        return false;
    (void)snprintf(name, size, "%s", strbuf_text(&target));
    return true;
}

static struct call_memory memory_of(struct tracee *tracee)
{
    return (struct call_memory){read_memory, read_descriptor, tracee};
}

/* ---- the stops ---- */

static void begin_line(struct traced *line, enum traced_kind kind, const struct tracee *tracee)
{
    *line = (struct traced){.kind = kind,
                            .pid = tracee->pid,
                            .tid = tracee->tid,
                            .depth = tracee->depth,
                            .mono_ns = clock_boot_ns()};
    (void)snprintf(line->comm, sizeof(line->comm), "%s", tracee->comm);
}

static void let_go(const struct tracee *tracee, int signal)
{
    (void)ptrace(tracee->is_spectator ? PTRACE_CONT : PTRACE_SYSCALL, tracee->tid, NULL,
                 (void *)(intptr_t)signal);
}

/* 1: a line is reported at once, because the call will not return. */
static int enter_call(struct call_trace *trace, struct tracee *tracee,
                      const struct __ptrace_syscall_info *info, struct traced *line)
{
    struct call_memory memory = memory_of(tracee);

    tracee->call = (struct call){.number = (int64_t)info->entry.nr};
    for (size_t i = 0; i < CALL_ARGUMENTS; i++)
        tracee->call.arguments[i] = info->entry.args[i];
    tracee->is_inside = true;
    tracee->is_shown = trace->has_every_call || call_is_of_life(&tracee->call, &memory);
    trace->cost.calls++;
    trace->cost.shown += tracee->is_shown;
    if (!tracee->is_shown) {
        trace
            ->counts[(uint64_t)tracee->call.number < NUMBERS ? tracee->call.number : NUMBERS - 1]++;
        return 0;
    }
    strbuf_clear(&tracee->entry);
    call_append_entry(&tracee->entry, &tracee->call, &memory);
    if (!call_is_final(&tracee->call))
        return 0;
    begin_line(line, TRACED_CALL, tracee);
    line->number = tracee->call.number;
    memcpy(line->arguments, tracee->call.arguments, sizeof(line->arguments));
    strbuf_puts(&line->text, strbuf_text(&tracee->entry));
    tracee->is_shown = false;
    return 1;
}

static int leave_call(struct tracee *tracee, int64_t result, struct traced *line)
{
    struct call_memory memory = memory_of(tracee);

    if (!tracee->is_inside || !tracee->is_shown)
        return 0;
    tracee->is_inside = false;
    tracee->call.result = result;
    if (tracee->call.number == SYS_prctl) /* PR_SET_NAME */
        read_comm(tracee);
    begin_line(line, TRACED_CALL, tracee);
    line->number = tracee->call.number;
    memcpy(line->arguments, tracee->call.arguments, sizeof(line->arguments));
    line->value = result;
    line->has_returned = true;
    strbuf_puts(&line->text, strbuf_text(&tracee->entry));
    call_append_return(&line->text, &tracee->call, &memory);
    call_append_result(&line->result, &tracee->call);
    call_append_words(&line->words, &tracee->call, &memory);
    return 1;
}

/* PTRACE_GET_SYSCALL_INFO is Linux 5.3's. */
static int complain(struct call_trace *trace, const struct tracee *tracee, struct traced *line)
{
    if (trace->has_complained)
        return 0;
    trace->has_complained = true;
    begin_line(line, TRACED_LOST, tracee);
    strbuf_printf(&line->words, _("system calls cannot be read here: %s (Linux 5.3 and later can)"),
                  strerror(errno));
    return 1;
}

static int take_call(struct call_trace *trace, struct tracee *tracee, struct traced *line)
{
    struct __ptrace_syscall_info info = {0};
    int r = 0;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, (void *)sizeof(info), &info) <= 0)
        r = complain(trace, tracee, line);
    else if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        r = enter_call(trace, tracee, &info, line);
    else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        r = leave_call(tracee, info.exit.rval, line);
    let_go(tracee, 0);
    return r;
}

static int take_signal(struct tracee *tracee, int number, struct traced *line)
{
    siginfo_t info = {0};

    if (tracee->is_spectator) {
        let_go(tracee, number);
        return 0;
    }
    begin_line(line, TRACED_SIGNAL, tracee);
    line->number = number;
    strbuf_printf(&line->text, "SIG%s", signal_name(number));
    if (ptrace(PTRACE_GETSIGINFO, tracee->tid, NULL, &info) < 0)
        strbuf_puts(&line->words, _("arrives"));
    else if (info.si_code <= 0)
        strbuf_printf(&line->words, _("arrives, sent by process %d"), info.si_pid);
    else if (number == SIGCHLD)
        strbuf_printf(&line->words, _("arrives from the kernel: child %d has changed"),
                      info.si_pid);
    else
        strbuf_puts(&line->words, _("arrives from the kernel"));
    let_go(tracee, number);
    return 1;
}

/* A process that was forked stops once before it begins; in it the call returns 0. */
static int take_birth(struct tracee *tracee, struct traced *line)
{
    tracee->is_born = true;
    tracee->waits_ns = 0;
    let_go(tracee, 0);
    if (tracee->tid != tracee->pid || !tracee->is_shown)
        return 0;
    begin_line(line, TRACED_CALL, tracee);
    line->number = tracee->call.number;
    memcpy(line->arguments, tracee->call.arguments, sizeof(line->arguments));
    line->has_returned = true;
    tracee->is_shown = false;
    strbuf_printf(&line->text, "%s()", syscall_name(tracee->call.number));
    strbuf_puts(&line->result, "0");
    strbuf_puts(&line->words, _("here it returns in the child"));
    return 1;
}

/* Its first stop may come before its parent's event, or behind it. */
static struct tracee *meet(struct call_trace *trace, pid_t tid)
{
    struct tracee *known = find(trace, tid);

    return known ? known : add(trace, tid, procfs_process_of(tid), 0);
}

static int take_fork(struct call_trace *trace, size_t parent, struct traced *line)
{
    unsigned long born = 0;
    int r = 0;

    if (ptrace(PTRACE_GETEVENTMSG, trace->tracees[parent].tid, NULL, &born) == 0 && born > 0) {
        struct tracee *child = meet(trace, (pid_t)born);
        const struct tracee *from = &trace->tracees[parent];
        if (child && !child->is_born) {
            child->depth = from->depth + (child->tid == child->pid && !from->is_spectator);
            child->call = from->call;
            child->is_shown = child->tid == child->pid && !from->is_spectator;
            child->is_reported = true;
            if (child->waits_ns)
                r = take_birth(child, line);
        }
    }
    let_go(&trace->tracees[parent], 0);
    return r;
}

/* The arguments were in the memory that execve(2) has replaced. */
static void append_first_exec(struct tracee *tracee)
{
    _cleanup_(strbuf_done) struct strbuf target = STRBUF_INIT;
    _cleanup_close_ int dir = procfs_open_process(tracee->pid, 0);

    if (dir >= 0 && procfs_readlink(dir, "exe", &target) == 0)
        strbuf_printf(&tracee->entry, "execve(\"%s\", argv, envp", strbuf_text(&target));
    else
        strbuf_puts(&tracee->entry, "execve(pathname, argv, envp");
}

/* All threads but one are gone, and that one has the process's PID. */
static void take_exec(struct call_trace *trace, pid_t pid)
{
    struct tracee caller = {0};
    unsigned long former = 0;
    struct tracee *tracee;

    (void)ptrace(PTRACE_GETEVENTMSG, pid, NULL, &former);
    if ((pid_t)former != pid && (tracee = find(trace, (pid_t)former))) {
        caller = *tracee;
        tracee->entry = STRBUF_INIT;
    }
    for (size_t i = trace->count; i-- > 0;)
        if (trace->tracees[i].pid == pid && trace->tracees[i].tid != pid)
            drop(trace, &trace->tracees[i]);
    tracee = find(trace, pid);
    if (tracee && caller.tid) {
        strbuf_done(&tracee->entry);
        tracee->entry = caller.entry;
        tracee->call = caller.call;
        tracee->is_inside = caller.is_inside;
        tracee->is_shown = caller.is_shown;
    }
    if (tracee) {
        /* Whoever was seized for its next exec alone is traced in full from here on. */
        (void)ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(long)OPTIONS);
        read_comm(tracee);
        if (tracee->is_inside && tracee->entry.length == 0)
            append_first_exec(tracee);
        let_go(tracee, 0);
    }
}

static int take_event(struct call_trace *trace, struct tracee *tracee, int status,
                      struct traced *line)
{
    switch (status >> 16) {
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
        return take_fork(trace, (size_t)(tracee - trace->tracees), line);
    case PTRACE_EVENT_EXEC:
        take_exec(trace, tracee->tid);
        return 0;
    case PTRACE_EVENT_EXIT: /* its end is its parent's affair again */
        (void)ptrace(PTRACE_DETACH, tracee->tid, NULL, NULL);
        drop(trace, tracee);
        return 0;
    case EVENT_OF_STOP:
        if (tracee->is_born && signal_default_action(WSTOPSIG(status)) == SIGNAL_STOPS) {
            (void)ptrace(PTRACE_LISTEN, tracee->tid, NULL, NULL);
            return 0;
        }
        if (tracee->is_born)
            break;
        if (tracee->is_reported)
            return take_birth(tracee, line);
        tracee->waits_ns = clock_boot_ns();
        return 0;
    default:
        break;
    }
    let_go(tracee, 0);
    return 0;
}

static int take_stop(struct call_trace *trace, pid_t tid, int status, struct traced *line)
{
    struct tracee *tracee = meet(trace, tid);

    if (!tracee)
        return -ENOMEM;
    if (status >> 16)
        return take_event(trace, tracee, status, line);
    if (WSTOPSIG(status) == (SIGTRAP | 0x80))
        return take_call(trace, tracee, line);
    return take_signal(tracee, WSTOPSIG(status), line);
}

/*
 * One that was killed may be dead without a stop. A thread, or another's child, is waited for
 * here, so that its own parent learns of it; our own children are their list's.
 */
static void forget_dead(struct call_trace *trace)
{
    for (size_t i = trace->count; i-- > 0;) {
        const struct tracee *tracee = &trace->tracees[i];
        siginfo_t info = {0};
        struct stat_line line;
        int status;
        int r = waitid(P_PID, (id_t)tracee->tid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL);
        /* A stop of somebody who is traced is reported whatever was asked for (wait(2)). */
        if (r == 0 && (info.si_pid == 0 || info.si_code == CLD_TRAPPED))
            continue;
        if (r == 0 && (procfs_read_stat_of(tracee->tid, &line) < 0 || line.ppid != getpid() ||
                       tracee->tid != tracee->pid))
            (void)waitpid(tracee->tid, &status, WNOHANG | __WALL);
        drop(trace, tracee);
    }
}

/* Its parent was killed, perhaps, and will not tell of it. */
static int let_waiting_go(struct call_trace *trace, struct traced *line)
{
    uint64_t now = clock_boot_ns();
    int r = 0;

    for (size_t i = 0; i < trace->count && r == 0; i++)
        if (trace->tracees[i].waits_ns && now - trace->tracees[i].waits_ns > PARENT_MS * NS_PER_MS)
            r = take_birth(&trace->tracees[i], line);
    return r;
}

int call_trace_take(struct call_trace *trace, struct traced *ret_traced)
{
    uint64_t begun = clock_boot_ns();
    int r = 0;

    while (r == 0 && trace->count > 0) {
        siginfo_t info = {0};
        if (waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG | __WALL) < 0 || info.si_pid == 0)
            break;
        /* As waitpid(2) would have given it; but that takes ends as well, which are not ours. */
        if (info.si_code == CLD_TRAPPED)
            r = take_stop(trace, info.si_pid, info.si_status << 8 | 0x7f, ret_traced);
    }
    if (r == 0)
        r = let_waiting_go(trace, ret_traced);
    if (r == 0)
        forget_dead(trace);
    trace->cost.handling_ns += clock_boot_ns() - begun;
    return r;
}

void call_trace_append_rest(const struct call_trace *trace, struct strbuf *out)
{
    const char *separator = "";

    for (int64_t number = 0; number < NUMBERS; number++) {
        if (trace->counts[number] == 0)
            continue;
        const char *name = syscall_name(number);
        strbuf_printf(out, "%s%u %s", separator, trace->counts[number], name ? name : "?");
        separator = ", ";
    }
}
