/*
 * metrics: what a monitoring system stores of a machine's processes, as
 * OpenMetrics text (openmetrics.io): a file that ends in "# EOF". Types are
 * those that the older text format of Prometheus knows too, which
 * node_exporter's textfile collector reads.
 *
 * Every family is a row of one table, so that its name, help and unit are given
 * in one place. Labels are bounded: a family names at most METRICS_LABELS_MOST
 * parents, places or cgroups, those with most processes, and adds up the others
 * under "other". A value that is not known is left out, never 0.
 */
#ifndef REAPTOP_MODEL_METRICS_H
#define REAPTOP_MODEL_METRICS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/identity.h"

struct event;
struct snapshot;

enum {
    METRICS_LABELS_MOST = 20,
    METRICS_LABEL_SIZE = 256,
    METRICS_SIGNALS = 65, /* 0: it exited by itself; 1…64: the signal that ended it */
};

/* The machine's own counters; -1: not known. */
struct metrics_system {
    int64_t forks;      /* since boot: "processes" of /proc/stat */
    int64_t oom_kills;  /* since boot: "oom_kill" of /proc/vmstat */
    int64_t tasks;      /* processes and threads, each of which has a PID: /proc/loadavg */
    int64_t pid_max;    /* /proc/sys/kernel/pid_max */
    int64_t files_open; /* open files, /proc/sys/fs/file-nr */
    int64_t files_max;
};

/* Where the kernel holds a process in state D: /proc/PID/wchan; "": not known. */
struct metrics_place {
    pid_t pid;
    char name[64];
};

/* A control group whose processes are frozen, those of the groups below it among them. */
struct metrics_frozen {
    char cgroup[METRICS_LABEL_SIZE]; /* its path below the mount, raw bytes */
    size_t processes;
};

struct metrics_input {
    const struct snapshot *snapshot;
    struct metrics_system system;
    const struct metrics_place *places; /* ascending pid */
    size_t place_count;
    const struct metrics_frozen *frozen; /* NULL with count 0: none is */
    size_t frozen_count;
};

/* Since when a process was seen in state D or as a zombie. */
struct metrics_wait {
    struct identity id;
    char state;
    uint64_t since_ns; /* CLOCK_BOOTTIME of the snapshot that had it so first */
};

/* Since when a control group was seen frozen. */
struct metrics_frozen_wait {
    char cgroup[METRICS_LABEL_SIZE];
    uint64_t since_ns; /* as in struct metrics_wait */
};

/* What is kept from one text to the next. */
struct metrics {
    struct metrics_wait *waits; /* ascending PID */
    size_t wait_count;
    struct metrics_frozen_wait *frozen; /* ascending by name */
    size_t frozen_count;
    size_t rounds;   /* texts so far: the first cannot say how long a state lasts */
    bool has_events; /* exits are counted: the kernel reports them */
    uint64_t exits[METRICS_SIGNALS];
    uint64_t exits_unknown; /* how it ended was not reported */
    uint64_t lost;          /* events that did not reach us */
};

#define METRICS_INIT ((struct metrics){0})

void metrics_done(struct metrics *metrics);

/* Counts the exits among them. */
void metrics_receive(struct metrics *metrics, const struct event *events, size_t count);

/* Appends one whole text. -ENOMEM: `out` may hold a part of it. */
int metrics_print(struct metrics *metrics, const struct metrics_input *input, struct strbuf *out);

/* ---- the table, for the manual ---- */

struct metrics_family {
    const char *name;   /* without the "_total" of a counter */
    const char *type;   /* "gauge", "counter" */
    const char *unit;   /* "seconds"; NULL: none. The name ends in it. */
    const char *help;   /* one sentence of English: it is part of the format */
    const char *labels; /* "state"; NULL: none */
};

/* Ended by a NULL name. */
extern const struct metrics_family metrics_families[];

#endif
