/*
 * kin: a snapshot that holds one process's family alone: itself, its ancestors
 * and its children. For who looks at one process and has no use for a sweep of
 * all.
 *
 * Children are read from /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN),
 * and are missing where the kernel has none of that.
 */
#ifndef REAPTOP_SOURCE_KIN_H
#define REAPTOP_SOURCE_KIN_H

#include "reaptop/model/snapshot.h"

enum {
    KIN_ANCESTORS_MAX = 1024,
    KIN_CHILDREN_MAX = 256,
    KIN_THREADS_MAX = 64 /* whose children are looked for */
};

struct kin_reader;

/* NULL without memory. */
struct kin_reader *kin_new(void);
void kin_free(struct kin_reader *kin);

/*
 * Replaces what is in `snapshot`. Tier one's fields that stat has are filled,
 * with the name of the directory's owner; machine and cpu_percent are not.
 * -ESRCH: the process is gone, or another one by now; -ENOMEM.
 */
int kin_read(struct kin_reader *kin, struct identity id, struct snapshot *snapshot);

#endif
