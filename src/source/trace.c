#include "reaptop/source/trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/parse_trace.h"
#include "reaptop/source/procfs.h"
#include "visibility.h"

#define TRACEFS_KIND 0x74726163 /* linux/magic.h: TRACEFS_MAGIC */
#define PREFIX       "reaptop-"

enum {
    BUFFER_SIZE = 64 * 1024,
    STATUS_BYTES = 16 * 1024
};

static const char *const mount_points[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

struct trace {
    int instances_fd; /* the directory in which ours is */
    int pipe_fd;
    char name[32];
    char buffer[BUFFER_SIZE]; /* read, and not yet taken apart */
    size_t begin, end;
    int64_t real_offset_ns; /* CLOCK_REALTIME less CLOCK_BOOTTIME */
};

/* ---- the instance ---- */

/* A descriptor of the directory `instances`, or a negative errno. */
static int open_instances(void)
{
    int r = -ENOTSUP;
    for (size_t i = 0; i < ELEMENTS(mount_points); i++) {
        _cleanup_close_ int top = open(mount_points[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct statfs fs;
        if (top < 0 && (errno == EACCES || errno == EPERM))
            r = -EPERM;
        if (top < 0 || fstatfs(top, &fs) < 0 || fs.f_type != TRACEFS_KIND)
            continue;
        int fd = openat(top, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd >= 0 ? fd : -errno;
    }
    return r;
}

static bool is_left_over(const char *name)
{
    int64_t pid;
    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
           number_parse(name + strlen(PREFIX), 1, INT32_MAX, &pid) == 0 &&
           kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static void remove_left_overs(int instances_fd)
{
    int fd = openat(instances_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        (void)fd_close(fd);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        if (is_left_over(entry->d_name))
            (void)unlinkat(instances_fd, entry->d_name, AT_REMOVEDIR);
}

static int write_file(const struct trace *trace, const char *name, const char *value)
{
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/%s", trace->name, name);
    _cleanup_close_ int fd = openat(trace->instances_fd, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

static int set_up(struct trace *trace)
{
    /* The tracepoints have the first namespace's numbers. */
    if (visibility_is_in_pid_namespace())
        return -EXDEV;
    trace->instances_fd = open_instances();
    if (trace->instances_fd < 0)
        return trace->instances_fd;
    remove_left_overs(trace->instances_fd);
    (void)snprintf(trace->name, sizeof(trace->name), PREFIX "%d", (int)getpid());
    if (mkdirat(trace->instances_fd, trace->name, 0700) < 0) {
        int r = -errno;
        trace->name[0] = '\0';
        return r;
    }
    char path[64];
    (void)snprintf(path, sizeof(path), "%s/trace_pipe", trace->name);
    trace->pipe_fd = openat(trace->instances_fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (trace->pipe_fd < 0)
        return -errno;
    int r = write_file(trace, "trace_clock", "boot");
    return r < 0 ? r : write_file(trace, "events/signal/signal_generate/enable", "1");
}

int trace_open(struct trace **ret_trace, struct error *error)
{
    struct trace *trace = calloc(1, sizeof(*trace));
    if (!trace)
        return error_set_errno(error, -ENOMEM, _("signals"));
    trace->instances_fd = trace->pipe_fd = -EBADF;
    int r = set_up(trace);
    if (r == 0) {
        *ret_trace = trace;
        return 0;
    }
    trace_close(trace);
    if (r == -EPERM || r == -EACCES)
        return error_set(error, -EPERM,
                         _("who sends signals is told by the kernel's tracepoints, which are "
                           "root's"));
    if (r == -ENOTSUP || r == -ENOENT)
        return error_set(error, -ENOTSUP,
                         _("who sends signals is told by the kernel's tracepoints, and tracefs is "
                           "not there: mount -t tracefs tracefs /sys/kernel/tracing"));
    if (r == -EXDEV)
        return error_set(error, -ENOTSUP,
                         _("the kernel's signal tracepoints do not speak of a PID namespace's "
                           "numbers"));
    return error_set_errno(error, r, _("the kernel's signal tracepoints"));
}

void trace_close(struct trace *trace)
{
    if (!trace)
        return;
    trace->pipe_fd = fd_close(trace->pipe_fd); /* an instance that is read cannot be removed */
    if (trace->name[0] && unlinkat(trace->instances_fd, trace->name, AT_REMOVEDIR) < 0)
        debug(DEBUG_EVENTS, "%s stays: %s", trace->name, strerror(errno));
    trace->instances_fd = fd_close(trace->instances_fd);
    free(trace);
}

int trace_fd(const struct trace *trace)
{
    return trace->pipe_fd;
}

/* ---- events ---- */

/* The process that the task is of; the task's own number where it is gone. */
static pid_t process_of(pid_t tid)
{
    char path[32];
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct status status;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    if (tid > 0 && procfs_read(AT_FDCWD, path, STATUS_BYTES, &text) >= 0 &&
        parse_status(strbuf_text(&text), text.length, &status) >= 0 && status.tgid > 0)
        return status.tgid;
    return tid;
}

static bool finish_event(const struct trace *trace, struct event *event)
{
    if (event->mono_ns == 0)
        event->mono_ns = clock_boot_ns();
    event->time_ns = (uint64_t)((int64_t)event->mono_ns + trace->real_offset_ns);
    if (event->kind == EVENT_LOST)
        return true;
    event->sender = process_of(event->sender);
    event->id.pid = process_of(event->id.pid);
    return event->sender != getpid();
}

/* 1: there is more in the buffer than before; 0: nothing to read now. */
static int fill_buffer(struct trace *trace)
{
    size_t left = trace->end - trace->begin;
    memmove(trace->buffer, trace->buffer + trace->begin, left);
    trace->begin = 0;
    trace->end = left < sizeof(trace->buffer) ? left : 0; /* no line is that long */
    ssize_t got =
        read(trace->pipe_fd, trace->buffer + trace->end, sizeof(trace->buffer) - trace->end);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    trace->end += (size_t)got;
    return got > 0;
}

int trace_read(struct trace *trace, struct event *events, size_t capacity)
{
    size_t count = 0;
    trace->real_offset_ns = (int64_t)clock_real_ns() - (int64_t)clock_boot_ns();
    while (count < capacity) {
        const char *line = trace->buffer + trace->begin;
        const char *newline = memchr(line, '\n', trace->end - trace->begin);
        if (!newline) {
            int r = fill_buffer(trace);
            if (r < 0)
                return r;
            if (r == 0)
                break;
            continue;
        }
        trace->begin = (size_t)(newline + 1 - trace->buffer);
        if (parse_trace_line(line, (size_t)(newline - line), &events[count]) > 0 &&
            finish_event(trace, &events[count]))
            count++;
    }
    return (int)count;
}
