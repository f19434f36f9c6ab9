#include "reaptop/source/read_details.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/text.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"
#include "reaptop/source/freezer.h"
#include "reaptop/source/parse_details.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/procfs.h"

enum {
    SMALL_FILE_LIMIT = 4096,
    CGROUP_LIMIT = 16 * 1024,
    LIST_LIMIT = 256, /* of processors or memory nodes */
    DESCRIPTORS_COUNTED = 1 << 20,
};

/* One reading of one process. */
struct reading {
    struct details *details;
    int dir_fd;
    int stat_fd; /* answers ESRCH once the process is reaped */
    struct strbuf text;
};

static bool is_gone(const struct reading *reading)
{
    char byte;
    return pread(reading->stat_fd, &byte, 1, 0) < 0 && errno == ESRCH;
}

/*
 * Is it a zombie by now, or on the way: it gives up its memory, and with it what
 * the access checks look at, a moment before it shows Z.
 */
static bool is_dying(struct reading *reading)
{
    char text[STAT_TEXT_LIMIT];
    struct stat_line line;
    ssize_t got = pread(reading->stat_fd, text, sizeof(text), 0);
    if (got <= 0 || parse_stat(text, (size_t)got, &line) < 0)
        return false;
    reading->details->process.state = line.state;
    reading->details->process.exit_status = line.exit_status;
    return reading->details->read_of == 0 && stat_is_ending(&line);
}

/*
 * ENOENT may mean that the process was reaped, or that this kernel has no such
 * file; EACCES that we may not, or that it is a zombie by now.
 */
static enum access judge(struct reading *reading, int error)
{
    if (error < 0 && is_gone(reading))
        return ACCESS_GONE;
    return access_from_errno(error, error < 0 && is_dying(reading) ? 'Z' : '\0');
}

static void keep_text(struct reading *reading, enum details_part part, enum access access)
{
    struct details *details = reading->details;
    const char *copy =
        arena_strndup(&details->strings, strbuf_text(&reading->text), reading->text.length);
    details->access[part] = copy ? access : ACCESS_FAILED;
    details->text[part] = copy;
    details->length[part] = copy ? reading->text.length : 0;
}

static void drop_newline(struct strbuf *text)
{
    if (text->length > 0 && text->data[text->length - 1] == '\n')
        text->data[--text->length] = '\0';
}

/* An empty file: the process never had it, or no longer has. */
static enum access nothing_there(struct reading *reading)
{
    return is_dying(reading) ? ACCESS_ZOMBIE : ACCESS_EMPTY;
}

static void read_file(struct reading *reading, enum details_part part, size_t limit)
{
    int r = procfs_read(reading->dir_fd, details_parts[part].file, limit, &reading->text);
    drop_newline(&reading->text);
    if (r == -EINVAL || (r == -ENOENT && !is_gone(reading)))
        reading->details->access[part] = ACCESS_UNSUPPORTED;
    else if (r < 0)
        reading->details->access[part] = judge(reading, r);
    else if (reading->text.length == 0)
        reading->details->access[part] = nothing_there(reading);
    else
        keep_text(reading, part, r > 0 ? ACCESS_TRUNCATED : ACCESS_OK);
}

static void read_link(struct reading *reading, enum details_part part)
{
    if (part == PART_EXE && reading->details->process.is_kernel) {
        reading->details->access[part] = ACCESS_EMPTY;
        return;
    }
    int r = procfs_readlink(reading->dir_fd, details_parts[part].file, &reading->text);
    if (r < 0)
        reading->details->access[part] = judge(reading, r);
    else
        keep_text(reading, part, ACCESS_OK);
}

/* ---- stat ---- */

static int read_stat(struct reading *reading, struct identity id)
{
    struct stat_line line;
    reading->stat_fd = openat(reading->dir_fd, "stat", O_RDONLY | O_CLOEXEC);
    if (reading->stat_fd < 0)
        return errno == ENOENT ? -ESRCH : -errno;
    int r = procfs_read(reading->dir_fd, "stat", STAT_TEXT_LIMIT, &reading->text);
    if (r < 0)
        return r == -ENOENT ? -ESRCH : r;
    r = parse_stat(strbuf_text(&reading->text), reading->text.length, &line);
    if (r < 0)
        return r;
    if (id.start_ticks != 0 && id.start_ticks != line.start_ticks)
        return -ESRCH;
    procfs_see_exit_status(reading->dir_fd, ".", &line);

    struct details *details = reading->details;
    process_from_stat(&line, &details->process);
    details->process.id.inode = id.inode;
    details->process.comm = arena_strndup(&details->strings, line.comm, line.comm_length);
    details->exit_signal = line.fields >= 38 ? line.exit_signal : -1;
    details->child_utime_ticks = line.child_utime_ticks;
    details->child_stime_ticks = line.child_stime_ticks;
    return details->process.comm ? 0 : -ENOMEM;
}

