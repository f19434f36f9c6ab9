#include "reaptop/source/trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"
#include "reaptop/base/number.h"
#include "reaptop/source/parse_status.h"
#include "reaptop/source/parse_trace.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/visibility.h"

#define TRACEFS_KIND 0x74726163 /* linux/magic.h: TRACEFS_MAGIC */
#define PREFIX       "reaptop-"

/* Of each processor; the kernel's own choice is three times as much. */
#define BUFFER_KIB "512"

enum {
    BUFFER_SIZE = 64 * 1024,
    STATUS_BYTES = 16 * 1024,
    FILE_SYSTEMS_BYTES = 16 * 1024,
    TRIES = 20,
    LOCK_TRIES = 5000, /* a millisecond apart: who holds the lock may be stopped */
    NAME_LINES = 16    /* that the newlines of one name can make */
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

static bool knows_tracefs(void)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    return procfs_read(AT_FDCWD, "/proc/filesystems", FILE_SYSTEMS_BYTES, &text) < 0 ||
           strstr(strbuf_text(&text), "\ttracefs\n");
}

/* A tracefs that is mounted nowhere; it lives as long as something in it is open. */
static int open_unmounted(void)
{
    _cleanup_close_ int context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
    if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
        return -errno;
    int top = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
    return top < 0 ? -errno : top;
}

static int open_instances_of(int top)
{
    int fd = openat(top, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

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
        return open_instances_of(top);
    }
    _cleanup_close_ int unmounted = r == -ENOTSUP ? open_unmounted() : -EBADF;
    return unmounted >= 0 ? open_instances_of(unmounted) : r;
}

/*
 * The directory's lock, flock(2): exclusive while left-overs are removed, shared while an instance
 * is made. One that is just being made is not open yet, and looks like a left-over.
 */
static bool lock(int instances_fd, int operation)
{
    int r = -1;
    for (int i = 0; i < LOCK_TRIES && (r = flock(instances_fd, operation | LOCK_NB)) < 0; i++)
        (void)poll(NULL, 0, 1);
    return r == 0;
}

/*
 * Those of reaptops that were killed, whoever has their number now: one that
 * is in use has its pipe open, and EBUSY keeps it.
 */
static void remove_left_overs(int instances_fd)
{
    int fd = openat(instances_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_dir_ DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        (void)fd_close(fd);
        return;
    }
    const struct dirent *entry;
    bool is_locked = lock(fd, LOCK_EX);
    while (is_locked && (entry = readdir(dir)))
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
            (void)unlinkat(instances_fd, entry->d_name, AT_REMOVEDIR);
}

void trace_clean(void)
{
    int fd = geteuid() == 0 ? open_instances() : -EPERM;
    if (fd >= 0)
        remove_left_overs(fd);
    (void)fd_close(fd);
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

static int enable(const struct trace *trace, const char *tracepoint)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "events/%s/enable", tracepoint);
    return write_file(trace, name, "1");
}

/*
 * -ENOENT: a reaptop that does not know the lock took it for a left-over. -EEXIST: one of that
 * name is in use, by a reaptop of another PID namespace or by what a killed one left running.
 */
