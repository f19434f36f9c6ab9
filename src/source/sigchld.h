/*
 * sigchld: which parents ignore SIGCHLD, so that the kernel removes their
 * children as they exit and nobody waits for them (wait(2), NOTES). Read of
 * those parents only whose children may have ended since the sweep before, from
 * SigIgn of /proc/PID/status.
 */
#ifndef REAPTOP_SOURCE_SIGCHLD_H
#define REAPTOP_SOURCE_SIGCHLD_H

#include "reaptop/model/snapshot.h"

enum {
    PARENTS_MOST = 128 /* in one sweep; of any more it is not known */
};

struct parents {
    pid_t pids[PARENTS_MOST];
    size_t count;
};

/* Whether it ignores SIGCHLD now; false where that cannot be read. */
bool sigchld_is_ignored(pid_t pid);

/* A child of `pid` was born or ended. */
void parents_add(struct parents *parents, pid_t pid);

/*
 * Fills in ignores_sigchld in `next` for the parents that were added, and for
 * those of the rows that `previous` has and `next` has not; for others what was
 * read before stands. Empties `parents`.
 * Both are sorted by PID.
 */
void parents_read(struct parents *parents, const struct snapshot *previous, struct snapshot *next);

#endif
