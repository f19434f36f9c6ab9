#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "life_private.h"

/* An event of the record's process, at the snapshot's time, told by the diff. */
static struct event diff_event(enum event_kind kind, const struct record *record,
                               const struct snapshot *at)
{
    return life_event(kind, EVENT_FROM_DIFF, record, at->mono_ns, at->time_ns);
}

static void tell(struct life *life, enum event_kind kind, struct record *record,
                 const struct snapshot *at)
{
    struct event event = diff_event(kind, record, at);
    life_tell(life, record, &event);
}

/* Gone from the table. Where the parent is gone too, nobody knows who adopted and reaped it. */
static void tell_reap(struct life *life, struct record *record, const struct snapshot *at)
{
    struct event event = diff_event(EVENT_REAP, record, at);
    event.exit_status = record->biography.exit_status;
    if (snapshot_find(at, record->last.ppid))
        life_remember_kin(life, &record->biography.reaped_by, record->last.ppid);
    else
        event.ppid = 0;
    life_tell(life, record, &event);
}

static void tell_exit(struct life *life, struct record *record, const struct snapshot *at)
{
    if (record->biography.zombie_ns != 0)
        return;
    record->biography.zombie_ns = at->mono_ns;
    struct event event = diff_event(EVENT_EXIT, record, at);
    event.exit_status = record->biography.exit_status;
    life_tell(life, record, &event);
}

static void finish(struct life *life, struct record *record, const struct snapshot *at)
{
    tell_exit(life, record, at);
    tell_reap(life, record, at);
    life_end(life, record, at->mono_ns, EVENT_FROM_DIFF);
}

/* ---- what changed of one process ---- */

static void note_state(struct life *life, struct record *record, const struct process *now,
                       const struct snapshot *at)
{
    char before = record->biography.state;
    bool is_remarkable = before == 'T' || before == 't' || now->state == 'T' || now->state == 't';
    if (now->state == before || !is_remarkable)
        return;
    record->biography.changed_ns = at->mono_ns;
    struct event event = diff_event(EVENT_STATE, record, at);
    event.state_from = before ? before : '?';
    event.state_to = now->state;
    life_tell(life, record, &event);
}

static void note_zombie(struct life *life, struct record *record, const struct process *now,
                        const struct snapshot *at)
{
    if (now->state != 'Z' || process_is_zombie(&record->last))
        return;
    if (now->exit_status >= 0 && record->biography.exit_status == EXIT_UNKNOWN)
        record->biography.exit_status = now->exit_status;
    record->last.ppid = now->ppid;
    tell_exit(life, record, at);
    record->biography.was_swept_zombie = true;
    tell(life, EVENT_ZOMBIE, record, at);
}

static void note_exec(struct life *life, struct record *record, const struct process *now,
                      const struct snapshot *at)
{
    if (!now->has_execed || record->last.has_execed)
        return;
    record->biography.execs++;
    record->biography.changed_ns = at->mono_ns;
    record->exec_ns = at->mono_ns;
    life_copy_name(record->biography.comm, now->comm);
    tell(life, EVENT_EXEC, record, at);
}

static void note_comm(struct life *life, struct record *record, const struct process *now,
                      const struct snapshot *at)
{
    if (now->is_kernel)
        return; /* a kworker bears the name of the work it does at the moment */
    if (!now->comm || strncmp(record->biography.comm, now->comm, EVENT_COMM_SIZE - 1) == 0)
        return;
    char former[EVENT_COMM_SIZE];
    life_copy_name(former, record->biography.comm);
    record->biography.changed_ns = at->mono_ns;
    life_copy_name(record->biography.comm, now->comm);
    if (record->expects_new_comm) {
        biography_name_exec(&record->biography, now->comm);
        return;
    }
    struct event event = diff_event(EVENT_COMM, record, at);
    life_copy_name(event.detail, former);
    life_tell(life, record, &event);
}

