#include "reaptop/control/target.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"

enum {
    TARGET_TEXT_MAX = 64
};

/* ---- words ---- */

static int refuse_text(const char *text, struct error *error)
{
    return error_set(error, -EINVAL, _("'%.40s' is not a process: give a PID or PID:INODE"), text);
}

static int parse_pid(const char *text, pid_t *ret_pid, struct error *error)
{
    int64_t pid;
    int r = number_parse(text, INT64_MIN, INT64_MAX, &pid);
    if (r == -ERANGE || (r == 0 && pid > INT_MAX))
        return error_set(error, -EINVAL, _("'%.40s' is larger than any PID"), text);
    if (r < 0)
        return refuse_text(text, error);
    if (pid == 0)
        return error_set(error, -EINVAL,
                         _("0 would mean our own process group: name a PID; -g takes its group"));
    if (pid == -1)
        return error_set(error, -EINVAL, _("-1 would mean every process: name a PID"));
    if (pid < 0)
        return error_set(error, -EINVAL, _("'%.40s' is negative: name a PID; -g takes its group"),
                         text);
    *ret_pid = (pid_t)pid;
    return 0;
}

static int parse_inode(const char *text, uint64_t *ret_inode)
{
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return -EINVAL;
    errno = 0;
    unsigned long long inode = strtoull(text, NULL, 10);
    if (errno != 0 || inode == 0)
        return -EINVAL;
    *ret_inode = inode;
    return 0;
}

int target_parse(const char *text, struct target *ret_target, struct error *error)
{
    char pid_text[TARGET_TEXT_MAX];
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);
    if (length >= sizeof(pid_text))
        return refuse_text(text, error);
    memcpy(pid_text, text, length);
    pid_text[length] = '\0';

    struct target target = {0};
    int r = parse_pid(pid_text, &target.pid, error);
    if (r < 0)
        return r;
    if (colon && parse_inode(colon + 1, &target.inode) < 0)
        return refuse_text(text, error);
    *ret_target = target;
    return 0;
}

/* ---- judgement ---- */

struct target_asker target_asker_of_this_process(void)
{
    return (struct target_asker){.self = getpid(), .parent = getppid()};
}

static enum target_verdict verdict(enum target_verdict answer, struct error *error,
                                   const char *reason)
{
    (void)error_set(error, -EPERM, "%s", reason);
    return answer;
}

enum target_verdict target_judge(const struct process *process, struct target_asker asker,
                                 struct error *error)
{
    if (process->is_kernel)
        return verdict(TARGET_REFUSED, error,
                       _("it is a kernel thread: a signal would report success and do nothing"));
    if (process->id.pid == 1)
        return verdict(TARGET_NEEDS_YES, error,
                       _("it is PID 1: when it ends, everything in its PID namespace ends"));
    if (process->id.pid == asker.self)
        return verdict(TARGET_NEEDS_YES, error, _("it is reaptop itself"));
    if (process->id.pid == asker.parent)
        return verdict(TARGET_NEEDS_YES, error, _("it is reaptop's own parent"));
    return TARGET_ALLOWED;
}

/* ---- members ---- */

void target_list_done(struct target_list *list)
{
    free(list->ids);
    identity_set_done(&list->members);
    *list = TARGET_LIST_INIT;
}

bool target_list_has(const struct target_list *list, struct identity id)
{
    return identity_set_has(&list->members, id);
}

int target_list_add(struct target_list *list, struct identity id)
{
    if (target_list_has(list, id))
        return 0;
    int r = array_reserve(&list->ids, &list->capacity, list->count + 1);
    if (r == 0)
        r = identity_set_add(&list->members, id);
    if (r < 0)
        return r;
    list->ids[list->count++] = id;
    return 1;
}

static bool can_be_member(const struct process *process)
{
    return !process_is_thread(process) && !process->is_ended;
}

static pid_t shared_number(const struct process *process, enum target_scope scope)
{
    return scope == TARGET_GROUP ? process->pgid : process->sid;
}

static ssize_t add_sharers(struct target_list *list, const struct snapshot *snapshot, pid_t number,
                           enum target_scope scope)
{
    ssize_t added = 0;
    bool is_found = false;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        if (!can_be_member(process) || shared_number(process, scope) != number)
            continue;
        is_found = true;
        int r = target_list_add(list, process->id);
        if (r < 0)
            return r;
        added += r;
    }
    return is_found ? added : -ESRCH;
}

/* A snapshot's processes ordered by parent, so that children are found without a walk. */
struct child_index {
    const struct process **by_parent;
    size_t count;
};

static void child_index_done(struct child_index *index)
{
    free(index->by_parent);
}

static int compare_parents(const void *left, const void *right)
{
    const struct process *a = *(const struct process *const *)left;
    const struct process *b = *(const struct process *const *)right;
    if (a->ppid != b->ppid)
        return a->ppid < b->ppid ? -1 : 1;
    return (a->id.pid > b->id.pid) - (a->id.pid < b->id.pid);
}

static int child_index_build(struct child_index *index, const struct snapshot *snapshot)
{
    index->by_parent = calloc(snapshot->count + 1, sizeof(*index->by_parent));
    if (!index->by_parent)
        return -ENOMEM;
    for (size_t i = 0; i < snapshot->count; i++)
        if (can_be_member(&snapshot->processes[i]))
            index->by_parent[index->count++] = &snapshot->processes[i];
    qsort(index->by_parent, index->count, sizeof(*index->by_parent), compare_parents);
    return 0;
}

static size_t first_child(const struct child_index *index, pid_t parent)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->by_parent[middle]->ppid < parent)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static ssize_t add_children(struct target_list *list, const struct child_index *index, pid_t parent)
{
    ssize_t added = 0;
    for (size_t i = first_child(index, parent);
         i < index->count && index->by_parent[i]->ppid == parent; i++) {
        int r = target_list_add(list, index->by_parent[i]->id);
        if (r < 0)
            return r;
        added += r;
    }
    return added;
}

/* The list is its own queue: parents stand before their children, and depth costs no stack. */
ssize_t target_list_add_descendants(struct target_list *list, const struct snapshot *snapshot)
{
    _cleanup_(child_index_done) struct child_index index = {0};
    int r = child_index_build(&index, snapshot);
    if (r < 0)
        return r;

    ssize_t added = 0;
    for (size_t at = 0; at < list->count; at++) {
        /* A member that is gone has no children any more; its number may have a new owner. */
        if (!snapshot_find_identity(snapshot, list->ids[at]))
            continue;
        ssize_t born = add_children(list, &index, list->ids[at].pid);
        if (born < 0)
            return born;
        added += born;
    }
    return added;
}

static ssize_t add_subtree(struct target_list *list, const struct snapshot *snapshot,
                           struct identity root)
{
    int is_new = target_list_add(list, root);
    if (is_new < 0)
        return is_new;
    ssize_t grown = target_list_add_descendants(list, snapshot);
    return grown < 0 ? grown : is_new + grown;
}

ssize_t target_list_expand(struct target_list *list, const struct snapshot *snapshot, pid_t pid,
                           enum target_scope scope)
{
    const struct process *process = snapshot_find(snapshot, pid);
    if (process && !can_be_member(process))
        process = NULL;
    if (scope == TARGET_GROUP || scope == TARGET_SESSION) {
        pid_t number = process ? shared_number(process, scope) : pid;
        return number > 0 ? add_sharers(list, snapshot, number, scope) : -EINVAL;
    }
    if (!process)
        return -ESRCH;
    if (scope == TARGET_PROCESS)
        return target_list_add(list, process->id);
    return add_subtree(list, snapshot, process->id);
}
