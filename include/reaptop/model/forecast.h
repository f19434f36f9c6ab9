/*
 * forecast: what a signal would do if it were sent to a process now, reported
 * before it is sent (signal(7), kill(2), credentials(7), pid_namespaces(7)).
 *
 * Pure: it judges from what was read a moment ago, so it can be overtaken; it
 * says how sure it is, and what it did not know.
 */
#ifndef REAPTOP_MODEL_FORECAST_H
#define REAPTOP_MODEL_FORECAST_H

#include <stdbool.h>
#include <stddef.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/cgroup.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/model/status.h"

struct process;

/* What becomes of the signal when it is sent. */
enum forecast_kind {
    FORECAST_DELIVERED,  /* it acts at once: see `effect` */
    FORECAST_PERMITTED,  /* signal 0, which sends nothing: kill(2) would succeed */
    FORECAST_DENIED,     /* kill(2) fails with EPERM */
    FORECAST_GONE,       /* reaped: ESRCH */
    FORECAST_ZOMBIE,     /* already dead: only its parent's wait(2) removes it */
    FORECAST_KERNEL,     /* a kernel thread: kill(2) succeeds and nothing happens */
    FORECAST_INIT,       /* init of a PID namespace: dropped, it has no handler for it */
    FORECAST_DISCARDED,  /* ignored, by choice or by default, or nothing to do */
    FORECAST_BLOCKED,    /* pending until a thread unblocks it */
    FORECAST_COALESCED,  /* the same standard signal is already pending: they count as one */
    FORECAST_QUEUE_FULL, /* real-time, and SigQ is at its limit */
    FORECAST_STOPPED,    /* the process is stopped: pending until SIGCONT, which drops a stop */
    FORECAST_DISK,       /* uninterruptible sleep: acts when it wakes */
    FORECAST_FROZEN,     /* its cgroup is frozen: acts when it is thawed */
    FORECAST_DYING,      /* SIGKILL is pending, or it ends already: no other signal acts */
    FORECAST_TRACED,     /* its tracer sees it first and decides */
    FORECAST_UNKNOWN,    /* the masks could not be read */
    FORECAST_KIND_COUNT
};

/* What it does once it is delivered. */
enum forecast_effect {
    EFFECT_NONE,
    EFFECT_HANDLER,
    EFFECT_TERMINATE,
    EFFECT_CORE,
    EFFECT_STOP,
    EFFECT_CONTINUE,
    EFFECT_UNKNOWN, /* default action unless a handler says otherwise: masks unreadable */
    EFFECT_COUNT
};

enum forecast_certainty {
    CERTAINTY_SURE, /* follows from what was read */
    CERTAINTY_MAY,  /* depends on something that is not known; the sentence says on what */
    CERTAINTY_NONE, /* what decides it could not be read */
    CERTAINTY_COUNT
};

enum forecast_doubt {
    DOUBT_NONE,
    DOUBT_OTHER_THREADS,  /* the leader blocks it; its other threads were not read */
    DOUBT_KILLABLE_SLEEP, /* D: whether a fatal signal can end it */
    DOUBT_SIGWAIT,        /* sigwaitinfo(2) is in progress and may take it */
    DOUBT_ORPHANED_GROUP, /* terminal stops are discarded in an orphaned process group */
    DOUBT_OWNER,          /* the target's real and saved user are not known */
    DOUBT_MASKS,          /* its signal masks could not be read */
    DOUBT_KERNEL_THREAD,  /* its own code may take this one */
    DOUBT_TRACED_THREAD,  /* the kernel may choose a thread that is traced */
};

/* Who sends. */
struct forecast_sender {
    pid_t pid;
    pid_t sid;
    uid_t uid, euid;
    bool has_cap_kill; /* effective, in a user namespace that holds the target's */
};

enum group_orphaned {
    GROUP_UNKNOWN,
    GROUP_IN_JOB_CONTROL,
    GROUP_ORPHANED
};