static int make_instance(struct trace *trace, int turn)
{
    char path[64];
    if (turn == 0)
        (void)snprintf(trace->name, sizeof(trace->name), PREFIX "%d", (int)getpid());
    else
        (void)snprintf(trace->name, sizeof(trace->name), PREFIX "%d-%d", (int)getpid(), turn);
    if (mkdirat(trace->instances_fd, trace->name, 0700) < 0) {
        int r = -errno;
        trace->name[0] = '\0';
        return r == -ENOENT ? -ENOTSUP : r;
    }
    (void)snprintf(path, sizeof(path), "%s/trace_pipe", trace->name);
    trace->pipe_fd = openat(trace->instances_fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (trace->pipe_fd < 0)
        return errno == ENODEV ? -ENOENT : -errno; /* it is being removed */
    int r = write_file(trace, "trace_clock", "boot");
    if (r < 0)
        trace->pipe_fd = fd_close(trace->pipe_fd);
    return r;
}

static int set_up(struct trace *trace)
{
    /* The tracepoints have the first namespace's numbers. */
    if (visibility_is_in_pid_namespace())
        return -EXDEV;
    trace->instances_fd = open_instances();
    if (trace->instances_fd < 0)
        return trace->instances_fd;
    int r = -ENOENT;
    remove_left_overs(trace->instances_fd);
    (void)lock(trace->instances_fd, LOCK_SH);
    for (int i = 0; (r == -ENOENT || r == -EEXIST || r == -EBUSY) && i < TRIES; i++)
        r = make_instance(trace, i);
    (void)flock(trace->instances_fd, LOCK_UN);
    if (r < 0)
        return r;
    /* Kernels may be built without these: the rest is still worth having. What arrives is traced
       before what is sent, so that nothing is sent whose arrival is missed. */
    (void)write_file(trace, "buffer_size_kb", BUFFER_KIB);
    (void)enable(trace, "oom/mark_victim");
    (void)enable(trace, "signal/signal_deliver");
    return enable(trace, "signal/signal_generate");
}

/* What it would take comes first: a status line may be short. */
static int refuse(int r, struct error *error)
{
    bool is_root = geteuid() == 0;
    bool is_denied = r == -EPERM || r == -EACCES || r == -ENOTSUP;
    if (r == -EXDEV)
        return error_set(error, -ENOTSUP,
                         _("not in here: the kernel's signal tracepoints do not speak of a PID "
                           "namespace's numbers"));
    if (is_denied && visibility_is_in_user_namespace())
        return error_set(error, -EPERM,
                         _("needs the machine's root, not a user namespace's: the kernel's "
                           "tracepoints tell who signals whom"));
    if (r == -ENOTSUP || r == -ENOENT) {
        if (!knows_tracefs())
            return error_set(error, -ENOTSUP,
                             _("needs a kernel with tracefs and signal tracepoints "
                               "(CONFIG_FTRACE): they tell who signals whom"));
        return error_set(error, -ENOTSUP,
                         is_root ? _("needs tracefs: mount -t tracefs tracefs %s; the kernel's "
                                     "tracepoints tell who signals whom")
                                 : _("needs root, and tracefs (mount -t tracefs tracefs %s): the "
                                     "kernel's tracepoints tell who signals whom"),
                         mount_points[0]);
    }
    if ((r == -EPERM || r == -EACCES) && !is_root)
        return error_set(
            error, -EPERM,
            _("needs root: the kernel's tracepoints tell who signals whom, and tracefs "
              "is root's"));
    if (r == -EPERM || r == -EACCES)
        return error_set(error, -EPERM,
                         _("the kernel refuses tracing, even to root: its lockdown or a security "
                           "module forbids it (kernel_lockdown(7))"));
    return error_set_errno(error, r, _("the kernel's signal tracepoints"));
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
    return refuse(r, error);
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

static bool read_status(pid_t tid, struct status *ret_status)
{
    char path[32];
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    return tid > 0 && procfs_read(AT_FDCWD, path, STATUS_BYTES, &text) >= 0 &&
           parse_status(strbuf_text(&text), text.length, ret_status) >= 0 && ret_status->tgid > 0;
}

/* Reading its status costs ten times as much as asking this. */
static bool is_no_thread(pid_t task)
{
    int fd = (int)syscall(SYS_pidfd_open, task, 0);
    bool is_gone = fd < 0 && errno == ESRCH;
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0 || is_gone;
}

/* The process that the task is of; the task's own number where it is gone. */
static pid_t process_of(pid_t task)
{
    struct status status;
    return task > 0 && !is_no_thread(task) && read_status(task, &status) ? status.tgid : task;
}

static bool is_ignored_by_default(int signal)
{
    const struct signal_info *info = signal_find(signal);
    return !info || info->action == SIGNAL_IS_IGNORED || info->action == SIGNAL_CONTINUES;
}

static bool is_blocked(const struct traced *traced, const struct status *target)
{
    int signal = traced->event.signal;
    signal_set pending = traced->is_to_process ? target->shared_pending : target->pending;
    /* Another thread may take what is for the process. */
    bool is_alone = !traced->is_to_process || target->threads == 1;
    return is_alone && signal_set_has(pending, signal) && signal_set_has(target->blocked, signal);
}

/* Nothing that an init has no handler for reaches it from inside its PID namespace. */
static bool is_init(const struct status *target)
{
    return target->ns_pid_count > 0 && target->ns_pid[target->ns_pid_count - 1] == 1;
}

/*
 * What the tracepoint does not say of a signal that is sent: is it blocked? If
 * it was dropped, was it because it is ignored?
 */
static void look_closer(struct traced *traced)
{
    struct event *event = &traced->event;
    struct status status;
    bool is_open = delivery_is_open(event->fate);
    bool is_there = read_status(event->id.pid, &status) && status.known & STATUS_HAS_SIGNALS;
    if (is_there && is_open && is_blocked(traced, &status))
        event->fate = FATE_BLOCKED;
    if (!is_open &&
        !(is_there && (is_init(&status) || signal_set_has(status.ignored, event->signal))))
        event->fate = FATE_DROPPED;
    if (is_there)
        event->id.pid = status.tgid;
}

static void complete_target(struct traced *traced)
{
    struct event *event = &traced->event;
    bool is_dropped = event->fate == FATE_IGNORED && !is_ignored_by_default(event->signal);
    if (event->kind == EVENT_SIGNAL && (is_dropped || delivery_is_open(event->fate)))
        look_closer(traced);
    else
        event->id.pid = process_of(event->id.pid);
}

/*
 * The kernel keeps the names of few tasks for its tracing, as they were when
 * each last got a processor: before an exec, perhaps. Storms are of children
 * that end, and for those it will do.
 */
static void name_sender(struct event *event)
{
    char path[32];
    _cleanup_(strbuf_done) struct strbuf name = STRBUF_INIT;
    bool is_call = event->kind == EVENT_SIGNAL && delivery_is_by_process(event->cause);
    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)event->sender);
    if (event->sender <= 0 || (event->detail[0] && !is_call) ||
        procfs_read(AT_FDCWD, path, sizeof(event->detail), &name) != 0 || name.length == 0)
        return;
    memcpy(event->detail, strbuf_text(&name), name.length - 1); /* without the newline */
    event->detail[name.length - 1] = '\0';
}