static void note_adoption(struct life *life, struct record *record, const struct process *now,
                          const struct snapshot *at)
{
    struct biography *biography = &record->biography;
    pid_t former = record->last.ppid;
    if (former == 0 && biography->adopted_ns != 0 && biography->adopted_to == 0)
        biography->adopted_to = now->ppid; /* told already; here is by whom */
    if (former == now->ppid || former == 0)
        return;
    const struct event like = diff_event(EVENT_ADOPT, record, at);
    life_adopt(life, record, now->ppid, &like);
}

static void note_session(struct life *life, struct record *record, const struct process *now,
                         const struct snapshot *at)
{
    if (record->last.sid == now->sid || process_is_zombie(now) || now->state == 'X')
        return; /* a dead task prints session 0 or its last one */
    record->biography.changed_ns = at->mono_ns;
    struct event event = diff_event(EVENT_SID, record, at);
    event.from = record->last.sid;
    event.to = now->sid;
    life_tell(life, record, &event);
}

static void note_user(struct life *life, struct record *record, const struct process *now,
                      const struct snapshot *at)
{
    struct biography *biography = &record->biography;
    if (biography->has_uid && biography->uid != now->uid && !process_is_zombie(now) &&
        now->state != 'X') {
        struct event event = diff_event(EVENT_UID, record, at);
        event.from = (pid_t)biography->uid;
        event.to = (pid_t)now->uid;
        biography->changed_ns = at->mono_ns;
        life_tell(life, record, &event);
    }
    biography->uid = now->uid;
    biography->has_uid = true;
}

/* ---- the row kept for when it is gone ---- */

static void keep_last(struct record *record, const struct process *process)
{
    record->last = *process;
    record->last.argv = NULL;
    record->last.argv_access = ACCESS_UNREAD;
    record->last.tty_name = NULL;
    const char *user = process->user ? process->user : "";
    if (strcmp(record->user, user) != 0)
        (void)snprintf(record->user, sizeof(record->user), "%s", user);
}

/* A row that was read before what was heard: its figures hold, what was heard holds more. */
static void keep_stale(struct record *record, const struct process *now)
{
    const struct process former = record->last;
    keep_last(record, now);
    record->last.ppid = former.ppid;
    record->last.has_execed = former.has_execed;
    if (record->is_in_table)
        record->last.sid = former.sid;
    if (record->biography.zombie_ns != 0)
        record->last.state = former.state;
    if (record->biography.comm[0] == '\0')
        life_copy_name(record->biography.comm, now->comm);
}

static void keep_fresh(struct record *record, const struct process *now, uint64_t ns)
{
    keep_last(record, now);
    if (strcmp(record->biography.comm, now->comm ? now->comm : "") != 0)
        life_copy_name(record->biography.comm, now->comm);
    record->biography.state = now->state;
    record->expects_new_comm = false;
    biography_sample(&record->biography, now->state, ns);
}

/* A process that both snapshots hold, or that an event told of before its first sweep. */
static void continue_life(struct life *life, struct record *record, const struct process *now,
                          const struct snapshot *at)
{
    bool was_swept = record->is_in_table;
    record->sweep = life->sweep;
    bool is_stale = record->heard_ns > at->mono_ns || record->biography.zombie_ns > at->mono_ns;
    record->biography.id = now->id;
    if (!is_stale) {
        note_adoption(life, record, now, at);
        note_exec(life, record, now, at);
        note_user(life, record, now, at);
        if (was_swept) {
            note_comm(life, record, now, at);
            note_session(life, record, now, at);
            note_state(life, record, now, at);
        } else if (record->expects_new_comm && now->comm) {
            biography_name_exec(&record->biography, now->comm);
        }
        note_zombie(life, record, now, at);
        keep_fresh(record, now, at->mono_ns);
    } else {
        keep_stale(record, now);
    }
    struct kin *parent = &record->biography.born_of;
    if (parent->id.pid > 0 && parent->id.start_ticks == 0)
        life_remember_kin(life, parent, parent->id.pid);
    record->is_in_table = true;
}

