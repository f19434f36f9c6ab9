/*
 * libproc: the process table as libproc2 reads it: the sweep of threads where the
 * kernel's task iterator is not granted. The one file that includes libproc2, which
 * libproc_new() loads: until then it costs nothing. What libproc2 keeps of a table is
 * about 1 KiB for each task.
 */
#ifndef REAPTOP_SOURCE_LIBPROC_H
#define REAPTOP_SOURCE_LIBPROC_H

#include <stdbool.h>

#include "reaptop/model/snapshot.h"

struct libproc;
struct process;

/* -ELIBACC: libproc2 cannot be loaded; what it fails with; -ENOMEM. */
int libproc_new(struct libproc **ret_libproc);
void libproc_free(struct libproc *libproc);

/*
 * Reads the whole table, processes or threads: how many rows, which are valid until the next
 * call, or a negative errno; -EIO where /proc goes on behind the last one, which libproc2 does not
 * tell. It touches nothing but its argument, so it may run in a thread.
 */
int libproc_harvest(struct libproc *libproc, bool of_threads);

/*
 * Fills all that stat and the directory's owner show, except names; *ret_comm is as libproc2
 * prints it (with '.' or '?' for bytes it takes for unprintable), valid until the next harvest.
 * False: the task is being released, and what stat shows is not its own any more.
 */
bool libproc_row(const struct libproc *libproc, int index, struct process *process,
                 const char **ret_comm);

#endif
