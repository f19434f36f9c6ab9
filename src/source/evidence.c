#include "reaptop/source/evidence.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "evidence_facts.h"
#include "evidence_task.h"
#include "read_cgroup.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/read_files.h"

struct evidence {
    struct facts facts;
    struct why_evidence why;
    struct cgroup_mounts cgroups;
    size_t next; /* the task whose facts are gathered next */
    uint8_t depth[WHY_TASKS_MAX];
    uint64_t cpu_ns[WHY_TASKS_MAX]; /* first look of those that run */
    uint64_t looked_ns[WHY_TASKS_MAX];
};

static struct why_task *task_at(struct evidence *e, size_t index)
{
    return &e->why.tasks[index];
}

/* ---- steps ---- */

/* What its control groups do to it; a frozen one is seen as such whatever it slept in. */
static void look_at_cgroup(struct evidence *e, struct why_task *task)
{
    _cleanup_close_ int fd = -EBADF;
    if (task->is_kernel || state_is_dead(task->state) ||
        (fd = procfs_open_process(task->id.pid, task->tid)) < 0)
        return;
    cgroup_mounts_read(&e->cgroups);
    cgroup_state_read(fd, &e->cgroups, &task->cgroup);
    task->wait = why_classify(task);
}

/* A group that was throttled, or used up its time, since the first look. */
static void look_at_quota_again(struct evidence *e, struct why_task *task)
{
    struct cgroup_state now;
    _cleanup_close_ int fd = -EBADF;
    if (task->cgroup.quota.period_us == 0 || task->wait.processor.run_ns > 0 ||
        (fd = procfs_open_process(task->id.pid, task->tid)) < 0)
        return;
    cgroup_state_read(fd, &e->cgroups, &now);
    task->is_throttled = now.quota.throttled > 0 && now.quota.periods > 0;
    if (task->is_throttled) {
        task->cgroup = now;
        task->wait = why_classify(task);
    }
}

static void look_at_clock(struct evidence *e, size_t index)
{
    const struct why_task *task = task_at(e, index);
    if (task->wait.kind == WHY_RUNNING && evidence_task_cpu_time(task, &e->cpu_ns[index]) == 0)
        e->looked_ns[index] = clock_ns(CLOCK_MONOTONIC);
}

/* Time that passed without a share of it means that it waits for its turn. */
static void look_at_clock_again(struct evidence *e, size_t index)
{
    struct why_task *task = task_at(e, index);
    uint64_t now;
    if (e->looked_ns[index] == 0 || evidence_task_cpu_time(task, &now) < 0)
        return;
    task->wait.processor.is_known = true;
    if (now > e->cpu_ns[index])
        task->wait.processor.run_ns = now - e->cpu_ns[index];
    else
        task->wait.processor.wait_ns = clock_ns(CLOCK_MONOTONIC) - e->looked_ns[index];
    look_at_quota_again(e, task);
}

static int add_task(struct evidence *e, pid_t tid, uint8_t depth)
{
    struct why_task *task = why_evidence_add(&e->why);
    if (!task)
        return e->why.is_bounded ? 0 : -ENOMEM;
    size_t index = e->why.count - 1;
    e->depth[index] = depth;
    int r = evidence_task_read(e->facts.reader, tid, task, NULL);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        task->state = '\0';
    else {
        look_at_cgroup(e, task);
        look_at_clock(e, index);
    }
    return 0;
}

static int add_holders(struct evidence *e, size_t index)
{
    struct why_holder holders[WHY_HOLDERS_MAX];
    bool is_any;
    uint8_t depth = e->depth[index];
    uint32_t count = why_holders(task_at(e, index), holders, &is_any);
    if (depth + 1 >= WHY_DEPTH_MAX)
        return 0;
    for (uint32_t i = 0; i < count && i < WHY_BRANCHES; i++) {
        if (why_evidence_find(&e->why, holders[i].pid))
            continue;
        int r = add_task(e, holders[i].pid, (uint8_t)(depth + 1));
        if (r < 0)
            return r;
    }
    return 0;
}

