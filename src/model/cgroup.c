#include "reaptop/model/cgroup.h"

#include "reaptop/model/tuning.h"

bool cgroup_quota_delays(const struct cgroup_quota *quota, int32_t policy)
{
    /* The quota is of the fair scheduler's classes alone (Documentation/scheduler/sched-bwc.rst).
     */
    bool is_fair = policy != POLICY_FIFO && policy != POLICY_RR && policy != POLICY_DEADLINE;
    return is_fair && quota->period_us > 0 && quota->throttled > 0;
}

double cgroup_throttled_percent(const struct cgroup_quota *quota)
{
    if (quota->period_us == 0)
        return -1.0;
    return quota->periods > 0 ? 100.0 * (double)quota->throttled / (double)quota->periods : 0.0;
}
