#include "reaptop/model/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/helper.h"

/* The C library hides O_LARGEFILE (0) where every file is large; the kernel still prints it. */
#if defined(__x86_64__)
#define KERNEL_LARGEFILE 0100000U
#elif defined(__aarch64__)
#define KERNEL_LARGEFILE 0400000U
#else
#define KERNEL_LARGEFILE ((uint32_t)O_LARGEFILE)
#endif

enum {
    WATCHES_REPORTED = 8
};

void descriptor_table_done(struct descriptor_table *table)
{
    free(table->descriptors);
    arena_done(&table->strings);
    *table = DESCRIPTOR_TABLE_INIT;
}

struct descriptor *descriptor_table_add(struct descriptor_table *table)
{
    if (array_reserve(&table->descriptors, &table->capacity, table->count + 1) < 0)
        return NULL;
    struct descriptor *descriptor = &table->descriptors[table->count++];
    *descriptor = (struct descriptor){.fd = -1, .mount_id = -1};
    return descriptor;
}

static int compare_fds(const void *a, const void *b)
{
    const struct descriptor *one = a, *other = b;
    if (one->tid != other->tid)
        return one->tid < other->tid ? -1 : 1;
    return (one->fd > other->fd) - (one->fd < other->fd);
}

void descriptor_table_finish(struct descriptor_table *table)
{
    if (table->count > 0)
        qsort(table->descriptors, table->count, sizeof(table->descriptors[0]), compare_fds);
}

const char *descriptor_type_name(enum descriptor_type type)
{
    static const char *const names[DESCRIPTOR_TYPE_COUNT] = {
        [DESCRIPTOR_UNKNOWN] = "unknown",
        [DESCRIPTOR_FILE] = "file",
        [DESCRIPTOR_DIRECTORY] = "directory",
        [DESCRIPTOR_BLOCK_DEVICE] = "block",
        [DESCRIPTOR_CHAR_DEVICE] = "char",
        [DESCRIPTOR_TTY] = "tty",
        [DESCRIPTOR_PTMX] = "ptmx",
        [DESCRIPTOR_PIPE] = "pipe",
        [DESCRIPTOR_FIFO] = "fifo",
        [DESCRIPTOR_SOCKET] = "socket",
        [DESCRIPTOR_EVENTFD] = "eventfd",
        [DESCRIPTOR_TIMERFD] = "timerfd",
        [DESCRIPTOR_SIGNALFD] = "signalfd",
        [DESCRIPTOR_EPOLL] = "epoll",
        [DESCRIPTOR_PIDFD] = "pidfd",
        [DESCRIPTOR_INOTIFY] = "inotify",
        [DESCRIPTOR_FANOTIFY] = "fanotify",
        [DESCRIPTOR_MEMFD] = "memfd",
        [DESCRIPTOR_MQUEUE] = "mqueue",
        [DESCRIPTOR_BPF] = "bpf",
        [DESCRIPTOR_IO_URING] = "io_uring",
        [DESCRIPTOR_PERF] = "perf_event",
        [DESCRIPTOR_USERFAULT] = "userfaultfd",
        [DESCRIPTOR_NAMESPACE] = "namespace",
        [DESCRIPTOR_ANON] = "anon",
    };
    return names[type];
}

const char *peer_role_name(enum peer_role role)
{
    static const char *const names[PEER_ROLE_COUNT] = {
        [PEER_READS] = "reads",     [PEER_WRITES] = "writes", [PEER_BOTH] = "both",
        [PEER_LISTENS] = "listens", [PEER_MASTER] = "master", [PEER_SLAVE] = "slave",
        [PEER_SHARES] = "shares",
    };
    return names[role];
}

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool descriptor_target_inode(const char *target, const char *kind, uint64_t *ret_inode)
{
    size_t length = strlen(kind);
    if (strncmp(target, kind, length) != 0 || target[length] != ':' || target[length + 1] != '[')
        return false;
    const char *digits = target + length + 2;
    char *end;
    if (*digits < '0' || *digits > '9')
        return false;
    errno = 0;
    unsigned long long inode = strtoull(digits, &end, 10);
    if (errno != 0 || strcmp(end, "]") != 0)
        return false;
    *ret_inode = inode;
    return true;
}

static enum descriptor_type type_of_anon(const char *name)
{
    static const struct {
        const char *prefix;
        enum descriptor_type type;
    } kinds[] = {
        {"[eventfd]", DESCRIPTOR_EVENTFD},
        {"[timerfd]", DESCRIPTOR_TIMERFD},
        {"[signalfd]", DESCRIPTOR_SIGNALFD},
        {"[eventpoll]", DESCRIPTOR_EPOLL},
        {"[pidfd]", DESCRIPTOR_PIDFD},
        {"inotify", DESCRIPTOR_INOTIFY},
        {"[fanotify]", DESCRIPTOR_FANOTIFY},
        {"bpf", DESCRIPTOR_BPF},
        {"[bpf", DESCRIPTOR_BPF},
        {"[io_uring]", DESCRIPTOR_IO_URING},
        {"[perf_event]", DESCRIPTOR_PERF},
        {"[userfaultfd]", DESCRIPTOR_USERFAULT},
    };
    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (starts(name, kinds[i].prefix))
            return kinds[i].type;
    return DESCRIPTOR_ANON;
}

