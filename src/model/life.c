#include "reaptop/model/life.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"

enum {
    FIRST_BUCKETS = 1024
};

/* A biography and what the row of a dead process is made of. */
struct record {
    struct biography biography;
    struct process last; /* comm and user point into this record; argv, tty_name are dropped */
    char user[33];
    bool is_in_table;      /* was in the newest snapshot */
    bool expects_new_comm; /* an exec was heard: the name it brings is no change of its own */
    struct record *next_in_bucket; /* newest first */
    struct record *next_ended;     /* towards the newer dead */
};

struct life {
    struct record **buckets; /* by PID; a power of two of them */
    size_t bucket_count;
    size_t record_count;
    struct record *oldest_ended, *newest_ended;
    size_t ended_count, ended_capacity;
    struct event_log log;
};

/* ---- the table of records ---- */

static size_t bucket_of(const struct life *life, pid_t pid)
{
    return (uint32_t)pid * UINT32_C(2654435761) & (life->bucket_count - 1);
}

struct life *life_new(size_t log_capacity, size_t ended_capacity)
{
    struct life *life = calloc(1, sizeof(*life));
    if (!life)
        return NULL;
    life->bucket_count = FIRST_BUCKETS;
    life->ended_capacity = ended_capacity;
    life->buckets = calloc(FIRST_BUCKETS, sizeof(struct record *));
    if (!life->buckets || event_log_init(&life->log, log_capacity) < 0) {
        life_free(life);
        return NULL;
    }
    return life;
}

void life_free(struct life *life)
{
    if (!life)
        return;
    for (size_t i = 0; life->buckets && i < life->bucket_count; i++) {
        while (life->buckets[i]) {
            struct record *record = life->buckets[i];
            life->buckets[i] = record->next_in_bucket;
            free(record);
        }
    }
    free(life->buckets);
    event_log_done(&life->log);
    free(life);
}

const struct event_log *life_log(const struct life *life)
{
    return &life->log;
}

static struct record *newest_record(const struct life *life, pid_t pid)
{
    struct record *record = life->buckets[bucket_of(life, pid)];
    while (record && record->biography.id.pid != pid)
        record = record->next_in_bucket;
    return record;
}

/* The record of who holds that PID and has not ended, or NULL. */
static struct record *living_record(const struct life *life, pid_t pid)
{
    struct record *record = newest_record(life, pid);
    return record && record->biography.ended_ns == 0 ? record : NULL;
}

const struct biography *life_find_pid(const struct life *life, pid_t pid)
{
    const struct record *record = newest_record(life, pid);
    return record ? &record->biography : NULL;
}

const struct biography *life_find(const struct life *life, struct identity id)
{
    for (const struct record *record = life->buckets[bucket_of(life, id.pid)]; record;
         record = record->next_in_bucket)
        if (identity_is_same(record->biography.id, id))
            return &record->biography;
    return NULL;
}

/* Doubles the buckets. Chains are turned over one record at a time, oldest first, to keep order. */
static void grow_buckets(struct life *life)
{
    size_t old_count = life->bucket_count;
    struct record **old = life->buckets;
    struct record **grown = calloc(old_count * 2, sizeof(struct record *));
    if (!grown)
        return; /* longer chains, nothing worse */

    life->buckets = grown;
    life->bucket_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        struct record *reversed = NULL;
        while (old[i]) {
            struct record *record = old[i];
            old[i] = record->next_in_bucket;
            record->next_in_bucket = reversed;
            reversed = record;
        }
        while (reversed) {
            struct record *record = reversed;
            reversed = record->next_in_bucket;
            struct record **bucket = &grown[bucket_of(life, record->biography.id.pid)];
            record->next_in_bucket = *bucket;
            *bucket = record;
        }
    }
    free(old);
}

static struct record *add_record(struct life *life, struct identity id)
{
    if (life->record_count >= life->bucket_count)
        grow_buckets(life);
    struct record *record = calloc(1, sizeof(*record));
    if (!record)
        return NULL;
    struct record **bucket = &life->buckets[bucket_of(life, id.pid)];
    record->biography.id = id;
    record->biography.exit_status = EXIT_UNKNOWN;
    record->next_in_bucket = *bucket;
    *bucket = record;
    life->record_count++;
    return record;
}

static void forget_oldest_ended(struct life *life)
{
    struct record *record = life->oldest_ended;
    life->oldest_ended = record->next_ended;
    if (!life->oldest_ended)
        life->newest_ended = NULL;
    life->ended_count--;
    life->record_count--;

    struct record **link = &life->buckets[bucket_of(life, record->biography.id.pid)];
    while (*link != record)
        link = &(*link)->next_in_bucket;
    *link = record->next_in_bucket;
    free(record);
}

