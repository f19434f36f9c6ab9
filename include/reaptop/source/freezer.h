/*
 * freezer: whether a process's cgroup is frozen, or limits its processor time: /proc/PID/cgroup,
 * and there freezer.state, cpu.cfs_quota_us (version 1) or cgroup.events, cpu.max (version 2);
 * cpu.stat. See cgroups(7).
 */
#ifndef REAPTOP_SOURCE_FREEZER_H
#define REAPTOP_SOURCE_FREEZER_H

#include "reaptop/model/cgroup.h"

/*
 * `dir_fd` is /proc/PID, open. CGROUP_NOT_FROZEN also where it could not be read; the quota of
 * processor time (cpu.max, cpu.cfs_quota_us; cpu.stat) is then, and where there is none, zeroes.
 */
enum cgroup_freezer cgroup_holds_read(int dir_fd, struct cgroup_quota *ret_quota);

#endif
