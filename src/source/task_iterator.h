/*
 * task_iterator: all tasks in one go, as the BPF program task_iterator.bpf.c
 * writes them (struct task_record), where the kernel lets us load one.
 *
 * Needed: Linux 5.17 with type information (/sys/kernel/btf/vmlinux), CAP_BPF
 * and CAP_PERFMON or root, and clang and bpftool when reaptop was built. The
 * kernel itself fits the program to its structures, so that nothing of libbpf
 * is linked nor any memory kept but a few descriptors and two pages. It sees all
 * processes of our PID namespace, whatever hidepid says of /proc.
 */
#ifndef REAPTOP_SOURCE_TASK_ITERATOR_H
#define REAPTOP_SOURCE_TASK_ITERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "reaptop/base/error.h"
#include "task_record.h"

struct process;
struct task_iterator;

/*
 * Loads the program (a few milliseconds). -ENOSYS: not built in; -EOPNOTSUPP: this kernel counts
 * times in a way that only /proc knows; -EPERM, …: what bpf(2) says; each with a sentence.
 */
int task_iterator_new(struct task_iterator **ret_iterator, struct error *error);
void task_iterator_free(struct task_iterator *iterator);

/* Begins with the first task, or a negative errno. */
int task_iterator_begin(struct task_iterator *iterator, bool with_threads);

/* 1: the next one in ascending order of TIDs, valid until the next call; 0: that was all; or
   what read(2) fails with. */
int task_iterator_next(struct task_iterator *iterator, const struct task_record **ret_record);

/* ---- what a record means ---- */

struct task_units {
    long ticks_per_second;
    uint64_t page_kib;
    int64_t boottime_offset_ns; /* of our time namespace: time_namespaces(7) */
};

struct task_units task_units(void);

/*
 * Fills all that stat and the directory's owner show, as fs/proc/array.c prints it, and the tracer
 * of a zombie; not comm, but *ret_comm is it, valid as long as the record. Pure.
 */
void task_record_fill(const struct task_record *record, const struct task_units *units,
                      struct process *process, const char **ret_comm);

#endif
