#include "reaptop/model/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/signals.h"

enum {
    AMENDED_MOST = 1024
};

static const char *const kind_names[] = {
    [EVENT_FORK] = "fork",         [EVENT_EXEC] = "exec",         [EVENT_EXIT] = "exit",
    [EVENT_ZOMBIE] = "zombie",     [EVENT_REAP] = "reap",         [EVENT_ADOPT] = "adopt",
    [EVENT_STATE] = "state",       [EVENT_COMM] = "comm",         [EVENT_UID] = "uid",
    [EVENT_GID] = "gid",           [EVENT_SID] = "sid",           [EVENT_PTRACE] = "ptrace",
    [EVENT_SIGNAL] = "signal",     [EVENT_COREDUMP] = "coredump", [EVENT_LOST] = "lost",
    [EVENT_DELIVERY] = "delivery", [EVENT_OOM] = "oom",           [EVENT_NOTE] = "note",
};

static const char *const source_names[] = {
    [EVENT_FROM_DIFF] = "diff", [EVENT_FROM_CONNECTOR] = "connector", [EVENT_FROM_PIDFD] = "pidfd",
    [EVENT_FROM_WAIT] = "wait", [EVENT_FROM_TRACE] = "trace",         [EVENT_FROM_SELF] = "self",
};

_Static_assert(ELEMENTS(kind_names) == EVENT_KIND_COUNT, "a name for each kind");
_Static_assert(ELEMENTS(source_names) == EVENT_SOURCE_COUNT, "a name for each source");

const char *event_kind_name(enum event_kind kind)
{
    return kind_names[kind];
}

const char *event_source_name(enum event_source source)
{
    return source_names[source];
}

int event_kind_from_name(const char *name)
{
    for (int i = 0; i < EVENT_KIND_COUNT; i++)
        if (strcmp(name, kind_names[i]) == 0)
            return i;
    return -EINVAL;
}

void exit_status_describe(int32_t status, struct strbuf *out)
{
    if (status == EXIT_UNKNOWN) {
        strbuf_puts(out, _("ended, its status was not seen"));
    } else if (WIFEXITED(status)) {
        strbuf_printf(out, _("exited with status %d"), WEXITSTATUS(status));
    } else {
        strbuf_printf(out, _("killed by SIG%s"), signal_name(WTERMSIG(status)));
        if (WCOREDUMP(status))
            strbuf_puts(out, _(" (core dumped)"));
    }
}

static void describe_adoption(const struct event *event, struct strbuf *out)
{
    if (event->to == 0) {
        strbuf_printf(out, _("was orphaned by %d; who adopted it was not seen"), event->from);
        return;
    }
    strbuf_printf(out, _("was orphaned by %d and adopted by %d"), event->from, event->to);
    if (event->reason == ADOPT_BY_INIT)
        strbuf_puts(out, _(", init"));
    else if (event->reason == ADOPT_BY_SUBREAPER)
        strbuf_puts(out, _(", which must be a subreaper"));
}

static void describe_state(const struct event *event, struct strbuf *out)
{
    strbuf_printf(out, _("went from state %c to %c"), event->state_from, event->state_to);
    if (event->state_to == 'Z' && event->count > 0)
        strbuf_printf(out, _(": its first thread has ended, %u live on"), (unsigned)event->count);
}

static void describe_oom(const struct event *event, struct strbuf *out)
{
    strbuf_puts(out, _("was chosen by the kernel's OOM killer: memory ran out"));
    if (event->sender == event->id.pid)
        strbuf_puts(out, _(" when it asked for more itself"));
    else if (event->sender > 0)
        strbuf_printf(out, _(" when %d %s asked for more"), (int)event->sender, event->detail);
    if (event->count > 0)
        strbuf_printf(out, _("; it held %llu MiB"), (unsigned long long)event->count / 1024);
}

enum removal event_removal(const struct event *reap)
{
    return ending_removal(reap->ppid, reap->source == EVENT_FROM_WAIT, reap->is_autoreaped);
}

static void describe_kind(const struct event *event, struct strbuf *out)
{
    switch (event->kind) {
    case EVENT_FORK:
        strbuf_printf(out, _("was forked by %d"), event->ppid);
        break;
    case EVENT_EXEC:
        strbuf_printf(out, _("exec: %s"), event->detail[0] ? event->detail : event->comm);
        break;
    case EVENT_EXIT:
        exit_status_describe(event->exit_status, out);
        break;
    case EVENT_ZOMBIE:
        ending_describe_zombie(event->ppid, event->to, out);
        break;
    case EVENT_REAP:
        ending_describe_removal(event_removal(event), event->ppid, out);
        break;
    case EVENT_ADOPT:
        describe_adoption(event, out);
        break;
    case EVENT_STATE:
        describe_state(event, out);
        break;
    case EVENT_COMM:
        strbuf_printf(out, _("renamed from %s to %s"), event->detail[0] ? event->detail : "?",
                      event->comm[0] ? event->comm : "?");
        break;
    case EVENT_UID:
        strbuf_printf(out, _("changed its user from %d to %d"), event->from, event->to);
        break;
    case EVENT_GID:
        strbuf_printf(out, _("changed its group from %d to %d"), event->from, event->to);
        break;
    case EVENT_SID:
        strbuf_printf(out, _("is in session %d now"), event->to);
        break;
    case EVENT_PTRACE:
        if (event->to > 0)
            strbuf_printf(out, _("is traced by %d"), event->to);
        else
            strbuf_puts(out, _("is no longer traced"));
        break;
    case EVENT_COREDUMP:
        strbuf_puts(out, _("dumps core"));
        break;
    case EVENT_SIGNAL:
    case EVENT_DELIVERY:
        delivery_describe(event, out);
        break;
    case EVENT_OOM:
        describe_oom(event, out);
        break;
    case EVENT_NOTE:
    case EVENT_LOST:
    case EVENT_KIND_COUNT:
        break;
    }
}

