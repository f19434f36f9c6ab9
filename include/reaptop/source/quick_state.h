/*
 * quick_state: what a process is right now, from its stat file, which never blocks.
 */
#ifndef REAPTOP_SOURCE_QUICK_STATE_H
#define REAPTOP_SOURCE_QUICK_STATE_H

#include <stdbool.h>

#include "reaptop/model/access.h"
#include "reaptop/model/identity.h"

struct quick_state {
    bool has_ended; /* a zombie, or on its way there: its memory may be gone already. Not one
                       of whose threads only the first has ended */
    bool is_kernel; /* PF_KTHREAD: it has no address space */
};

/* 0; -ESRCH: gone, or another process has the number now; or what reading failed with. */
int quick_state(struct identity id, struct quick_state *ret_state);

/*
 * What a read of one of its files that ended with `error` (0 or negative) says. The files of its
 * memory (environ, smaps_rollup …) answer ESRCH for a zombie too, which is not gone.
 */
enum access quick_access(struct identity id, int error);

#endif
