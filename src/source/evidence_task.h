/*
 * evidence_task: the files that describe one task: stat, status, wchan, and
 * through the reader syscall and stack.
 */
#ifndef REAPTOP_SOURCE_EVIDENCE_TASK_H
#define REAPTOP_SOURCE_EVIDENCE_TASK_H

#include "reaptop/model/why.h"
#include "reaptop/source/reader.h"

/*
 * Fills identity, state, system call, wchan, signals and wait of the task with
 * that TID (a PID is its leader's). -ESRCH, -ENOMEM. `stack` as in evidence_look().
 */
int evidence_task_read(struct reader *reader, pid_t tid, struct why_task *task,
                       struct strbuf *stack);

/*
 * Reads `size` bytes of the process's memory, or as many as are mapped from
 * the address on, at least `least`. Returns how many, or a negative errno.
 */
ssize_t evidence_task_memory(struct reader *reader, const struct why_task *task, uint64_t address,
                             void *bytes, size_t size, size_t least);

/* Processor time used so far, up to now; -errno where it cannot be known. */
int evidence_task_cpu_time(const struct why_task *task, uint64_t *ret_ns);

/*
 * The processes besides its own that map the file or shared memory which lies
 * at the address: at most `limit` into `out`, returns how many. 0 also where
 * that memory is private. Every process's map is read (by the reader), within
 * a bound of processes and time; *ret_is_bounded says that it was reached.
 */
size_t evidence_task_mappers(struct reader *reader, const struct why_task *task, uint64_t address,
                             pid_t *out, size_t limit, bool *ret_is_bounded);

/*
 * The process of a task, for a read below /proc/PID: a task's start time is its
 * own, not its process's, so the number alone is asked for.
 */
static inline struct identity evidence_task_process(const struct why_task *task)
{
    return (struct identity){.pid = task->id.pid};
}

#endif