static bool is_terminal(const char *path)
{
    return starts(path, "/dev/pts/") || starts(path, "/dev/tty") || starts(path, "/dev/console") ||
           starts(path, "/dev/hvc");
}

enum descriptor_type descriptor_type_of_target(const char *target, bool *ret_is_path)
{
    uint64_t inode;
    *ret_is_path = false;
    if (starts(target, "anon_inode:"))
        return type_of_anon(target + strlen("anon_inode:"));
    if (descriptor_target_inode(target, "pipe", &inode))
        return DESCRIPTOR_PIPE;
    if (descriptor_target_inode(target, "socket", &inode))
        return DESCRIPTOR_SOCKET;
    if (descriptor_target_inode(target, "pidfd", &inode))
        return DESCRIPTOR_PIDFD;
    if (target[0] != '/') {
        const char *colon = strchr(target, ':');
        return colon && colon[1] == '[' ? DESCRIPTOR_NAMESPACE : DESCRIPTOR_ANON;
    }

    *ret_is_path = true;
    if (strcmp(target, "/dev/pts/ptmx") == 0 || strcmp(target, "/dev/ptmx") == 0)
        return DESCRIPTOR_PTMX;
    if (is_terminal(target))
        return DESCRIPTOR_TTY;
    if (starts(target, "/memfd:"))
        return DESCRIPTOR_MEMFD;
    return DESCRIPTOR_FILE;
}

/* ---- flags ---- */

static const struct {
    uint32_t bits;
    const char *name;
} flag_names[] = {
    /* Those that contain others come first. */
    {O_SYNC, "O_SYNC"},
    {O_DSYNC, "O_DSYNC"},
    {O_TMPFILE, "O_TMPFILE"},
    {O_DIRECTORY, "O_DIRECTORY"},
    {O_APPEND, "O_APPEND"},
    {O_NONBLOCK, "O_NONBLOCK"},
    {O_CLOEXEC, "O_CLOEXEC"},
    {O_CREAT, "O_CREAT"},
    {O_EXCL, "O_EXCL"},
    {O_NOCTTY, "O_NOCTTY"},
    {O_TRUNC, "O_TRUNC"},
    {O_ASYNC, "O_ASYNC"},
    {O_DIRECT, "O_DIRECT"},
    {O_NOFOLLOW, "O_NOFOLLOW"},
    {O_NOATIME, "O_NOATIME"},
    {O_PATH, "O_PATH"},
    {KERNEL_LARGEFILE, "O_LARGEFILE"},
};

static const char *access_mode_name(uint32_t flags)
{
    static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    return modes[flags & O_ACCMODE];
}

const char *descriptor_flag_next(uint32_t flags, unsigned *position)
{
    static _Thread_local char rest[24];
    if ((*position)++ == 0)
        return access_mode_name(flags);

    uint32_t left = flags & ~(uint32_t)O_ACCMODE;
    for (unsigned i = 0; i < ELEMENTS(flag_names); i++) {
        uint32_t bits = flag_names[i].bits;
        if ((left & bits) != bits)
            continue;
        left &= ~bits;
        if (i + 2 >= *position) {
            *position = i + 2;
            return flag_names[i].name;
        }
    }
    if (left == 0 || *position > ELEMENTS(flag_names) + 2)
        return NULL;
    *position = ELEMENTS(flag_names) + 3;
    (void)snprintf(rest, sizeof(rest), "0x%" PRIx32, left);
    return rest;
}

void epoll_events_append(struct strbuf *out, uint32_t events)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {
        {EPOLLIN, "IN"},
        {EPOLLPRI, "PRI"},
        {EPOLLOUT, "OUT"},
        {EPOLLERR, "ERR"},
        {EPOLLHUP, "HUP"},
        {EPOLLRDHUP, "RDHUP"},
        {EPOLLRDNORM, "RDNORM"},
        {EPOLLRDBAND, "RDBAND"},
        {EPOLLWRNORM, "WRNORM"},
        {EPOLLWRBAND, "WRBAND"},
        {EPOLLEXCLUSIVE, "EXCLUSIVE"},
        {EPOLLWAKEUP, "WAKEUP"},
        {EPOLLONESHOT, "ONESHOT"},
        {EPOLLET, "ET"},
    };
    const char *separator = "";
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        /* ERR and HUP are always watched: the kernel adds them. */
        if (!(events & names[i].bit) || names[i].bit == EPOLLERR || names[i].bit == EPOLLHUP)
            continue;
        strbuf_printf(out, "%s%s", separator, names[i].name);
        separator = "|";
    }
    if (separator[0] == '\0')
        strbuf_puts(out, "ERR|HUP");
}

/* ---- in words ---- */

