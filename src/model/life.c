#include "reaptop/model/life.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "life_private.h"

enum {
    FIRST_BUCKETS = 1024,
    GENERATIONS_MAX = 1024 /* a circle of numbers used again must end */
};

_Static_assert(sizeof(struct record) + STATE_KINDS * sizeof(uint64_t) +
                       MOMENTS_MAX * sizeof(struct moment) <=
                   LIFE_BYTES_EACH,
               "the limit that is documented");
_Static_assert(sizeof(struct record) <= LIFE_BYTES_QUIET, "likewise");
_Static_assert(sizeof(struct event) <= 248, "likewise");

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

void life_count_bytes(struct life *life, struct record *record)
{
    size_t bytes = record->history.moment_capacity * sizeof(struct moment) +
                   (record->history.state_ns ? STATE_KINDS * sizeof(uint64_t) : 0);
    life->moment_bytes += bytes - record->counted_bytes;
    record->counted_bytes = (uint16_t)bytes;
}

static void free_record(struct life *life, struct record *record)
{
    life->moment_bytes -= record->counted_bytes;
    history_done(&record->history);
    free(record);
}

void life_free(struct life *life)
{
    if (!life)
        return;
    for (size_t i = 0; life->buckets && i < life->bucket_count; i++) {
        while (life->buckets[i]) {
            struct record *record = life->buckets[i];
            life->buckets[i] = record->next_in_bucket;
            free_record(life, record);
        }
    }
    free(life->buckets);
    life_free_users(life);
    event_log_done(&life->log);
    free(life);
}

struct record *life_newest(const struct life *life, pid_t pid)
{
    struct record *record = life->buckets[bucket_of(life, pid)];
    while (record && record->history.id.pid != pid)
        record = record->next_in_bucket;
    return record;
}

struct record *life_living(const struct life *life, pid_t pid)
{
    struct record *record = life_newest(life, pid);
    return record && record->history.ended_ns == 0 ? record : NULL;
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
            struct record **bucket = &grown[bucket_of(life, record->history.id.pid)];
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
    record->history.id = id;
    record->history.exit_status = EXIT_UNKNOWN;
    record->next_in_bucket = *bucket;
    *bucket = record;
    life->record_count++;
    return record;
}

static void forget_oldest_ended(struct life *life)
{
    struct record *record = life->oldest_ended;
    life->oldest_ended = record->newer_ended;
    if (life->oldest_ended)
        life->oldest_ended->older_ended = NULL;
    else
        life->newest_ended = NULL;
    life->ended_count--;
    life->record_count--;

    struct record **link = &life->buckets[bucket_of(life, record->history.id.pid)];
    while (*link != record)
        link = &(*link)->next_in_bucket;
    *link = record->next_in_bucket;
    free_record(life, record);
}

/* ---- births and ends ---- */

void life_copy_name(char to[EVENT_COMM_SIZE], const char *from)
{
    size_t length = from ? strnlen(from, EVENT_COMM_SIZE - 1) : 0;
    if (length > 0)
        memmove(to, from, length);
    to[length] = '\0';
}

void life_remember_relatives(const struct life *life, struct relatives *relatives, pid_t pid)
{
    const struct record *record = life_newest(life, pid);
    *relatives = (struct relatives){.id = {.pid = pid}};
    if (record) {
        size_t length = strnlen(record->history.comm, RELATIVE_COMM_SIZE - 1);
        relatives->id = record->history.id;
        memcpy(relatives->comm, record->history.comm, length);
    }
}

struct record *life_begin(struct life *life, struct identity id, pid_t ppid, uint64_t ns)
{
    struct record *record = add_record(life, id);
    if (!record)
        return NULL;
    record->history.born_ns = ns;
    record->history.changed_ns = ns;
    record->birth.losses = record->exec.losses = LOSSES_NOTHING_DUE;
    record->last.ppid = ppid;
    life_remember_relatives(life, &record->history.born_of, ppid);
    return record;
}

void life_end(struct life *life, struct record *record, uint64_t ns, enum event_source source)
{
    record->history.ended_ns = ns;
    record->history.end_source = source;
    record->death.losses = life->has_gap ? LOSSES_NOTHING_DUE : (uint32_t)life->losses.times;
    record->newer_ended = NULL;
    record->older_ended = life->newest_ended;
    if (life->newest_ended)
        life->newest_ended->newer_ended = record;
    else
        life->oldest_ended = record;
    life->newest_ended = record;
    if (++life->ended_count > life->ended_capacity)
        forget_oldest_ended(life);
}

/* ---- reporting ---- */

void life_report(struct life *life, struct record *record, const struct event *event)
{
    event_log_append(&life->log, event);
    if (!record)
        return;
    history_note(&record->history, event);
    life_count_bytes(life, record);
}

