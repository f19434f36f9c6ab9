#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "cursor.h"
#include "evidence_facts.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/number.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

enum {
    CHILDREN_LIMIT = 64 * 1024 /* bytes of one children file */
};

static void consider_child(struct why_task *task, pid_t pid, enum why_role role)
{
    struct stat_line line;
    const struct why_wait *wait = &task->wait;
    bool is_child = wait->kind == WHY_CHILD && !wait->from_wchan;
    bool is_one = is_child && !wait->child.is_group && wait->child.id >= 0;
    if (is_one && wait->child.id != pid)
        return;
    if (procfs_read_stat_of(pid, &line) < 0 || line.ppid != task->id.pid ||
        (is_child && wait->child.is_group && line.pgid != wait->child.id))
        return;
    facts_add_found(task, pid, role, -1, false);
}

/* task/TID/children; false: this kernel has none (CONFIG_PROC_CHILDREN). */
static bool children_of_thread(struct why_task *task, pid_t tid, enum why_role role)
{
    char name[64];
    int32_t pid;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    (void)snprintf(name, sizeof(name), "/proc/%d/task/%d/children", task->id.pid, tid);
    if (procfs_read(AT_FDCWD, name, CHILDREN_LIMIT, &text) < 0)
        return false;
    struct cursor rest = cursor_of(strbuf_text(&text), text.length);
    while (cursor_int(&rest, &pid))
        consider_child(task, pid, role);
    return true;
}

static void children_by_sweep(struct why_task *task, enum why_role role)
{
    _cleanup_dir_ DIR *proc = opendir("/proc");
    struct dirent *entry;
    int64_t pid;
    while (proc && (entry = readdir(proc)) != NULL)
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) == 0)
            consider_child(task, (pid_t)pid, role);
}

DIR *facts_open_threads(pid_t pid)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "/proc/%d/task", pid);
    return opendir(name);
}

static void find_children(struct why_task *task, enum why_role role)
{
    _cleanup_dir_ DIR *threads = facts_open_threads(task->id.pid);
    struct dirent *entry;
    int64_t tid;
    bool is_reported = false;
    while (threads && (entry = readdir(threads)) != NULL)
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) == 0)
            is_reported = children_of_thread(task, (pid_t)tid, role) || is_reported;
    if (!is_reported)
        children_by_sweep(task, role);
}

static void consider_traced(struct why_task *task, pid_t pid)
{
    pid_t tracer = procfs_read_tracer_of(pid);
    if (tracer > 0 && (tracer == task->tid || tracer == task->id.pid))
        facts_add_found(task, pid, WHY_ROLE_TRACED, -1, false);
}

/* Who waits for a child and has none waits for those that it traces (ptrace(2)). */
static void find_traced(struct why_task *task)
{
    _cleanup_dir_ DIR *proc = NULL;
    struct dirent *entry;
    int64_t pid;
    if (task->wait.from_wchan || task->wait.child.is_group)
        return;
    if (task->wait.child.id >= 0) {
        consider_traced(task, (pid_t)task->wait.child.id);
        return;
    }
    proc = opendir("/proc");
    while (proc && (entry = readdir(proc)) != NULL)
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) == 0)
            consider_traced(task, (pid_t)pid);
}

/* A waited pidfd names its process. */
int facts_gather_child(struct facts *facts, struct why_task *task)
{
    if (task->wait.fd < 0) {
        find_children(task, WHY_ROLE_CHILD);
        if (task->found_count == 0)
            find_traced(task);
        return 0;
    }
    int r = facts_gather_descriptor(facts, task);
    if (r == 0 && task->object_count > 0 && task->objects[0].descriptor.detail)
        facts_add_found(task, task->objects[0].descriptor.detail->pidfd_pid, WHY_ROLE_CHILD, -1,
                        false);
    return r;
}

int facts_gather_vfork_child(struct facts *facts, struct why_task *task)
{
    (void)facts;
    find_children(task, WHY_ROLE_VFORK_CHILD);
    return 0;
}

/* Whoever outlived its parent in the namespace is its init's child. */
int facts_gather_left(struct facts *facts, struct why_task *task)
{
    (void)facts;
    if (why_is_ending_init(task))
        find_children(task, WHY_ROLE_LEFT);
    return 0;
}

int facts_gather_threads(struct facts *facts, struct why_task *task)
{
    (void)facts;
    _cleanup_dir_ DIR *threads = facts_open_threads(task->id.pid);
    struct dirent *entry;
    int64_t tid;
    while (threads && (entry = readdir(threads)) != NULL)
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) == 0 && tid != task->tid)
            facts_add_found(task, (pid_t)tid,
                            task->wait.kind == WHY_EXEC ? WHY_ROLE_OTHER_THREAD : WHY_ROLE_THREAD,
                            -1, false);
    return 0;
}
