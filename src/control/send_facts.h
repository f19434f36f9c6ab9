/*
 * send_facts: what is known of a batch's target as it was just before the last signal: what a
 * forecast is made from, and what the outcome is compared with.
 */
#ifndef REAPTOP_CONTROL_SEND_FACTS_H
#define REAPTOP_CONTROL_SEND_FACTS_H

#include "reaptop/control/send.h"
#include "reaptop/model/process.h"
#include "reaptop/model/status.h"

/* What forecasts are made from, as it was just before the last signal. */
struct send_facts {
    struct process process; /* comm is the target's */
    struct status status;
    bool has_status;
    struct forecast_thread *threads; /* as in struct forecast_target */
    size_t thread_count, dead_threads;
    bool is_exiting, is_in_sigwait, is_in_vfork;
    enum cgroup_freezer frozen;
    struct cgroup_quota quota;
    enum group_orphaned group;
};

/* Every target of a batch is the first member of one of these. */
struct send_member {
    struct send_target target;
    struct send_facts facts;
};

static inline struct send_facts *facts_of(const struct send_target *target)
{
    return &((struct send_member *)target)->facts;
}

/* Below /proc/PID: "status", "task/TID/status". A negative errno. */
int send_read_status(int dir_fd, const char *path, struct status *ret_status);

/* Replaces the target's facts. -ESRCH: reaped meanwhile; its facts are then as they were. */
int send_read_facts(struct send_target *target);

#endif