/* One that lives, as its status has it: State, TracerPid, SigPnd, SigBlk. */
struct forecast_thread {
    signal_set pending, blocked;
    pid_t tracer_pid;
    char state;
    bool is_first; /* the kernel offers it a signal before the others */
};

struct forecast_target {
    const struct process *process;
    const struct status *status; /* the first thread's; NULL: could not be read */
    /* Each live thread that was read, the first one too; NULL: only status is known. */
    const struct forecast_thread *threads;
    size_t thread_count;
    size_t dead_threads; /* not among them: they take no signals */
    bool is_exiting;     /* PF_EXITING in its only thread: it ends already */
    bool is_in_sigwait;  /* a thread's wchan is do_sigtimedwait */
    bool is_in_vfork;    /* D, waiting for its vforked child: SIGKILL ends that sleep, and another
                            fatal signal where nothing is pending and nothing froze it */
    enum cgroup_freezer frozen;
    struct cgroup_quota quota; /* of its control group; zeroes: none is known */
    enum group_orphaned group;
};

/* Of the living threads: the state of one that can take a signal, where there is one; '\0': none.
 */
char forecast_living_state(const struct forecast_thread *threads, size_t count);

/* A plain value: it points to nothing. */
struct forecast {
    enum forecast_kind kind;
    enum forecast_effect effect;
    enum forecast_certainty certainty;
    enum forecast_doubt doubt;
    int signal;
    pid_t pid;
    pid_t ppid;       /* ZOMBIE: who must wait */
    pid_t tracer_pid; /* TRACED, BLOCKED: of the thread that takes it; ZOMBIE: it waits first */
    /* `resumes`: the pending, unblocked signal that acts then and whose effect is `effect`; 0 */
    int pending_signal;
    signal_set discards; /* SIGCONT: pending stop signals; a stop signal: a pending SIGCONT */
    bool resumes;        /* SIGCONT to a stopped process: it runs again, whatever the mask says */
    bool is_traced_stop;
    bool is_asleep;         /* TRACED: in uninterruptible sleep, which must end first */
    bool is_frozen;         /* TRACED: its cgroup must be thawed first */
    bool is_exiting;        /* DYING: it ends already */
    bool is_in_vfork;       /* DISK: it sleeps for its vforked child */
    bool is_held_in_part;   /* STOP: a thread in a tracing stop joins when it is let go */
    bool is_queued;         /* BLOCKED, STOPPED, DISK, real-time: waits behind those queued */
    bool was_ignored;       /* it was ignored by choice (SIG_IGN), not by default */
    uint32_t other_threads; /* DOUBT_OTHER_THREADS */
    uint64_t queued, limit; /* QUEUE_FULL: SigQ */
    /* DELIVERED: it acts only when the group has processor time again; period_us 0: nothing of
       that kind is known */
    struct cgroup_quota quota;
};

/*
 * The forecast for `signal` (signal_find() knows it). `by_sigqueue`: sent with
 * a value by sigqueue(3), which fails with EAGAIN where the queue is full; a
 * plain kill(2) then loses only the count.
 */
struct forecast forecast_signal(const struct forecast_target *target,
                                const struct forecast_sender *sender, int signal, bool by_sigqueue);

/* Appends one translated sentence, without a full stop at its end. */
void forecast_sentence(const struct forecast *forecast, struct strbuf *out);

/* It ends the process, with a core dump or without. */
static inline bool forecast_effect_ends(enum forecast_effect effect)
{
    return effect == EFFECT_TERMINATE || effect == EFFECT_CORE;
}

/* "delivered", "blocked", …; "terminate", "handler", …; "sure", "may", "unknown". For JSON. Static.
 */
const char *forecast_kind_name(enum forecast_kind kind);
const char *forecast_effect_name(enum forecast_effect effect);
const char *forecast_certainty_name(enum forecast_certainty certainty);

/*
 * A process group is orphaned when no member's parent is in another group of
 * the same session (setpgid(2), POSIX). GROUP_UNKNOWN where the snapshot does
 * not hold it.
 */
enum group_orphaned forecast_group(const struct snapshot *snapshot, pid_t pgid, pid_t sid);

#endif
