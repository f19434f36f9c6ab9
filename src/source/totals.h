/*
 * totals: the whole machine's processor time and memory, from /proc/stat and
 * /proc/meminfo (proc(5)).
 */
#ifndef REAPTOP_SOURCE_TOTALS_H
#define REAPTOP_SOURCE_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/snapshot.h"

enum {
    TOTALS_COUNTERS = 8 /* of the first line of /proc/stat: user nice system idle iowait irq softirq
                           steal; guest time is within user time */
};

/* What the next call compares with; all 0 at first. */
struct totals {
    uint64_t ticks[TOTALS_COUNTERS];
    bool has_ticks;
};

/*
 * Fills the processors' shares since the last call, and the memory; unknown where /proc does not
 * have them (mounted with subset=pid). `text` is for reading into.
 */
void totals_fill(struct totals *totals, int proc_fd, struct strbuf *text, struct machine *machine);

/* Of these texts: pure. A counter that went backwards (iowait does on some kernels) counts as no
   time. */
void totals_take_stat(struct totals *totals, const char *stat, size_t length,
                      struct machine *machine);
void totals_take_meminfo(const char *meminfo, size_t length, struct machine *machine);

#endif