static void set_times(struct details *details)
{
    details->ticks_per_second = sysconf(_SC_CLK_TCK);
    const uint64_t tick_ns = NS_PER_SEC / (uint64_t)details->ticks_per_second;
    const uint64_t boot_ns = clock_boot_ns(), real_ns = clock_real_ns();
    const uint64_t start_ns = details->process.id.start_ticks * tick_ns;
    details->process.start_ns = start_ns;
    details->process.age_ns = boot_ns > start_ns ? boot_ns - start_ns : 0;
    details->started_ns = real_ns > details->process.age_ns ? real_ns - details->process.age_ns : 0;
    details->utc_offset_s = clock_utc_offset_s(details->started_ns);
}

/* ---- status ---- */

static void read_status_list(struct reading *reading, const struct strbuf *status,
                             enum details_part part, const char *key)
{
    strbuf_clear(&reading->text);
    int r =
        parse_status_value(strbuf_text(status), status->length, key, LIST_LIMIT, &reading->text);
    if (r < 0)
        reading->details->access[part] = ACCESS_UNSUPPORTED;
    else
        keep_text(reading, part, r > 0 ? ACCESS_TRUNCATED : ACCESS_OK);
}

static void read_status(struct reading *reading)
{
    struct details *details = reading->details;
    _cleanup_(strbuf_done) struct strbuf status = STRBUF_INIT;
    int r = procfs_read(reading->dir_fd, "status", STATUS_TEXT_LIMIT, &status);
    if (r >= 0)
        r = parse_status(strbuf_text(&status), status.length, &details->status);
    details->access[PART_STATUS] = judge(reading, r);
    if (r < 0) {
        details->access[PART_CPUS] = details->access[PART_STATUS];
        details->access[PART_MEMORY_NODES] = details->access[PART_STATUS];
        return;
    }
    details->process.tgid = details->status.tgid;
    details->process.uid = details->status.uid[0];
    read_status_list(reading, &status, PART_CPUS, "Cpus_allowed_list");
    read_status_list(reading, &status, PART_MEMORY_NODES, "Mems_allowed_list");
}

/* ---- parsed files ---- */

static void read_schedstat(struct reading *reading)
{
    struct details *details = reading->details;
    read_file(reading, PART_SCHEDSTAT, SMALL_FILE_LIMIT);
    if (details->text[PART_SCHEDSTAT] &&
        parse_schedstat(details->text[PART_SCHEDSTAT], details->length[PART_SCHEDSTAT],
                        &details->run_ns, &details->wait_ns) < 0)
        details->access[PART_SCHEDSTAT] = ACCESS_FAILED;
}

static void read_parsed(struct reading *reading)
{
    struct details *details = reading->details;
    read_file(reading, PART_LIMITS, SMALL_FILE_LIMIT);
    read_file(reading, PART_IO, SMALL_FILE_LIMIT);
    if (details->text[PART_LIMITS] &&
        parse_limits(details->text[PART_LIMITS], details->length[PART_LIMITS], &details->limits) <
            0)
        details->access[PART_LIMITS] = ACCESS_FAILED;
    if (details->text[PART_IO] &&
        parse_io(details->text[PART_IO], details->length[PART_IO], &details->io) < 0)
        details->access[PART_IO] = ACCESS_FAILED;
}

/* ---- directories ---- */

static int open_dir(const struct reading *reading, const char *name, DIR **ret_dir)
{
    int fd = openat(reading->dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int r = -errno;
        (void)fd_close(fd);
        return r;
    }
    *ret_dir = dir;
    return 0;
}