/* ---- telling ---- */

static void copy_name(char to[EVENT_COMM_SIZE], const char *from)
{
    size_t length = from ? strnlen(from, EVENT_COMM_SIZE - 1) : 0;
    if (length > 0)
        memcpy(to, from, length);
    to[length] = '\0';
}

/* An event of the record's process, at the snapshot's time, told by the diff. */
static struct event diff_event(enum event_kind kind, const struct record *record,
                               const struct snapshot *at)
{
    struct event event = {
        .kind = kind,
        .source = EVENT_FROM_DIFF,
        .mono_ns = at->mono_ns,
        .time_ns = at->time_ns,
        .id = record->biography.id,
        .ppid = record->last.ppid,
        .exit_status = EXIT_UNKNOWN,
    };
    copy_name(event.comm, record->biography.comm);
    return event;
}

static void tell(struct life *life, enum event_kind kind, const struct record *record,
                 const struct snapshot *at)
{
    struct event event = diff_event(kind, record, at);
    event_log_append(&life->log, &event);
}

/* Gone from the table. Where the parent is gone too, nobody knows who adopted and reaped it. */
static void tell_reap(struct life *life, const struct record *record, const struct snapshot *at)
{
    struct event event = diff_event(EVENT_REAP, record, at);
    event.exit_status = record->biography.exit_status;
    if (!snapshot_find(at, record->last.ppid))
        event.ppid = 0;
    event_log_append(&life->log, &event);
}

void life_note(struct life *life, const struct event *event)
{
    event_log_append(&life->log, event);
}

/* ---- births and ends ---- */

static void remember_kin(const struct life *life, struct kin *kin, pid_t pid)
{
    const struct record *record = newest_record(life, pid);
    *kin = (struct kin){.id = {.pid = pid}};
    if (record) {
        kin->id = record->biography.id;
        copy_name(kin->comm, record->biography.comm);
    }
}

static struct record *begin_life(struct life *life, struct identity id, pid_t ppid, uint64_t ns)
{
    struct record *record = add_record(life, id);
    if (!record)
        return NULL;
    record->biography.born_ns = ns;
    record->biography.changed_ns = ns;
    record->last.ppid = ppid;
    remember_kin(life, &record->biography.born_of, ppid);
    return record;
}

static void end_life(struct life *life, struct record *record, uint64_t ns,
                     enum event_source source)
{
    record->biography.ended_ns = ns;
    record->biography.end_source = source;
    record->next_ended = NULL;
    if (life->newest_ended)
        life->newest_ended->next_ended = record;
    else
        life->oldest_ended = record;
    life->newest_ended = record;
    if (++life->ended_count > life->ended_capacity)
        forget_oldest_ended(life);
}

/* ---- what sources told ---- */

static bool hear_exit(struct record *record, const struct event *event)
{
    struct biography *biography = &record->biography;
    if (event->exit_status != EXIT_UNKNOWN)
        biography->exit_status = event->exit_status;
    if (biography->zombie_ns != 0)
        return false; /* another source told it already */
    biography->zombie_ns = event->mono_ns;
    biography->changed_ns = event->mono_ns;
    biography->state = 'Z';
    return true;
}

/* A zombie's number has a new owner: it was reaped in between. */
static void hear_reuse(struct life *life, struct record *record, const struct event *birth)
{
    struct event event = *birth;
    event.kind = EVENT_REAP;
    event.id = record->biography.id;
    event.ppid = record->last.ppid;
    event.exit_status = record->biography.exit_status;
    copy_name(event.comm, record->biography.comm);
    event_log_append(&life->log, &event);
    end_life(life, record, birth->mono_ns, birth->source);
}

static struct record *hear_fork(struct life *life, const struct event *event)
{
    struct record *record = living_record(life, event->id.pid);
    if (record && record->biography.zombie_ns == 0)
        return NULL; /* known already: the sweep came first */
    if (record)
        hear_reuse(life, record, event);
    record = begin_life(life, event->id, event->ppid, event->mono_ns);
    if (record) {
        record->biography.was_seen_born = true;
        copy_name(record->biography.comm,
                  event->comm[0] ? event->comm : record->biography.born_of.comm);
    }
    return record;
}

static void hear_change(struct record *record, const struct event *event)
{
    struct biography *biography = &record->biography;
    biography->changed_ns = event->mono_ns;
    if (event->kind == EVENT_EXEC) {
        biography->execs++;
        record->last.has_execed = true;
        record->expects_new_comm = event->comm[0] == '\0';
    }
    if (event->kind == EVENT_UID)
        record->last.uid = (uid_t)event->to;
    if (event->kind == EVENT_SID)
        record->last.sid = event->to;
    if (event->comm[0])
        copy_name(biography->comm, event->comm);
}

