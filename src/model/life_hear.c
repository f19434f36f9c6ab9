#include <string.h>

#include "life_private.h"

#define SELF_WITHIN_NS UINT64_C(1000000000)

/* ---- births and ends ---- */

static void tell_like(struct life *life, struct record *record, enum event_kind kind,
                      const struct event *like)
{
    struct event event = life_event(kind, like->source, record, like->mono_ns, like->time_ns);
    event.exit_status = record->biography.exit_status;
    life_tell(life, record, &event);
}

/* The record's life began before and is told already; this is the kernel's word for it, late. */
static bool is_told_birth(const struct record *record, const struct event *event)
{
    const struct biography *biography = &record->biography;
    if (event->mono_ns <= biography->born_ns)
        return true;
    bool is_same_start =
        event->id.start_ticks != 0 && event->id.start_ticks == biography->id.start_ticks;
    return !record->is_birth_heard && is_same_start && biography->zombie_ns == 0;
}

/* Whoever had the number was dead and reaped before it was given away again. */
static void hear_reuse(struct life *life, struct record *record, const struct event *birth)
{
    if (record->biography.zombie_ns == 0) {
        record->biography.zombie_ns = birth->mono_ns;
        tell_like(life, record, EVENT_EXIT, birth);
    }
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
    if (record && is_told_birth(record, event)) {
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
 * (cn_proc.h, since 4.18). Where that is still the dead one, the kernel was
 * between its end and the adoption: it must come, by whom is not known.
 */
static void hear_parent(struct life *life, struct record *record, const struct event *end)
{
    pid_t former = record->last.ppid;
    if (former == 0 || record->biography.zombie_ns != 0)
        return;
    if (end->source == EVENT_FROM_CONNECTOR && end->ppid > 0 && end->ppid != former)
        life_adopt(life, record, end->ppid, end);
    else if (is_orphan(life, record))
        life_adopt(life, record, 0, end);
}

/* ---- ends ---- */

static void hear_exit(struct life *life, struct record *record, const struct event *event)
{
    struct biography *biography = &record->biography;
    if (event->exit_status != EXIT_UNKNOWN)
        biography->exit_status = event->exit_status;
    if (biography->zombie_ns != 0)
        return; /* another source told it already */
    hear_parent(life, record, event);
    biography->zombie_ns = event->mono_ns;
    biography->changed_ns = event->mono_ns;
    biography->state = 'Z';
    biography_enter(biography, 'Z', event->mono_ns);
    life_tell(life, record, event);
}

/* A process that nobody told of before: its birth was lost, its end is not. */
static void hear_unknown_exit(struct life *life, const struct event *event)
{
    struct record *record = life_begin(life, event->id, event->ppid, event->mono_ns);
    if (!record)
        return;
    life_copy_name(record->biography.comm, event->comm);
    hear_exit(life, record, event);
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
    biography->changed_ns = event->mono_ns;
    if (event->ppid > 0)
        life_remember_kin(life, &biography->reaped_by, event->ppid);
    life_tell(life, record, event);
    life_end(life, record, event->mono_ns, event->source);
}

/* ---- changes ---- */

/*
 * A sweep sees an exec (PF_FORKNOEXEC) a moment before the kernel tells of it,
 * and reads on for a while after its own time.
 */
#define EXEC_LATE_NS (UINT64_C(500) * 1000 * 1000)

static bool is_told_exec(struct record *record, const struct event *event)
{
    bool is_told = record->exec_ns != 0 && event->mono_ns <= record->exec_ns + EXEC_LATE_NS;
    if (is_told)
        record->exec_ns = 0; /* that one; any other is another */
    return is_told;
}

static void hear_exec(struct record *record, const struct event *event)
{
    record->biography.execs++;
    record->last.has_execed = true;
    record->expects_new_comm = event->comm[0] == '\0';
}

static bool is_told_change(const struct record *record, const struct event *event)
{
    if (event->kind == EVENT_UID && record->biography.has_uid)
        return (uid_t)event->to == record->biography.uid;
    if (event->kind == EVENT_SID && record->is_in_table)
        return event->to == record->last.sid;
    return false;
}

static void hear_change(struct life *life, struct record *record, struct event *event)
{
    struct biography *biography = &record->biography;
    if (event->kind == EVENT_EXEC) {
        if (is_told_exec(record, event))
            return;
        hear_exec(record, event);
    }
    if (is_told_change(record, event))
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
    complete(record, event);
    switch (event->kind) {
    case EVENT_EXIT:
        hear_exit(life, record, event);
        break;
    case EVENT_REAP:
        hear_reap(life, record, event);
        break;
    case EVENT_SIGNAL:
        if (!is_told_signal(record, event))
            life_tell(life, record, event);
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

/* No living one is known under that number. */
static void hear_of_nobody(struct life *life, struct event *event)
{
    struct record *record = life_newest(life, event->id.pid);
    bool is_end = event->kind == EVENT_EXIT || event->kind == EVENT_REAP;
    if (is_end && record && record->biography.exit_status == EXIT_UNKNOWN)
        record->biography.exit_status = event->exit_status; /* told already, better known now */
    if (event->kind == EVENT_EXIT && !record)
        hear_unknown_exit(life, event);
    if (!is_end)
        event_log_append(&life->log, event);
}

static void hear_loss(struct life *life, const struct event *event)
{
    life->losses.times++;
    life->losses.events += event->count;
    event_log_append(&life->log, event);
}

void life_hear(struct life *life, const struct event *heard, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct event event = heard[i];
        struct record *record = life_living(life, event.id.pid);
        if (event.kind == EVENT_LOST)
            hear_loss(life, &event);
        else if (event.kind == EVENT_FORK)
            hear_fork(life, &event);
        else if (record)
            hear_of(life, record, &event);
        else
            hear_of_nobody(life, &event);
    }
}
