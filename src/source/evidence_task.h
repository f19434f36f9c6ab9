/*
 * evidence_task: the files that tell of one task: stat, status, wchan, and
 * through the reader syscall and stack.
 */
#ifndef REAPTOP_SOURCE_EVIDENCE_TASK_H
#define REAPTOP_SOURCE_EVIDENCE_TASK_H

#include "reaptop/model/why.h"
#include "reaptop/source/reader.h"

/*
 * Fills identity, state, system call, wchan, signals and need of the task with
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

/* Processor time used so far, up to now; -errno where it cannot be told. */
int evidence_task_cpu_time(const struct why_task *task, uint64_t *ret_ns);

#endif
