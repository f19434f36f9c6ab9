/*
 * event: something that happened in a process's life, and how we know.
 */
#ifndef REAPTOP_MODEL_EVENT_H
#define REAPTOP_MODEL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/delivery.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/identity.h"

enum event_kind {
    EVENT_FORK,
    EVENT_EXEC,
    EVENT_EXIT,   /* dead; a zombie until reaped */
    EVENT_ZOMBIE, /* dead and not reaped: seen in state Z, or the kernel reported it so */
    EVENT_REAP,   /* gone from the process table; ppid: who waited, 0: not seen */
    EVENT_ADOPT,
    EVENT_STATE,
    EVENT_COMM,
    EVENT_UID,
    EVENT_GID,
    EVENT_SID,
    EVENT_PTRACE,
    EVENT_COREDUMP,
    EVENT_SIGNAL,   /* one that we sent, or that the kernel's tracepoint reported */
    EVENT_DELIVERY, /* one that arrived long after it was sent, or was not seen to be sent */
    EVENT_OOM,      /* the OOM killer chose it */
    EVENT_NOTE,     /* a line of text that was put into a recording: detail */
    EVENT_LOST,     /* events that never reached us: `count` of them, 0 where unknown */
    EVENT_KIND_COUNT
};

enum event_source {
    EVENT_FROM_DIFF,      /* two snapshots compared: sampled, may miss */
    EVENT_FROM_CONNECTOR, /* netlink proc connector: the kernel reported */
    EVENT_FROM_PIDFD,     /* a watched process's pidfd */
    EVENT_FROM_WAIT,      /* our own child's waitid(2) */
    EVENT_FROM_TRACE,     /* a tracepoint */
    EVENT_FROM_SELF,      /* we did it */
    EVENT_SOURCE_COUNT
};

enum adopt_reason {
    ADOPT_UNKNOWN,
    ADOPT_BY_INIT,      /* inferred: the new parent is PID 1 */
    ADOPT_BY_SUBREAPER, /* inferred: an ancestor that is not PID 1 */
};

enum {
    EVENT_COMM_SIZE = 64,
    EXIT_UNKNOWN = -1
};

struct event {
    enum event_kind kind;
    enum event_source source;
    uint64_t mono_ns;           /* CLOCK_BOOTTIME */
    uint64_t time_ns;           /* CLOCK_REALTIME */
    struct identity id;         /* whose life; start_ticks 0 where the source does not say */
    pid_t ppid;                 /* 0: unknown */
    char comm[EVENT_COMM_SIZE]; /* raw bytes; "" unknown */
    int32_t exit_status;        /* EXIT, REAP: as waitpid(2) gives it; EXIT_UNKNOWN */
    bool is_autoreaped;         /* REAP: see REMOVAL_AUTOREAPED; ppid is that parent */
    /* ADOPT: parents, `to` 0: not seen; SID, UID, GID: old, new; ZOMBIE, EXIT to 'Z': `to` is the
       zombie's tracer, 0: none or not known */
    pid_t from, to;
    enum adopt_reason reason;  /* ADOPT */
    char state_from, state_to; /* STATE; EXIT: to 'Z' where its source saw it as a zombie */
    /* COMM: the former name; EXEC: the new command line's start; SIGNAL, DELIVERY and OOM from
       a tracepoint: the sender's name; SIGNAL of ours: what came of it; NOTE: the line */
    char detail[EVENT_COMM_SIZE];
    /* SIGNAL, DELIVERY */
    int32_t signal;
    pid_t sender; /* who ran when it was sent, OOM: who wanted memory; 0: nobody that matters */
    int32_t code; /* si_code */
    enum signal_cause cause;
    enum signal_fate fate;
    uint64_t handler; /* FATE_HANDLED: its address */
    int32_t delay_ms; /* DELIVERY: after it was sent; 0 unknown */
    /* LOST: how many; OOM: KiB that were resident, 0 unknown; STATE to 'Z': the threads that live
       on after the first one, 0: none */
    uint64_t count;
};

/* "fork", as JSON has it. Static. */
const char *event_kind_name(enum event_kind kind);

/* "diff", "connector", "pidfd", "wait", "trace", "self". Static. */
const char *event_source_name(enum event_source source);

/* Of an EVENT_REAP: who removed it, as far as that is known. */
enum removal event_removal(const struct event *reap);

/* The kind of that name, or -EINVAL. */
int event_kind_from_name(const char *name);

/*
 * Appends the translated sentence: "4711 sleep exited with status 3 (source)".
 * comm and detail go in raw: the caller's output sanitises the whole line.
 */
void event_describe(const struct event *event, struct strbuf *out);

/* The same with the PIDs that its own machine has (model/identity.h). */
struct event event_with_local_pids(const struct event *event);

/*
 * Worth a look by itself: a zombie, an end by a signal or with a status that is not 0, a core
 * dump, the OOM killer, an adoption, a signal that reaptop sent, a note, what was lost.
 */
bool event_is_notable(const struct event *event);

/* The same thing happened again: another child of the same parent, another process of that name. */
bool event_is_repeat(const struct event *event, const struct event *former);

/* Appends "exited with status 3", "killed by SIGTERM", "killed by SIGSEGV (core dumped)". */
void exit_status_describe(int32_t status, struct strbuf *out);

/* ---- a bounded log ---- */

/* A ring: when full, the oldest event goes and `dropped` counts it. */
struct event_log {
    struct event *events;
    size_t capacity;
    size_t first;
    size_t count;
    uint64_t dropped;
    uint64_t total; /* ever appended: event i (from 0) has serial total - count + i */
};

int event_log_init(struct event_log *log, size_t capacity);
/* A copy with room for `capacity` events, or as many as are in it. -ENOMEM. */
int event_log_copy(const struct event_log *log, size_t capacity, struct event_log *ret_copy);
void event_log_done(struct event_log *log);
void event_log_append(struct event_log *log, const struct event *event);

/* The i-th oldest kept event; i < count. Valid until the next append. */
const struct event *event_log_get(const struct event_log *log, size_t index);

/*
 * What became of a signal that is reported already (same process, signal and time): among the
 * latest events its fate is amended in place.
 */
void event_log_amend(struct event_log *log, const struct event *event);

#endif
