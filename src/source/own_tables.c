#include "own_tables.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/number.h"
#include "reaptop/source/procfs.h"

enum {
    LINKS_OF_ONE_THREAD = 3 /* of /proc/PID/task: ".", "..", and one directory */
};

static bool is_other(pid_t one, pid_t other)
{
    return syscall(SYS_kcmp, one, other, KCMP_FILES, 0UL, 0UL) > 0;
}

static bool is_new(pid_t tid, const pid_t *tids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_other(tid, tids[i]))
            return false;
    return true;
}

/* A thread that has ended has no table at all, which differs too. */
static bool has_table(int tasks_fd, const char *tid)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "%.20s/fd", tid);
    _cleanup_close_ int fd = openat(tasks_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *fds = fd < 0 ? NULL : fdopendir(dup(fd));
    for (const struct dirent *entry; fds && (entry = readdir(fds)) != NULL;)
        if (entry->d_name[0] != '.')
            return true;
    return false;
}

size_t own_tables_find(pid_t pid, pid_t shared, pid_t ret_tids[OWN_TABLES_MAX])
{
    char path[32];
    struct stat status;
    size_t count = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    if (stat(path, &status) < 0 || status.st_nlink <= LINKS_OF_ONE_THREAD)
        return 0;
    _cleanup_dir_ DIR *tasks = opendir(path);
    const struct dirent *entry;
    while (tasks && count < OWN_TABLES_MAX && (entry = readdir(tasks)) != NULL) {
        int64_t tid;
        if (number_parse(entry->d_name, 1, INT_MAX, &tid) < 0 || tid == shared ||
            !is_other(shared, (pid_t)tid) || !is_new((pid_t)tid, ret_tids, count) ||
            !has_table(dirfd(tasks), entry->d_name))
            continue;
        ret_tids[count++] = (pid_t)tid;
    }
    return count;
}

bool own_tables_has(pid_t pid, pid_t tid)
{
    struct stat_line line;
    _cleanup_close_ int fd = tid == pid ? -EBADF : procfs_open_living(pid);
    return fd >= 0 && procfs_read_stat(fd, &line) == 0 && line.pid != tid &&
           is_other(line.pid, tid);
}
