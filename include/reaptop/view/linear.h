/*
 * linear: a process as one sentence, for screen readers and braille displays
 * (--linear): every value is named where its place in a column would name it
 * else, and nothing is padded.
 */
#ifndef REAPTOP_VIEW_LINEAR_H
#define REAPTOP_VIEW_LINEAR_H

#include "reaptop/base/strbuf.h"
#include "reaptop/view/columns.h"

/* The columns of a linear row where none were chosen: none that changes by itself all the time. */
extern const enum column linear_columns[];
extern const size_t linear_column_count;

/*
 * Appends ", sleeping, PPID 700, USER root": the columns but PID and COMMAND,
 * which stand before and behind. Untrusted bytes may be in it.
 */
void linear_describe(const struct process *process, const enum column *shown, size_t count,
                     long ticks_per_second, struct strbuf *out);

#endif
