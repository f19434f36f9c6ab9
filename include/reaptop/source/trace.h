/*
 * trace: signals that others send and what becomes of them, from the kernel's
 * tracepoints signal:signal_generate, signal:signal_deliver and
 * oom:mark_victim, in a tracefs instance of our own (root's). Other users of
 * tracing are not disturbed, but while it is open every signal on the machine
 * costs a little more: it is opened only when asked for.
 *
 * The instance is called reaptop-PID; one that nobody reads (its reaptop was
 * killed before it could remove it) is removed by trace_clean() and trace_open().
 * Where no tracefs is mounted, one that nobody else sees is used (fsopen(2)).
 */
#ifndef REAPTOP_SOURCE_TRACE_H
#define REAPTOP_SOURCE_TRACE_H

#include <stddef.h>

#include "reaptop/base/error.h"
#include "reaptop/model/event.h"

struct trace;

/*
 * -EPERM: only root may; -ENOTSUP: no tracefs can be had, or the kernel has not
 * these tracepoints; each with a sentence that says what it would take.
 */
int trace_open(struct trace **ret_trace, struct error *error);

/* Removes the instance; NULL is accepted. */
void trace_close(struct trace *trace);

/* Removes the instances that killed reaptops left: each signal costs more as long as they are. */
void trace_clean(void);

/* Readable when there are events (some kernels wake a little late). */
int trace_fd(const struct trace *trace);

/*
 * Takes EVENT_SIGNAL, EVENT_DELIVERY, EVENT_OOM and EVENT_LOST, oldest first as
 * the kernel's pipe has them; how many (at most `capacity`; 0: none now), or a
 * negative errno for good. The target and the sender are processes; a thread's
 * number is looked up while it is there, and so is whether the target blocks
 * the signal: two reads of /proc for each event. What this process sends and
 * what its own helpers make the kernel report is left out.
 */
int trace_read(struct trace *trace, struct event *events, size_t capacity);

#endif
