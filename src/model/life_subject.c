/*
 * life_subject: whose event it is, where numbers are used again and reports come late.
 */
#include "life_private.h"
#include "reaptop/base/clock.h"

/* After a loss: what is reported so much later than a sweep saw it is something else. */
#define LATE_NS (500 * NS_PER_MS)

bool life_is_due(const struct life *life, const struct claim *claim, uint64_t since_ns,
                 const struct event *event)
{
    return !claim->is_received && (claim->losses == life->losses.times ||
                                   (since_ns != 0 && event->mono_ns < since_ns + LATE_NS));
}

/* The number's holder before. */
static struct record *former_of(const struct record *record)
{
    pid_t pid = record->history.id.pid;
    struct record *former = record->next_in_bucket;
    while (former && former->history.id.pid != pid)
        former = former->next_in_bucket;
    return former;
}

/* It is removed, and the kernel's report of its end is still to come: this may be it. */
static bool owes_end(const struct life *life, const struct record *record,
                     const struct event *event)
{
    return record->history.ended_ns != 0 &&
           life_is_due(life, &record->death, record->history.zombie_ns, event);
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
    bool is_unborn = !newest->birth.is_received && newest->birth.losses == life->losses.times;
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
    if (event->source != EVENT_FROM_CONNECTOR)
        return false;
    uint64_t born_ns = record->birth.is_received ? record->history.born_ns : 0;
    return event->mono_ns < (born_ns > record->start_ns ? born_ns : record->start_ns);
}

/*
 * Of one that has the number after the one that is known: a dead process executes
 * nothing, and no process ends twice. An end is that of the one of whom it is
 * still due: a successor that began in the same tick looks like it.
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
        return is_other && record->death.is_received;
    return (is_dead && event->kind == EVENT_EXEC) || (is_other && (is_dead || life->has_gap));
}

static bool is_end(const struct event *event)
{
    return event->kind == EVENT_EXIT || event->kind == EVENT_REAP;
}

enum subject life_subject(const struct life *life, const struct event *event,
                          struct record **ret_record)
{
    struct record *newest = life_newest(life, event->id.pid);
    struct record *owed = find_owed(life, event);
    *ret_record = owed ? owed : newest;
    if (event->kind == EVENT_LOST || event->kind == EVENT_NOTE || !newest)
        return OF_NOBODY;
    if (owed)
        return OF_GONE;
    if (is_before(newest, event)) {
        *ret_record = former_of(newest);
        bool is_due_of_former = is_end(event) && *ret_record && owes_end(life, *ret_record, event);
        return is_due_of_former ? OF_GONE : OF_EARLIER;
    }
    if (newest->history.ended_ns != 0) {
        /* The tracepoint's report of a signal comes behind that of the end. */
        bool was_there = event->source == EVENT_FROM_TRACE && !is_end(event) &&
                         event->mono_ns <= newest->history.ended_ns;
        return was_there ? OF_DEAD : OF_GONE;
    }
    if (event->kind != EVENT_FORK && is_after(life, newest, event))
        return OF_SUCCESSOR;
    return newest->history.zombie_ns != 0 ? OF_DEAD : OF_LIVING;
}
