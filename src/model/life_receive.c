#include <signal.h>
#include <string.h>

#include "life_private.h"

#define SELF_WITHIN_NS UINT64_C(1000000000)

/* After a loss: what is reported so much later than a sweep saw it is something else. */
#define LATE_NS (UINT64_C(500) * 1000 * 1000)

/* ---- births and ends ---- */

static void report_exit_like(struct life *life, struct record *record, const struct event *like)
{
    struct event event = life_event(EVENT_EXIT, like->source, record, like->mono_ns, like->time_ns);
    event.exit_status = record->history.exit_status;
    life_report(life, record, &event);
}

/*
 * The record's birth is reported already; this is the kernel's own report, late. A
 * sweep shows a child before its fork is reported.
 */
static bool is_reported_birth(const struct record *record, const struct event *event,
                              uint64_t losses)
{
    const struct identity id = record->history.id;
    if (event->mono_ns <= record->history.born_ns)
        return true;
    if (record->is_birth_received || record->is_end_received)
        return false;
    if (event->id.start_ticks != 0)
        return event->id.start_ticks == id.start_ticks;
    return record->birth_losses == losses ||
           (record->start_ns != 0 && event->mono_ns < record->start_ns + LATE_NS);
}

/* A sweep saw it dead before its end was reported. */
static void report_zombie_seen(struct life *life, struct record *record, const struct event *end)
{
    struct event seen = *end;
    seen.source = EVENT_FROM_DIFF;
    if (record->dead_ahead_ns == 0)
        return;
    record->history.was_swept_zombie = true;
    life_report_zombie(life, record, &seen);
}

/* Our own wait(2) says who; else it is the parent, unless that died before: then an adopter. */
static void receive_reaper(const struct life *life, struct record *record, struct event *event)
{
    const struct record *parent = life_newest(life, event->ppid);
    struct process named = {.id.pid = event->ppid};
    bool is_dead = event->source != EVENT_FROM_WAIT && parent && parent->history.zombie_ns != 0;
    if (parent && !is_dead)
        named.ignores_sigchld = parent->last.ignores_sigchld;
    life_note_reaper(life, record, event, is_dead || event->ppid <= 0 ? NULL : &named);
}

/* Whoever had the number was dead and reaped before it was given away again. */
static void receive_reuse(struct life *life, struct record *record, const struct event *birth)
{
    if (record->history.zombie_ns == 0) {
        record->history.zombie_ns = birth->mono_ns;
        report_exit_like(life, record, birth);
    }
    report_zombie_seen(life, record, birth);
    struct event reap =
        life_event(EVENT_REAP, birth->source, record, birth->mono_ns, birth->time_ns);
    reap.exit_status = record->history.exit_status;
    receive_reaper(life, record, &reap);
    life_report(life, record, &reap);
    life_end(life, record, birth->mono_ns, birth->source);
}

static void inherit_uid(const struct life *life, struct record *record, pid_t ppid)
{
    const struct record *parent = life_newest(life, ppid);
    if (!parent || !parent->history.has_uid)
        return;
    record->history.uid = parent->history.uid;
    record->history.has_uid = true;
}

static void receive_fork(struct life *life, struct event *event)
{
    struct record *record = life_newest(life, event->id.pid);
    if (record && is_reported_birth(record, event, life->losses.times)) {
        if (!record->is_birth_received && event->ppid > 0)
            life_remember_relatives(life, &record->history.born_of, event->ppid);
        record->is_birth_received = true;
        return;
    }
    if (record && record->history.ended_ns == 0)
        receive_reuse(life, record, event);
    record = life_begin(life, event->id, event->ppid, event->mono_ns);
    if (!record)
        return;
    record->is_birth_received = true;
    record->history.was_seen_born = true;
    if (event->comm[0] == '\0')
        life_copy_name(event->comm, record->history.born_of.comm);
    life_copy_name(record->history.comm, event->comm);
    inherit_uid(life, record, event->ppid);
    life_report(life, record, event);
}

/* ---- orphans ---- */

