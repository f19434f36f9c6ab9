/*
 * send: one signal for one or many processes, from the forecast to what came
 * of it. The same batch serves the dialog and the command line:
 *
 *     send_new(&batch)
 *     send_add() or send_add_scope()   each target's handle is open from here on
 *     send_forecast()                  for any signal, as often as wanted
 *     send_deliver()                   through the handles; nothing else is sent
 *     send_step() until it says so     what became of it: never blocks
 *     send_finish()                    at the deadline, if it did not
 *     send_deliver() again             an escalation: those that live on
 *     send_free()
 *
 * A target that could not be opened, is refused or left meanwhile stays in the
 * batch with its reason: every target gets a line of the report.
 */
#ifndef REAPTOP_CONTROL_SEND_H
#define REAPTOP_CONTROL_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/control/handle.h"
#include "reaptop/control/target.h"
#include "reaptop/model/event.h"
#include "reaptop/model/forecast.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/model/target_list.h"

enum send_result {
    SEND_READY,     /* open, nothing sent */
    SEND_REFUSED,   /* by us: signal_policy_judge() says why */
    SEND_GONE,      /* reaped before anything was sent */
    SEND_LEFT,      /* no longer in the group, the session or the subtree */
    SEND_FAILED,    /* the kernel said no; nothing was sent */
    SEND_SENT,      /* sent, and nothing is seen of it yet */
    SEND_ENDED,     /* it ended: exit_status says how */
    SEND_STOPPED,   /* in state T */
    SEND_CONTINUED, /* was stopped, runs again */
    SEND_CAUGHT,    /* its handler took it; it lives */
    SEND_TAKEN,     /* it blocks the signal and took it: sigwaitinfo(2), signalfd(2) */
    SEND_IGNORED,   /* discarded: it ignores it, or the default action does nothing */
    SEND_PENDING,   /* it blocks the signal: stays pending */
    SEND_STUCK,     /* pending though nothing blocks it: D, frozen, stopped or traced */
    SEND_ZOMBIE,    /* was already dead: a signal changes nothing */
    SEND_UNCHANGED, /* accepted, and nothing follows: PID 1 of a namespace, a tracer, an orphaned
                       group's terminal stop */
    SEND_PERMITTED, /* signal 0: nothing was sent, and a signal may be */
    SEND_RESULT_COUNT
};

struct send_target {
    struct handle handle; /* not open where it is GONE or LEFT, or could not be opened */
    struct identity id;   /* as far as it was known, also where it could not be opened */
    char comm[64];        /* raw bytes; "" where it was never read */
    enum send_result result;
    bool is_settled;       /* nothing more is expected of it */
    bool was_sent;         /* a signal reached it, whatever came of that */
    char state;            /* last seen; '\0' unknown or reaped */
    int32_t exit_status;   /* ENDED, as waitpid(2) gives it; EXIT_UNKNOWN */
    bool is_zombie;        /* ENDED, ZOMBIE: its parent has not waited */
    pid_t ppid, tracer;    /* who must, the tracer first (model/ending.h); 0: none */
    uint32_t live_threads; /* of a leader that ended before its threads; 0: it did not */
    bool needs_yes;        /* REFUSED only for want of a second yes */
    struct error error;    /* REFUSED, GONE, LEFT, FAILED */
    const char *host;      /* the machine it is on; NULL: this one */
};

struct send_batch;

/* `is_forced`: the second yes was given, for PID 1, reaptop itself and its parent. -ENOMEM. */
int send_new(bool is_forced, struct send_batch **ret_batch);
void send_free(struct send_batch *batch);

size_t send_count(const struct send_batch *batch);

/* Valid for as long as the batch is. */
const struct send_target *send_at(const struct send_batch *batch, size_t index);

/*
 * Adds one process, unless it is there. The snapshot may be NULL; it tells
 * whether a terminal stop would be discarded. 0, or -ENOMEM.
 */
int send_add(struct send_batch *batch, struct identity id, const struct snapshot *snapshot);

/*
 * Adds one of another machine, where it is held and gets its signals: that is reported by
 * send_note(), and nothing here is opened, sent or looked at. `id`, `comm`, `host` are as the
 * screen has them; `host` outlives the batch. 0, or -ENOMEM.
 */
