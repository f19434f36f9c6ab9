/*
 * glance: what a process is right now, from its stat file, which never blocks.
 */
#ifndef REAPTOP_SOURCE_GLANCE_H
#define REAPTOP_SOURCE_GLANCE_H

#include <stdbool.h>

#include "reaptop/model/identity.h"

struct glance {
    bool has_ended; /* a zombie, or on its way there: its memory may be gone already */
    bool is_kernel; /* PF_KTHREAD: it has no address space */
};

/* 0; -ESRCH: gone, or another process has the number now; or what reading failed with. */
int glance(struct identity id, struct glance *ret_glance);

#endif