struct event event_with_local_pids(const struct event *event)
{
    struct event local = *event;
    bool has_pids =
        event->kind == EVENT_ADOPT || event->kind == EVENT_SID || event->kind == EVENT_ZOMBIE;
    local.id.pid = pid_local(event->id.pid);
    local.ppid = pid_local(event->ppid);
    local.sender = pid_local(event->sender);
    if (has_pids) {
        local.from = pid_local(event->from);
        local.to = pid_local(event->to);
    }
    return local;
}

void event_describe(const struct event *event, struct strbuf *out)
{
    if (event->kind == EVENT_LOST) {
        if (event->count > 0)
            strbuf_printf(out, _("%llu events were lost"), (unsigned long long)event->count);
        else
            strbuf_puts(out, _("events were lost, the kernel does not tell how many"));
        return;
    }
    if (event->kind == EVENT_NOTE) {
        strbuf_puts(out, event->detail);
        return;
    }
    const struct event shown = event_with_local_pids(event);
    strbuf_printf(out, "%d %s ", shown.id.pid, shown.comm[0] ? shown.comm : "?");
    describe_kind(&shown, out);
}

/* ---- what stands out, and what is alike ---- */

bool event_is_notable(const struct event *event)
{
    switch (event->kind) {
    case EVENT_EXIT:
        return event->exit_status != 0 && event->exit_status != EXIT_UNKNOWN;
    case EVENT_ZOMBIE:
    case EVENT_ADOPT:
    case EVENT_COREDUMP:
    case EVENT_OOM:
    case EVENT_NOTE:
    case EVENT_LOST:
        return true;
    case EVENT_SIGNAL:
        return event->source == EVENT_FROM_SELF;
    default:
        return false;
    }
}

bool event_is_repeat(const struct event *event, const struct event *former)
{
    bool is_alike = event->kind == former->kind && strcmp(event->comm, former->comm) == 0;
    switch (event->kind) {
    case EVENT_FORK:
        return is_alike && event->ppid == former->ppid && event->ppid > 0;
    case EVENT_EXIT:
        return is_alike && event->exit_status == former->exit_status;
    case EVENT_EXEC:
    case EVENT_ZOMBIE:
    case EVENT_REAP:
        return is_alike && event->ppid == former->ppid;
    case EVENT_STATE:
        return is_alike && event->id.pid == former->id.pid;
    default:
        return false;
    }
}

/* ---- a bounded log ---- */

int event_log_init(struct event_log *log, size_t capacity)
{
    *log =
        (struct event_log){.events = calloc(capacity, sizeof(*log->events)), .capacity = capacity};
    return log->events ? 0 : -ENOMEM;
}

int event_log_copy(const struct event_log *log, size_t capacity, struct event_log *ret_copy)
{
    struct event_log copy;
    size_t least = log->count > 0 ? log->count : 1;
    if (event_log_init(&copy, capacity > least ? capacity : least) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < log->count; i++)
        copy.events[i] = *event_log_get(log, i);
    copy.count = log->count;
    copy.dropped = log->dropped;
    copy.total = log->total;
    *ret_copy = copy;
    return 0;
}

void event_log_done(struct event_log *log)
{
    free(log->events);
    *log = (struct event_log){0};
}

void event_log_append(struct event_log *log, const struct event *event)
{
    if (log->count == log->capacity) {
        log->first = (log->first + 1) % log->capacity;
        log->dropped++;
        log->count--;
    }
    log->events[(log->first + log->count++) % log->capacity] = *event;
    log->total++;
}

void event_log_amend(struct event_log *log, const struct event *event)
{
    size_t oldest = log->count > AMENDED_MOST ? log->count - AMENDED_MOST : 0;
    for (size_t i = log->count; i > oldest; i--) {
        struct event *reported = &log->events[(log->first + i - 1) % log->capacity];
        if (reported->kind != EVENT_SIGNAL || reported->mono_ns != event->mono_ns ||
            reported->id.pid != event->id.pid || reported->signal != event->signal)
            continue;
        reported->cause = event->cause;
        reported->fate = event->fate;
        reported->handler = event->handler;
        return;
    }
}

const struct event *event_log_get(const struct event_log *log, size_t index)
{
    return &log->events[(log->first + index) % log->capacity];
}