int send_add_remote(struct send_batch *batch, struct identity id, const char *comm,
                    const char *host);

/* What became of one of another machine; `seen`'s id and host are not looked at. */
void send_note(struct send_batch *batch, size_t index, const struct send_target *seen);

/*
 * Adds what `target` means in that scope; its members are those of `snapshot`,
 * which was swept after `swept_ns` (CLOCK_BOOTTIME). A number that may have been
 * given away since then is asked again through its handle, so nobody gets in
 * who is not a member. 0, -ENOMEM, or -ESRCH where there is no such process,
 * group or session (and for -EINVAL see target_list_expand()): a target with
 * that reason is in the batch then.
 */
int send_add_scope(struct send_batch *batch, struct target target, enum target_scope scope,
                   const struct snapshot *snapshot, uint64_t swept_ns);

/*
 * After delivery to a subtree: adds those born to members meanwhile. Returns
 * how many, or -ENOMEM; deliver again for them.
 */
ssize_t send_add_descendants(struct send_batch *batch, const struct snapshot *snapshot,
                             uint64_t swept_ns);

/* Reads each target's state and masks again, while a dialog is open. */
void send_refresh(struct send_batch *batch);

/* What the signal would do to that target now, from what was read of it. */
struct forecast send_forecast(const struct send_batch *batch, size_t index, int signal,
                              bool by_sigqueue);

/* ---- acting ---- */

struct send_order {
    int signal;
    bool has_value; /* sent with `value`, as sigqueue(3) does */
    int value;
    /* A handler that takes the signal is not yet an outcome: only the end is. */
    bool waits_for_end;
};

/* Is the target READY, or, where `is_escalation`, did it get a signal before and lives on? */
bool send_is_due(const struct send_target *target, bool is_escalation);

/*
 * Sends to every target that is due. Ourselves come last. Never fails as a
 * whole: each target has its result.
 */
void send_deliver(struct send_batch *batch, const struct send_order *order, bool is_escalation);

/* Readable when something ended: for poll(2). -EBADF where the kernel gave none. */
int send_poll_fd(const struct send_batch *batch);

/*
 * Looks at those not settled and returns true when all are. `ret_next_ns` (may
 * be NULL) is how long until the next look is due.
 */
bool send_step(struct send_batch *batch, uint64_t *ret_next_ns);

/* What is seen now is what is reported. */
void send_finish(struct send_batch *batch);

/* Steps until all are settled or the time is up, then finishes. */
void send_wait(struct send_batch *batch, uint64_t timeout_ns);

/*
 * Looks again at those that were zombies when they were seen last: reaped ones
 * are none any more. Returns how many are left. send_finish() does it once.
 */
size_t send_look_at_zombies(struct send_batch *batch);

/* ---- words (send_words.c) ---- */

/* Whether a signal's sender usually wants the end: INT, QUIT, ABRT, TERM, KILL. */
bool send_asks_for_end(int signal);

/* "ended", "caught", … for JSON. Static. */
const char *send_result_name(enum send_result result);

/* Appends the translated sentence of what happened, without a full stop. */
void send_describe_outcome(const struct send_target *target, int signal, struct strbuf *out);

/* As send_describe_outcome(), and who must wait for it where it is a zombie now. */
void send_describe(const struct send_target *target, int signal, struct strbuf *out);

enum send_standing {
    SEND_DONE,  /* what the signal is for has happened */
    SEND_DOUBT, /* it lives on, waits, or was gone before */
    SEND_FAULT, /* refused by us or by the kernel */
};

enum send_standing send_standing(const struct send_target *target, const struct send_order *order);

/* `text` is valid until it returns. */
typedef void send_report_line(void *data, enum send_standing standing, const char *text);

/*
 * Gives the lines for all settled targets; those with the same outcome share one,
 * "5 processes killed by SIGTERM: 12 cc1, 13 as". 0, or -ENOMEM: none is given.
 */
int send_report(const struct send_batch *batch, const struct send_order *order,
                send_report_line *line, void *data);

/* The signal as an event of the target's life (source: self); times are now's. */
void send_event(const struct send_target *target, int signal, struct event *ret_event);

#endif
