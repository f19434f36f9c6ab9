/*
 * read_meters: the machine's meters, read from /proc/stat, meminfo, pressure,
 * diskstats and net/dev. None of these can block.
 */
#ifndef REAPTOP_SOURCE_READ_METERS_H
#define REAPTOP_SOURCE_READ_METERS_H

#include "reaptop/model/meters.h"

struct meter_source {
    struct meter_counters before, now;
};

#define METER_SOURCE_INIT ((struct meter_source){0})

void meter_source_done(struct meter_source *source);

/* Reads all, and what happened since the last call goes into `meters`. -ENOMEM. */
int meters_read(struct meter_source *source, struct meters *meters);

#endif
