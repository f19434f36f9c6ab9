#include "reaptop/source/relatives.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/model/process.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"
#include "users.h"

enum {
    CHILDREN_TEXT_LIMIT = 64 * 1024
};

struct relatives_reader {
    struct users *users;
};

struct relatives_reader *relatives_new(void)
{
    struct relatives_reader *relatives = calloc(1, sizeof(*relatives));
    if (relatives)
        relatives->users = users_new();
    if (relatives && !relatives->users) {
        free(relatives);
        return NULL;
    }
    return relatives;
}

void relatives_free(struct relatives_reader *relatives)
{
    if (!relatives)
        return;
    users_free(relatives->users);
    free(relatives);
}

static int fill(struct relatives_reader *relatives, struct snapshot *snapshot,
                const struct stat_line *line, uid_t uid)
{
    struct process *process = snapshot_add(snapshot);
    if (!process)
        return -ENOMEM;
    process_from_stat(line, process);
    process->uid = uid;
    process->user = users_name(relatives->users, uid);
    process->comm = arena_strndup(&snapshot->strings, line->comm, line->comm_length);
    return process->user && process->comm ? 0 : -ENOMEM;
}

/* One member; `want_start` 0 takes whoever has the PID. *ret_ppid is its parent. */
static int add_member(struct relatives_reader *relatives, struct snapshot *snapshot, pid_t pid,
                      uint64_t want_start, pid_t *ret_ppid)
{
    struct stat_line line;
    struct stat owner;
    _cleanup_close_ int fd =
        procfs_open_same((struct identity){.pid = pid, .start_ticks = want_start}, &line);
    if (fd < 0)
        return fd;
    if (fstat(fd, &owner) < 0)
        return -errno;
    *ret_ppid = line.ppid;
    return fill(relatives, snapshot, &line, owner.st_uid);
}

static int add_ancestors(struct relatives_reader *relatives, struct snapshot *snapshot, pid_t ppid)
{
    int r = 0;
    for (int i = 0; i < RELATIVES_ANCESTORS_MAX && ppid > 0 && r != -ENOMEM; i++) {
        pid_t pid = ppid;
        ppid = 0;
        r = add_member(relatives, snapshot, pid, 0, &ppid);
    }
    return r == -ENOMEM ? r : 0; /* one that ended meanwhile ends the line */
}

static int add_children_of(struct relatives_reader *relatives, struct snapshot *snapshot,
                           int tasks_fd, const char *tid)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "%.32s/children", tid);
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (procfs_read(tasks_fd, path, CHILDREN_TEXT_LIMIT, &text) < 0 || text.length == 0)
        return 0;
    size_t most = snapshot->count + RELATIVES_CHILDREN_MAX;
    char *rest = text.data, *word;
    while (snapshot->count < most && (word = strsep(&rest, " "))) {
        int64_t pid;
        pid_t ppid;
        if (number_parse(word, 1, INT_MAX, &pid) == 0 &&
            add_member(relatives, snapshot, (pid_t)pid, 0, &ppid) == -ENOMEM)
            return -ENOMEM;
    }
    return 0;
}

static int add_children(struct relatives_reader *relatives, struct snapshot *snapshot, pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%d/task", pid);
    _cleanup_dir_ DIR *tasks = opendir(path);
    const struct dirent *entry;
    int r = 0;
    for (int i = 0; tasks && r == 0 && i < RELATIVES_THREADS_MAX && (entry = readdir(tasks));)
        if (entry->d_name[0] != '.') {
            r = add_children_of(relatives, snapshot, dirfd(tasks), entry->d_name);
            i++;
        }
    return r;
}

int relatives_read(struct relatives_reader *relatives, struct identity id,
                   struct snapshot *snapshot)
{
    pid_t ppid;
    snapshot_clear(snapshot);
    users_begin(relatives->users, &snapshot->strings);
    snapshot->mono_ns = clock_boot_ns();
    snapshot->time_ns = clock_real_ns();
    int r = add_member(relatives, snapshot, id.pid, id.start_ticks, &ppid);
    if (r == 0)
        r = add_ancestors(relatives, snapshot, ppid);
    if (r == 0)
        r = add_children(relatives, snapshot, id.pid);
    if (r < 0)
        snapshot_clear(snapshot);
    snapshot_finish(snapshot);
    return r;
}