static int count_entries(DIR *dir, uint32_t *ret_count)
{
    struct stat about;
    /* Linux 6.2 and later give the number of descriptors as the directory's size. */
    if (fstat(dirfd(dir), &about) == 0 && about.st_size > 0 &&
        about.st_size < DESCRIPTORS_COUNTED) {
        *ret_count = (uint32_t)about.st_size;
        return 0;
    }
    uint32_t count = 0;
    const struct dirent *entry;
    errno = 0;
    while (count < DESCRIPTORS_COUNTED && (entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    if (errno != 0)
        return -errno;
    *ret_count = count;
    return 0;
}

static void read_descriptors(struct reading *reading)
{
    struct details *details = reading->details;
    _cleanup_dir_ DIR *dir = NULL;
    int r = open_dir(reading, "fd", &dir);
    if (r == 0)
        r = count_entries(dir, &details->descriptor_count);
    details->access[PART_DESCRIPTORS] = judge(reading, r);
    if (r == 0 && details->process.state == 'Z' && details->read_of == 0)
        details->access[PART_DESCRIPTORS] = ACCESS_ZOMBIE;
}

static int namespace_inode(int dir_fd, const char *path, struct strbuf *text, uint64_t *ret_inode)
{
    int r = procfs_readlink(dir_fd, path, text);
    return r < 0 ? r : parse_namespace(strbuf_text(text), text->length, ret_inode);
}

static void add_namespace(struct reading *reading, int ns_fd, const char *type)
{
    struct details *details = reading->details;
    struct namespace *ns = &details->namespaces[details->namespace_count];
    size_t length = strlen(type);
    if (details->namespace_count == NAMESPACES_MAX || length >= sizeof(ns->type))
        return;
    *ns = (struct namespace){0};
    memcpy(ns->type, type, length + 1);
    int r = namespace_inode(ns_fd, type, &reading->text, &ns->inode);
    ns->access = judge(reading, r);

    char own[sizeof("/proc/self/ns/") + NAME_MAX];
    uint64_t inode;
    (void)snprintf(own, sizeof(own), "/proc/self/ns/%.40s", type);
    ns->is_ours =
        r == 0 && namespace_inode(AT_FDCWD, own, &reading->text, &inode) == 0 && inode == ns->inode;
    details->namespace_count++;
}

static void read_namespaces(struct reading *reading)
{
    struct details *details = reading->details;
    _cleanup_dir_ DIR *dir = NULL;
    int r = open_dir(reading, "ns", &dir);
    if (r < 0) {
        details->access[PART_NAMESPACES] = judge(reading, r);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            add_namespace(reading, dirfd(dir), entry->d_name);
    if (details->namespace_count > 0)
        details->access[PART_NAMESPACES] = ACCESS_OK;
    else
        details->access[PART_NAMESPACES] = is_gone(reading) ? ACCESS_GONE : nothing_there(reading);
}

/* ---- the command line ---- */

static void read_argv(struct reading *reading, struct reader *reader)
{
    struct details *details = reading->details;
    if (details->process.is_kernel) {
        details->access[PART_ARGV] = ACCESS_EMPTY;
        return;
    }
    if (!reader)
        return;
    int r = reader_read(reader, details->process.id, "cmdline", 0, DETAILS_ARGV_LIMIT,
                        READER_TIMEOUT_NS, &reading->text);
    if (r < 0)
        details->access[PART_ARGV] = judge(reading, r);
    else if (reading->text.length == 0)
        details->access[PART_ARGV] = nothing_there(reading);
    else
        keep_text(reading, PART_ARGV, r > 0 ? ACCESS_TRUNCATED : ACCESS_OK);
}

static void keep_arguments(struct details *details)
{
    struct process *process = &details->process;
    process->argv_access = details->access[PART_ARGV];
    process->arguments = details->text[PART_ARGV];
    process->arguments_size =
        (uint32_t)text_trim_nuls(process->arguments, details->length[PART_ARGV]);
}

static void read_all(struct reading *reading, struct reader *reader)
{
    static const enum details_part files[] = {
        PART_OOM_SCORE,     PART_OOM_ADJUST, PART_AUTOGROUP,   PART_LOGIN_UID,
        PART_AUDIT_SESSION, PART_LABEL,      PART_PERSONALITY, PART_TIMER_SLACK,
    };
    read_schedstat(reading); /* first: what changes after it is seen to have run */
    read_status(reading);
    read_link(reading, PART_EXE);
    read_link(reading, PART_CWD);
    read_link(reading, PART_ROOT);
    read_file(reading, PART_CGROUP, CGROUP_LIMIT);
    if (!process_is_over(&reading->details->process) && !reading->details->process.is_kernel)
        reading->details->frozen = cgroup_holds_read(reading->dir_fd, &reading->details->quota);
    for (size_t i = 0; i < ELEMENTS(files); i++)
        read_file(reading, files[i], SMALL_FILE_LIMIT);
    read_parsed(reading);
    read_descriptors(reading);
    read_namespaces(reading);
    read_argv(reading, reader);
    keep_arguments(reading->details);
}

int details_read(struct identity id, struct reader *reader, struct details *details)
{
    details_done(details);
    _cleanup_close_ int dir_fd = procfs_open_process(id.pid, 0);
    if (dir_fd < 0)
        return dir_fd;
    struct reading reading = {.details = details, .dir_fd = dir_fd, .stat_fd = -EBADF};
    int r = read_stat(&reading, id);
    if (r == 0) {
        set_times(details);
        pid_t tid = procfs_living_thread(dir_fd);
        if (tid > 0 && (reading.dir_fd = procfs_open_process(id.pid, tid)) >= 0)
            details->read_of = tid;
        else
            reading.dir_fd = dir_fd;
        details->read_ns = clock_boot_ns();
        read_all(&reading, reader);
        if (reading.dir_fd != dir_fd)
            (void)fd_close(reading.dir_fd);
    } else {
        details_done(details);
    }
    (void)fd_close(reading.stat_fd);
    strbuf_done(&reading.text);
    return r;
}

/* ---- once more ---- */

static bool may_be_kept(const struct details *details, struct identity id)
{
    return details->read_ns > 0 && identity_is_same(details->process.id, id) &&
           details->process.threads == 1 && details->read_of == 0 &&
           access_has_value(details->access[PART_SCHEDSTAT]) && details->run_ns > 0 &&
           clock_boot_ns() - details->read_ns < DETAILS_KEPT_NS;
}

/* 1: it has run since, or is in another state. */
static int read_quiet(struct identity id, struct details *details)
{
    const char state = details->process.state;
    const uint64_t run_ns = details->run_ns;
    _cleanup_close_ int dir_fd = procfs_open_process(id.pid, 0);
    if (dir_fd < 0)
        return dir_fd;
    struct reading reading = {.details = details, .dir_fd = dir_fd, .stat_fd = -EBADF};
    int r = read_stat(&reading, id);
    if (r == 0) {
        set_times(details);
        read_status(&reading);
        read_schedstat(&reading);
        r = details->process.state != state || details->process.threads != 1 ||
            details->run_ns != run_ns || !access_has_value(details->access[PART_STATUS]) ||
            !access_has_value(details->access[PART_SCHEDSTAT]);
    }
    (void)fd_close(reading.stat_fd);
    strbuf_done(&reading.text);
    return r;
}

int details_refresh(struct identity id, struct reader *reader, struct details *details)
{
    if (may_be_kept(details, id) && read_quiet(id, details) == 0)
        return 0;
    return details_read(id, reader, details);
}

/* ---- who shares a namespace ---- */

static void count_sharer(struct namespace *ns, pid_t pid, struct strbuf *text)
{
    char path[96];
    uint64_t inode;
    (void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, ns->type);
    int r = namespace_inode(AT_FDCWD, path, text, &inode);
    if (r == -EACCES || r == -EPERM) {
        ns->not_looked_into++;
    } else if (r == 0 && inode == ns->inode) {
        if (ns->sharers < SHARERS_KEPT)
            ns->first_sharers[ns->sharers] = pid;
        ns->sharers++;
    }
}

void details_count_sharers(struct details *details, const struct snapshot *snapshot)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    for (uint32_t i = 0; i < details->namespace_count; i++) {
        struct namespace *ns = &details->namespaces[i];
        if (!access_has_value(ns->access))
            continue;
        ns->has_sharers = true;
        ns->sharers = ns->not_looked_into = 0;
        for (size_t j = 0; j < snapshot->count; j++) {
            const struct process *process = &snapshot->processes[j];
            if (process->id.pid != details->process.id.pid && !process_is_thread(process) &&
                !process_is_over(process))
                count_sharer(ns, process->id.pid, &text);
        }
    }
}
