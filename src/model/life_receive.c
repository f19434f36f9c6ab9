#include <string.h>

#include "life_private.h"

/* ---- births ---- */

static void report_exit_like(struct life *life, struct record *record, const struct event *like)
{
    struct event event = life_event(EVENT_EXIT, like->source, record, like->mono_ns, like->time_ns);
    event.exit_status = record->history.exit_status;
    life_report(life, record, &event);
}

/* This is the kernel's own report of a birth that is known: a sweep shows a child before. */
static bool is_known_birth(const struct life *life, const struct record *record,
                           const struct event *event)
{
    const struct identity id = record->history.id;
    if (event->mono_ns <= record->history.born_ns)
        return true;
    if (record->birth.is_received || record->death.is_received)
        return false;
    if (event->id.start_ticks != 0)
        return event->id.start_ticks == id.start_ticks;
    return life_is_due(life, &record->birth, record->start_ns, event);
}

/* A sweep saw it dead before its end was reported. */
static void report_zombie_seen(struct life *life, struct record *record, const struct event *end)
{
    struct event seen = *end;
    seen.source = EVENT_FROM_DIFF;
    if (record->death.seen_ns == 0)
        return;
    record->history.was_swept_zombie = true;
    life_report_zombie(life, record, &seen);
}

/* Our own wait(2) says who; else it is the parent, unless that died before: then an adopter. */
static void receive_reaper(const struct life *life, struct record *record, struct event *event)
{
    const struct record *parent = life_newest(life, event->ppid);
    struct life_parent named = {.pid = event->ppid};
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

static void receive_fork(struct life *life, struct record *record, struct event *event)
{
    if (record && is_known_birth(life, record, event)) {
        if (!record->birth.is_received && event->ppid > 0)
            life_remember_relatives(life, &record->history.born_of, event->ppid);
        record->birth.is_received = true;
        return;
    }
    if (record && record->history.ended_ns == 0)
        receive_reuse(life, record, event);
    record = life_begin(life, event->id, event->ppid, event->mono_ns);
    if (!record)
        return;
    record->birth.is_received = true;
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
    bool is_seen_dead = record->death.seen_ns != 0; /* while its parent was as it is known */
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
    if (record->removal_seen_ns == 0)
        return;
    if (record->removal_seen_ns > end->mono_ns) {
        gone.mono_ns = record->removal_seen_ns;
        gone.time_ns += record->removal_seen_ns - end->mono_ns;
    }
    bool is_there = parent && parent->removal_seen_ns == 0;
    const struct life_parent named = {
        .pid = is_there ? parent->history.id.pid : 0,
        .ignores_sigchld = is_there && parent->last.ignores_sigchld,
    };
    life_report_reap(life, record, &gone, is_there ? &named : NULL);
}

/* The source of an end saw it as a zombie, and who traces it. */
static void receive_zombie(struct life *life, struct record *record, const struct event *end)
{
    if (end->state_to != 'Z')
        return;
    if (end->to > 0)
        record->last.tracer = end->to;
    life_report_zombie(life, record, end);
}

/* Its end is reported already, and better known now. */
static void confirm_exit(struct life *life, struct record *record, struct event *event)
{
    if (event->source == EVENT_FROM_CONNECTOR)
        record->death.is_received = true;
    if (event->exit_status != EXIT_UNKNOWN)
        record->history.exit_status = event->exit_status;
    receive_zombie(life, record, event);
}

static void receive_exit(struct life *life, struct record *record, struct event *event)
{
    struct history *history = &record->history;
    bool has_named = event->ppid > 0;
    if (event->ppid == 0)
        event->ppid = record->last.ppid;
    if (event->source == EVENT_FROM_CONNECTOR)
        record->death.is_received = true;
    if (event->exit_status != EXIT_UNKNOWN)
        history->exit_status = event->exit_status;
    receive_parent(life, record, event, has_named);
    history->zombie_ns = event->mono_ns;
    history->changed_ns = event->mono_ns;
    history->state = 'Z';
    history_enter(history, 'Z', event->mono_ns);
    life_report(life, record, event);
    receive_zombie(life, record, event);
    report_zombie_seen(life, record, event);
    report_reap_seen(life, record, event);
}

/* Its birth was lost, its end is not. */
static void receive_unknown_exit(struct life *life, struct record *record, struct event *event)
{
    record = life_begin(life, event->id, event->ppid, event->mono_ns);
    if (!record)
        return;
    life_copy_name(record->history.comm, event->comm);
    receive_exit(life, record, event);
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

/* Its removal was reported before the kernel reported its end. */
static void confirm_end(struct life *life, struct record *record, struct event *event)
{
    (void)life;
    if (event->source == EVENT_FROM_CONNECTOR)
        record->death.is_received = true;
    if (record->history.exit_status == EXIT_UNKNOWN)
        record->history.exit_status = event->exit_status;
}

/* ---- changes ---- */

static void receive_change(struct life *life, struct record *record, struct event *event)
{
    struct history *history = &record->history;
    history->changed_ns = event->mono_ns;
    record->received_ns = event->mono_ns;
    if (event->comm[0])
        life_copy_name(history->comm, event->comm);
    else
        life_copy_name(event->comm, history->comm);
    life_report(life, record, event);
}

/*
 * The first exec of a life is the one that sweeps can see (PF_FORKNOEXEC): where
 * one reported it, the next that is received is that.
 */
static void receive_exec(struct life *life, struct record *record, struct event *event)
{
    bool is_known =
        record->exec.seen_ns != 0 && life_is_due(life, &record->exec, record->exec.seen_ns, event);
    record->exec.seen_ns = 0; /* any other is another */
    if (is_known)
        return;
    record->history.execs++;
    record->last.has_execed = true;
    record->expects_new_comm = event->comm[0] == '\0';
    receive_change(life, record, event);
}

static void receive_comm(struct life *life, struct record *record, struct event *event)
{
    if (strcmp(event->detail, event->comm) != 0) /* else it took the name that it has */
        receive_change(life, record, event);
}

static void receive_uid(struct life *life, struct record *record, struct event *event)
{
    struct history *history = &record->history;
    if (history->has_uid && (uid_t)event->to == history->uid)
        return;
    if (event->from < 0 && history->has_uid)
        event->from = (int32_t)history->uid;
    history->uid = record->last.uid = (uid_t)event->to;
    history->has_uid = true;
    receive_change(life, record, event);
}

static void receive_sid(struct life *life, struct record *record, struct event *event)
{
    if (record->is_in_table && !life->is_reported && event->to == record->last.sid)
        return;
    record->last.sid = event->to;
    receive_change(life, record, event);
}

static void receive_ptrace(struct life *life, struct record *record, struct event *event)
{
    record->tracer = event->to;
    receive_change(life, record, event);
}

/* ---- what has no life of its own ---- */

static void keep(struct life *life, struct record *record, struct event *event)
{
    (void)record;
    event_log_append(&life->log, event);
}

static void drop(struct life *life, struct record *record, struct event *event)
{
    (void)life;
    (void)record;
    (void)event;
}

/* Caught at its end, reported after it. */
static void keep_with_it(struct life *life, struct record *record, struct event *event)
{
    life_report(life, record, event);
}

static void receive_loss(struct life *life, struct record *record, struct event *event)
{
    bool is_of_signals = event->source == EVENT_FROM_TRACE; /* births and ends still come */
    struct life_losses *losses = is_of_signals ? &life->signal_losses : &life->losses;
    (void)record;
    event_log_append(&life->log, event);
    losses->times++;
    losses->events += event->count;
    if (is_of_signals)
        return;
    life->has_gap = true;
    life->gap_ns = event->mono_ns;
}

/* What an event leaves out is known of its process; its reader wants to know whose it is. */
static void complete(const struct record *record, struct event *event)
{
    if (event->ppid == 0 && event->kind != EVENT_EXIT) /* an exit that names nobody says so */
        event->ppid = record->last.ppid;
    if (event->id.start_ticks == 0)
        event->id = record->history.id;
    if (event->kind == EVENT_COMM && event->detail[0] == '\0')
        life_copy_name(event->detail, record->history.comm);
    if (event->comm[0] == '\0' && event->kind != EVENT_EXEC)
        life_copy_name(event->comm, record->history.comm);
}

/* Its birth was lost: the sweep that shows it next does not report the exec. */
static void receive_unknown_exec(struct life *life, struct record *record, struct event *event)
{
    record = life->sweep > 0 ? life_begin(life, event->id, event->ppid, event->mono_ns) : NULL;
    if (life->sweep == 0)
        event_log_append(&life->log, event);
    if (!record)
        return;
    complete(record, event);
    receive_exec(life, record, event);
}

/* ---- the table ---- */

/*
 * What is done with an event, by its kind and by who has the number. fork and
 * the unknown ones begin a LIVING record, an exit makes it DEAD, a reap GONE;
 * confirm_… complete what is known already.
 */
/* clang-format off */
static life_receiver *const receivers[EVENT_KIND_COUNT][SUBJECT_COUNT] = {
    /*                  OF_NOBODY               OF_LIVING         OF_DEAD           OF_GONE */
    [EVENT_FORK] =     {receive_fork,           receive_fork,     receive_fork,     receive_fork},
    [EVENT_EXEC] =     {receive_unknown_exec,   receive_exec,     receive_exec,     receive_unknown_exec},
    [EVENT_EXIT] =     {receive_unknown_exit,   receive_exit,     confirm_exit,     confirm_end},
    [EVENT_ZOMBIE] =   {keep,                   receive_change,   receive_change,   keep},
    [EVENT_REAP] =     {drop,                   receive_reap,     receive_reap,     confirm_end},
    [EVENT_ADOPT] =    {keep,                   receive_change,   receive_change,   keep},
    [EVENT_STATE] =    {keep,                   receive_change,   receive_change,   keep_with_it},
    [EVENT_COMM] =     {keep,                   receive_comm,     receive_comm,     keep},
    [EVENT_UID] =      {keep,                   receive_uid,      receive_uid,      keep},
    [EVENT_GID] =      {keep,                   receive_change,   receive_change,   keep},
    [EVENT_SID] =      {keep,                   receive_sid,      receive_sid,      keep},
    [EVENT_PTRACE] =   {keep,                   receive_ptrace,   receive_ptrace,   keep},
    [EVENT_COREDUMP] = {keep,                   receive_change,   receive_change,   keep},
    [EVENT_SIGNAL] =   {keep, life_receive_signal, life_receive_signal, keep},
    [EVENT_DELIVERY] = {life_receive_stray_delivery, life_receive_delivery, life_receive_delivery,
                        life_receive_stray_delivery},
    [EVENT_OOM] =      {keep, life_receive_oom, life_receive_oom, keep},
    [EVENT_NOTE] =     {keep,                   keep,             keep,             keep},
    [EVENT_LOST] =     {receive_loss,           receive_loss,     receive_loss,     receive_loss},
};
/* clang-format on */

/* ---- one event ---- */

static void receive_one(struct life *life, struct event *event)
{
    struct record *record;
    enum subject subject = life_subject(life, event, &record);
    life->has_received = life->has_received || event->source == EVENT_FROM_CONNECTOR;
    if (subject == OF_EARLIER) {
        event_log_append(&life->log, event);
        return;
    }
    if (subject == OF_SUCCESSOR) {
        receive_reuse(life, record, event);
        record = NULL;
        subject = OF_NOBODY;
    }
    if ((subject == OF_LIVING || subject == OF_DEAD) && event->kind != EVENT_FORK)
        complete(record, event);
    receivers[event->kind][subject](life, record, event);
}

void life_receive(struct life *life, const struct event *received, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct event event = received[i];
        receive_one(life, &event);
    }
}
