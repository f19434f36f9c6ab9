#include <signal.h>
#include <string.h>

#include "life_private.h"

#define SELF_WITHIN_NS UINT64_C(1000000000)

/* After a loss: what is told so much later than a sweep saw it is something else. */
#define LATE_NS (UINT64_C(500) * 1000 * 1000)

/* ---- births and ends ---- */

static void tell_like(struct life *life, struct record *record, enum event_kind kind,
                      const struct event *like)
{
    struct event event = life_event(kind, like->source, record, like->mono_ns, like->time_ns);
    event.exit_status = record->biography.exit_status;
    life_tell(life, record, &event);
}

/*
 * The record's life is told already; this is the kernel's word for it, late. A
 * sweep shows a child before its fork is told.
 */
static bool is_told_birth(const struct record *record, const struct event *event, uint64_t losses)
{
    const struct identity id = record->biography.id;
    if (event->mono_ns <= record->biography.born_ns)
        return true;
    if (record->is_birth_heard || record->is_end_heard)
        return false;
    if (event->id.start_ticks != 0)
        return event->id.start_ticks == id.start_ticks;
    return record->birth_losses == losses ||
           (record->start_ns != 0 && event->mono_ns < record->start_ns + LATE_NS);
}

/* A sweep saw it dead before its end was told. */
static void tell_zombie_seen(struct life *life, struct record *record, const struct event *end)
{
    struct event seen = *end;
    seen.source = EVENT_FROM_DIFF;
    if (record->dead_ahead_ns == 0)
        return;
    record->biography.was_swept_zombie = true;
    life_tell_zombie(life, record, &seen);
}

/* Whoever had the number was dead and reaped before it was given away again. */
static void hear_reuse(struct life *life, struct record *record, const struct event *birth)
{
    if (record->biography.zombie_ns == 0) {
        record->biography.zombie_ns = birth->mono_ns;
        tell_like(life, record, EVENT_EXIT, birth);
    }
    tell_zombie_seen(life, record, birth);
    tell_like(life, record, EVENT_REAP, birth);
    life_end(life, record, birth->mono_ns, birth->source);
}

static void inherit_uid(const struct life *life, struct record *record, pid_t ppid)
{
    const struct record *parent = life_newest(life, ppid);
    if (!parent || !parent->biography.has_uid)
        return;
    record->biography.uid = parent->biography.uid;
    record->biography.has_uid = true;
}

static void hear_fork(struct life *life, struct event *event)
{
    struct record *record = life_newest(life, event->id.pid);
    if (record && is_told_birth(record, event, life->losses.times)) {
        if (!record->is_birth_heard && event->ppid > 0)
            life_remember_kin(life, &record->biography.born_of, event->ppid);
        record->is_birth_heard = true;
        return;
    }
    if (record && record->biography.ended_ns == 0)
        hear_reuse(life, record, event);
    record = life_begin(life, event->id, event->ppid, event->mono_ns);
    if (!record)
        return;
    record->is_birth_heard = true;
    record->biography.was_seen_born = true;
    if (event->comm[0] == '\0')
        life_copy_name(event->comm, record->biography.born_of.comm);
    life_copy_name(record->biography.comm, event->comm);
    inherit_uid(life, record, event->ppid);
    life_tell(life, record, event);
}

/* ---- orphans ---- */

/* Its parent, as far as we know it, died before: who has that number now is another. */
static bool is_orphan(const struct life *life, const struct record *record)
{
    const struct record *parent = life_newest(life, record->last.ppid);
    if (!parent || record->last.ppid == 0)
        return false;
    return parent->biography.zombie_ns != 0 ||
           parent->biography.born_ns > record->biography.born_ns;
}

/*
 * No source tells of adoption, but an end names the parent at that moment
 * (cn_proc.h, since 4.18). The kernel hands the children on before it tells of
 * the parent's end, so whoever names the former one was not handed on. An end
 * names nobody where it was reaped before the kernel came to tell: that it was
 * handed on is inferred then, from its parent's end that was told first.
 */
static void hear_parent(struct life *life, struct record *record, const struct event *end,
                        bool has_named)
{
    pid_t former = record->last.ppid;
    if (former == 0)
        return;
    bool is_seen_dead = record->dead_ahead_ns != 0; /* while its parent was as it is known */
    if (!has_named && !is_seen_dead && is_orphan(life, record))
        life_adopt(life, record, 0, end);
    bool is_another = end->ppid != former && end->ppid != record->biography.adopted_from.id.pid;
    if (has_named && is_another)
        life_adopt(life, record, end->ppid, end);
}

