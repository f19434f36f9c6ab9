/*
 * delivery: why a signal came and what became of it, as far as the kernel's
 * signal tracepoints report (linux/include/trace/events/signal.h).
 *
 * The cause is read from si_code (sigaction(2)) where that names it. Where the
 * kernel sent the signal by itself, si_code is SI_KERNEL or that of kill(2) for
 * many causes at once, and the cause follows from the signal: it is inferred.
 */
#ifndef REAPTOP_MODEL_DELIVERY_H
#define REAPTOP_MODEL_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "reaptop/base/strbuf.h"

struct event;

enum signal_cause {
    CAUSE_UNKNOWN, /* not traced */
    CAUSE_OTHER,   /* an si_code without words here */
    /* a process's call */
    CAUSE_KILL,
    CAUSE_TGKILL,
    CAUSE_SIGQUEUE,
    CAUSE_ABORT,
    /* the kernel's, and si_code says why */
    CAUSE_POSIX_TIMER,
    CAUSE_MESSAGE_QUEUE,
    CAUSE_ASYNC_IO,
    CAUSE_IO,
    CAUSE_CHILD_EXITED,
    CAUSE_CHILD_KILLED,
    CAUSE_CHILD_DUMPED,
    CAUSE_CHILD_TRAPPED,
    CAUSE_CHILD_STOPPED,
    CAUSE_CHILD_CONTINUED,
    CAUSE_NOT_MAPPED,
    CAUSE_NOT_ALLOWED,
    CAUSE_UNALIGNED,
    CAUSE_BEHIND_FILE,
    CAUSE_DIVISION,
    CAUSE_FAULT, /* any other of the instruction that it ran */
    CAUSE_SECCOMP,
    /* the kernel's, and the signal says why: inferred */
    CAUSE_TERMINAL_KEY,
    CAUSE_HANGUP,
    CAUSE_WINDOW_SIZE,
    CAUSE_BACKGROUND,
    CAUSE_ALARM,
    CAUSE_CPU_TIMER,
    CAUSE_CPU_LIMIT,
    CAUSE_FILE_LIMIT,
    CAUSE_BROKEN_PIPE,
    CAUSE_KERNEL, /* it does not say why */
    /* the tracepoint oom:mark_victim named it */
    CAUSE_OOM,
    CAUSE_COUNT
};

enum signal_fate {
    FATE_UNKNOWN,  /* not traced */
    FATE_SENT,     /* queued; its arrival was not seen */
    FATE_STRIPPED, /* likewise, but the queue was full: its details were lost */
    FATE_BLOCKED,  /* blocked and pending when it was looked at */
    FATE_IGNORED,  /* dropped: ignored, by choice or by default */
    FATE_DROPPED,  /* dropped though it is not ignored: the target was ending (inferred) */
    FATE_MERGED,   /* one was pending already, and two are one */
    FATE_LOST,     /* the queue was full */
    FATE_DEFAULT,  /* arrived: the default action */
    FATE_HANDLED,  /* arrived: its handler was entered */
    FATE_SKIPPED,  /* arrived, and was ignored by then */
    FATE_COUNT
};

/*
 * `is_to_process` false: sent to one thread. `is_own`: the running task was the
 * target's own.
 */
enum signal_cause delivery_cause(int signal, int code, bool is_to_process, bool is_own);

/* "kill", "terminal_key": for JSON. Static. */
const char *delivery_cause_name(enum signal_cause cause);
const char *delivery_fate_name(enum signal_fate fate);

/* The cause follows from the signal, or there was none to see. */
bool delivery_cause_is_inferred(enum signal_cause cause);

/* A process sent it by a call; otherwise the kernel did. */
bool delivery_is_by_process(enum signal_cause cause);

/* Whether more can still become of it. */
bool delivery_is_open(enum signal_fate fate);

/*
 * EVENT_SIGNAL: appends "was sent SIGTERM by 812 sh, by kill(2): its handler at
 * 0x55… was entered"; EVENT_DELIVERY: "took SIGUSR1, …". Names go in raw.
 */
void delivery_describe(const struct event *event, struct strbuf *out);

/* Of these, what says who: "by 812 sh, kill(2)". */
void delivery_describe_sender(const struct event *event, struct strbuf *out);

#endif
