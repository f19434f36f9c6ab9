/*
 * relatives: a snapshot that holds one process's family alone: itself, its ancestors
 * and its children. For who looks at one process and has no use for a sweep of
 * all.
 *
 * Children are read from /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN),
 * and are missing where the kernel has none of that.
 */
#ifndef REAPTOP_SOURCE_RELATIVES_H
#define REAPTOP_SOURCE_RELATIVES_H

#include "reaptop/model/snapshot.h"

enum {
    RELATIVES_ANCESTORS_MAX = 1024,
    RELATIVES_CHILDREN_MAX = 256,
    RELATIVES_THREADS_MAX = 64 /* whose children are looked for */
};

struct relatives_reader;

/* NULL without memory. */
struct relatives_reader *relatives_new(void);
void relatives_free(struct relatives_reader *relatives);

/*
 * Replaces what is in `snapshot`. Tier one's fields that stat has are filled,
 * with the name of the directory's owner; machine and cpu_percent are not.
 * -ESRCH: the process is gone, or another one by now; -ENOMEM; or why it could not be read. The
 * snapshot is empty then.
 */
int relatives_read(struct relatives_reader *relatives, struct identity id,
                   struct snapshot *snapshot);

#endif