/* ---- ends ---- */

/* A sweep saw that it was gone before its end was told. */
static void tell_reap_seen(struct life *life, struct record *record, const struct event *end)
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
    life_tell_reap(life, record, &gone, parent && parent->gone_ahead_ns == 0);
}

static void hear_exit(struct life *life, struct record *record, const struct event *event,
                      bool has_named)
{
    struct biography *biography = &record->biography;
    if (event->source == EVENT_FROM_CONNECTOR)
        record->is_end_heard = true;
    if (event->exit_status != EXIT_UNKNOWN)
        biography->exit_status = event->exit_status;
    if (biography->zombie_ns != 0) { /* another source told it already */
        if (event->state_to == 'Z')
            life_tell_zombie(life, record, event);
        return;
    }
    hear_parent(life, record, event, has_named);
    biography->zombie_ns = event->mono_ns;
    biography->changed_ns = event->mono_ns;
    biography->state = 'Z';
    biography_enter(biography, 'Z', event->mono_ns);
    life_tell(life, record, event);
    if (event->state_to == 'Z')
        life_tell_zombie(life, record, event);
    tell_zombie_seen(life, record, event);
    tell_reap_seen(life, record, event);
}

/* A process that nobody told of before: its birth was lost, its end is not. */
static void hear_unknown_exit(struct life *life, const struct event *event)
{
    struct record *record = life_begin(life, event->id, event->ppid, event->mono_ns);
    if (!record)
        return;
    life_copy_name(record->biography.comm, event->comm);
    hear_exit(life, record, event, event->ppid > 0);
}

static void hear_reap(struct life *life, struct record *record, const struct event *event)
{
    struct biography *biography = &record->biography;
    if (event->exit_status != EXIT_UNKNOWN)
        biography->exit_status = event->exit_status;
    if (biography->zombie_ns == 0) { /* none is reaped that is not dead */
        biography->zombie_ns = event->mono_ns;
        tell_like(life, record, EVENT_EXIT, event);
    }
    tell_zombie_seen(life, record, event);
    biography->changed_ns = event->mono_ns;
    if (event->ppid > 0)
        life_remember_kin(life, &biography->reaped_by, event->ppid);
    life_tell(life, record, event);
    life_end(life, record, event->mono_ns, event->source);
}

/* ---- changes ---- */

/*
 * The first exec of a life is the one that sweeps can see (PF_FORKNOEXEC). One
 * told it: where nothing was lost since, the next that is heard must be that.
 */
static bool is_told_exec(struct record *record, const struct event *event, uint64_t losses)
{
    bool is_told = record->exec_ns != 0 &&
                   (record->exec_losses == losses || event->mono_ns <= record->exec_ns + LATE_NS);
    record->exec_ns = 0; /* any other is another */
    return is_told;
}

static void hear_exec(struct record *record, const struct event *event)
{
    record->biography.execs++;
    record->last.has_execed = true;
    record->expects_new_comm = event->comm[0] == '\0';
}

static bool is_told_change(const struct life *life, const struct record *record,
                           const struct event *event)
{
    if (event->kind == EVENT_UID && record->biography.has_uid)
        return (uid_t)event->to == record->biography.uid;
    if (event->kind == EVENT_SID && record->is_in_table && !life->is_told)
        return event->to == record->last.sid;
    return false;
}

static void hear_change(struct life *life, struct record *record, struct event *event)
{
    struct biography *biography = &record->biography;
    if (event->kind == EVENT_EXEC) {
        if (is_told_exec(record, event, life->losses.times))
            return;
        hear_exec(record, event);
    }
    if (is_told_change(life, record, event))
        return;
    if (event->kind == EVENT_UID) {
        if (event->from < 0 && biography->has_uid)
            event->from = (int32_t)biography->uid;
        biography->uid = record->last.uid = (uid_t)event->to;
        biography->has_uid = true;
    }
    if (event->kind == EVENT_SID)
        record->last.sid = event->to;
    biography->changed_ns = event->mono_ns;
    record->heard_ns = event->mono_ns;
    if (event->comm[0])
        life_copy_name(biography->comm, event->comm);
    else
        life_copy_name(event->comm, biography->comm);
    life_tell(life, record, event);
}

/* ---- signals ---- */

