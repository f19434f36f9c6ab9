#include "reaptop/source/read_tasks.h"
#include "reaptop/source/freezer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/parse_syscall.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/vfork_wait.h"

enum {
    WAIT_TEXT_LIMIT = 256,
    NAME_SIZE = 32 /* "2147483647/syscall" */
};

struct tasks {
    struct task_list list;
    unsigned what;
    int dir_fd; /* /proc/PID */
    DIR *dir;   /* /proc/PID/task */
    struct strbuf text;
};

/* The process's own stat: is it still the one, and what is it called? */
static int read_leader(struct tasks *tasks, struct identity id)
{
    struct stat_line line;
    int r = procfs_read_stat(tasks->dir_fd, &line);
    if (r < 0)
        return r;
    if (id.start_ticks != 0 && id.start_ticks != line.start_ticks)
        return -ESRCH;
    struct task_list *list = &tasks->list;
    list->id = (struct identity){id.pid, line.start_ticks, id.inode};
    list->state = line.state;
    list->threads = line.threads;
    list->is_exiting =
        !state_is_dead(line.state) && (line.flags & STAT_EXITING) && line.threads <= 1;
    list->is_kernel = line.flags & STAT_KERNEL_THREAD;
    if (tasks->what & TASKS_SIGNALS) {
        list->frozen = cgroup_holds_read(tasks->dir_fd, &list->quota);
        list->is_in_vfork = line.state == 'D' && vfork_is_awaited(tasks->dir_fd, id.pid);
    }
    list->comm = arena_strndup(&list->strings, line.comm, line.comm_length);
    list->ticks_per_second = sysconf(_SC_CLK_TCK);
    return list->comm ? 0 : -ENOMEM;
}

static int read_of(struct tasks *tasks, pid_t tid, const char *file, size_t limit)
{
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof(name), "%d/%s", (int)tid, file);
    return procfs_read(dirfd(tasks->dir), name, limit, &tasks->text);
}

static void read_status(struct tasks *tasks, struct task *task)
{
    struct status status;
    int r = read_of(tasks, task->tid, "status", STATUS_TEXT_LIMIT);
    if (r >= 0)
        r = parse_status(strbuf_text(&tasks->text), tasks->text.length, &status);
    task->signals_access = task->switches_access = access_from_errno(r, task->state);
    if (r < 0)
        return;

    if (status.known & STATUS_HAS_SWITCHES) {
        task->voluntary_switches = status.voluntary_switches;
        task->involuntary_switches = status.involuntary_switches;
    } else {
        task->switches_access = ACCESS_UNSUPPORTED;
    }
    if (!(status.known & STATUS_HAS_SIGNALS)) {
        task->signals_access = ACCESS_UNSUPPORTED;
        return;
    }
    task->pending = status.pending;
    task->blocked = status.blocked;
    task->tracer_pid = status.tracer_pid;
    struct task_list *list = &tasks->list;
    if (task->tid == list->id.pid)
        list->first = status;
    list->signals_access = ACCESS_OK;
    list->shared_pending = status.shared_pending;
    list->ignored = status.ignored;
    list->caught = status.caught;
    list->sig_queued = status.sig_queued;
    list->sig_queue_limit = status.sig_queue_limit;
}

static const char *keep(struct tasks *tasks)
{
    struct strbuf *text = &tasks->text;
    if (text->length > 0 && text->data[text->length - 1] == '\n')
        text->data[--text->length] = '\0';
    return arena_strndup(&tasks->list.strings, strbuf_text(text), text->length);
}

static int read_wchan(struct tasks *tasks, struct task *task)
{
    int r = read_of(tasks, task->tid, "wchan", WAIT_TEXT_LIMIT);
    task->wchan_access = access_from_errno(r, task->state);
    if (r < 0)
        return 0;
    task->wchan_access = ACCESS_OK;
    task->wchan = keep(tasks);
    return task->wchan ? 0 : -ENOMEM;
}

static bool is_wchan_zero(const struct task *task)
{
    return task->wchan_access == ACCESS_OK && strcmp(task->wchan, "0") == 0;
}

/* What looks denied may be what a thread that has just ended no longer has. */
static void refresh_state(struct tasks *tasks, struct task *task)
{
    struct stat_line line;
    if (read_of(tasks, task->tid, "stat", STAT_TEXT_LIMIT) < 0 ||
        parse_stat(strbuf_text(&tasks->text), tasks->text.length, &line) < 0)
        return;
    task->state = line.state;
    if (!stat_is_ending(&line))
        return;
    if (is_wchan_zero(task))
        task->wchan_access = ACCESS_ZOMBIE;
    if (task->syscall.access == ACCESS_DENIED)
        task->syscall.access = ACCESS_ZOMBIE;
}

