/*
 * crowd: thousands of processes that do nothing.
 */
#ifndef TESTS_SUPPORT_CROWD_H
#define TESTS_SUPPORT_CROWD_H

#include <sys/types.h>

/*
 * Forks a holder (crowd-holder) whose `count` children (crowd-sleeper) sleep, and
 * waits until all are there. They die with it, and it with us. Returns the
 * holder's PID; -1 where the machine does not let that many be.
 */
pid_t crowd_start(long count);

/* Kills all of them and reaps the holder; -1 is allowed. */
void crowd_end(pid_t holder);

#endif
