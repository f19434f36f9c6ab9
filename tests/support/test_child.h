/*
 * specimen: real child processes to look at. Each says over a pipe when it is
 * what it is meant to be, so that nobody sleeps; each dies with its test.
 */
#ifndef REAPTOP_TESTS_SPECIMEN_H
#define REAPTOP_TESTS_SPECIMEN_H

#include <stddef.h>
#include <sys/types.h>

/* The child's part: it becomes what it is meant to be, calls specimen_ready() and stays. */
typedef void (*specimen_body)(void *argument);

/*
 * Forks a child that runs `body` and waits (10 seconds at most) until it is
 * ready. Returns its PID, or -1 where it never was. The child exits with
 * status 99 if the body returns.
 */
pid_t specimen_start(specimen_body body, void *argument);

/* In the child, once. */
void specimen_ready(void);

/* Waits for the signal that ends it. */
_Noreturn void specimen_stay(void);

/*
 * In the child: makes [start, start + length) what /proc/PID/cmdline shows, as
 * any process may with PR_SET_MM_MAP (prctl(2)). 0, or -1 where the kernel does
 * not let it.
 */
int specimen_move_arguments(char *start, size_t length);

/* Kills and reaps it. */
void specimen_end(pid_t pid);

/* Waits until the child is dead, and leaves it a zombie. 0, or -1 after 10 seconds. */
int specimen_wait_dead(pid_t pid);

/* Runs `body` in a child (10 seconds at most) and gives its return value; -1 if it was killed. */
int specimen_run(int (*body)(void *argument), void *argument);

#endif
