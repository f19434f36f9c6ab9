/*
 * parse_trace: a line of tracefs's trace_pipe for the tracepoints
 * signal:signal_generate, signal:signal_deliver and oom:mark_victim
 * (linux/Documentation/trace/ftrace.rst):
 *
 *     bash-31888   [001] dN.2.  7789.940516: signal_generate: sig=15 errno=0 code=0 comm=sleep
 *     pid=31921 grp=1 res=0
 *     sleep-31921   [000] d..1.  7789.940531: signal_deliver: sig=15 errno=0 code=0
 *     sa_handler=55d0c0de sa_flags=4000000
 *     hog-28042   [000] ...1. 11474.143511: mark_victim: pid=28042 comm=hog total-vm=121656kB
 *     anon-rss=25032kB file-rss:3644kB shmem-rss:0kB uid=0 pgtables=116kB oom_score_adj=0
 *     CPU:1 [LOST 32 EVENTS]
 *
 * (each is one line; mark_victim had the PID alone before Linux 6.9). Names are printed raw, of 15
 * bytes at most, so that they may break a line but not make one. Total: any bytes in, no
 * allocation.
 */
#ifndef REAPTOP_SOURCE_PARSE_TRACE_H
#define REAPTOP_SOURCE_PARSE_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "reaptop/model/event.h"

/* What the event has no place for. */
struct traced {
    struct event event;
    bool is_to_process; /* signal_generate: to all its threads, not to one */
};

enum {
    TRACE_LINE_MAX = 512
};

/*
 * 1: an EVENT_SIGNAL, EVENT_DELIVERY, EVENT_OOM or EVENT_LOST; 0: something else; -EAGAIN: the
 * beginning of one whose end a newline in a name may have put on the next line. `ret` is untouched
 * but for 1.
 *
 * id.pid and sender are the numbers of tasks, which may be threads; the sender is 0 where the
 * signal came out of an interrupt, and detail its name, empty where the line has none.
 * mono_ns is of the clock that the instance was set to, time_ns 0.
 */
int parse_trace_line(const char *line, size_t length, struct traced *ret);

/*
 * Takes the sender from a terminal's signal that one of the kernel's workers generated: it
 * happened to take the key. To be called when `detail` has the sender's name, which the line may
 * lack.
 */
void parse_trace_leave_out_worker(struct event *event);

#endif
