/*
 * call_trace: the system calls of a process and of all it forks, by ptrace(2).
 *
 * Each call stops its caller twice, on entry and on return, so that none is lost;
 * that slows it (call_trace_stops() counts). Signals are passed on, a stopped
 * process stays stopped (PTRACE_LISTEN), and a process in its exit is let go, so that its parent
 * waits for it as if nobody had traced it. While it is traced, a setuid program
 * gains nothing, and nobody else can trace it.
 *
 * One thread must make all of these calls. SIGCHLD says when to take.
 */
#ifndef REAPTOP_CONTROL_CALL_TRACE_H
#define REAPTOP_CONTROL_CALL_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/call.h"

enum traced_kind {
    TRACED_CALL,   /* `text` "pipe2([3, 4], 0)", `result` "0", `words`: what came of it */
    TRACED_SIGNAL, /* `text` "SIGTERM", `words`: from whom; it is about to be delivered */
    TRACED_LOST,   /* `words`: what could not be traced, and why */
};

/* One line of the narration. */
struct traced {
    enum traced_kind kind;
    pid_t pid, tid;
    char comm[64];
    unsigned depth;   /* how many of its ancestors are traced */
    uint64_t mono_ns; /* CLOCK_BOOTTIME at its end; the entry of a call that does not return */
    int64_t number;   /* of the call */
    int64_t value;    /* what it returned, as the kernel does: -errno */
    uint64_t arguments[CALL_ARGUMENTS];
    bool has_returned;
    struct strbuf text, result, words; /* bytes of the process: show them as such */
};

void traced_done(struct traced *traced);

#define TRACED_INIT ((struct traced){.text = STRBUF_INIT})

enum call_trace_scope {
    CALL_TRACE_CHILDREN,  /* that process runs on undisturbed: what it forks is traced */
    CALL_TRACE_FROM_EXEC, /* it, from its next execve(2) on */
};

struct call_trace;

/* Of every call, or of call_is_of_life()'s alone; the others are counted. NULL: no memory. */
struct call_trace *call_trace_new(bool has_every_call);

/* Whoever is traced still goes on untraced once this thread has ended. NULL is fine. */
void call_trace_free(struct call_trace *trace);

/* -EPERM (somebody traces it already, or we may not), -ESRCH. */
int call_trace_begin(struct call_trace *trace, pid_t pid, enum call_trace_scope scope,
                     struct error *error);

/*
 * Handles what has stopped and lets it go on. 1: *ret_traced is set (traced_done() it);
 * 0: nothing now, -ENOMEM. Never waits.
 */
int call_trace_take(struct call_trace *trace, struct traced *ret_traced);

/* How many tasks are traced now. */
size_t call_trace_count(const struct call_trace *trace);

/* What was traced so far. */
struct call_trace_cost {
    uint64_t calls, shown; /* system calls, and those of them that were given out as lines */
    uint64_t processes;
    uint64_t handling_ns; /* time that went by in handling them */
};

struct call_trace_cost call_trace_cost(const struct call_trace *trace);

/* The calls that were counted and not reported: "31 mmap, 20 openat, …"; nothing: none. */
void call_trace_append_rest(const struct call_trace *trace, struct strbuf *out);

#endif