/* Takes one event in; false where it tells nothing that was not told before. */
static bool hear(struct life *life, const struct event *event)
{
    if (event->kind == EVENT_LOST)
        return true;
    if (event->kind == EVENT_FORK)
        return hear_fork(life, event) != NULL;

    struct record *record = living_record(life, event->id.pid);
    if (!record)
        return event->kind != EVENT_REAP && event->kind != EVENT_EXIT;
    switch (event->kind) {
    case EVENT_EXIT:
        return hear_exit(record, event);
    case EVENT_REAP:
        if (event->exit_status != EXIT_UNKNOWN)
            record->biography.exit_status = event->exit_status;
        end_life(life, record, event->mono_ns, event->source);
        return true;
    case EVENT_SIGNAL:
        return true;
    default:
        hear_change(record, event);
        return true;
    }
}

/* Heard events name a PID; the log's reader wants to know whose. */
void life_hear(struct life *life, const struct event *heard, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct event event = heard[i];
        const struct record *before = newest_record(life, event.id.pid);
        if (before && event.kind != EVENT_FORK) {
            if (event.ppid == 0)
                event.ppid = before->last.ppid;
            if (event.id.start_ticks == 0)
                event.id = before->biography.id;
        }
        if (event.kind == EVENT_COMM && before && event.detail[0] == '\0')
            copy_name(event.detail, before->biography.comm);
        if (event.kind == EVENT_COMM && strcmp(event.detail, event.comm) == 0)
            continue; /* it took the name that it has */
        if (!hear(life, &event))
            continue;
        const struct record *after = newest_record(life, event.id.pid);
        if (after && event.comm[0] == '\0')
            copy_name(event.comm, after->biography.comm);
        event_log_append(&life->log, &event);
    }
}

/* ---- what the diff tells ---- */

static void keep_last(struct record *record, const struct process *process)
{
    record->last = *process;
    record->last.argv = NULL;
    record->last.argv_access = ACCESS_UNREAD;
    record->last.tty_name = NULL;
    copy_name(record->biography.comm, process->comm);
    (void)snprintf(record->user, sizeof(record->user), "%s", process->user ? process->user : "");
    record->biography.state = process->state;
}

static void tell_exit(struct life *life, struct record *record, const struct snapshot *at)
{
    if (record->biography.zombie_ns != 0)
        return;
    record->biography.zombie_ns = at->mono_ns;
    struct event event = diff_event(EVENT_EXIT, record, at);
    event.exit_status = record->biography.exit_status;
    event_log_append(&life->log, &event);
}

static bool is_remarkable_state(char state)
{
    return state == 'T' || state == 't';
}

static void note_state(struct life *life, struct record *record, const struct process *now,
                       const struct snapshot *at)
{
    char before = record->biography.state;
    if (now->state == before)
        return;
    if (is_remarkable_state(before) || is_remarkable_state(now->state)) {
        record->biography.changed_ns = at->mono_ns;
        struct event event = diff_event(EVENT_STATE, record, at);
        event.state_from = before ? before : '?';
        event.state_to = now->state;
        event_log_append(&life->log, &event);
    }
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
    tell(life, EVENT_ZOMBIE, record, at);
}

static void note_exec(struct life *life, struct record *record, const struct process *now,
                      const struct snapshot *at)
{
    if (!now->has_execed || record->last.has_execed)
        return;
    record->biography.execs++;
    record->biography.changed_ns = at->mono_ns;
    copy_name(record->biography.comm, now->comm);
    tell(life, EVENT_EXEC, record, at);
}

static void note_comm(struct life *life, struct record *record, const struct process *now,
                      const struct snapshot *at)
{
    char former[EVENT_COMM_SIZE];
    copy_name(former, record->biography.comm);
    if (now->is_kernel)
        return; /* a kworker bears the name of the work it does at the moment */
    if (!now->comm || strncmp(former, now->comm, EVENT_COMM_SIZE - 1) == 0)
        return;
    record->biography.changed_ns = at->mono_ns;
    copy_name(record->biography.comm, now->comm);
    if (record->expects_new_comm)
        return;
    struct event event = diff_event(EVENT_COMM, record, at);
    copy_name(event.detail, former);
    event_log_append(&life->log, &event);
}

