/*
 * read_metrics: fills model/metrics.h's input beside the snapshot: the
 * machine's own counters, where processes in state D are held, and which control
 * groups are frozen. Files that do not block.
 */
#ifndef REAPTOP_SOURCE_READ_METRICS_H
#define REAPTOP_SOURCE_READ_METRICS_H

#include "reaptop/model/metrics.h"

/* How many processes in state D are asked where, and how many groups are looked at. */
enum {
    METRICS_PLACES_MOST = 1024,
    METRICS_GROUPS_MOST = 4096,
};

/*
 * Fills all but `snapshot`, which is set. What is not known is as model/metrics.h
 * says. The arrays are of the heap: metrics_input_done() frees them. -ENOMEM.
 */
int metrics_input_read(struct metrics_input *input);
void metrics_input_done(struct metrics_input *input);

#endif