/* Its parent, as far as we know it, died before: who has that number now is another. */
static bool is_orphan(const struct life *life, const struct record *record)
{
    const struct record *parent = life_newest(life, record->last.ppid);
    if (!parent || record->last.ppid == 0)
        return false;
    return parent->history.zombie_ns != 0 || parent->history.born_ns > record->history.born_ns;
}

/*
 * No source reports adoption, but an end names the parent at that moment
 * (cn_proc.h, since 4.18). The kernel hands the children on before it reports
 * the parent's end, so whoever names the former one was not handed on. An end
 * names nobody where it was reaped before the kernel wrote the event: that it was
 * handed on is inferred then, from its parent's end that was reported first.
 */
static void receive_parent(struct life *life, struct record *record, const struct event *end,
                           bool has_named)
{
    pid_t former = record->last.ppid;
    if (former == 0)
        return;
    bool is_seen_dead = record->dead_ahead_ns != 0; /* while its parent was as it is known */
    if (!has_named && !is_seen_dead && is_orphan(life, record))
        life_adopt(life, record, 0, end);
    bool is_another = end->ppid != former && end->ppid != record->history.adopted_from.id.pid;
    if (has_named && is_another)
        life_adopt(life, record, end->ppid, end);
}

/* ---- ends ---- */

/* A sweep saw that it was gone before its end was reported. */
static void report_reap_seen(struct life *life, struct record *record, const struct event *end)
{
    const struct record *parent = life_living(life, record->last.ppid);
    struct event gone = *end;
    gone.source = EVENT_FROM_DIFF;
    if (record->gone_ahead_ns == 0)
        return;
    if (record->gone_ahead_ns > end->mono_ns) {
        gone.mono_ns = record->gone_ahead_ns;
        gone.time_ns += record->gone_ahead_ns - end->mono_ns;
    }
    life_report_reap(life, record, &gone,
                     parent && parent->gone_ahead_ns == 0 ? &parent->last : NULL);
}

static void receive_exit(struct life *life, struct record *record, const struct event *event,
                         bool has_named)
{
    struct history *history = &record->history;
    if (event->source == EVENT_FROM_CONNECTOR)
        record->is_end_received = true;
    if (event->exit_status != EXIT_UNKNOWN)
        history->exit_status = event->exit_status;
    if (history->zombie_ns != 0) { /* another source reported it already */
        if (event->state_to == 'Z')
            life_report_zombie(life, record, event);
        return;
    }
    receive_parent(life, record, event, has_named);
    history->zombie_ns = event->mono_ns;
    history->changed_ns = event->mono_ns;
    history->state = 'Z';
    history_enter(history, 'Z', event->mono_ns);
    life_report(life, record, event);
    if (event->state_to == 'Z')
        life_report_zombie(life, record, event);
    report_zombie_seen(life, record, event);
    report_reap_seen(life, record, event);
}

/* A process that nobody reported before: its birth was lost, its end is not. */
static void receive_unknown_exit(struct life *life, const struct event *event)
{
    struct record *record = life_begin(life, event->id, event->ppid, event->mono_ns);
    if (!record)
        return;
    life_copy_name(record->history.comm, event->comm);
    receive_exit(life, record, event, event->ppid > 0);
}

static void receive_reap(struct life *life, struct record *record, struct event *event)
{
    struct history *history = &record->history;
    if (event->exit_status != EXIT_UNKNOWN)
        history->exit_status = event->exit_status;
    if (history->zombie_ns == 0) { /* none is reaped that is not dead */
        history->zombie_ns = event->mono_ns;
        report_exit_like(life, record, event);
    }
    report_zombie_seen(life, record, event);
    history->changed_ns = event->mono_ns;
    receive_reaper(life, record, event);
    life_report(life, record, event);
    life_end(life, record, event->mono_ns, event->source);
}

/* ---- changes ---- */

/*
 * The first exec of a life is the one that sweeps can see (PF_FORKNOEXEC). One
 * reported it: where nothing was lost since, the next that is received must be that.
 */
static bool is_reported_exec(struct record *record, const struct event *event, uint64_t losses)
{
    bool is_reported = record->exec_ns != 0 && (record->exec_losses == losses ||
                                                event->mono_ns <= record->exec_ns + LATE_NS);
    record->exec_ns = 0; /* any other is another */
    return is_reported;
}

