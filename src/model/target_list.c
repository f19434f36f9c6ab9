#include "reaptop/model/target_list.h"

#include <errno.h>
#include <stdlib.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/process.h"
#include "reaptop/model/signal_policy.h"

void target_list_done(struct target_list *list)
{
    free(list->ids);
    identity_set_done(&list->members);
    *list = TARGET_LIST_INIT;
}

int target_list_add(struct target_list *list, struct identity id)
{
    if (identity_set_has(&list->members, id))
        return 0;
    int r = array_reserve(&list->ids, &list->capacity, list->count + 1);
    if (r == 0)
        r = identity_set_add(&list->members, id);
    if (r < 0)
        return r;
    list->ids[list->count++] = id;
    return 1;
}

static pid_t shared_number(const struct process *process, enum target_scope scope)
{
    return scope == TARGET_GROUP ? process->pgid : process->sid;
}

ssize_t target_list_add_sharers(struct target_list *list, const struct snapshot *snapshot,
                                pid_t number, enum target_scope scope)
{
    if (number <= 0)
        return -EINVAL;
    ssize_t added = 0;
    bool is_found = false;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        if (!signal_policy_is_target(process) || shared_number(process, scope) != number)
            continue;
        is_found = true;
        int r = target_list_add(list, process->id);
        if (r < 0)
            return r;
        added += r;
    }
    return is_found ? added : -ESRCH;
}

/* A member that is gone has no children any more; its number may have a new owner. */
static size_t find_present(const struct target_list *list, const struct snapshot *snapshot,
                           pid_t *pids)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (snapshot_find_identity(snapshot, list->ids[i]))
            pids[count++] = list->ids[i].pid;
    return count;
}

ssize_t target_list_add_descendants(struct target_list *list, const struct snapshot *snapshot)
{
    _cleanup_free_ pid_t *roots = calloc(list->count + 1, sizeof(*roots));
    _cleanup_free_ uint32_t *found = NULL;
    size_t count;
    if (!roots)
        return -ENOMEM;
    int r = tree_descendants(snapshot, roots, find_present(list, snapshot, roots), &found, &count);
    ssize_t added = 0;
    for (size_t i = 0; r >= 0 && i < count; i++) {
        const struct process *process = &snapshot->processes[found[i]];
        r = signal_policy_is_target(process) ? target_list_add(list, process->id) : 0;
        added += r;
    }
    return r < 0 ? r : added;
}

ssize_t target_list_expand(struct target_list *list, const struct snapshot *snapshot, pid_t pid,
                           enum target_scope scope)
{
    const struct process *process = snapshot_find(snapshot, pid);
    if (process && !signal_policy_is_target(process))
        process = NULL;
    if (scope == TARGET_GROUP || scope == TARGET_SESSION)
        return target_list_add_sharers(list, snapshot,
                                       process ? shared_number(process, scope) : pid, scope);
    if (!process)
        return -ESRCH;
    ssize_t added = target_list_add(list, process->id);
    if (added < 0 || scope == TARGET_PROCESS)
        return added;
    ssize_t below = target_list_add_descendants(list, snapshot);
    return below < 0 ? below : added + below;
}
