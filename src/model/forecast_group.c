#include "reaptop/model/ending.h"
#include "reaptop/model/forecast.h"
#include "reaptop/model/process.h"

static bool ties_group(const struct snapshot *snapshot, const struct process *member)
{
    const struct process *parent = snapshot_find(snapshot, member->ppid);
    return parent && parent->sid == member->sid && parent->pgid != member->pgid;
}

enum group_orphaned forecast_group(const struct snapshot *snapshot, pid_t pgid, pid_t sid)
{
    bool is_known = false;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *member = &snapshot->processes[i];
        if (member->pgid != pgid || member->sid != sid || process_is_over(member) ||
            process_is_thread(member))
            continue;
        is_known = true;
        if (ties_group(snapshot, member))
            return GROUP_IN_JOB_CONTROL;
    }
    return is_known ? GROUP_ORPHANED : GROUP_UNKNOWN;
}
