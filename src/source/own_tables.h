/*
 * own_tables: threads of a process whose descriptor table is their own: made by
 * unshare(2) with CLONE_FILES, or by clone(2) without it. kcmp(2) compares them; it
 * needs ptrace access to the process, as /proc/PID/fd itself does, and a kernel
 * that has it. Where it refuses, threads count as sharing one table.
 */
#ifndef REAPTOP_SOURCE_OWN_TABLES_H
#define REAPTOP_SOURCE_OWN_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    OWN_TABLES_MAX = 64 /* of one process; more are not looked into */
};

/*
 * Writes one thread of each table that is not `shared`'s, a thread of the
 * process: at most OWN_TABLES_MAX into `ret_tids`, in the order of
 * /proc/PID/task. Returns how many. One stat(2) where there is one thread.
 */
size_t own_tables_find(pid_t pid, pid_t shared, pid_t ret_tids[OWN_TABLES_MAX]);

/* Has the thread another table than the process's first living thread? */
bool own_tables_has(pid_t pid, pid_t tid);

#endif
