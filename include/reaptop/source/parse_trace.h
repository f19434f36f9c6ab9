/*
 * parse_trace: a line of tracefs's trace_pipe for the tracepoint
 * signal:signal_generate (linux/Documentation/trace/ftrace.rst):
 *
 *     bash-31888   [001] dN.2.  7789.940516: signal_generate: sig=15 errno=0 code=0 comm=sleep
 *     pid=31921 grp=1 res=0
 *     CPU:1 [LOST 32 EVENTS]
 *
 * (the first is one line). Names are printed raw, of 15 bytes at most, so that
 * they may break a line but not make one. Total: any bytes in, no allocation.
 */
#ifndef REAPTOP_SOURCE_PARSE_TRACE_H
#define REAPTOP_SOURCE_PARSE_TRACE_H

#include <stddef.h>

#include "reaptop/model/event.h"

/*
 * 1: an EVENT_SIGNAL or EVENT_LOST; 0: something else, `ret_event` untouched.
 * id.pid and sender are the numbers of tasks, which may be threads; mono_ns is
 * of the clock that the instance was set to, time_ns 0.
 */
int parse_trace_line(const char *line, size_t length, struct event *ret_event);

#endif