static void note_adoption(struct life *life, struct record *record, const struct process *now,
                          const struct snapshot *at)
{
    pid_t former = record->last.ppid;
    if (former == now->ppid || former == 0)
        return;
    struct biography *biography = &record->biography;
    remember_kin(life, &biography->adopted_from, former);
    biography->adopted_to = now->ppid;
    biography->adopted_ns = at->mono_ns;
    biography->changed_ns = at->mono_ns;

    struct event event = diff_event(EVENT_ADOPT, record, at);
    event.ppid = now->ppid;
    event.from = former;
    event.to = now->ppid;
    event.reason = now->ppid == 1 ? ADOPT_BY_INIT : ADOPT_BY_SUBREAPER;
    event_log_append(&life->log, &event);
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
    event_log_append(&life->log, &event);
}

/* A process that both snapshots hold, or that an event told of before its first sweep. */
static void continue_life(struct life *life, struct record *record, const struct process *now,
                          const struct snapshot *at)
{
    bool was_swept = record->is_in_table;
    note_adoption(life, record, now, at);
    note_exec(life, record, now, at);
    if (was_swept) {
        note_comm(life, record, now, at);
        note_session(life, record, now, at);
        note_state(life, record, now, at);
    }
    note_zombie(life, record, now, at);
    record->biography.id = now->id;
    record->expects_new_comm = false;
    struct kin *parent = &record->biography.born_of;
    if (parent->id.pid > 0 && parent->id.start_ticks == 0)
        remember_kin(life, parent, parent->id.pid);
    keep_last(record, now);
    record->is_in_table = true;
}

static int meet(struct life *life, const struct process *now, const struct snapshot *at,
                bool is_first_sweep)
{
    struct record *record = living_record(life, now->id.pid);
    bool is_known = record && (record->biography.id.start_ticks == 0 ||
                               identity_is_same(record->biography.id, now->id));
    if (is_known) {
        continue_life(life, record, now, at);
        return 0;
    }
    if (record) {
        /* The number changed hands between two sweeps. */
        tell_exit(life, record, at);
        tell_reap(life, record, at);
        end_life(life, record, at->mono_ns, EVENT_FROM_DIFF);
    }

    record = begin_life(life, now->id, now->ppid, at->mono_ns);
    if (!record)
        return -ENOMEM;
    copy_name(record->biography.comm, now->comm);
    if (!is_first_sweep) {
        record->biography.was_seen_born = true;
        tell(life, EVENT_FORK, record, at);
    } else {
        record->last.has_execed = now->has_execed;
        record->biography.changed_ns = 0; /* it was there: nothing changed */
        record->biography.zombie_ns = now->state == 'Z' ? at->mono_ns : 0;
        record->last.state = now->state;
        record->biography.exit_status = now->exit_status;
    }
    continue_life(life, record, now, at);
    return 0;
}

/* Whoever was in the table, or was heard to be born before this sweep, and is not in it: reaped. */
static void end_missing(struct life *life, const struct snapshot *at)
{
    for (size_t i = 0; i < life->bucket_count; i++) {
        for (struct record *record = life->buckets[i], *next; record; record = next) {
            next = record->next_in_bucket;
            const struct biography *biography = &record->biography;
            if (biography->ended_ns != 0 || biography->born_ns > at->mono_ns ||
                snapshot_find(at, biography->id.pid))
                continue;
            tell_exit(life, record, at);
            tell_reap(life, record, at);
            end_life(life, record, at->mono_ns, EVENT_FROM_DIFF);
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
    for (size_t i = 0; i < next->count && r == 0; i++) {
        const struct process *now = &next->processes[i];
        if (!process_is_thread(now) && !now->is_ended)
            r = meet(life, now, next, is_first_sweep);
    }
    if (r == 0)
        end_missing(life, next);
    return r;
}

int life_add_ended(const struct life *life, struct snapshot *snapshot, uint64_t linger_ns)
{
    for (const struct record *record = life->oldest_ended; record; record = record->next_ended) {
        if (!record->is_in_table || record->biography.ended_ns + linger_ns < snapshot->mono_ns ||
            snapshot_find(snapshot, record->biography.id.pid))
            continue;
        struct process *row = snapshot_add(snapshot);
        if (!row)
            return -ENOMEM;
        *row = record->last;
        row->id = record->biography.id;
        row->tgid = row->id.pid;
        row->is_ended = true;
        row->state = 'X';
        row->cpu_percent = CPU_UNKNOWN;
        row->comm = arena_strdup(&snapshot->strings,
                                 record->biography.comm[0] ? record->biography.comm : "?");
        row->user = arena_strdup(&snapshot->strings, record->user);
    }
    snapshot_finish(snapshot);
    return 0;
}
