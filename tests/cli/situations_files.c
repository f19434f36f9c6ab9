#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "situations_private.h"

/* ---- files ---- */

static int make_fifo(void)
{
    return situation_make_path() < 0 || mkfifo(path, 0666) < 0 ? -1 : chmod(path, 0666);
}

static void open_fifo(void)
{
    (void)open(path, O_RDONLY);
}

static int make_file(void)
{
    (void)situation_make_path();
    fds[0] = open(path, O_RDWR | O_CREAT, 0666);
    return fds[0] < 0 ? -1 : fchmod(fds[0], 0666);
}

static void flock_wait(void)
{
    (void)flock(open(path, O_RDWR), LOCK_EX);
}

static void fcntl_wait(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    (void)fcntl(fds[0], F_SETLKW, &lock);
}

static void fcntl_hold(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    (void)fcntl(fds[0], F_SETLK, &lock);
}

static void lock_hold(void)
{
    (void)flock(open(path, O_RDWR), LOCK_EX);
}

/* ---- locks of an open file description ---- */

static void ofd_wait(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    (void)fcntl(open(path, O_RDWR), F_OFD_SETLKW, &lock);
}

static void ofd_hold(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    (void)fcntl(open(path, O_RDWR), F_OFD_SETLK, &lock);
}

static void shared_lock_wait(void)
{
    struct flock lock = {.l_type = F_RDLCK, .l_start = 10, .l_len = 10};
    (void)fcntl(fds[0], F_SETLKW, &lock);
}

static void range_hold(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_start = 15, .l_len = 1};
    (void)fcntl(fds[0], F_SETLK, &lock);
}

/* ---- descriptors that are no files ---- */

static int make_eventfd(void)
{
    fds[0] = eventfd(0, 0);
    return fds[0] < 0 ? -1 : 0;
}

static int make_timerfd(void)
{
    const struct itimerspec time = {.it_value = {.tv_sec = 3600}};
    fds[0] = timerfd_create(CLOCK_MONOTONIC, 0);
    return timerfd_settime(fds[0], 0, &time, NULL);
}

static int make_inotify(void)
{
    fds[0] = inotify_init1(0);
    return inotify_add_watch(fds[0], "/proc", IN_DELETE_SELF) < 0 ? -1 : 0;
}

static int make_signalfd(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    fds[0] = signalfd(-1, &set, 0);
    return fds[0] < 0 ? -1 : 0;
}

static void read_any(void)
{
    char buffer[4096];
    (void)!read(fds[0], buffer, sizeof(buffer));
}

static int make_full_eventfd(void)
{
    uint64_t most = UINT64_MAX - 1;
    return make_eventfd() < 0 || write(fds[0], &most, sizeof(most)) < 0 ? -1 : 0;
}

static void write_eventfd(void)
{
    uint64_t one = 1;
    (void)!write(fds[0], &one, sizeof(one));
}

static int make_fanotify(void)
{
    fds[0] = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
    return fds[0] < 0 ? -1 : 0;
}

static const struct situation rows[] = {
    /* name, kind, state, prepare, wait, hold, holder_is_child, takes_thread */
    {"open of a FIFO", "open_fifo", 'S', make_fifo, open_fifo, NULL, false, true},
    {"flock", "lock", 'S', make_file, flock_wait, lock_hold, false, true},
    {"fcntl lock", "lock", 'S', make_file, fcntl_wait, fcntl_hold, false, true},
    {"fcntl lock of a range", "lock", 'S', make_file, shared_lock_wait, range_hold, false, true},
    {"lock of an open file", "lock", 'S', make_file, ofd_wait, ofd_hold, false, true},
    {"read of an eventfd", "read", 'S', make_eventfd, read_any, situation_nothing, false, true},
    {"write to a full eventfd", "write", 'S', make_full_eventfd, write_eventfd, situation_nothing,
     false, true},
    {"read of a timerfd", "read", 'S', make_timerfd, read_any, NULL, false, true},
    {"read of inotify", "read", 'S', make_inotify, read_any, NULL, false, true},
    {"read of fanotify", "read", 'S', make_fanotify, read_any, NULL, false, true},
    {"read of a signalfd", "read", 'S', make_signalfd, read_any, NULL, false, true},
};

const struct situation_table file_situations = {rows, sizeof(rows) / sizeof(rows[0])};
