/*
 * libproc: the process table and the machine's totals as libproc2 reads them:
 * the sweep where the kernel's task iterator is not granted. The one file that
 * includes libproc2.
 */
#ifndef REAPTOP_SOURCE_LIBPROC_H
#define REAPTOP_SOURCE_LIBPROC_H

#include <stdbool.h>

#include "reaptop/model/process.h"
#include "reaptop/model/snapshot.h"

struct libproc;

/* What libproc2 fails with, or -ENOMEM. */
int libproc_new(struct libproc **ret_libproc);
void libproc_free(struct libproc *libproc);

/*
 * Reads the whole table, processes or threads: how many rows, which are valid until the next
 * call, or a negative errno. It touches nothing but its argument, so it may run in a thread.
 */
int libproc_harvest(struct libproc *libproc, bool of_threads);

/* Gives the table's memory back; the next harvest takes it anew. */
void libproc_forget_table(struct libproc *libproc);

/*
 * Fills all that stat and the directory's owner tell, except names; *ret_comm is as libproc2
 * prints it (with '.' or '?' for bytes it takes for unprintable), valid until the next harvest.
 * False: the task is being released, and what stat shows is not its own any more.
 */
bool libproc_row(const struct libproc *libproc, int index, struct process *process,
                 const char **ret_comm);

/* Processors' shares since the last call, and memory; unknown where /proc does not have them. */
void libproc_fill_machine(struct libproc *libproc, struct machine *machine);

#endif