/* A kernel thread makes no system calls, though its file names number 0. */
static void read_syscall(struct tasks *tasks, struct task *task, bool is_kernel)
{
    int r = read_of(tasks, task->tid, "syscall", WAIT_TEXT_LIMIT);
    if (r >= 0)
        r = parse_syscall(strbuf_text(&tasks->text), tasks->text.length, &task->syscall);
    task->syscall.access = r == -ENOENT ? ACCESS_UNSUPPORTED : access_from_errno(r, task->state);
    if (r >= 0 && is_kernel)
        task->syscall.access = ACCESS_EMPTY;
}

static int look_at_wait(struct tasks *tasks, struct task *task, bool is_kernel)
{
    int r = read_wchan(tasks, task);
    read_syscall(tasks, task, is_kernel);
    return r;
}

static int read_waits(struct tasks *tasks, struct task *task, bool is_kernel)
{
    int r = look_at_wait(tasks, task, is_kernel);
    if (r < 0)
        return r;
    bool is_torn = wait_is_torn(task->state, !is_wchan_zero(task), &task->syscall);
    if (is_torn || task->syscall.access == ACCESS_DENIED)
        refresh_state(tasks, task);
    if (is_torn && task->wchan_access == ACCESS_OK)
        r = look_at_wait(tasks, task, is_kernel);
    if (r == 0 && is_wchan_zero(task))
        task->wchan_access = wchan_zero_access(task->state, &task->syscall);
    return r;
}

/* 0, also where the thread has just ended. */
static int add_task(struct tasks *tasks, pid_t tid)
{
    struct task_list *list = &tasks->list;
    struct stat_line line;
    int r = read_of(tasks, tid, "stat", STAT_TEXT_LIMIT);
    if (r < 0)
        return r == -ENOENT || r == -ESRCH ? 0 : r;
    if (parse_stat(strbuf_text(&tasks->text), tasks->text.length, &line) < 0)
        return 0;
    if (array_reserve(&list->tasks, &list->capacity, list->count + 1) < 0)
        return -ENOMEM;

    struct task *task = &list->tasks[list->count];
    *task = (struct task){
        .tid = tid,
        .start_ticks = line.start_ticks,
        .state = line.state,
        .comm = arena_strndup(&list->strings, line.comm, line.comm_length),
        .nice = line.nice,
        .priority = line.priority,
        .rt_priority = line.rt_priority,
        .policy = line.policy,
        .processor = line.processor,
        .utime_ticks = line.utime_ticks,
        .stime_ticks = line.stime_ticks,
    };
    if (!task->comm)
        return -ENOMEM;
    if (tasks->what & TASKS_SIGNALS)
        read_status(tasks, task);
    bool is_kernel = line.flags & STAT_KERNEL_THREAD;
    r = tasks->what & TASKS_WAITS ? read_waits(tasks, task, is_kernel) : 0;
    if (r == 0)
        list->count++;
    return r;
}

static int compare_tasks(const void *a, const void *b)
{
    const struct task *left = a, *right = b;
    return (left->tid > right->tid) - (left->tid < right->tid);
}

/* The directory lists them in order, but a thread made meanwhile may come out of it. */
static int finish(struct tasks *tasks)
{
    struct task_list *list = &tasks->list;
    if (list->count == 0)
        return -ESRCH;
    qsort(list->tasks, list->count, sizeof(list->tasks[0]), compare_tasks);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++)
        if (list->tasks[i].tid != list->tasks[kept - 1].tid)
            list->tasks[kept++] = list->tasks[i];
    list->count = kept;
    if (list->access == ACCESS_UNREAD)
        list->access = ACCESS_OK;
    return 0;
}

static int read_all(struct tasks *tasks)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(tasks->dir);
        int64_t tid;
        if (!entry)
            return errno == ENOENT || errno == ESRCH ? -ESRCH : errno != 0 ? -errno : finish(tasks);
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) < 0)
            continue;
        if (tasks->list.count == TASKS_MAX) {
            tasks->list.access = ACCESS_TRUNCATED;
            return finish(tasks);
        }
        int r = add_task(tasks, (pid_t)tid);
        if (r < 0)
            return r;
    }
}

static int open_and_read(struct tasks *tasks, struct identity id)
{
    int r = read_leader(tasks, id);
    if (r < 0)
        return r;
    int fd = openat(tasks->dir_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? -ESRCH : -errno;
    _cleanup_dir_ DIR *dir = fdopendir(fd);
    if (!dir) {
        r = -errno;
        (void)fd_close(fd);
        return r;
    }
    tasks->dir = dir;
    return read_all(tasks);
}

int tasks_read(struct identity id, unsigned what, struct task_list *list)
{
    _cleanup_close_ int dir_fd = procfs_open_process(id.pid, 0);
    if (dir_fd < 0)
        return dir_fd;
    struct tasks tasks = {.what = what, .dir_fd = dir_fd};
    int r = open_and_read(&tasks, id);
    strbuf_done(&tasks.text);
    if (r < 0) {
        task_list_done(&tasks.list);
        return r;
    }
    task_list_done(list);
    tasks.list.read_ns = clock_boot_ns();
    *list = tasks.list;
    return 0;
}
