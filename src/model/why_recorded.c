#include <errno.h>
#include <string.h>

#include "reaptop/model/process.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/model/why.h"

static int add_task(struct why_evidence *evidence, const struct snapshot *snapshot, pid_t pid)
{
    const struct process *process = snapshot_find(snapshot, pid);
    struct why_task *task = why_evidence_add(evidence);
    if (!task)
        return evidence->is_bounded ? 0 : -ENOMEM;
    task->id.pid = task->tid = pid;
    if (!process)
        return 0; /* reported as gone: outside of what was seen */
    task->id = process->id;
    if (process->comm)
        memcpy(task->comm, process->comm, strnlen(process->comm, sizeof(task->comm) - 1));
    task->state = process->state;
    task->ppid = process->ppid;
    task->pgid = process->pgid;
    task->sid = process->sid;
    task->tpgid = process->tpgid;
    task->threads = process->threads;
    task->is_kernel = process->is_kernel;
    task->processor = process->processor;
    task->exit_status = process->exit_status;
    task->syscall.access = ACCESS_UNRECORDED;
    task->wchan_access = ACCESS_UNRECORDED;
    task->stack_access = ACCESS_UNRECORDED;
    task->wait = why_classify(task);
    return 0;
}

static int add_holders(struct why_evidence *evidence, const struct snapshot *snapshot, size_t index)
{
    struct why_holder holders[WHY_HOLDERS_MAX];
    bool is_any;
    int r = 0;
    uint32_t count = why_holders(&evidence->tasks[index], holders, &is_any);
    for (uint32_t i = 0; r == 0 && i < count; i++)
        if (!why_evidence_find(evidence, holders[i].pid))
            r = add_task(evidence, snapshot, holders[i].pid);
    return r;
}

int why_recorded(const struct snapshot *snapshot, pid_t pid, struct why_evidence *evidence)
{
    if (!snapshot_find(snapshot, pid))
        return -ESRCH;
    int r = add_task(evidence, snapshot, pid);
    for (size_t i = 0; r == 0 && i < evidence->count; i++)
        if (evidence->tasks[i].state != '\0')
            r = add_holders(evidence, snapshot, i);
    return r;
}
