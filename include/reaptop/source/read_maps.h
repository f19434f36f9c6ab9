/*
 * read_maps: the mappings of one process, read through the reader process, since
 * maps, smaps and smaps_rollup can block for ever on the target's memory lock.
 * smaps makes the kernel walk the target's pages: only on demand, and only of
 * what is selected.
 */
#ifndef REAPTOP_SOURCE_READ_MAPS_H
#define REAPTOP_SOURCE_READ_MAPS_H

#include <stdbool.h>

#include "reaptop/base/clock.h"
#include "reaptop/model/identity.h"
#include "reaptop/model/mapping.h"
#include "reaptop/source/reader.h"

/* How long each piece of smaps may take before it counts as blocked. */
#define MAPS_TIMEOUT_NS (2 * NS_PER_SEC)

enum maps_want {
    MAPS_LINES,   /* addresses, permissions, paths: /proc/PID/maps */
    MAPS_FIGURES, /* and smaps with smaps_rollup */
};

/*
 * Reads it all and waits, at most some seconds where the target blocks. The
 * result replaces what is in `list`. What could not be read is reported by the list's
 * accesses: where smaps blocks, the lines come from maps and figures_access is
 * ACCESS_BLOCKED. -ENOMEM, -ENOBUFS; else 0.
 */
int maps_read(struct reader *reader, struct identity id, enum maps_want want,
              struct mapping_list *list);

#endif
