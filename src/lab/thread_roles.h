/*
 * thread_roles: one process whose threads are roles, for experiments about threads that
 * get in each other's way. The host adds the threads, then starts them; each
 * has words of its own (role_await), and its role->pid is its TID.
 */
#ifndef REAPTOP_LAB_THREAD_ROLES_H
#define REAPTOP_LAB_THREAD_ROLES_H

#include "bench.h"

enum {
    THREAD_ROLES_MAX = 8
};

extern struct role *process;                   /* NULL before thread_roles_start */
extern struct role *threads[THREAD_ROLES_MAX]; /* in the order they were added */

void thread_roles_add(struct bench *bench, const char *name, void (*play)(struct bench *));

/* Forks the process (role "process"); all threads are there and met. */
bool thread_roles_start(struct bench *bench);

/* The thread sleeps in a futex. */
bool see_waits(struct bench *bench, unsigned sight, const struct role *thread);

#endif