/*
 * Anybody can take a helper's name: what it sends us is reported, but for SIGCHLD,
 * which is the kernel's.
 */
static bool is_among_ours(const struct event *event)
{
    bool is_by_helper = helper_is_name(event->detail), is_to_helper = helper_is_name(event->comm);
    bool is_by_us = event->sender == getpid(), is_to_us = event->id.pid == getpid();
    if (event->signal == SIGCHLD && !delivery_is_by_process(event->cause))
        return is_by_helper && (is_to_us || is_to_helper);
    return is_to_helper && (is_by_us || is_by_helper);
}

/* What we send is recognised by who sent it. */
static bool is_of_interest(const struct event *event)
{
    if (event->kind == EVENT_SIGNAL)
        return !(event->sender == getpid() && delivery_is_by_process(event->cause)) &&
               !is_among_ours(event);
    bool is_ours = event->id.pid == getpid() || helper_is_name(event->comm);
    return event->kind != EVENT_DELIVERY || event->signal != SIGCHLD || !is_ours;
}

static bool finish_event(const struct trace *trace, struct traced *traced)
{
    struct event *event = &traced->event;
    if (event->mono_ns == 0)
        event->mono_ns = clock_boot_ns();
    event->time_ns = (uint64_t)((int64_t)event->mono_ns + trace->real_offset_ns);
    if (event->kind == EVENT_LOST)
        return true;
    pid_t target = event->id.pid;
    name_sender(event);
    parse_trace_leave_out_worker(event);
    complete_target(traced);
    event->sender = event->sender == target ? event->id.pid : process_of(event->sender);
    return is_of_interest(event);
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

/*
 * Takes the next line, or those that newlines in a name made of one. 1: *ret
 * is an event; 0: it was none; -EAGAIN: no whole line is there.
 */
static int take_line(struct trace *trace, struct traced *ret)
{
    const char *begin = trace->buffer + trace->begin, *limit = trace->buffer + trace->end;
    const char *end = memchr(begin, '\n', (size_t)(limit - begin));
    if (!end)
        return -EAGAIN;
    trace->begin = (size_t)(end + 1 - trace->buffer);
    int r = parse_trace_line(begin, (size_t)(end - begin), ret);
    for (int lines = 1; r == -EAGAIN && lines <= NAME_LINES; lines++) {
        end = memchr(end + 1, '\n', (size_t)(limit - end - 1));
        if (!end || end - begin >= TRACE_LINE_MAX)
            break;
        r = parse_trace_line(begin, (size_t)(end - begin), ret);
        if (r > 0)
            trace->begin = (size_t)(end + 1 - trace->buffer);
    }
    return r > 0;
}

int trace_read(struct trace *trace, struct event *events, size_t capacity)
{
    size_t count = 0;
    trace->real_offset_ns = (int64_t)clock_real_ns() - (int64_t)clock_boot_ns();
    while (count < capacity) {
        struct traced traced;
        int r = take_line(trace, &traced);
        if (r == -EAGAIN)
            r = fill_buffer(trace);
        else if (r > 0 && finish_event(trace, &traced))
            events[count++] = traced.event;
        else
            continue;
        if (r < 0)
            return r;
        if (r == 0)
            break;
    }
    return (int)count;
}