struct event life_event(enum event_kind kind, enum event_source source, const struct record *record,
                        uint64_t mono_ns, uint64_t time_ns)
{
    struct event event = {
        .kind = kind,
        .source = source,
        .mono_ns = mono_ns,
        .time_ns = time_ns,
        .id = record->history.id,
        .ppid = record->last.ppid,
        .exit_status = EXIT_UNKNOWN,
    };
    life_copy_name(event.comm, record->history.comm);
    return event;
}

void life_adopt(struct life *life, struct record *record, pid_t to, const struct event *like)
{
    struct history *history = &record->history;
    struct event event =
        life_event(EVENT_ADOPT, like->source, record, like->mono_ns, like->time_ns);
    life_remember_relatives(life, &history->adopted_from, record->last.ppid);
    history->adopted_to = to;
    history->adopted_ns = like->mono_ns;
    history->changed_ns = like->mono_ns;
    event.ppid = to;
    event.from = record->last.ppid;
    event.to = to;
    event.reason = to == 0 ? ADOPT_UNKNOWN : to == 1 ? ADOPT_BY_INIT : ADOPT_BY_SUBREAPER;
    record->last.ppid = to;
    life_report(life, record, &event);
}

/* A zombie's row has it; before its first row, what was reported of it, while the tracer lives. */
static pid_t tracer_of(const struct life *life, const struct record *record)
{
    const struct record *tracer = life_living(life, record->tracer);
    if (record->last.tracer > 0)
        return record->last.tracer;
    return tracer && tracer->history.zombie_ns == 0 ? record->tracer : 0;
}

/* A row that was read a moment before the end's own time is of a zombie all the same. */
static struct event since_end(const struct life *life, enum event_kind kind,
                              const struct record *record, const struct event *like)
{
    uint64_t late_ns =
        record->history.zombie_ns > like->mono_ns ? record->history.zombie_ns - like->mono_ns : 0;
    struct event event =
        life_event(kind, like->source, record, like->mono_ns + late_ns, like->time_ns + late_ns);
    if (kind == EVENT_REAP)
        event.exit_status = record->history.exit_status;
    else
        event.to = tracer_of(life, record);
    return event;
}

void life_report_zombie(struct life *life, struct record *record, const struct event *like)
{
    struct event event = since_end(life, EVENT_ZOMBIE, record, like);
    if (!record->is_zombie_reported)
        life_report(life, record, &event);
    record->is_zombie_reported = true;
}

/*
 * Where the parent is gone too, nobody knows who adopted and reaped it. A zombie
 * was waited for, whatever its parent does about SIGCHLD now.
 */
void life_note_reaper(const struct life *life, struct record *record, struct event *reap,
                      const struct life_parent *parent)
{
    struct history *history = &record->history;
    bool is_zombie = record->is_zombie_reported || history->was_swept_zombie;
    reap->ppid = parent ? parent->pid : 0;
    if (!parent)
        return;
    life_remember_relatives(life, &history->reaped_by, parent->pid);
    reap->is_autoreaped = reap->is_autoreaped || (parent->ignores_sigchld && !is_zombie);
    history->was_autoreaped = reap->is_autoreaped;
}

void life_report_reap(struct life *life, struct record *record, const struct event *like,
                      const struct life_parent *parent)
{
    struct event event = since_end(life, EVENT_REAP, record, like);
    life_note_reaper(life, record, &event, parent);
    life_report(life, record, &event);
    life_end(life, record, event.mono_ns, event.source);
}

void life_note(struct life *life, const struct event *event)
{
    struct record *record = event->kind == EVENT_LOST ? NULL : life_newest(life, event->id.pid);
    life_report(life, record, event);
}

void life_note_outcome(struct life *life, struct identity id, int signal, const char *outcome)
{
    struct record *record = life_newest(life, id.pid);
    while (record && !identity_is_same(record->history.id, id))
        record = record->next_in_bucket;
    if (record)
        (void)history_note_outcome(&record->history, signal, outcome);
}

void life_set_kernel_reports(struct life *life, bool is_reported)
{
    life->is_reported = is_reported;
}

/* ---- questions ---- */

const struct event_log *life_log(const struct life *life)
{
    return &life->log;
}

const struct history *life_find_pid(const struct life *life, pid_t pid)
{
    const struct record *record = life_newest(life, pid);
    return record ? &record->history : NULL;
}

const struct history *life_find(const struct life *life, struct identity id)
{
    for (const struct record *record = life->buckets[bucket_of(life, id.pid)]; record;
         record = record->next_in_bucket)
        if (identity_is_same(record->history.id, id))
            return &record->history;
    return NULL;
}

