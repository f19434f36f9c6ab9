/*
 * life: what is remembered of every process between snapshots.
 *
 * life_update() compares two snapshots, merges what the event sources told in
 * between, and appends what happened, each thing once, to the log. For each
 * process it keeps a biography: whose child it first was, who adopted it, when
 * it was born, changed and ended. Pure: time comes with the snapshots.
 */
#ifndef REAPTOP_MODEL_LIFE_H
#define REAPTOP_MODEL_LIFE_H

#include "reaptop/model/event.h"
#include "reaptop/model/snapshot.h"

/* A process named so that it can be told after it is gone. */
struct kin {
    struct identity id;
    char comm[EVENT_COMM_SIZE];
};

struct biography {
    struct identity id;
    char comm[EVENT_COMM_SIZE];
    struct kin born_of;      /* the original parent, for ever; id.pid 0: not known */
    struct kin adopted_from; /* id.pid 0: never adopted */
    pid_t adopted_to;
    uint64_t adopted_ns; /* mono */
    bool was_seen_born;  /* its fork was seen, or it appeared between two snapshots */
    uint64_t born_ns;    /* mono; when we first saw it, or its fork event */
    uint64_t changed_ns; /* last exec, rename, stop, adoption or end; 0: none seen */
    uint64_t zombie_ns;  /* 0: was not seen as a zombie */
    uint64_t ended_ns;   /* 0: alive */
    char state;          /* last seen */
    int32_t exit_status; /* EXIT_UNKNOWN */
    uint32_t execs;      /* seen */
    enum event_source end_source;
};

struct life;

/*
 * `log_capacity` events and `ended_capacity` biographies of the dead are kept,
 * the oldest go first. NULL without memory.
 */
struct life *life_new(size_t log_capacity, size_t ended_capacity);
void life_free(struct life *life);

/*
 * One step, before tier two is filled in. `previous` is empty on the first call: everything is then
 * simply there, and nothing is told as born. `heard` are the events that sources delivered since
 * the previous step, oldest first; the diff adds only what they did not tell. -ENOMEM: the step was
 * taken as far as memory went.
 */
int life_update(struct life *life, const struct snapshot *previous, const struct snapshot *next,
                const struct event *heard, size_t heard_count);

/*
 * Takes in what sources told, oldest first, and appends it to the log at once,
 * but for what is known already. What was heard here need not be handed to
 * life_update() again.
 */
void life_hear(struct life *life, const struct event *heard, size_t count);

/* An event of our own making (a signal that we sent) goes straight to the log. */
void life_note(struct life *life, const struct event *event);

const struct event_log *life_log(const struct life *life);

/* The biography, alive or lately dead, or NULL. Valid until the next update. O(1). */
const struct biography *life_find(const struct life *life, struct identity id);

/* The newest biography under that number, alive or dead; NULL. */
const struct biography *life_find_pid(const struct life *life, pid_t pid);

/*
 * Appends rows of the dead that once had a row and whose end is at most `linger_ns` before the
 * snapshot's time, with is_ended set and their last known fields, so that the
 * tree can show them dimmed for a moment. -ENOMEM.
 */
int life_add_ended(const struct life *life, struct snapshot *snapshot, uint64_t linger_ns);

#endif
