/*
 * meters: what the whole machine does: processor time by kind and by processor,
 * memory by kind, pressure, storage and network, now and lately. Read only
 * while the screen shows it.
 */
#ifndef REAPTOP_MODEL_METERS_H
#define REAPTOP_MODEL_METERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is not known, of any figure here. */
#define METER_UNKNOWN (-1.0)
#define METER_OFFLINE (-2.0) /* a processor that does not take part now */

enum {
    METER_HISTORY = 240, /* refreshes */
    METER_PROCESSORS_MOST = 4096,
};

/* ---- counters as the kernel has them ---- */

/* /proc/stat (proc(5)), in clock ticks. */
struct cpu_ticks {
    bool is_known;
    uint64_t user, system, idle, iowait, steal; /* user with nice; system with interrupts */
};

struct meter_counters {
    uint64_t mono_ns; /* CLOCK_BOOTTIME when they were read; 0: never */
    struct cpu_ticks all;
    struct cpu_ticks *each; /* by processor's number */
    size_t count, capacity;
    bool has_disks, has_networks;
    uint64_t disk_read_bytes, disk_written_bytes; /* of whole disks: /proc/diskstats */
    uint64_t received_bytes, sent_bytes;          /* without lo: /proc/net/dev */
};

void meter_counters_done(struct meter_counters *counters);

/* ---- what is shown ---- */

enum meter_resource {
    METER_OF_CPU,
    METER_OF_MEMORY,
    METER_OF_IO,
    METER_RESOURCE_COUNT
};

/* /proc/pressure (kernel: Documentation/accounting/psi.rst): percent of the last 10 s. */
struct pressure {
    double some, full; /* METER_UNKNOWN */
};

struct memory_kinds {
    bool is_known; /* /proc/meminfo (proc(5)); all in KiB */
    uint64_t total, available, free, buffers, cached, shared, slab_reclaimable;
    uint64_t swap_total, swap_free, dirty;
};

enum meter_track {
    TRACK_CPU, /* percent */
    TRACK_MEMORY,
    TRACK_PRESSURE, /* percent: the worst of the three */
    TRACK_DISK,     /* KiB per second, both ways */
    TRACK_NETWORK,
    TRACK_COUNT
};

struct meters {
    double user, system, iowait, steal; /* percent of all processors */
    float *processors;                  /* percent each: user, system, steal; or METER_OFFLINE */
    size_t processor_count, capacity;
    struct memory_kinds memory;
    struct pressure pressure[METER_RESOURCE_COUNT];
    double disk_read_kib, disk_written_kib; /* per second */
    double received_kib, sent_kib;
    float history[TRACK_COUNT][METER_HISTORY]; /* the newest last; < 0: unknown */
    size_t history_count;                      /* how many of them were read, at the end */
};

void meters_done(struct meters *meters);

/*
 * What happened between two readings, `memory` and `pressure` being set already; the history gets
 * one entry more. Counters that went backwards give METER_UNKNOWN. -ENOMEM.
 */
int meters_update(struct meters *meters, const struct meter_counters *before,
                  const struct meter_counters *now);

#endif