int evidence_new(struct reader *reader, struct identity id, pid_t tid,
                 struct evidence **ret_evidence)
{
    struct evidence *e = calloc(1, sizeof(*e));
    if (!e)
        return -ENOMEM;
    facts_init(&e->facts, reader, &e->why.strings);
    int r = add_task(e, tid > 0 ? tid : id.pid, 0);
    const struct why_task *first = e->why.count > 0 ? &e->why.tasks[0] : NULL;
    if (r == 0 && (!first || first->state == '\0' ||
                   (id.start_ticks != 0 && tid <= 0 && first->id.start_ticks != id.start_ticks)))
        r = -ESRCH;
    if (r < 0) {
        evidence_free(e);
        return r;
    }
    *ret_evidence = e;
    return 0;
}

void evidence_free(struct evidence *e)
{
    if (!e)
        return;
    facts_done(&e->facts);
    why_evidence_done(&e->why);
    free(e);
}

const struct why_evidence *evidence_why(const struct evidence *evidence)
{
    return &evidence->why;
}

/* Whom a task leads to is gathered behind it. */
static int gather_from_here(struct evidence *e)
{
    for (; e->next < e->why.count; e->next++) {
        struct why_task *task = task_at(e, e->next);
        if (task->state == '\0')
            continue;
        int r = facts_gather(&e->facts, task, e->next == 0);
        if (r == 0 && why_is_led_by_lab(task)) {
            task->awaits_lab = true;
            task->wait = why_classify(task);
        }
        if (r == 0)
            r = add_holders(e, e->next);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Its other threads, for locks among them. What they lead to has its room left. */
static int add_siblings(struct evidence *e)
{
    const struct why_task *first = task_at(e, 0);
    pid_t pid = first->id.pid;
    if (first->threads <= 1 || first->tid != pid)
        return 0;
    _cleanup_dir_ DIR *threads = facts_open_threads(pid);
    struct dirent *entry;
    int64_t tid;
    for (int i = 0; threads && i < WHY_SIBLINGS_MAX && (entry = readdir(threads)) != NULL;) {
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) < 0 ||
            why_evidence_find(&e->why, (pid_t)tid))
            continue;
        int r = add_task(e, (pid_t)tid, 0);
        if (r < 0)
            return r;
        i++;
    }
    return 0;
}

int evidence_gather(struct evidence *e)
{
    int r = gather_from_here(e);
    if (r == 0)
        r = add_siblings(e);
    if (r == 0)
        r = gather_from_here(e);
    for (size_t i = 0; r == 0 && i < e->why.count; i++)
        look_at_clock_again(e, i);
    return r;
}

/* The descriptors among a call's arguments, as far as they can be read. */
static int look_at_arguments(struct reader *reader, struct why_task *task, struct arena *arena)
{
    const struct syscall_shape *shape =
        syscall_is_readable(&task->syscall) ? syscall_shape(task->syscall.number) : NULL;
    if (!shape)
        return 0;
    _cleanup_close_ int pid_fd = procfs_open_process(task->id.pid, task->tid);
    if (pid_fd < 0)
        return 0;
    task->objects = arena_alloc(arena, SYSCALL_ARGUMENTS * sizeof(struct why_object));
    if (!task->objects)
        return -ENOMEM;
    for (int i = 0; i < SYSCALL_ARGUMENTS; i++) {
        if (shape->arguments[i].kind != ARGUMENT_FD)
            continue;
        struct why_object *object = &task->objects[task->object_count++];
        object->fd = (int32_t)(uint32_t)task->syscall.arguments[i];
        int r = files_read_one(reader, evidence_task_process(task), pid_fd, object->fd, arena,
                               &object->descriptor);
        object->access = access_from_errno(r, task->state);
        if (r == -ENOMEM)
            return r;
    }
    return 0;
}

int evidence_look(struct reader *reader, struct identity id, pid_t tid, struct arena *arena,
                  struct why_task *ret_task, struct strbuf *stack)
{
    struct why_task task = {.exit_status = -1, .wait = {.fd = -1}};
    int r = evidence_task_read(reader, tid > 0 ? tid : id.pid, &task, stack);
    if (r < 0)
        return r;
    if (id.start_ticks != 0 && tid <= 0 && task.id.start_ticks != id.start_ticks)
        return -ESRCH;
    r = look_at_arguments(reader, &task, arena);
    if (r == 0)
        *ret_task = task;
    return r;
}
