#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/ending.h"
#include "reaptop/source/freezer.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/vfork_wait.h"
#include "send_facts.h"
#include "send_private.h"

enum {
    THREADS_READ_MAX = 256 /* of one target; the forecast says when there are more */
};

bool send_was_pending(const struct send_target *target, int signal)
{
    const struct send_facts *before = facts_of(target);
    return signal < SIGRTMIN && before->has_status &&
           signal_set_has(before->status.pending | before->status.shared_pending, signal);
}

bool send_was_traced(const struct send_target *target)
{
    return facts_of(target)->process.state == 't';
}

bool send_was_orphaned(const struct send_target *target)
{
    return facts_of(target)->group == GROUP_ORPHANED;
}

int send_read_status(int dir_fd, const char *path, struct status *ret_status)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int r = procfs_read(dir_fd, path, STATUS_TEXT_LIMIT, &text);
    return r < 0 ? r : parse_status(strbuf_text(&text), text.length, ret_status);
}

/* The thread waits in a kernel function of that name, as task/TID/wchan has it. */
static bool is_waiting_in(int dir_fd, const char *tid, const char *function)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    char path[64];
    (void)snprintf(path, sizeof(path), "task/%.20s/wchan", tid);
    return procfs_read(dir_fd, path, 128, &text) >= 0 && strstr(strbuf_text(&text), function);
}

static int add_thread(struct send_facts *facts, size_t *capacity, int dir_fd, const char *tid)
{
    char path[64];
    struct status status;
    (void)snprintf(path, sizeof(path), "task/%.20s/status", tid);
    if (send_read_status(dir_fd, path, &status) < 0 || !(status.known & STATUS_HAS_SIGNALS))
        return 0;
    if (state_is_dead(status.state)) {
        facts->dead_threads++;
        return 0;
    }
    int r = array_reserve(&facts->threads, capacity, facts->thread_count + 1);
    if (r < 0)
        return r;
    facts->threads[facts->thread_count++] =
        (struct forecast_thread){.pending = status.pending,
                                 .blocked = status.blocked,
                                 .tracer_pid = status.tracer_pid,
                                 .state = status.state,
                                 .is_first = status.pid == status.tgid};
    if (is_waiting_in(dir_fd, tid, "sigtimedwait"))
        facts->is_in_sigwait = true;
    return 0;
}

static void read_threads(struct send_facts *facts, int dir_fd)
{
    int task_fd = openat(dir_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *tasks = task_fd < 0 ? NULL : fdopendir(task_fd);
    if (!tasks)
        return;
    size_t capacity = 0;
    const struct dirent *entry;
    while ((entry = readdir(tasks)) && facts->thread_count < THREADS_READ_MAX)
        if (entry->d_name[0] != '.' && add_thread(facts, &capacity, dir_fd, entry->d_name) < 0)
            return;
}

static bool is_exiting(int dir_fd)
{
    struct stat_line line;
    return procfs_read_stat(dir_fd, &line) == 0 && !state_is_dead(line.state) &&
           (line.flags & STAT_EXITING) && line.threads <= 1;
}

/* -ESRCH: reaped meanwhile. The group's standing is kept: it comes from a snapshot. */
int send_read_facts(struct send_target *target)
{
    struct send_facts fresh = {.group = facts_of(target)->group};
    int r = handle_read_process(&target->handle, target->comm, &fresh.process);
    if (r < 0)
        return r;
    r = send_read_status(target->handle.proc_fd, "status", &fresh.status);
    if (r == -ENOENT || r == -ESRCH)
        return -ESRCH;
    fresh.has_status = r == 0;
    if (fresh.has_status)
        fresh.process.uid = fresh.status.uid[1];
    if (!process_is_over(&fresh.process) && !fresh.process.is_kernel)
        read_threads(&fresh, target->handle.proc_fd);
    fresh.is_exiting = is_exiting(target->handle.proc_fd);
    if (fresh.process.state == 'D')
        fresh.is_in_vfork = vfork_is_awaited(target->handle.proc_fd, target->id.pid);
    fresh.frozen = cgroup_holds_read(target->handle.proc_fd, &fresh.quota);

    free(facts_of(target)->threads);
    *facts_of(target) = fresh;
    target->state = fresh.process.state;
    target->ppid = fresh.process.ppid;
    return 0;
}
