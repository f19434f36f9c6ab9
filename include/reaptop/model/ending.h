/*
 * ending: what a dead or half-dead process is, and who must act. One place for
 * every view, command, event and forecast, so that all say the same.
 *
 * State Z alone does not say: a process whose first thread ended while others
 * live shows Z as well, and a zombie that a tracer still holds waits for that
 * tracer, not for its parent (ptrace(2), wait(2)).
 */
#ifndef REAPTOP_MODEL_ENDING_H
#define REAPTOP_MODEL_ENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/strbuf.h"

struct process;
struct snapshot;

enum ending_kind {
    ENDING_NONE,         /* it lives */
    ENDING_FIRST_THREAD, /* its first thread has ended, the others live on: no zombie */
    ENDING_ZOMBIE,       /* all of it has ended; somebody must wait for it */
    ENDING_DEAD,         /* state X: it is being removed */
    ENDING_REAPED,       /* gone */
};

struct ending {
    enum ending_kind kind;
    uint32_t live_threads; /* FIRST_THREAD */
    pid_t waiter;          /* ZOMBIE: who must wait for it; 0: not known */
    bool is_tracer;        /* … that is its tracer; its parent is informed after it */
};

struct ending ending_of(const struct process *process);

/* As ending_is_over() of ending_of(). */
bool process_is_over(const struct process *process);

/* Z or X: that task has ended. Whether its process has, only ending_of() says. */
static inline bool state_is_dead(char state)
{
    return state == 'Z' || state == 'X';
}

/* As ending_of() from the fields of /proc/PID/stat and TracerPid; `tracer` 0: none or not known. */
struct ending ending_from(char state, uint32_t threads, pid_t ppid, pid_t tracer);

/* Appends a translated phrase, "zombie; parent 12 has not collected it"; nothing for NONE. */
void ending_describe(const struct ending *ending, struct strbuf *out);

/*
 * How a dead process left the process table. The kernel itself removes the child
 * of a parent that ignores SIGCHLD when it exits (wait(2), NOTES); SA_NOCLDWAIT
 * does the same and is not to be seen in /proc.
 */
enum removal {
    REMOVAL_NOT_SEEN,   /* it is gone; nobody that we know of waited for it */
    REMOVAL_WAITED,     /* observed: our own wait(2) */
    REMOVAL_INFERRED,   /* its parent then was alive, and must have waited for it */
    REMOVAL_AUTOREAPED, /* no sweep or event had it as a zombie, and its parent ignores SIGCHLD */
};

/* `parent` 0: none is known that could have waited. */
enum removal ending_removal(pid_t parent, bool is_observed, bool is_autoreaped);

/* "not_seen", "waited", "inferred", "autoreaped": for JSON. Static. */
const char *ending_removal_name(enum removal removal);

/* Appends "was reaped by 12", "is gone: its parent 12 ignores SIGCHLD". */
void ending_describe_removal(enum removal removal, pid_t parent, struct strbuf *out);

/* Appends "is a zombie until 12 collects it"; `tracer` 0: none, or not known. */
void ending_describe_zombie(pid_t parent, pid_t tracer, struct strbuf *out);

/*
 * The next process from the index `*at` on, which is moved behind it, whose first thread
 * has ended and others live on; 0: there is none.
 */
pid_t ending_next_leaderless(const struct snapshot *snapshot, size_t *at);

/* All of it has ended: a zombie, X, or reaped. Its memory and files are gone. */
static inline bool ending_is_over(const struct ending *ending)
{
    return ending->kind >= ENDING_ZOMBIE;
}

#endif
