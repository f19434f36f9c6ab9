/*
 * live_stat: the sweep of processes where the kernel's task iterator is not to be had: the
 * stat file and the owner of each directory of /proc.
 *
 * What an open file's read costs is a third of what opening, reading and closing it does. So the
 * stat files of the first KEPT_MOST processes stay open between sweeps: such a descriptor
 * speaks of its process alone, and of no successor. Each takes 4 KiB of the kernel's memory.
 *
 * The owner is asked for anew where the process has done anything that stat tells, else once in
 * OWNER_TURNS sweeps: who only changed its user and slept on is shown with the former one so long.
 */
#include "live_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/model/process.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

enum {
    KEPT_MOST = 640,
    OTHERS_FDS = 256, /* of RLIMIT_NOFILE, for all that is not kept here */
    OWNER_TURNS = 8
};

/* ---- descriptors that are kept ---- */

static size_t kept_most(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= OTHERS_FDS)
        return 0;
    rlim_t most = limit.rlim_cur - OTHERS_FDS;
    return most < KEPT_MOST ? (size_t)most : KEPT_MOST;
}

void stat_files_done(struct stat_files *files)
{
    for (size_t i = files->taken; i < files->count; i++)
        (void)fd_close(files->kept[i].fd);
    for (size_t i = 0; i < files->next_count; i++)
        (void)fd_close(files->next[i].fd);
    free(files->kept);
    free(files->next);
    if (files->listing)
        (void)closedir(files->listing);
    *files = (struct stat_files){0};
}

/* The processes of a sweep come in ascending order: -EBADF where that one's file is not kept. */
static int take_kept(struct stat_files *files, pid_t pid)
{
    while (files->taken < files->count && files->kept[files->taken].pid < pid)
        (void)fd_close(files->kept[files->taken++].fd);
    bool is_it = files->taken < files->count && files->kept[files->taken].pid == pid;
    return is_it ? files->kept[files->taken++].fd : -EBADF;
}

/* For the next sweep, or closed where there is no room. */
static void keep(struct stat_files *files, pid_t pid, int fd)
{
    bool is_in_order = files->next_count == 0 || files->next[files->next_count - 1].pid < pid;
    if (files->next_count < files->most && is_in_order)
        files->next[files->next_count++] = (struct stat_file){.pid = pid, .fd = fd};
    else
        (void)fd_close(fd);
}

static void make_room(struct stat_files *files)
{
    size_t most = kept_most();
    files->kept = most > 0 ? calloc(most, sizeof(*files->kept)) : NULL;
    files->next = most > 0 ? calloc(most, sizeof(*files->next)) : NULL;
    if (files->kept && files->next) {
        files->most = most;
        return;
    }
    free(files->kept);
    free(files->next);
    files->kept = files->next = NULL;
}

/* A sweep that is the only one keeps nothing. */
static void begin_keeping(struct stat_files *files, bool is_first)
{
    while (files->taken < files->count)
        (void)fd_close(files->kept[files->taken++].fd);
    struct stat_file *former = files->kept;
    files->kept = files->next;
    files->count = files->next_count;
    files->next = former;
    files->taken = files->next_count = 0;
    if (files->most == 0 && !is_first)
        make_room(files);
}

/* ---- one process ---- */

static ssize_t read_kept(int fd, char text[static STAT_TEXT_LIMIT])
{
    return fd < 0 ? -1 : pread(fd, text, STAT_TEXT_LIMIT, 0);
}

/* How long it is; 0 or less: the process is gone. */
static ssize_t read_stat(struct live *live, const char *name, pid_t pid,
                         char text[static STAT_TEXT_LIMIT])
{
    char path[32];
    int fd = take_kept(&live->files, pid);
    ssize_t length = read_kept(fd, text);
    if (length <= 0) { /* another has that number, or it was not kept */
        (void)fd_close(fd);
        (void)stpcpy(stpcpy(path, name), "/stat");
        fd = openat(live->proc_fd, path, O_RDONLY | O_CLOEXEC);
        length = read_kept(fd, text);
    }
    if (length > 0)
        keep(&live->files, pid, fd);
    else
        (void)fd_close(fd);
    return length;
}

/* The row of the sweep before; NULL: it had none. */
static const struct process *former_row(struct live *live, const struct stat_line *line)
{
    const struct snapshot *previous = &live->previous;
    size_t *at = &live->sweep.former;
    while (*at < previous->count && previous->processes[*at].id.pid < line->pid)
        ++*at;
    const struct process *row = *at < previous->count ? &previous->processes[*at] : NULL;
    return row && row->id.pid == line->pid && row->id.start_ticks == line->start_ticks ? row : NULL;
}

static bool has_rested(const struct stat_line *line, const struct process *former)
{
    return former && line->utime_ticks == former->utime_ticks &&
           line->stime_ticks == former->stime_ticks && line->minor_faults == former->minor_faults &&
           line->major_faults == former->major_faults && line->state == former->state &&
           line->ppid == former->ppid && line->sid == former->sid &&
           line->virtual_bytes / 1024 == former->virtual_kib;
}

static bool read_owner(struct live *live, const char *name, const struct stat_line *line,
                       uid_t *ret_uid)
{
    struct stat owner;
    const struct process *former = former_row(live, line);
    bool is_its_turn = (live->sweeps + (uint64_t)line->pid) % OWNER_TURNS == 0;
    if (has_rested(line, former) && !is_its_turn) {
        *ret_uid = former->uid;
        return true;
    }
    if (fstatat(live->proc_fd, name, &owner, 0) < 0)
        return false;
    *ret_uid = owner.st_uid;
    return true;
}

static int add_row(struct live *live, const char *name, pid_t pid)
{
    char text[STAT_TEXT_LIMIT];
    struct stat_line line;
    uid_t uid;
    ssize_t length = read_stat(live, name, pid, text);
    if (length <= 0 || parse_stat(text, (size_t)length, &line) < 0 || line.pgid == -1 ||
        !read_owner(live, name, &line, &uid))
        return 0;
    return live_add_from_line(live, &line, pid, uid, live->sweep.next);
}

/* ---- the sweep ---- */

int live_begin_stat(struct live *live)
{
    struct stat_files *files = &live->files;
    /* What is open would not notice that /proc is another one by now, or none. */
    int r = procfs_check(NULL);
    if (r < 0)
        return r;
    if (files->listing)
        rewinddir(files->listing);
    else
        files->listing = opendir("/proc");
    if (!files->listing)
        return -errno;
    begin_keeping(files, live->previous.count == 0);
    live->sweep.is_of_stat = true;
    return 0;
}

int live_take_stat(struct live *live, uint64_t deadline_ns)
{
    struct sweep *sweep = &live->sweep;
    for (;;) {
        int64_t pid;
        errno = 0;
        const struct dirent *entry = readdir(live->files.listing);
        if (!entry)
            return -errno;
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) < 0)
            continue;
        int r = add_row(live, entry->d_name, (pid_t)pid);
        if (r < 0)
            return r;
        if (++sweep->taken % ROWS_A_LOOK == 0 && clock_boot_ns() >= deadline_ns)
            return 1;
    }
}
