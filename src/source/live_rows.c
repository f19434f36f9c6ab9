#include "live_private.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cursor.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/model/process.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/procfs.h"

enum {
    STATM_LIMIT = 256,
    LINE_TURNS = 8 /* what was read from a task's own line is read anew once in so many sweeps */
};

/* The stat file of that very task, read by ourselves; false where it is gone. */
static bool read_stat(struct live *live, const struct process *process, struct stat_line *ret_line)
{
    char dir[48], path[64];
    if (process_is_thread(process))
        (void)snprintf(dir, sizeof(dir), "%d/task/%d", process->tgid, process->id.pid);
    else
        (void)snprintf(dir, sizeof(dir), "%d", process->id.pid);
    (void)snprintf(path, sizeof(path), "%s/stat", dir);
    if (procfs_read(live->proc_fd, path, STAT_TEXT_LIMIT, &live->text) != 0 ||
        parse_stat(live->text.data, live->text.length, ret_line) != 0 ||
        ret_line->start_ticks != process->id.start_ticks)
        return false;
    procfs_see_exit_status(live->proc_fd, dir, ret_line);
    return true;
}

/* libproc2 has '.' or '?' for each byte that it takes for unprintable. */
static bool is_ambiguous(const char *comm)
{
    return strpbrk(comm, ".?") != NULL;
}

static bool could_be_shown_as(const char *raw, const char *shown)
{
    for (; *raw != '\0' && *shown != '\0'; raw++, shown++)
        if (*raw != *shown && *shown != '.' && *shown != '?')
            return false;
    return *raw == *shown;
}

/*
 * libproc2 tells neither an ambiguous name's bytes nor the exit status of the
 * dead: those come from the line itself. A task whose answer is known from the
 * sweep before is read again only when its turn comes.
 */
static bool needs_line(const struct live *live, const struct process *process, const char *shown,
                       const struct process *old)
{
    if (!is_ambiguous(shown) && !state_is_dead(process->state))
        return false;
    if (!old || (live->sweeps + (uint64_t)process->id.pid) % LINE_TURNS == 0)
        return true;
    if (is_ambiguous(shown) && (!old->comm || !could_be_shown_as(old->comm, shown)))
        return true;
    /* A tracer may come and go, and what lives on may grow. */
    return state_is_dead(process->state) &&
           (!state_is_dead(old->state) || process->threads > 1 || old->threads > 1 || old->tracer);
}

/* What a living thread of it has resident, as its first one has let go of the memory. */
static void read_living_rss(const struct live *live, int dir_fd, struct process *process)
{
    char path[64];
    uint64_t pages;
    pid_t tid = procfs_living_thread(dir_fd);
    (void)snprintf(path, sizeof(path), "task/%d/statm", tid);
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (tid == 0 || procfs_read(dir_fd, path, STATM_LIMIT, &text) < 0)
        return;
    struct cursor rest = cursor_of(strbuf_text(&text), text.length);
    if (cursor_number(&rest, 10, &pages))
        process->virtual_kib = pages * live->units.page_kib;
    if (cursor_number(&rest, 10, &pages))
        process->rss_kib = pages * live->units.page_kib;
}

/* Who holds a zombie is in its status; few are dead, so it costs a sweep little. */
static void complete_dead(const struct live *live, struct process *process)
{
    if (process_is_thread(process))
        return;
    process->tracer = procfs_read_tracer_of(process->id.pid);
    _cleanup_close_ int dir_fd =
        process->threads > 1 ? procfs_open_process(process->id.pid, 0) : -EBADF;
    if (dir_fd >= 0)
        read_living_rss(live, dir_fd, process);
}

static int complete_from_stat(struct live *live, const char *shown, struct process *process,
                              struct arena *strings)
{
    const struct process *old = NULL;
    const char *comm = shown;
    struct stat_line line;
    if (is_ambiguous(shown) || state_is_dead(process->state))
        old = snapshot_find_identity(&live->previous, process->id);

