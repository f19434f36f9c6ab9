/*
 * situations: real waits that a test holds still, each with its truth. A row
 * makes one; test_situations.c crosses every row with what can
 * be done to a waiting process (stopped, traced, frozen, …) and compares what
 * the commands say. A new wait is a new row and its body, in one
 * of the files situations_….c.
 */
#ifndef TESTS_CLI_SITUATIONS_H
#define TESTS_CLI_SITUATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct situation {
    const char *name;
    const char *kind; /* why_kind_name() of the plain wait */
    char state;       /* of the plain wait, as proc(5) has it */
    /* Before fork(2): makes what is waited for into `shared`. 0, or -1 where it cannot be. */
    int (*prepare)(void);
    void (*wait)(void); /* in the waiter: blocks for ever */
    /* In another child: holds the other side, then sleeps; NULL: nobody holds it. */
    void (*hold)(void);
    bool holder_is_child; /* the waiter starts the one it waits for, see situation_holder() */
    bool takes_thread;    /* false: the wait is the whole process's, not one thread's */
};

/* The rows of all tables; NULL behind the last. */
const struct situation *situation_at(size_t index);

/* Of the last prepare(): the child that the waiter itself started; 0: none yet. */
pid_t situation_holder(void);

/* Removes what prepare() left in the system (queues, semaphores, files); closes its descriptors. */
void situation_clear(void);

#endif