const struct history *life_newest_ended(const struct life *life)
{
    return life->newest_ended ? &life->newest_ended->history : NULL;
}

const struct history *life_older_ended(const struct history *history)
{
    const struct record *record = (const struct record *)history;
    return record->older_ended ? &record->older_ended->history : NULL;
}

size_t life_bytes(const struct life *life)
{
    return life->record_count * sizeof(struct record) + life->moment_bytes +
           life->bucket_count * sizeof(struct record *) + life_user_bytes(life);
}

struct life_losses life_losses(const struct life *life)
{
    return (struct life_losses){.times = life->losses.times + life->signal_losses.times,
                                .events = life->losses.events + life->signal_losses.events};
}

bool life_descends(const struct life *life, struct identity id, struct identity ancestor)
{
    for (int i = 0; i < GENERATIONS_MAX && id.pid > 0; i++) {
        if (id.pid == ancestor.pid &&
            (id.start_ticks == 0 || ancestor.start_ticks == 0 || identity_is_same(id, ancestor)))
            return true;
        const struct history *history =
            id.start_ticks ? life_find(life, id) : life_find_pid(life, id.pid);
        if (!history)
            return false;
        id = history->born_of.id;
    }
    return false;
}

/* ---- ended processes, kept in view ---- */

int life_add_ended(const struct life *life, struct snapshot *snapshot, uint64_t linger_ns)
{
    int r = 0;
    size_t living = snapshot->count; /* what is appended is not in order yet */
    /* Newest first: the others have ended before and need not be looked at. */
    for (const struct record *record = life->newest_ended; record && r == 0;
         record = record->older_ended) {
        if (record->history.ended_ns + linger_ns < snapshot->mono_ns)
            break;
        const struct snapshot swept = {.processes = snapshot->processes, .count = living};
        if (record->is_in_table && !snapshot_find(&swept, record->history.id.pid))
            r = life_add_row(life, record, snapshot);
    }
    snapshot_finish(snapshot);
    return r;
}

/* ---- a copy that another life can go on from, for going back in time ---- */

static void *copy_bytes(const void *bytes, size_t size)
{
    void *copy = size > 0 ? malloc(size) : NULL;
    return copy ? memcpy(copy, bytes, size) : NULL;
}

/* The record alone, without its place among the others. */
static struct record *copy_record(struct record *record)
{
    struct record *copy = malloc(sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *record;
    copy->next_in_bucket = copy->older_ended = copy->newer_ended = copy->twin = NULL;
    struct history *history = &copy->history;
    size_t moments = history->moment_capacity * sizeof(struct moment);
    size_t times = history->state_ns ? STATE_KINDS * sizeof(*history->state_ns) : 0;
    history->moments = copy_bytes(history->moments, moments);
    history->state_ns = copy_bytes(history->state_ns, times);
    if ((moments > 0 && !history->moments) || (times > 0 && !history->state_ns)) {
        history_done(history);
        free(copy);
        return NULL;
    }
    record->twin = copy;
    return copy;
}

/* The chains, each in its order. */
static bool copy_buckets(const struct life *life, struct life *copy)
{
    for (size_t i = 0; i < life->bucket_count; i++) {
        struct record **end = &copy->buckets[i];
        for (struct record *record = life->buckets[i]; record; record = record->next_in_bucket) {
            *end = copy_record(record);
            if (!*end)
                return false;
            end = &(*end)->next_in_bucket;
        }
    }
    return true;
}

static void copy_ended(const struct life *life, struct life *copy)
{
    for (const struct record *record = life->newest_ended; record; record = record->older_ended) {
        record->twin->older_ended = record->older_ended ? record->older_ended->twin : NULL;
        record->twin->newer_ended = record->newer_ended ? record->newer_ended->twin : NULL;
    }
    copy->newest_ended = life->newest_ended ? life->newest_ended->twin : NULL;
    copy->oldest_ended = life->oldest_ended ? life->oldest_ended->twin : NULL;
}

struct life *life_copy(struct life *life, size_t log_capacity)
{
    struct life *copy = malloc(sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *life;
    copy->newest_ended = copy->oldest_ended = NULL;
    copy->log = (struct event_log){0};
    copy->buckets = calloc(life->bucket_count, sizeof(struct record *));
    if (life_copy_users(life, copy) < 0 || !copy->buckets ||
        event_log_copy(&life->log, log_capacity, &copy->log) < 0 || !copy_buckets(life, copy)) {
        life_free(copy);
        return NULL;
    }
    copy_ended(life, copy);
    return copy;
}

size_t life_copy_bytes(const struct life *life)
{
    return sizeof(*life) + life_bytes(life) + life->log.count * sizeof(struct event);
}
