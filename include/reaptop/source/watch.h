/*
 * watch: a bounded set of processes whose end is reported at once, by a pidfd each:
 * EVENT_EXIT when the process is dead, EVENT_REAP when its parent has waited
 * for it (POLLIN and POLLHUP of pidfd_open(2)). A zombie leader whose threads
 * live on is not dead yet, and is not reported as such.
 *
 * Where the parent waits for it at once, or watch_look() is called before we
 * do, EVENT_STATE to X may come before the REAP: some microseconds that a thread
 * tries to catch by reading its held stat file in a loop, for a few milliseconds
 * and no longer. It often fails, and always with one processor.
 *
 * Kernels before 6.9 do not wake anybody for the reaping: watch_read() looks
 * for it, so call it after each sweep too.
 */
#ifndef REAPTOP_SOURCE_WATCH_H
#define REAPTOP_SOURCE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "reaptop/model/event.h"
#include "reaptop/model/identity.h"

struct watch;

/* At most `capacity` processes (1 or more), one descriptor each. -ENOMEM, -EMFILE. */
int watch_new(struct watch **ret_watch, size_t capacity);
void watch_free(struct watch *watch);

/* Readable when watch_read() has something to report. */
int watch_fd(const struct watch *watch);

/*
 * Starts watching; `comm` is what its events are given as the name. 0 also
 * where it is watched already, and for a zombie, whose EXIT is then reported. In a
 * full set it takes the place of the one that was not asked for the longest:
 * ask again, each sweep, for those that still matter. -ESRCH gone; -EMFILE.
 */
int watch_add(struct watch *watch, struct identity id, const char *comm);
void watch_remove(struct watch *watch, struct identity id);
bool watch_has(const struct watch *watch, struct identity id);

/* It is about to be reaped, by us: the loop begins. */
void watch_look(struct watch *watch, struct identity id);

/* After it was: its EVENT_STATE to X, if that was caught, for a caller that reports the reaping
 * itself. */
bool watch_take_dead(struct watch *watch, struct identity id, struct event *ret_event);

enum {
    WATCH_EVENTS_EACH = 3 /* the least capacity of watch_read() */
};

/*
 * Fills at most `capacity` events and returns how many; never waits. A process
 * leaves the set with its REAP. Exit statuses are EXIT_UNKNOWN where neither
 * stat (field 52) nor the pidfd has it.
 */
size_t watch_read(struct watch *watch, struct event *events, size_t capacity);

#endif