static const char *clock_name(int32_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
        return "CLOCK_REALTIME";
    case CLOCK_MONOTONIC:
        return "CLOCK_MONOTONIC";
    case CLOCK_BOOTTIME:
        return "CLOCK_BOOTTIME";
    case CLOCK_REALTIME_ALARM:
        return "CLOCK_REALTIME_ALARM";
    case CLOCK_BOOTTIME_ALARM:
        return "CLOCK_BOOTTIME_ALARM";
    default:
        return _("an unknown clock");
    }
}

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_SEC;
}

static void describe_timer(const struct descriptor_detail *detail, struct strbuf *out)
{
    strbuf_printf(out, _("timer on %s"), clock_name(detail->timer_clock));
    if (detail->timer_value_ns == 0)
        strbuf_puts(out, _(", not armed"));
    else
        strbuf_printf(out, _(", next in %.3g s"), seconds(detail->timer_value_ns));
    if (detail->timer_interval_ns != 0)
        strbuf_printf(out, _(", every %.3g s"), seconds(detail->timer_interval_ns));
    if (detail->timer_ticks != 0)
        strbuf_printf(out, _(", %" PRIu64 " expirations not read yet"), detail->timer_ticks);
}

static void describe_signals(signal_set set, struct strbuf *out)
{
    strbuf_puts(out, _("takes the signals"));
    for (int number = 1; number <= SIGNAL_MAX; number++)
        if (signal_set_has(set, number))
            strbuf_printf(out, " %s", signal_name(number));
}

static void describe_epoll(const struct descriptor_detail *detail, struct strbuf *out)
{
    uint32_t total = detail->watch_count + detail->watch_more;
    strbuf_printf(out, ngettext("watches %u descriptor", "watches %u descriptors", total), total);
    for (uint32_t i = 0; i < detail->watch_count && i < WATCHES_REPORTED; i++) {
        strbuf_printf(out, "%s %d (", i == 0 ? ":" : ",", detail->watches[i].fd);
        epoll_events_append(out, detail->watches[i].events);
        strbuf_putc(out, ')');
    }
    if (total > WATCHES_REPORTED)
        strbuf_puts(out, ", …");
}

static void describe_pidfd(pid_t pid, struct strbuf *out)
{
    if (pid > 0)
        strbuf_printf(out, _("handle of process %d"), pid);
    else if (pid == -1)
        strbuf_puts(out, _("handle of a process that is gone"));
    else
        strbuf_puts(out, _("handle of a process outside our PID namespace"));
}

static void describe_eventfd(const struct descriptor_detail *detail, struct strbuf *out)
{
    strbuf_printf(out,
                  detail->eventfd_is_semaphore ? _("semaphore of value %" PRIu64)
                                               : _("counter of value %" PRIu64),
                  detail->eventfd_count);
}

void descriptor_describe(const struct descriptor *descriptor, struct strbuf *out)
{
    const struct descriptor_detail *detail = descriptor->detail;
    if (!detail)
        return;
    switch (descriptor->type) {
    case DESCRIPTOR_EVENTFD:
        describe_eventfd(detail, out);
        break;
    case DESCRIPTOR_TIMERFD:
        describe_timer(detail, out);
        break;
    case DESCRIPTOR_SIGNALFD:
        describe_signals(detail->signals, out);
        break;
    case DESCRIPTOR_EPOLL:
        describe_epoll(detail, out);
        break;
    case DESCRIPTOR_PIDFD:
        describe_pidfd(detail->pidfd_pid, out);
        break;
    case DESCRIPTOR_INOTIFY:
    case DESCRIPTOR_FANOTIFY:
        strbuf_printf(out, ngettext("watches %u file", "watches %u files", detail->notify_watches),
                      detail->notify_watches);
        break;
    case DESCRIPTOR_PTMX:
        if (detail->tty_index >= 0)
            strbuf_printf(out, _("master of /dev/pts/%d"), detail->tty_index);
        break;
    case DESCRIPTOR_SOCKET:
        if (detail->has_socket)
            socket_describe(&detail->socket, out);
        break;
    default:
        break;
    }
}

void lock_describe(const struct lock *lock, struct strbuf *out)
{
    strbuf_printf(out, lock->is_write ? _("%s write lock") : _("%s read lock"),
                  lock_kind_name(lock->kind));
    if (lock->start == 0 && lock->end == LOCK_TO_END)
        strbuf_puts(out, _(" on the whole file"));
    else if (lock->end == LOCK_TO_END)
        strbuf_printf(out, _(" from byte %" PRIu64 " to the end"), lock->start);
    else
        strbuf_printf(out, _(" on bytes %" PRIu64 "–%" PRIu64), lock->start, lock->end);
}

bool descriptor_is_lab_plumbing(const struct descriptor *descriptor)
{
    if (descriptor->type != DESCRIPTOR_PIPE || descriptor->fd < HELPER_LAB_FD_LEAST)
        return false;
    for (uint32_t i = 0; i < descriptor->peer_count; i++)
        if (descriptor->peers[i].is_lab_helper && descriptor->peers[i].fd >= HELPER_LAB_FD_LEAST)
            return true;
    return false;
}
