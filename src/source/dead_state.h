/*
 * dead_state: state X, dead, of processes that are watched.
 *
 * Between a parent's wait(2) and the end of its child's row in /proc the child
 * is in state X for some microseconds; no sweep sees that. So the stat file of
 * each is held open, and when its pidfd says that it ended, or when we are
 * about to reap it ourselves, a thread reads that in a loop, for LOOK_MS at
 * most. Until then the thread sleeps.
 *
 * It is luck, not certainty: a parent that waits later than that is missed, and
 * so are most on a machine with one processor.
 */
#ifndef REAPTOP_SOURCE_DEAD_STATE_H
#define REAPTOP_SOURCE_DEAD_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "reaptop/model/identity.h"

enum {
    LOOK_MS = 5,
    LOOKS_MAX = 32 /* processes; two descriptors each */
};

struct dead_state;

/* -ENOMEM, -EMFILE, -EAGAIN (no thread). */
int dead_state_new(struct dead_state **ret_look);
void dead_state_free(struct dead_state *look);

/* Holds it; where it is full, the one held longest is let go. `pidfd` stays the caller's. */
void dead_state_hold(struct dead_state *look, struct identity id, int pidfd);
void dead_state_let_go(struct dead_state *look, struct identity id);

/* Loops from now on; returns once it does, or cannot. */
void dead_state_now(struct dead_state *look, struct identity id);

/* True where it was seen in X, at *ret_ns (CLOCK_BOOTTIME). Waits for the end of a loop. */
bool dead_state_take(struct dead_state *look, struct identity id, uint64_t *ret_ns);

#endif
