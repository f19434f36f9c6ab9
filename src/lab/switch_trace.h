/*
 * switch_trace: who ran when on one processor, from the kernel's tracepoints
 * sched_switch and sched_wakeup, read by perf_event_open(2). Every switch of
 * that processor is in it, those of other processes too.
 *
 * It wants CAP_PERFMON (or kernel.perf_event_paranoid -1), and tracefs, which
 * is mounted for the caller alone where it is not. The caller has one thread.
 */
#ifndef REAPTOP_LAB_SWITCH_TRACE_H
#define REAPTOP_LAB_SWITCH_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sched_event {
    uint64_t time_ns;
    bool is_wakeup; /* of `next`; else `next` follows `prev` on the processor */
    pid_t prev, next;
    int64_t prev_state; /* 0: it wanted to run on; 1: it sleeps (S) … */
};

/* 0 or -errno, and `ret_why` says what is needed. */
int switch_trace_open(unsigned processor, char *ret_why, size_t size);

/* Throws away what was recorded so far. */
void switch_trace_forget(void);

/* The next event; false: nothing more now. */
bool switch_trace_next(struct sched_event *ret_event);

/* Events that the kernel could not keep since switch_trace_forget. */
uint64_t switch_trace_lost(void);

#endif
