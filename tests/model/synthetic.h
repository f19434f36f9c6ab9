/*
 * synthetic: snapshots made by hand, a process a call.
 */
#ifndef REAPTOP_TESTS_MODEL_SYNTHETIC_H
#define REAPTOP_TESTS_MODEL_SYNTHETIC_H

#include "reaptop/model/process.h"
#include "reaptop/model/snapshot.h"

/* Adds a process with start time = pid; the caller may change it, then snapshot_finish(). */
static inline struct process *synthetic(struct snapshot *snapshot, pid_t pid, pid_t ppid,
                                        char state, const char *comm)
{
    struct process *process = snapshot_add(snapshot);
    process->id = (struct identity){.pid = pid, .start_ticks = (uint64_t)pid};
    process->tgid = pid;
    process->ppid = ppid;
    process->state = state;
    process->threads = 1;
    process->has_execed = true;
    process->comm = arena_strdup(&snapshot->strings, comm);
    process->user = arena_strdup(&snapshot->strings, "root");
    return process;
}

#endif
