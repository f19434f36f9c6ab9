#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "life_private.h"

#include "reaptop/base/clock.h"
#include "reaptop/model/process.h"

/* An event of the record's process, at the snapshot's time, reported by comparing sweeps. */
static struct event diff_event(enum event_kind kind, const struct record *record,
                               const struct snapshot *at)
{
    return life_event(kind, EVENT_FROM_DIFF, record, at->mono_ns, at->time_ns);
}

static void report(struct life *life, enum event_kind kind, struct record *record,
                   const struct snapshot *at)
{
    struct event event = diff_event(kind, record, at);
    life_report(life, record, &event);
}

/*
 * What a sweep shows and the kernel has yet to report is left to the kernel to report, and
 * nothing is reported twice. Where its report does not come, for whatever reason,
 * sweeps report what they show.
 */
#define PATIENCE_NS (2 * NS_PER_SEC)

static bool is_kernels(const struct life *life)
{
    return life->is_reported && !life->has_gap;
}

/* Of what a sweep reports all the same. */
static uint32_t losses_now(const struct life *life)
{
    return life->has_received && !life->has_gap ? (uint32_t)life->losses.times : LOSSES_NOTHING_DUE;
}

/* `seen_ns`: a claim's. */
static bool is_awaited(const struct life *life, uint64_t *seen_ns, const struct snapshot *at)
{
    if (!is_kernels(life))
        return false;
    if (*seen_ns == 0)
        *seen_ns = at->mono_ns;
    return at->mono_ns - *seen_ns < PATIENCE_NS;
}

static void report_exit(struct life *life, struct record *record, const struct snapshot *at)
{
    if (record->history.zombie_ns != 0)
        return;
    record->history.zombie_ns = at->mono_ns;
    struct event event = diff_event(EVENT_EXIT, record, at);
    event.exit_status = record->history.exit_status;
    life_report(life, record, &event);
}

static void finish(struct life *life, struct record *record, const struct snapshot *at)
{
    report_exit(life, record, at);
    const struct event like = diff_event(EVENT_REAP, record, at);
    const struct process *parent = snapshot_find(at, record->last.ppid);
    if (!parent || process_is_over(parent)) {
        life_report_reap(life, record, &like, NULL);
        return;
    }
    const struct life_parent named = {parent->id.pid, parent->ignores_sigchld};
    life_report_reap(life, record, &like, &named);
}

/* ---- what changed of one process ---- */

static void note_state(struct life *life, struct record *record, const struct process *now,
                       const struct snapshot *at)
{
    char before = record->history.state;
    struct ending ending = ending_of(now);
    bool is_remarkable = before == 'T' || before == 't' || now->state == 'T' || now->state == 't' ||
                         ending.kind == ENDING_FIRST_THREAD;
    if (now->state == before || !is_remarkable)
        return;
    record->history.changed_ns = at->mono_ns;
    struct event event = diff_event(EVENT_STATE, record, at);
    event.state_from = before ? before : '?';
    event.state_to = now->state;
    event.count = ending.live_threads;
    life_report(life, record, &event);
}

static void note_zombie(struct life *life, struct record *record, const struct process *now,
                        const struct snapshot *at)
{
    struct history *history = &record->history;
    const struct ending ending = ending_of(now);
    if (ending.kind != ENDING_ZOMBIE || history->was_swept_zombie)
        return;
    record->last.tracer = now->tracer;
    if (now->exit_status >= 0 && history->exit_status == EXIT_UNKNOWN)
        history->exit_status = now->exit_status;
    if (history->zombie_ns == 0 && is_awaited(life, &record->death.seen_ns, at))
        return;
    report_exit(life, record, at);
    history->was_swept_zombie = true;
    const struct event like = diff_event(EVENT_ZOMBIE, record, at);
    life_report_zombie(life, record, &like);
}

static void note_exec(struct life *life, struct record *record, const struct process *now,
                      const struct snapshot *at)
{
    if (!now->has_execed || record->last.has_execed)
        return;
    record->history.execs++;
    record->history.changed_ns = at->mono_ns;
    record->exec.seen_ns = at->mono_ns;
    record->exec.losses = losses_now(life);
    life_copy_name(record->history.comm, now->comm);
    report(life, EVENT_EXEC, record, at);
}

static void note_comm(struct life *life, struct record *record, const struct process *now,
                      const struct snapshot *at)
{
    if (now->is_kernel)
        return; /* a kworker bears the name of the work it does at the moment */
    if (!now->comm || strncmp(record->history.comm, now->comm, EVENT_COMM_SIZE - 1) == 0)
        return;
    char former[EVENT_COMM_SIZE];
    life_copy_name(former, record->history.comm);
    record->history.changed_ns = at->mono_ns;
    life_copy_name(record->history.comm, now->comm);
    if (record->expects_new_comm) {
        history_name_exec(&record->history, now->comm);
        return;
    }
    struct event event = diff_event(EVENT_COMM, record, at);
    life_copy_name(event.detail, former);
    life_report(life, record, &event);
}