static void receive_exec(struct record *record, const struct event *event)
{
    record->history.execs++;
    record->last.has_execed = true;
    record->expects_new_comm = event->comm[0] == '\0';
}

static bool is_reported_change(const struct life *life, const struct record *record,
                               const struct event *event)
{
    if (event->kind == EVENT_UID && record->history.has_uid)
        return (uid_t)event->to == record->history.uid;
    if (event->kind == EVENT_SID && record->is_in_table && !life->is_reported)
        return event->to == record->last.sid;
    return false;
}

static void receive_change(struct life *life, struct record *record, struct event *event)
{
    struct history *history = &record->history;
    if (event->kind == EVENT_EXEC) {
        if (is_reported_exec(record, event, life->losses.times))
            return;
        receive_exec(record, event);
    }
    if (is_reported_change(life, record, event))
        return;
    if (event->kind == EVENT_UID) {
        if (event->from < 0 && history->has_uid)
            event->from = (int32_t)history->uid;
        history->uid = record->last.uid = (uid_t)event->to;
        history->has_uid = true;
    }
    if (event->kind == EVENT_PTRACE)
        record->tracer = event->to;
    if (event->kind == EVENT_SID)
        record->last.sid = event->to;
    history->changed_ns = event->mono_ns;
    record->received_ns = event->mono_ns;
    if (event->comm[0])
        life_copy_name(history->comm, event->comm);
    else
        life_copy_name(event->comm, history->comm);
    life_report(life, record, event);
}

/* ---- signals ---- */

/* The tracepoint reports our own signals too, a moment after we noted them. */
static bool is_reported_signal(const struct record *record, const struct event *event)
{
    const struct history *history = &record->history;
    for (size_t i = history->moment_count; i > 0; i--) {
        const struct event noted = history_moment(history, i - 1);
        if (noted.kind == EVENT_SIGNAL && noted.source == EVENT_FROM_SELF &&
            noted.signal == event->signal && noted.sender == event->sender &&
            noted.mono_ns + SELF_WITHIN_NS > event->mono_ns)
            return event->source == EVENT_FROM_TRACE;
    }
    return false;
}

/* The kernel keeps few names of tasks; we may know it. */
static void name_sender(const struct life *life, struct event *event)
{
    const struct record *sender = life_newest(life, event->sender);
    if (event->source == EVENT_FROM_TRACE && event->detail[0] == '\0' && sender)
        life_copy_name(event->detail, sender->history.comm);
}

enum {
    SENT_MOST = 256
};

/* A signal that arrives sooner is reported once: as sent, with its fate. */
#define DELAY_REPORTED_NS (UINT64_C(100) * 1000 * 1000)

/* Of one whose life was not known when it was sent: among the latest events. */
static bool find_sent(const struct life *life, const struct event *delivery, struct event *ret_sent)
{
    for (size_t i = 0; i < life->log.count && i < SENT_MOST; i++) {
        const struct event *event = event_log_get(&life->log, life->log.count - 1 - i);
        if (event->kind != EVENT_SIGNAL || event->id.pid != delivery->id.pid ||
            event->signal != delivery->signal || !delivery_is_open(event->fate))
            continue;
        *ret_sent = *event;
        ret_sent->fate = delivery->fate;
        ret_sent->handler = delivery->handler;
        return true;
    }
    return false;
}

/* `record` NULL: of a life that is not known. */
static void receive_delivery(struct life *life, struct record *record, struct event *event)
{
    struct event sent;
    bool is_noted = record && history_note_delivery(&record->history, event, &sent);
    if (!is_noted && !find_sent(life, event, &sent)) {
        /* exit_group(2) and execve(2) end the other threads so: nobody sent that. */
        if (event->signal != SIGKILL)
            life_report(life, record, event);
        return;
    }
    event_log_amend(&life->log, &sent);
    uint64_t delay_ns = event->mono_ns > sent.mono_ns ? event->mono_ns - sent.mono_ns : 0;
    if (delay_ns < DELAY_REPORTED_NS)
        return;
    uint64_t delay_ms = delay_ns / 1000000;
    event->delay_ms = delay_ms < INT32_MAX ? (int32_t)delay_ms : INT32_MAX;
    event->signal = sent.signal;
    event->sender = sent.sender;
    event->code = sent.code;
    event->cause = sent.cause;
    life_copy_name(event->detail, sent.source == EVENT_FROM_TRACE ? sent.detail : "");
    life_report(life, record, event);
}

