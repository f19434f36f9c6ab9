/*
 * spawn: processes that a test grows. Each says that it is ready before grow()
 * returns, dies with the test (PR_SET_PDEATHSIG), and is killed and reaped by
 * spawn_done(), which belongs into every suite's .fini.
 */
#ifndef TESTS_SUPPORT_SPAWN_H
#define TESTS_SUPPORT_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What the child does: prepare, call spawn_ready(), go on. It never returns to
 * the test: its result is its exit status. No assertions in there.
 */
typedef int spawn_body(void *argument);

/* In the child: lets grow() return. */
void spawn_ready(void);

/*
 * fork(2), in any process of a test: the child is killed when its parent ends,
 * also where that was before it could ask to be.
 */
pid_t spawn_bound(void);

/* In the child: four bytes to the parent, read by spawn_receive(). */
void spawn_report(int32_t number);

/* Forks. The PID, ready. Aborts the test where it cannot. */
pid_t spawn_child(spawn_body *body, void *argument);

/* As spawn_child(), under a PID that the test chooses (needs root); 0 where that is not allowed. */
pid_t spawn_with_pid(pid_t pid, spawn_body *body, void *argument);

/* The next number that the child told; false after ten seconds or at its end. */
bool spawn_receive(pid_t pid, int32_t *ret_number);

/* Waits at most ten seconds until the state letter is one of `letters`; '\0': never was. */
char spawn_await_state(pid_t pid, const char *letters);

/* Reaps it (killing it first if it must); the wait status, or -1. */
int spawn_reap(pid_t pid);
int spawn_kill(pid_t pid);

/* Kills and reaps all that are left. */
void spawn_done(void);

/* Runs the body in a child as user and group 65534; its exit status, -1 where it was killed. */
int spawn_run_as_nobody(spawn_body *body, void *argument);

/* Ready-made bodies. */
spawn_body spawn_pause; /* sleeps for ever, everything at its default */

/* Descriptors that this process has open. */
int spawn_count_descriptors(void);

#endif
