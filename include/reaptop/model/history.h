/*
 * history: one process's life as far as it was seen: whose child, which
 * images and names, each state with how long, adoption, end and reaping, and
 * its latest moments in the order in which they were reported.
 *
 * Moments survive the machine-wide log: each process keeps its own. They are
 * stored when there is one, so that a process which never does anything costs
 * none.
 */
#ifndef REAPTOP_MODEL_HISTORY_H
#define REAPTOP_MODEL_HISTORY_H

#include "reaptop/model/event.h"

enum {
    MOMENTS_MAX = 32, /* the oldest go first, and are counted */
    MOMENT_TEXT_SIZE = 48,
    RELATIVE_COMM_SIZE = 32, /* a user task's name has 15 bytes at most; a longer one is cut */
    STATE_SAMPLES = 64,      /* what the strip can show */
    STATE_KINDS = 10         /* the letters of SAMPLED_STATES, and one for any other */
};

#define SAMPLED_STATES "RSDTtXZPI"

/* A process named so that it can be named after it is gone. */
struct relatives {
    struct identity id;
    char comm[RELATIVE_COMM_SIZE];
};

/* An event of this process, without what its history has anyway. */
struct moment {
    uint64_t mono_ns, time_ns;
    uint64_t handler; /* OOM: the count */
    int32_t from, to; /* EXIT and REAP: `from` is the exit status; SIGNAL: the code and the delay */
    int32_t ppid, sender;
    uint8_t kind, source, reason, signal; /* REAP: `reason` is is_autoreaped */
    uint8_t cause, fate;
    char state_from, state_to;
    char text[MOMENT_TEXT_SIZE]; /* raw: as the event's detail; EXEC: the new name */
};

struct history {
    struct identity id;
    char comm[EVENT_COMM_SIZE];
    struct relatives born_of;      /* the original parent, for ever; id.pid 0: not known */
    struct relatives adopted_from; /* id.pid 0: never adopted */
    pid_t adopted_to;              /* 0 with adopted_ns set: not seen, inferred that somebody did */
    uint64_t adopted_ns;           /* mono; 0: never adopted */
    struct relatives reaped_by;    /* id.pid 0: not known who */
    bool was_autoreaped;           /* REMOVAL_AUTOREAPED: reaped_by ignores SIGCHLD */
    bool was_seen_born;            /* its fork was seen, or it appeared between two snapshots */
    bool was_swept_zombie;         /* a sweep saw it in state Z */
    bool has_uid;
    uid_t uid;           /* effective, last known */
    uint64_t born_ns;    /* mono; when we first saw it, or its fork event */
    uint64_t changed_ns; /* last exec, rename, stop, adoption or end; 0: none seen */
    uint64_t zombie_ns;  /* 0: was not seen as a zombie */
    uint64_t ended_ns;   /* 0: alive */
    char state;          /* last seen */
    int32_t exit_status; /* EXIT_UNKNOWN */
    uint32_t execs;      /* seen */
    enum event_source end_source;

    /* A ring that grows to MOMENTS_MAX; read it with history_moment(). */
    struct moment *moments;
    uint8_t moment_first, moment_count, moment_capacity;
    uint32_t moments_dropped;

    /* What sweeps saw: sample i (from 0) is the i % STATE_SAMPLES-th, four bits each:
       history_samples(). */
    uint8_t samples[STATE_SAMPLES / 2];
    uint32_t sample_count;
    uint64_t first_sample_ns, last_sample_ns;
    char entered; /* the state that the time below is added to */
    uint64_t entered_ns;
    uint64_t *state_ns; /* STATE_KINDS of them; NULL: it was in no other state so far */
};

void history_done(struct history *history);

/* Keeps the event; where memory fails, it is counted as dropped. */
void history_note(struct history *history, const struct event *event);

/*
 * What came of the signal of that number that we noted last: replaces its text. False: none was
 * noted.
 */
bool history_note_outcome(struct history *history, int signal, const char *outcome);

/*
 * A signal arrived: the moment in which it was sent gets its fate, and *ret_sent is that moment as
 * an event. A fatal one that is not SIGKILL may arrive as such. False: none is known to be on its
 * way.
 */
bool history_note_delivery(struct history *history, const struct event *delivery,
                           struct event *ret_sent);

/* The OOM killer chose it: the SIGKILL that the kernel noted last gets that cause, likewise. */
bool history_note_oom(struct history *history, struct event *ret_sent);

/* The signal that ended it. False: another end, or nobody reported who sent it. */
bool history_last_signal(const struct history *history, struct event *ret_signal);

/* The name that an exec brought, where the exec came without. */
void history_name_exec(struct history *history, const char *comm);

/* The i-th oldest kept moment as the event that it was; i < moment_count. */
struct event history_moment(const struct history *history, size_t index);

/* A sweep at `ns` saw it in `state`. */
void history_sample(struct history *history, char state, uint64_t ns);

/* From `ns` on its state is known to be another, be it between two sweeps. */
void history_enter(struct history *history, char state, uint64_t ns);

/* How long it was in that state until `now_ns`, or its end. */
uint64_t history_time_in(const struct history *history, char state, uint64_t now_ns);

/* The latest samples, oldest first, at most `capacity`; returns how many. */
size_t history_samples(const struct history *history, char *ret_states, size_t capacity);

/* The mean time between two of its samples; 0: fewer than two. */
uint64_t history_interval_ns(const struct history *history);

/* How it left the process table; it has (ended_ns is set). */
enum removal history_removal(const struct history *history);

/* How long it was dead and not reaped, until `now_ns` or its end; 0 where it is alive. */
uint64_t history_zombie_time(const struct history *history, uint64_t now_ns);

#endif