/* ---- whose row it is ---- */

/* The row of one whose end was heard after the row was read. */
static bool is_row_of_the_dead(const struct record *newest, const struct process *now,
                               const struct snapshot *at)
{
    for (const struct record *record = newest; record; record = record->next_in_bucket) {
        const struct biography *biography = &record->biography;
        if (biography->id.pid != now->id.pid || biography->ended_ns <= at->mono_ns)
            continue; /* alive, or not alive any more when the sweep began */
        if (biography->id.start_ticks != 0 ? identity_is_same(biography->id, now->id)
                                           : biography->born_ns <= at->mono_ns)
            return true;
    }
    return false;
}

static bool is_row_of(const struct record *record, const struct process *now)
{
    const struct identity id = record->biography.id;
    return id.start_ticks == 0 || identity_is_same(id, now->id);
}

/* What is there at the first sweep was there before: nothing is told of it. */
static void take_as_it_is(struct record *record, const struct process *now,
                          const struct snapshot *at)
{
    struct biography *biography = &record->biography;
    record->last.has_execed = now->has_execed;
    record->last.state = now->state;
    biography->changed_ns = 0;
    biography->exit_status = now->exit_status;
    if (now->state != 'Z')
        return;
    biography->zombie_ns = at->mono_ns;
    biography->was_swept_zombie = true;
}

static int meet_new(struct life *life, const struct process *now, const struct snapshot *at,
                    bool is_first_sweep)
{
    struct record *record = life_begin(life, now->id, now->ppid, at->mono_ns);
    if (!record)
        return -ENOMEM;
    life_copy_name(record->biography.comm, now->comm);
    if (is_first_sweep) {
        take_as_it_is(record, now, at);
    } else {
        record->biography.was_seen_born = true;
        tell(life, EVENT_FORK, record, at);
    }
    continue_life(life, record, now, at);
    return 0;
}

static int meet(struct life *life, const struct process *now, const struct snapshot *at,
                bool is_first_sweep)
{
    struct record *newest = life_newest(life, now->id.pid);
    struct record *living = newest && newest->biography.ended_ns == 0 ? newest : NULL;
    bool is_known = living && living->biography.id.start_ticks != 0 && is_row_of(living, now);
    if (!is_known && is_row_of_the_dead(newest, now, at))
        return 0;
    if (living && is_row_of(living, now)) {
        continue_life(life, living, now, at);
        return 0;
    }
    if (living) /* the number changed hands between two sweeps */
        finish(life, living, at);
    return meet_new(life, now, at, is_first_sweep);
}

/* Whoever was in the table, or was heard to be born before this sweep, and is not in it: reaped. */
static void end_missing(struct life *life, const struct snapshot *at)
{
    for (size_t i = 0; i < life->bucket_count; i++) {
        for (struct record *record = life->buckets[i], *next; record; record = next) {
            next = record->next_in_bucket;
            const struct biography *biography = &record->biography;
            if (biography->ended_ns != 0 || record->sweep == life->sweep ||
                biography->born_ns > at->mono_ns)
                continue;
            finish(life, record, at);
            /* Forgetting an old end may have freed `next`: begin the bucket again. */
            next = life->buckets[i];
        }
    }
}

int life_update(struct life *life, const struct snapshot *previous, const struct snapshot *next,
                const struct event *heard, size_t heard_count)
{
    bool is_first_sweep = previous->count == 0;
    int r = 0;
    life_hear(life, heard, heard_count);
    life->sweep++;
    for (size_t i = 0; i < next->count && r == 0; i++) {
        const struct process *now = &next->processes[i];
        if (!process_is_thread(now) && !now->is_ended)
            r = meet(life, now, next, is_first_sweep);
    }
    if (r == 0)
        end_missing(life, next);
    return r;
}