/* The tracepoint tells our own signals too, a moment after we noted them. */
static bool is_told_signal(const struct record *record, const struct event *event)
{
    const struct biography *biography = &record->biography;
    for (size_t i = biography->moment_count; i > 0; i--) {
        const struct event noted = biography_moment(biography, i - 1);
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
        life_copy_name(event->detail, sender->biography.comm);
}

enum {
    SENT_MOST = 256
};

/* A signal that arrives sooner is told once: as sent, with its fate. */
#define DELAY_TOLD_NS (UINT64_C(100) * 1000 * 1000)

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
static void hear_delivery(struct life *life, struct record *record, struct event *event)
{
    struct event sent;
    bool is_noted = record && biography_note_delivery(&record->biography, event, &sent);
    if (!is_noted && !find_sent(life, event, &sent)) {
        /* exit_group(2) and execve(2) end the other threads so: nobody sent that. */
        if (event->signal != SIGKILL)
            life_tell(life, record, event);
        return;
    }
    event_log_amend(&life->log, &sent);
    uint64_t delay_ns = event->mono_ns > sent.mono_ns ? event->mono_ns - sent.mono_ns : 0;
    if (delay_ns < DELAY_TOLD_NS)
        return;
    uint64_t delay_ms = delay_ns / 1000000;
    event->delay_ms = delay_ms < INT32_MAX ? (int32_t)delay_ms : INT32_MAX;
    event->signal = sent.signal;
    event->sender = sent.sender;
    event->code = sent.code;
    event->cause = sent.cause;
    life_copy_name(event->detail, sent.source == EVENT_FROM_TRACE ? sent.detail : "");
    life_tell(life, record, event);
}

static void hear_oom(struct life *life, struct record *record, const struct event *event)
{
    struct event killed;
    if (biography_note_oom(&record->biography, &killed))
        event_log_amend(&life->log, &killed);
    life_tell(life, record, event);
}

/* ---- one event ---- */

/* Heard events name a PID; the log's reader wants to know whose. */
static void complete(const struct record *record, struct event *event)
{
    if (event->ppid == 0)
        event->ppid = record->last.ppid;
    if (event->id.start_ticks == 0)
        event->id = record->biography.id;
    if (event->kind == EVENT_COMM && event->detail[0] == '\0')
        life_copy_name(event->detail, record->biography.comm);
    if (event->comm[0] == '\0' && event->kind != EVENT_EXEC)
        life_copy_name(event->comm, record->biography.comm);
}

static void hear_of(struct life *life, struct record *record, struct event *event)
{
    bool has_named = event->ppid > 0;
    complete(record, event);
    switch (event->kind) {
    case EVENT_EXIT:
        hear_exit(life, record, event, has_named);
        break;
    case EVENT_REAP:
        hear_reap(life, record, event);
        break;
    case EVENT_SIGNAL:
        name_sender(life, event);
        if (!is_told_signal(record, event))
            life_tell(life, record, event);
        break;
    case EVENT_DELIVERY:
        hear_delivery(life, record, event);
        break;
    case EVENT_OOM:
        hear_oom(life, record, event);
        break;
    case EVENT_COMM:
        if (strcmp(event->detail, event->comm) == 0)
            break; /* it took the name that it has */
        hear_change(life, record, event);
        break;
    default:
        hear_change(life, record, event);
        break;
    }
}

static bool is_end(const struct event *event)
{
    return event->kind == EVENT_EXIT || event->kind == EVENT_REAP;
}

/* An end that was told before the kernel's word for it: better known now. */
static void hear_owed_end(struct record *record, const struct event *event)
{
    if (event->source == EVENT_FROM_CONNECTOR)
        record->is_end_heard = true;
    if (record->biography.exit_status == EXIT_UNKNOWN)
        record->biography.exit_status = event->exit_status;
}

/* Its birth was lost: the sweep that shows it next has not to tell of the exec. */
static void hear_unknown_exec(struct life *life, struct event *event)
{
    struct record *record = life_begin(life, event->id, event->ppid, event->mono_ns);
    if (record)
        hear_of(life, record, event);
}

/* No living one is known under that number. */
static void hear_of_nobody(struct life *life, struct event *event)
{
    struct record *record = life_newest(life, event->id.pid);
    bool is_traced = event->source == EVENT_FROM_TRACE && event->kind != EVENT_LOST;
    if (is_traced && record && event->mono_ns <= record->biography.ended_ns)
        hear_of(life, record, event); /* the tracepoint's word came behind that of the end */
    else if (event->kind == EVENT_DELIVERY)
        hear_delivery(life, NULL, event);
    else if (is_end(event) && record)
        hear_owed_end(record, event);
    else if (event->kind == EVENT_STATE && record)
        life_tell(life, record, event); /* caught at its end, told after it */
    else if (event->kind == EVENT_EXIT)
        hear_unknown_exit(life, event);
    else if (event->kind == EVENT_EXEC && life->sweep > 0)
        hear_unknown_exec(life, event);
    else if (!is_end(event))
        event_log_append(&life->log, event);
}

/* ---- whose event it is ---- */

/* The number's holder before. */
static struct record *former_of(const struct record *record)
{
    pid_t pid = record->biography.id.pid;
    struct record *former = record->next_in_bucket;
    while (former && former->biography.id.pid != pid)
        former = former->next_in_bucket;
    return former;
}

/* Its end is told, and the kernel's word for it is still to come: this may be it. */
static bool owes_end(const struct life *life, const struct record *record,
                     const struct event *event)
{
    const struct biography *biography = &record->biography;
    if (biography->ended_ns == 0 || record->is_end_heard)
        return false;
    return record->end_losses == life->losses.times ||
           event->mono_ns < biography->zombie_ns + LATE_NS;
}

/*
 * The kernel tells of an end after the dead can be reaped: the number may be
 * another's by then. Such an end names no parent, for it has none any more; or
 * the other's birth has yet to be heard.
 */
static struct record *find_owed(const struct life *life, const struct event *event)
{
    struct record *owed = NULL;
    struct record *newest = life_newest(life, event->id.pid);
    if (event->kind != EVENT_EXIT || event->source != EVENT_FROM_CONNECTOR || !newest)
        return NULL;
    bool is_unborn = !newest->is_birth_heard && newest->birth_losses == life->losses.times;
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
    uint64_t born_ns = record->is_birth_heard ? record->biography.born_ns : 0;
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
    const struct identity id = record->biography.id;
    if (event->source != EVENT_FROM_CONNECTOR)
        return false;
    bool is_dead = record->biography.zombie_ns != 0;
    bool is_other = event->id.start_ticks != 0 && id.start_ticks != 0 &&
                    event->id.start_ticks != id.start_ticks;
    if (event->kind == EVENT_EXIT)
        return is_other && record->is_end_heard;
    return (is_dead && event->kind == EVENT_EXEC) || (is_other && (is_dead || life->has_gap));
}

static void hear_of_successor(struct life *life, struct record *record, struct event *event)
{
    hear_reuse(life, record, event);
    if (event->kind == EVENT_EXIT)
        hear_unknown_exit(life, event);
    else
        hear_of_nobody(life, event);
}

/* Of one that had the number before who has it now, as a sweep saw first. */
static void hear_of_former(struct life *life, struct record *newest, const struct event *event)
{
    struct record *former = former_of(newest);
    if (is_end(event) && former && owes_end(life, former, event))
        hear_owed_end(former, event);
    else
        event_log_append(&life->log, event);
}

static void hear_loss(struct life *life, const struct event *event)
{
    event_log_append(&life->log, event);
    if (event->source == EVENT_FROM_TRACE) { /* of signals: births and ends are told all the same */
        life->signal_losses.times++;
        life->signal_losses.events += event->count;
        return;
    }
    life->losses.times++;
    life->losses.events += event->count;
    life->has_gap = true;
    life->gap_ns = event->mono_ns;
}

static void hear_one(struct life *life, struct event *event)
{
    struct record *newest = life_newest(life, event->id.pid);
    struct record *owed = find_owed(life, event);
    life->has_heard = life->has_heard || event->source == EVENT_FROM_CONNECTOR;
    if (event->kind == EVENT_LOST)
        hear_loss(life, event);
    else if (owed)
        hear_owed_end(owed, event);
    else if (is_before(newest, event))
        hear_of_former(life, newest, event);
    else if (event->kind == EVENT_FORK)
        hear_fork(life, event);
    else if (newest && newest->biography.ended_ns == 0 && is_after(life, newest, event))
        hear_of_successor(life, newest, event);
    else if (newest && newest->biography.ended_ns == 0)
        hear_of(life, newest, event);
    else
        hear_of_nobody(life, event);
}

void life_hear(struct life *life, const struct event *heard, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct event event = heard[i];
        hear_one(life, &event);
    }
}

void life_hear_both(struct life *life, const struct event *a, size_t a_count, const struct event *b,
                    size_t b_count)
{
    while (a_count > 0 && b_count > 0) {
        if (b->mono_ns < a->mono_ns) {
            life_hear(life, b++, 1);
            b_count--;
        } else {
            life_hear(life, a++, 1);
            a_count--;
        }
    }
    life_hear(life, a, a_count);
    life_hear(life, b, b_count);
}
