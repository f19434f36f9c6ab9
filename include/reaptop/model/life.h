/*
 * life: what is remembered of every process between snapshots.
 *
 * life_update() compares two snapshots, merges what the event sources reported in
 * between, and appends what happened, each thing once, to the log. For each
 * process it keeps a history: whose child it first was, who adopted it, when
 * it was born, changed and ended. Pure: time comes with the snapshots.
 *
 * Memory is bounded: the log's ring of 248 bytes an event (2 MiB for 8,192, taken as it fills), a
 * history for each living process and for `ended_capacity` of the ended ones; each takes
 * LIFE_BYTES_QUIET where nothing happened to it, and LIFE_BYTES_EACH at most (16 MiB for 4,096
 * ended ones).
 */
#ifndef REAPTOP_MODEL_LIFE_H
#define REAPTOP_MODEL_LIFE_H

#include "reaptop/model/history.h"
#include "reaptop/model/snapshot.h"

struct life;

/* Enough for one history with every moment it may keep (on 64-bit machines). */
#define LIFE_BYTES_EACH  4096
#define LIFE_BYTES_QUIET 672

/* What never reached us. */
struct life_losses {
    uint64_t times;  /* how often events were lost */
    uint64_t events; /* as far as they were counted */
};

/*
 * `log_capacity` events and `ended_capacity` histories of ended processes are kept,
 * the oldest go first. NULL without memory.
 */
struct life *life_new(size_t log_capacity, size_t ended_capacity);
void life_free(struct life *life);

/*
 * Whether the kernel reports every fork, exec, change of name, user or session,
 * and exit (the proc connector): say so as soon as it begins, before the first
 * sweep, and when it ends. From then on the kernel reports these, and a
 * sweep that shows one first waits for its report; a sweep reports only what the
 * kernel never does: zombies, reapings, adoptions, stops. After an EVENT_LOST
 * sweeps report all that they show until one was made that began after the gap.
 *
 * Where it is not said, as for a recording that does not say it either, sweeps report
 * all that they show, and the kernel's report that comes after is not repeated.
 */
void life_set_kernel_reports(struct life *life, bool is_reported);

/*
 * A copy that goes on as the original would, whatever both receive. Its log has
 * room for `log_capacity` events, or as many as there are now: a copy that is
 * only kept needs no more, and can be copied again. The original is as before.
 * NULL without memory.
 */
struct life *life_copy(struct life *life, size_t log_capacity);

/* What a copy takes. */
size_t life_copy_bytes(const struct life *life);

/*
 * One step, before tier two is filled in. `previous` is empty on the first call: everything is then
 * simply there, and nothing is reported as born. `received` are the events that sources delivered
 * since the previous step, oldest first; the diff adds only what they did not report. -ENOMEM: the
 * step was taken as far as memory went.
 *
 * The rows of `next` may be of different moments, all after next->mono_ns.
 */
int life_update(struct life *life, const struct snapshot *previous, const struct snapshot *next,
                const struct event *received, size_t received_count);

/*
 * Takes in what sources reported, oldest first, and appends it to the log at once,
 * but for what is known already. What was received here need not be handed to
 * life_update() again.
 */
void life_receive(struct life *life, const struct event *received, size_t count);

/* An event of our own making (a signal that we sent) goes straight to the log and the history. */
void life_note(struct life *life, const struct event *event);

/* What came of the signal that life_note() reported: kept with it in the history. */
void life_note_outcome(struct life *life, struct identity id, int signal, const char *outcome);

const struct event_log *life_log(const struct life *life);

/* The history, alive or lately dead, or NULL. Valid until the next update. O(1). */
const struct history *life_find(const struct life *life, struct identity id);

/* The newest history under that number, alive or dead; NULL. */
const struct history *life_find_pid(const struct life *life, pid_t pid);

/*
 * Appends rows of ended processes that once had a row and whose end is at most `linger_ns` before
 * the snapshot's time, with is_ended set and their last known fields, so that the tree can show
 * them dimmed for a moment. -ENOMEM.
 */
int life_add_ended(const struct life *life, struct snapshot *snapshot, uint64_t linger_ns);

/* Ended processes, newest end first; NULL: no more. Valid until the next update or reception. */
const struct history *life_newest_ended(const struct life *life);
const struct history *life_older_ended(const struct history *history);

/* What the histories take now, without malloc(3)'s own share. */
size_t life_bytes(const struct life *life);

struct life_losses life_losses(const struct life *life);

/*
 * Of that process or of a descendant by birth, as far as the lives remember. An
 * ancestor whose start time is not known (0) is whoever has the PID.
 */
bool life_descends(const struct life *life, struct identity id, struct identity ancestor);

#endif