    if (needs_line(live, process, shown, old) && read_stat(live, process, &line)) {
        comm = line.comm;
        process->state = line.state;
        process->exit_status = line.exit_status;
        if (state_is_dead(process->state))
            complete_dead(live, process);
    } else if (old) {
        process->tracer = state_is_dead(process->state) ? old->tracer : 0;
        comm = is_ambiguous(shown) && old->comm ? old->comm : shown;
        process->exit_status = state_is_dead(process->state) ? old->exit_status : -1;
    }
    process->comm = arena_strdup(strings, comm);
    return process->comm ? 0 : -ENOMEM;
}

/* What a row has besides what was read of it. */
static int complete(struct live *live, struct process *process, struct snapshot *next)
{
    process->start_ns = (uint64_t)((double)process->id.start_ticks * (double)NS_PER_SEC /
                                   (double)live->units.ticks_per_second);
    process->age_ns = next->mono_ns > process->start_ns ? next->mono_ns - process->start_ns : 0;
    process->tty_name = tty_name(&live->ttys, process->tty, &next->strings);
    process->user = users_name(live->users, process->uid);
    return process->user ? 0 : -ENOMEM;
}

/* The pass with threads leaves out leaders: the one before has them as whole processes. */
int live_add_from_libproc(struct live *live, int index, struct snapshot *next)
{
    struct process read = {.cpu_percent = CPU_UNKNOWN, .exit_status = -1};
    const char *comm;
    if (!libproc_row(live->libproc, index, &read, &comm) ||
        (live->sweep.of_threads && !process_is_thread(&read)))
        return 0;
    struct process *process = snapshot_add(next);
    if (!process)
        return -ENOMEM;
    *process = read;
    int r = complete(live, process, next);
    return r < 0 ? r : complete_from_stat(live, comm, process, &next->strings);
}

int live_add_from_record(struct live *live, const struct task_record *record, struct snapshot *next)
{
    const char *comm;
    struct process *process = snapshot_add(next);
    if (!process)
        return -ENOMEM;
    task_record_fill(record, &live->units, process, &comm);
    int r = complete(live, process, next);
    if (r < 0)
        return r;
    if (state_is_dead(process->state) && process->threads > 1 && !process_is_thread(process))
        complete_dead(live, process);
    process->comm = arena_strdup(&next->strings, comm);
    return process->comm ? 0 : -ENOMEM;
}

int live_add_from_line(struct live *live, const struct stat_line *line, pid_t tgid, uid_t uid,
                       struct snapshot *next)
{
    struct process *process = snapshot_add(next);
    if (!process)
        return -ENOMEM;
    process_from_stat(line, process);
    process->tgid = tgid;
    process->uid = uid;
    if (state_is_dead(process->state))
        complete_dead(live, process);
    process->comm = arena_strndup(&next->strings, line->comm, line->comm_length);
    return process->comm ? complete(live, process, next) : -ENOMEM;
}

/* `tgid` is of the process or thread whose directory that is. */
static int add_from_directory(struct live *live, int dir_fd, pid_t tgid, struct snapshot *next)
{
    struct stat_line line;
    struct stat owner;
    if (dir_fd < 0 || fstat(dir_fd, &owner) < 0 ||
        procfs_read(dir_fd, "stat", STAT_TEXT_LIMIT, &live->text) < 0 ||
        parse_stat(live->text.data, live->text.length, &line) < 0 || line.pgid == -1)
        return 0;
    return live_add_from_line(live, &line, tgid, owner.st_uid, next);
}

int live_add_from_proc(struct live *live, pid_t pid, struct snapshot *next)
{
    _cleanup_close_ int dir_fd = procfs_open_process(pid, 0);
    return add_from_directory(live, dir_fd, pid, next);
}

int live_add_threads_from_proc(struct live *live, pid_t pid, struct snapshot *next)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
    _cleanup_dir_ DIR *tasks = opendir(path);
    const struct dirent *entry;
    int64_t tid;
    int r = 0;
    while (tasks && r == 0 && (entry = readdir(tasks))) {
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) < 0 || tid == pid)
            continue;
        _cleanup_close_ int dir_fd = procfs_open_process(pid, (pid_t)tid);
        r = add_from_directory(live, dir_fd, pid, next);
    }
    return r;
}
