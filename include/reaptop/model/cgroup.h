/*
 * cgroup: what the control groups of a process do to it: frozen, or out of its
 * processor time (cgroups(7); Documentation/admin-guide/cgroup-v2.rst and
 * cgroup-v1/freezer-subsystem.rst of the kernel).
 */
#ifndef REAPTOP_MODEL_CGROUP_H
#define REAPTOP_MODEL_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "reaptop/model/access.h"

enum {
    CGROUP_PATH_SIZE = 256
};

enum cgroup_freezer {
    CGROUP_NOT_FROZEN,
    CGROUP_FROZEN_V1, /* freezer.state: signals, SIGKILL too, stay pending until it is thawed */
    CGROUP_FROZEN_V2, /* cgroup.events "frozen 1": a fatal signal acts, others stay pending */
};

/* A quota of processor time (cpu.max; v1 cpu.cfs_quota_us) of the group or an ancestor. */
struct cgroup_quota {
    uint64_t quota_us, period_us; /* 0, 0: there is none, or it could not be read */
    uint64_t periods, throttled;  /* cpu.stat: nr_periods, nr_throttled so far */
};

/* In how many of its periods the group was out of its time; a negative number: it has no quota. */
double cgroup_throttled_percent(const struct cgroup_quota *quota);

/*
 * Whether a task of that policy (sched(7)) may have to wait for the group's next period: the
 * group was out of its time in some period already. cpu.stat does not tell whether it is so now.
 */
bool cgroup_quota_delays(const struct cgroup_quota *quota, int32_t policy);

struct cgroup_state {
    enum access access; /* OK; UNREAD; else why its cgroups or their files could not be read */
    enum cgroup_freezer freezer;
    /* FROZEN: the file whose writer thaws it, of this group or of an ancestor; "" where it
       lies outside what we can see. Raw bytes, cut where longer. */
    char freezer_file[CGROUP_PATH_SIZE];
    struct cgroup_quota quota;
    char quota_file[CGROUP_PATH_SIZE];
};

#endif