static void receive_oom(struct life *life, struct record *record, const struct event *event)
{
    struct event killed;
    if (history_note_oom(&record->history, &killed))
        event_log_amend(&life->log, &killed);
    life_report(life, record, event);
}

/* ---- one event ---- */

/* Heard events name a PID; the log's reader wants to know whose. */
static void complete(const struct record *record, struct event *event)
{
    if (event->ppid == 0)
        event->ppid = record->last.ppid;
    if (event->id.start_ticks == 0)
        event->id = record->history.id;
    if (event->kind == EVENT_COMM && event->detail[0] == '\0')
        life_copy_name(event->detail, record->history.comm);
    if (event->comm[0] == '\0' && event->kind != EVENT_EXEC)
        life_copy_name(event->comm, record->history.comm);
}

static void receive_of(struct life *life, struct record *record, struct event *event)
{
    bool has_named = event->ppid > 0;
    complete(record, event);
    switch (event->kind) {
    case EVENT_EXIT:
        receive_exit(life, record, event, has_named);
        break;
    case EVENT_REAP:
        receive_reap(life, record, event);
        break;
    case EVENT_SIGNAL:
        name_sender(life, event);
        if (!is_reported_signal(record, event))
            life_report(life, record, event);
        break;
    case EVENT_DELIVERY:
        receive_delivery(life, record, event);
        break;
    case EVENT_OOM:
        receive_oom(life, record, event);
        break;
    case EVENT_COMM:
        if (strcmp(event->detail, event->comm) == 0)
            break; /* it took the name that it has */
        receive_change(life, record, event);
        break;
    default:
        receive_change(life, record, event);
        break;
    }
}

static bool is_end(const struct event *event)
{
    return event->kind == EVENT_EXIT || event->kind == EVENT_REAP;
}

/* An end that was reported before the kernel reported it: better known now. */
static void receive_owed_end(struct record *record, const struct event *event)
{
    if (event->source == EVENT_FROM_CONNECTOR)
        record->is_end_received = true;
    if (record->history.exit_status == EXIT_UNKNOWN)
        record->history.exit_status = event->exit_status;
}

/* Its birth was lost: the sweep that shows it next does not report the exec. */
static void receive_unknown_exec(struct life *life, struct event *event)
{
    struct record *record = life_begin(life, event->id, event->ppid, event->mono_ns);
    if (record)
        receive_of(life, record, event);
}

/* No living one is known under that number. */
static void receive_of_nobody(struct life *life, struct event *event)
{
    struct record *record = life_newest(life, event->id.pid);
    bool is_traced = event->source == EVENT_FROM_TRACE && event->kind != EVENT_LOST;
    if (is_traced && record && event->mono_ns <= record->history.ended_ns)
        receive_of(life, record, event); /* the tracepoint's word came behind that of the end */
    else if (event->kind == EVENT_DELIVERY)
        receive_delivery(life, NULL, event);
    else if (is_end(event) && record)
        receive_owed_end(record, event);
    else if (event->kind == EVENT_STATE && record)
        life_report(life, record, event); /* caught at its end, reported after it */
    else if (event->kind == EVENT_EXIT)
        receive_unknown_exit(life, event);
    else if (event->kind == EVENT_EXEC && life->sweep > 0)
        receive_unknown_exec(life, event);
    else if (!is_end(event))
        event_log_append(&life->log, event);
}

/* ---- whose event it is ---- */

/* The number's holder before. */
static struct record *former_of(const struct record *record)
{
    pid_t pid = record->history.id.pid;
    struct record *former = record->next_in_bucket;
    while (former && former->history.id.pid != pid)
        former = former->next_in_bucket;
    return former;
}

