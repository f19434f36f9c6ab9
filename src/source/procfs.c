#include "reaptop/source/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/vfs.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/number.h"
#include "reaptop/source/parse_status.h"

enum {
    READ_STEP = 4096
};

int procfs_check(struct error *error)
{
    struct statfs where;
    if (statfs("/proc", &where) < 0)
        return error_set_errno(error, -ENODEV, "/proc");
    if (where.f_type != PROC_SUPER_MAGIC)
        return error_set(error, -ENODEV,
                         "/proc: it is not a procfs; mount one: mount -t proc proc /proc");

    char self[32] = "";
    int64_t pid;
    if (readlink("/proc/self", self, sizeof(self) - 1) < 0 ||
        number_parse(self, 1, INT_MAX, &pid) < 0 || pid != getpid())
        return error_set(error, -ENODEV,
                         "/proc: it belongs to another PID namespace; mount one of this namespace");
    return 0;
}

int procfs_open_process(pid_t pid, pid_t tid)
{
    char path[64];
    if (tid > 0)
        (void)snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
    else
        (void)snprintf(path, sizeof(path), "/proc/%d", pid);

    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    return errno == ENOENT ? -ESRCH : -errno;
}

bool procfs_is_hidden(pid_t pid)
{
    if (kill(pid, 0) < 0 && errno != EPERM)
        return false;
    _cleanup_close_ int fd = procfs_open_process(pid, 0); /* not one that was born just now */
    return fd == -ESRCH || fd == -EPERM;
}

/* One read that a signal handler does not end. */
static ssize_t read_again(int fd, char *bytes, size_t size)
{
    ssize_t got;
    do
        got = read(fd, bytes, size);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

int procfs_read(int dir_fd, const char *name, size_t limit, struct strbuf *out)
{
    strbuf_clear(out);
    _cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;

    char bytes[READ_STEP];
    ssize_t got;
    while ((got = read_again(fd, bytes, sizeof(bytes))) > 0) {
        size_t room = limit - out->length;
        strbuf_append(out, bytes, (size_t)got < room ? (size_t)got : room);
        if (out->error < 0)
            return out->error;
        if ((size_t)got > room)
            return 1;
    }
    return (int)got;
}

void procfs_see_exit_status(int dir_fd, const char *dir, struct stat_line *line)
{
    char path[64];
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;

    if (!state_is_dead(line->state) || line->exit_status >= 0 || line->threads > 1 ||
        line->fields < STAT_FIELDS)
        return;
    (void)snprintf(path, sizeof(path), "%s/io", dir);
    if (procfs_read(dir_fd, path, 1, &text) >= 0)
        line->exit_status = 0;
}

static int read_stat(int dir_fd, const char *dir, struct stat_line *ret_line)
{
    char path[64];
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    (void)snprintf(path, sizeof(path), "%s/stat", dir);
    int r = procfs_read(dir_fd, path, STAT_TEXT_LIMIT, &text);
    if (r < 0)
        return r == -ENOENT ? -ESRCH : r;
    r = parse_stat(strbuf_text(&text), text.length, ret_line);
    if (r == 0)
        procfs_see_exit_status(dir_fd, dir, ret_line);
    return r;
}

int procfs_read_stat(int dir_fd, struct stat_line *ret_line)
{
    return read_stat(dir_fd, ".", ret_line);
}

int procfs_read_stat_of(pid_t pid, struct stat_line *ret_line)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/%d", pid);
    return read_stat(AT_FDCWD, path, ret_line);
}

/* The `status` of whoever has the PID or TID now. */
static bool read_status_of(pid_t pid, struct status *ret_status)
{
    char path[32];
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
    return procfs_read(AT_FDCWD, path, STATUS_TEXT_LIMIT, &text) >= 0 &&
           parse_status(strbuf_text(&text), text.length, ret_status) == 0;
}

pid_t procfs_read_tracer_of(pid_t pid)
{
    struct status status;
    return read_status_of(pid, &status) && (status.known & STATUS_HAS_TRACER) ? status.tracer_pid
                                                                              : 0;
}

pid_t procfs_process_of(pid_t tid)
{
    struct status status;
    return read_status_of(tid, &status) ? status.tgid : tid;
}

pid_t procfs_living_thread(int dir_fd)
{
    struct stat_line line;
    if (procfs_read_stat(dir_fd, &line) < 0 || !state_is_dead(line.state) || line.threads <= 1)
        return 0;
    int fd = openat(dir_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *tasks = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    while (tasks && (entry = readdir(tasks)) != NULL) {
        int64_t tid;
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) == 0 &&
            read_stat(dirfd(tasks), entry->d_name, &line) == 0 && !state_is_dead(line.state))
            return (pid_t)tid;
    }
    return 0;
}

int procfs_open_living(pid_t pid)
{
    _cleanup_close_ int dir_fd = procfs_open_process(pid, 0);
    if (dir_fd < 0)
        return dir_fd;
    pid_t tid = procfs_living_thread(dir_fd);
    return tid > 0 ? procfs_open_process(pid, tid) : take_fd(dir_fd);
}

int procfs_open_same(struct identity id, struct stat_line *ret_line)
{
    _cleanup_close_ int dir_fd = procfs_open_process(id.pid, 0);
    if (dir_fd < 0)
        return dir_fd;
    int r = procfs_read_stat(dir_fd, ret_line);
    if (r < 0)
        return r;
    if (id.start_ticks != 0 && ret_line->start_ticks != id.start_ticks)
        return -ESRCH;
    return take_fd(dir_fd);
}

int procfs_readlink(int dir_fd, const char *name, struct strbuf *out)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(dir_fd, name, target, sizeof(target));
    if (length < 0)
        return -errno;
    strbuf_clear(out);
    strbuf_append(out, target, (size_t)length);
    return out->error;
}
