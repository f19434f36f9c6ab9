/*
 * read_details: fills model/details.h from the live /proc.
 *
 * No file here can block, cmdline apart, which is read through the reader.
 */
#ifndef REAPTOP_SOURCE_READ_DETAILS_H
#define REAPTOP_SOURCE_READ_DETAILS_H

#include "reaptop/base/clock.h"
#include "reaptop/model/details.h"
#include "reaptop/source/reader.h"

enum {
    DETAILS_ARGV_LIMIT = 32 * 1024
};

/*
 * Replaces what is in `details` by what the process is now. With a start time
 * in `id`, a successor under its number is never read. A process that ends on
 * the way leaves ACCESS_GONE in the parts that were not reached. `reader` NULL:
 * the command line stays ACCESS_UNREAD.
 *
 * -ESRCH: gone (or another by now); -EPERM, -EACCES: hidden from us; -ENOMEM.
 * `details` is then empty.
 */
int details_read(struct identity id, struct reader *reader, struct details *details);

/* How old the parts may be that details_refresh() keeps. */
#define DETAILS_KEPT_NS (5 * NS_PER_SEC)

/*
 * The same, into what was read of that process before, for who looks again and
 * again. Read anew at each call: stat, status and schedstat. The other parts are
 * kept while only another process could have changed them (its control group,
 * its limits, its OOM adjustment, a renamed directory), at most DETAILS_KEPT_NS:
 * that is, while it has one thread whose time on a processor in schedstat and
 * whose state have not moved. Anything else is read whole.
 */
int details_refresh(struct identity id, struct reader *reader, struct details *details);

/*
 * Looks up, for each namespace of the process, which other processes of the
 * snapshot are in it. It reads links of every process: for `show`, and on
 * demand, not at each refresh.
 */
void details_count_sharers(struct details *details, const struct snapshot *snapshot);

#endif