/* Its end is reported, and the kernel's own report is still to come: this may be it. */
static bool owes_end(const struct life *life, const struct record *record,
                     const struct event *event)
{
    const struct history *history = &record->history;
    if (history->ended_ns == 0 || record->is_end_received)
        return false;
    return record->end_losses == life->losses.times ||
           event->mono_ns < history->zombie_ns + LATE_NS;
}

/*
 * The kernel reports an end after the zombie can be reaped: the number may be
 * another's by then. Such an end names no parent, for it has none any more; or
 * the other's birth has yet to be received.
 */
static struct record *find_owed(const struct life *life, const struct event *event)
{
    struct record *owed = NULL;
    struct record *newest = life_newest(life, event->id.pid);
    if (event->kind != EVENT_EXIT || event->source != EVENT_FROM_CONNECTOR || !newest)
        return NULL;
    bool is_unborn = !newest->is_birth_received && newest->birth_losses == life->losses.times;
    if (event->ppid != 0 && !is_unborn)
        return NULL;
    for (struct record *record = newest; record; record = former_of(record))
        if (owes_end(life, record, event))
            owed = record;
    return owed;
}

/* Nobody does anything before its birth. */
static bool is_before(const struct record *record, const struct event *event)
{
    if (!record || event->source != EVENT_FROM_CONNECTOR)
        return false;
    uint64_t born_ns = record->is_birth_received ? record->history.born_ns : 0;
    return event->mono_ns < (born_ns > record->start_ns ? born_ns : record->start_ns);
}

/*
 * Of one that has the number after the one that is known: its birth was lost.
 * The dead do not execute, nor does anybody end or begin twice. An end is that
 * of the one who still owes it: a successor of the same tick looks like it.
 */
static bool is_after(const struct life *life, const struct record *record,
                     const struct event *event)
{
    const struct identity id = record->history.id;
    if (event->source != EVENT_FROM_CONNECTOR)
        return false;
    bool is_dead = record->history.zombie_ns != 0;
    bool is_other = event->id.start_ticks != 0 && id.start_ticks != 0 &&
                    event->id.start_ticks != id.start_ticks;
    if (event->kind == EVENT_EXIT)
        return is_other && record->is_end_received;
    return (is_dead && event->kind == EVENT_EXEC) || (is_other && (is_dead || life->has_gap));
}

static void receive_of_successor(struct life *life, struct record *record, struct event *event)
{
    receive_reuse(life, record, event);
    if (event->kind == EVENT_EXIT)
        receive_unknown_exit(life, event);
    else
        receive_of_nobody(life, event);
}

/* Of one that had the number before who has it now, as a sweep saw first. */
static void receive_of_former(struct life *life, struct record *newest, const struct event *event)
{
    struct record *former = former_of(newest);
    if (is_end(event) && former && owes_end(life, former, event))
        receive_owed_end(former, event);
    else
        event_log_append(&life->log, event);
}

static void receive_loss(struct life *life, const struct event *event)
{
    event_log_append(&life->log, event);
    if (event->source == EVENT_FROM_TRACE) { /* of signals: births and ends still come */
        life->signal_losses.times++;
        life->signal_losses.events += event->count;
        return;
    }
    life->losses.times++;
    life->losses.events += event->count;
    life->has_gap = true;
    life->gap_ns = event->mono_ns;
}

static void receive_one(struct life *life, struct event *event)
{
    struct record *newest = life_newest(life, event->id.pid);
    struct record *owed = find_owed(life, event);
    life->has_received = life->has_received || event->source == EVENT_FROM_CONNECTOR;
    if (event->kind == EVENT_LOST)
        receive_loss(life, event);
    else if (owed)
        receive_owed_end(owed, event);
    else if (is_before(newest, event))
        receive_of_former(life, newest, event);
    else if (event->kind == EVENT_FORK)
        receive_fork(life, event);
    else if (newest && newest->history.ended_ns == 0 && is_after(life, newest, event))
        receive_of_successor(life, newest, event);
    else if (newest && newest->history.ended_ns == 0)
        receive_of(life, newest, event);
    else
        receive_of_nobody(life, event);
}

void life_receive(struct life *life, const struct event *received, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct event event = received[i];
        receive_one(life, &event);
    }
}