static void note_adoption(struct life *life, struct record *record, const struct process *now,
                          const struct snapshot *at)
{
    struct history *history = &record->history;
    pid_t former = record->last.ppid;
    if (former == 0 && history->adopted_ns != 0 && history->adopted_to == 0)
        history->adopted_to = now->ppid; /* reported before; this row shows by whom */
    if (former == now->ppid || former == 0)
        return;
    const struct event like = diff_event(EVENT_ADOPT, record, at);
    life_adopt(life, record, now->ppid, &like);
}

static void note_session(struct life *life, struct record *record, const struct process *now,
                         const struct snapshot *at)
{
    if (record->last.sid == now->sid || process_is_over(now))
        return; /* a dead task prints session 0 or its last one */
    record->history.changed_ns = at->mono_ns;
    struct event event = diff_event(EVENT_SID, record, at);
    event.from = record->last.sid;
    event.to = now->sid;
    life_report(life, record, &event);
}

static void note_user(struct life *life, struct record *record, const struct process *now,
                      const struct snapshot *at)
{
    struct history *history = &record->history;
    if (history->has_uid && history->uid != now->uid && !process_is_over(now)) {
        struct event event = diff_event(EVENT_UID, record, at);
        event.from = (pid_t)history->uid;
        event.to = (pid_t)now->uid;
        history->changed_ns = at->mono_ns;
        life_report(life, record, &event);
    }
    history->uid = now->uid;
    history->has_uid = true;
}

/* ---- the row kept for when it is gone ---- */

/* The row's figures are kept; of what the kernel reports, what it reported last. */
static void keep_reported(struct life *life, struct record *record, const struct process *now)
{
    const struct last_row former = record->last;
    life_keep_row(life, record, now);
    record->last.has_execed = former.has_execed;
    if (record->is_in_table)
        record->last.sid = former.sid;
    if (record->history.comm[0] == '\0')
        life_copy_name(record->history.comm, now->comm);
}

/* A row that was read before what was received. */
static void keep_stale(struct life *life, struct record *record, const struct process *now)
{
    const struct last_row former = record->last;
    keep_reported(life, record, now);
    record->last.ppid = former.ppid;
    if (record->history.zombie_ns != 0)
        record->last.state = former.state;
}

static void keep_fresh(struct life *life, struct record *record, const struct process *now)
{
    life_keep_row(life, record, now);
    if (strcmp(record->history.comm, now->comm ? now->comm : "") != 0)
        life_copy_name(record->history.comm, now->comm);
    record->expects_new_comm = false;
    record->change_seen_ns = 0;
}

/* A change that the kernel reports, and has not reported yet. */
static bool has_changed(const struct record *record, const struct process *now)
{
    const struct history *history = &record->history;
    bool is_dead = process_is_over(now);
    if (now->has_execed && !record->last.has_execed)
        return true;
    if (history->has_uid && history->uid != now->uid && !is_dead)
        return true;
    if (!record->is_in_table)
        return false;
    if (record->last.sid != now->sid && !is_dead)
        return true;
    return !now->is_kernel && !record->expects_new_comm && now->comm &&
           strncmp(history->comm, now->comm, EVENT_COMM_SIZE - 1) != 0;
}

static void note_changes(struct life *life, struct record *record, const struct process *now,
                         const struct snapshot *at)
{
    note_exec(life, record, now, at);
    note_user(life, record, now, at);
    if (record->is_in_table) {
        note_comm(life, record, now, at);
        note_session(life, record, now, at);
    } else if (record->expects_new_comm && now->comm) {
        history_name_exec(&record->history, now->comm);
    }
}

static void take_fresh(struct life *life, struct record *record, const struct process *now,
                       const struct snapshot *at)
{
    note_adoption(life, record, now, at);
    bool is_ahead = has_changed(record, now) && is_awaited(life, &record->change_seen_ns, at);
    if (!is_ahead)
        note_changes(life, record, now, at);
    if (record->is_in_table)
        note_state(life, record, now, at);
    note_zombie(life, record, now, at);
    if (is_ahead)
        keep_reported(life, record, now);
    else
        keep_fresh(life, record, now);
    record->history.state = now->state;
    history_sample(&record->history, now->state, at->mono_ns);
    life_count_bytes(life, record);
}

/* A process that both snapshots hold, or that an event reported before its first sweep. */
static void continue_life(struct life *life, struct record *record, const struct process *now,
                          const struct snapshot *at)
{
    bool is_stale = record->received_ns > at->mono_ns || record->history.zombie_ns > at->mono_ns;
    record->sweep = life->sweep;
    record->history.id = now->id;
    record->start_ns = now->start_ns;
    record->removal_seen_ns = 0;
    if (is_stale) {
        note_zombie(life, record, now, at);
        keep_stale(life, record, now);
    } else {
        take_fresh(life, record, now, at);
    }
    struct relatives *parent = &record->history.born_of;
    if (parent->id.pid > 0 && parent->id.start_ticks == 0)
        life_remember_relatives(life, parent, parent->id.pid);
    record->is_in_table = true;
}

