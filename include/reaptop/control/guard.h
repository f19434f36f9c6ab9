/*
 * guard: work that spawns processes, done by a process of its own, so that
 * nothing it spawned is left behind whichever of the two is killed.
 *
 * We watch the worker, and it watches us. Both are subreapers: the worker gets
 * the orphans of what it spawned, and when it is killed we get them all.
 */
#ifndef REAPTOP_CONTROL_GUARD_H
#define REAPTOP_CONTROL_GUARD_H

#include <stddef.h>

#include "reaptop/base/helper.h"

/*
 * What the worker does; its result is its exit status. `guard_fd` becomes
 * readable (end of file) when the guard is gone: then call
 * guard_end_descendants() and return. SIGCHLD is blocked, and of SIGINT, SIGQUIT,
 * SIGTERM and SIGHUP those that were not ignored; those that somebody sent to the guard arrive here
 * too, those of the terminal arrive by themselves.
 */
typedef int guard_worker(void *argument, int guard_fd);

/*
 * Starts the worker, a helper of that kind, and waits for it. Its exit status, 128+N where signal N
 * killed it (all its descendants are ended then), or a negative errno where it
 * could not begin. The signals are as before when it returns.
 */
int guard_run(enum helper_kind kind, guard_worker *worker, void *argument);

/*
 * Kills and reaps every descendant of this process, which must be a subreaper,
 * until there is none. -ETIME where for a second none would die, or after ten;
 * what live_new() fails with. How many were reaped goes to `ret_count` (may be
 * NULL), but where live_new() failed.
 */
int guard_end_descendants(size_t *ret_count);

#endif