/* ---- whose row it is ---- */

/* A row that began after the birth that was reported is a successor's. */
static bool can_be_row_of(const struct record *record, const struct process *now)
{
    const struct identity id = record->history.id;
    if (id.start_ticks != 0)
        return identity_is_same(id, now->id);
    return now->start_ns <= record->history.born_ns;
}

/* The row of one whose end was received after the row was read. */
static bool is_row_of_the_dead(const struct record *newest, const struct process *now,
                               const struct snapshot *at)
{
    for (const struct record *record = newest; record; record = record->next_in_bucket) {
        const struct history *history = &record->history;
        if (history->id.pid != now->id.pid || history->ended_ns <= at->mono_ns)
            continue; /* alive, or not alive any more when the sweep began */
        if (can_be_row_of(record, now) &&
            (history->id.start_ticks != 0 || history->born_ns <= at->mono_ns))
            return true;
    }
    return false;
}

/* One that the kernel has yet to report: whoever had its number has yet to be reported dead. */
static bool is_ahead_of_birth(const struct life *life, const struct process *now,
                              const struct snapshot *at)
{
    return is_kernels(life) && now->start_ns != 0 && at->mono_ns < now->start_ns + PATIENCE_NS;
}

/* What is there at the first sweep was there before: nothing is reported of it. */
static void take_as_it_is(struct record *record, const struct process *now,
                          const struct snapshot *at)
{
    struct history *history = &record->history;
    record->last.has_execed = now->has_execed;
    record->last.state = now->state;
    history->changed_ns = 0;
    history->exit_status = now->exit_status;
    if (ending_of(now).kind != ENDING_ZOMBIE)
        return;
    history->zombie_ns = at->mono_ns;
    history->was_swept_zombie = true;
}

static int meet_new(struct life *life, const struct process *now, const struct snapshot *at,
                    bool is_first_sweep)
{
    struct record *record = life_begin(life, now->id, now->ppid, at->mono_ns);
    if (!record)
        return -ENOMEM;
    life_copy_name(record->history.comm, now->comm);
    record->birth.losses = is_first_sweep ? LOSSES_NOTHING_DUE : losses_now(life);
    if (is_first_sweep) {
        take_as_it_is(record, now, at);
    } else {
        record->history.was_seen_born = true;
        report(life, EVENT_FORK, record, at);
    }
    continue_life(life, record, now, at);
    return 0;
}

static int meet(struct life *life, const struct process *now, const struct snapshot *at,
                bool is_first_sweep)
{
    struct record *newest = life_newest(life, now->id.pid);
    struct record *living = newest && newest->history.ended_ns == 0 ? newest : NULL;
    bool is_its_row = living && can_be_row_of(living, now);
    bool is_known = is_its_row && living->history.id.start_ticks != 0;
    if (!is_known && is_row_of_the_dead(newest, now, at))
        return 0;
    if (is_its_row) {
        continue_life(life, living, now, at);
        return 0;
    }
    if (!is_first_sweep && is_ahead_of_birth(life, now, at))
        return 0;
    if (living) /* the number changed hands between two sweeps */
        finish(life, living, at);
    return meet_new(life, now, at, is_first_sweep);
}

/* Whoever was in the table, or was reported as born before this sweep, and is not in it. */
static void end_missing(struct life *life, const struct snapshot *at)
{
    for (size_t i = 0; i < life->bucket_count; i++) {
        for (struct record *record = life->buckets[i], *next; record; record = next) {
            next = record->next_in_bucket;
            const struct history *history = &record->history;
            if (history->ended_ns != 0 || record->sweep == life->sweep ||
                history->born_ns > at->mono_ns)
                continue;
            if (history->zombie_ns == 0 && is_awaited(life, &record->removal_seen_ns, at))
                continue;
            finish(life, record, at);
            /* Forgetting an old end may have freed `next`: begin the bucket again. */
            next = life->buckets[i];
        }
    }
}

int life_update(struct life *life, const struct snapshot *previous, const struct snapshot *next,
                const struct event *received, size_t received_count)
{
    bool is_first_sweep = previous->count == 0;
    int r = 0;
    life_receive(life, received, received_count);
    life->sweep++;
    for (size_t i = 0; i < next->count && r == 0; i++) {
        const struct process *now = &next->processes[i];
        if (!process_is_thread(now) && !now->is_ended)
            r = meet(life, now, next, is_first_sweep);
    }
    if (r == 0)
        end_missing(life, next);
    if (next->mono_ns > life->gap_ns)
        life->has_gap = false;
    return r;
}
