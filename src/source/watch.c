#include "reaptop/source/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "dead_state.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/pidfs.h"
#include "reaptop/source/procfs.h"
#include "sigchld.h"

struct watched {
    struct identity id;
    char comm[EVENT_COMM_SIZE];
    int pidfd;
    pid_t ppid;        /* of the zombie; 0: it was not seen as one */
    pid_t first_ppid;  /* when the watch began */
    bool is_signalled; /* the pidfd has fired: dead, but for threads that may live on */
    bool is_reported_dead;
    bool is_zombie; /* as its line had it */
    int32_t exit_status;
    uint64_t asked; /* the turn at which it was last asked for */
};

struct watch {
    struct watched *processes;
    size_t count;
    size_t capacity;
    int epoll;
    uint64_t turn;
    struct dead_state *look; /* NULL: state X is not looked for */
};

int watch_new(struct watch **ret_watch, size_t capacity)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    if (!watch)
        return -ENOMEM;
    watch->capacity = capacity;
    watch->processes = calloc(capacity, sizeof(*watch->processes));
    watch->epoll = epoll_create1(EPOLL_CLOEXEC);
    int r = !watch->processes ? -ENOMEM : watch->epoll < 0 ? -errno : 0;
    if (r < 0) {
        watch_free(watch);
        return r;
    }
    if (dead_state_new(&watch->look) < 0)
        watch->look = NULL;
    *ret_watch = watch;
    return 0;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    dead_state_free(watch->look);
    for (size_t i = 0; i < watch->count; i++)
        (void)fd_close(watch->processes[i].pidfd);
    free(watch->processes);
    watch->epoll = fd_close(watch->epoll);
    free(watch);
}

int watch_fd(const struct watch *watch)
{
    return watch->epoll;
}

static struct watched *find(const struct watch *watch, struct identity id)
{
    for (size_t i = 0; i < watch->count; i++)
        if (identity_is_same(watch->processes[i].id, id))
            return &watch->processes[i];
    return NULL;
}

bool watch_has(const struct watch *watch, struct identity id)
{
    return find(watch, id) != NULL;
}

static void drop(struct watch *watch, struct watched *watched)
{
    if (watch->look)
        dead_state_let_go(watch->look, watched->id);
    (void)fd_close(watched->pidfd);
    *watched = watch->processes[--watch->count];
}

static void make_room(struct watch *watch)
{
    if (watch->count < watch->capacity)
        return;
    struct watched *oldest = watch->processes;
    for (size_t i = 1; i < watch->count; i++)
        if (watch->processes[i].asked < oldest->asked)
            oldest = &watch->processes[i];
    drop(watch, oldest);
}

int watch_add(struct watch *watch, struct identity id, const char *comm)
{
    struct watched *watched = find(watch, id);
    watch->turn++;
    if (watched) {
        watched->asked = watch->turn;
        return 0;
    }
    _cleanup_close_ int pidfd = pidfs_open(id);
    if (pidfd < 0)
        return pidfd;

    /* Edge-triggered: a pidfd stays readable for as long as the zombie is there. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = pidfd};
    if (epoll_ctl(watch->epoll, EPOLL_CTL_ADD, pidfd, &event) < 0)
        return -errno;
    make_room(watch);
    watched = &watch->processes[watch->count++];
    *watched = (struct watched){
        .id = id, .pidfd = take_fd(pidfd), .exit_status = EXIT_UNKNOWN, .asked = watch->turn};
    (void)snprintf(watched->comm, sizeof(watched->comm), "%s", comm ? comm : "");
    struct stat_line line;
    if (procfs_read_stat_of(id.pid, &line) == 0)
        watched->first_ppid = line.ppid;
    if (watch->look)
        dead_state_hold(watch->look, id, watched->pidfd);
    return 0;
}

void watch_look(struct watch *watch, struct identity id)
{
    if (watch->look)
        dead_state_now(watch->look, id);
}

void watch_remove(struct watch *watch, struct identity id)
{
    struct watched *watched = find(watch, id);
    if (watched)
        drop(watch, watched);
}

/* Notes which pidfds fired. */
static void take_signals(struct watch *watch)
{
    struct epoll_event fired[16];
    int count;
    while ((count = epoll_wait(watch->epoll, fired, 16, 0)) > 0)
        for (int i = 0; i < count; i++)
            for (size_t at = 0; at < watch->count; at++)
                if (watch->processes[at].pidfd == fired[i].data.fd)
                    watch->processes[at].is_signalled = true;
}

static struct event make_event(const struct watched *watched, enum event_kind kind)
{
    struct event event = {
        .kind = kind,
        .source = EVENT_FROM_PIDFD,
        .mono_ns = clock_boot_ns(),
        .time_ns = clock_real_ns(),
        .id = watched->id,
        .ppid = watched->ppid,
        .exit_status = watched->exit_status,
        .state_to = kind == EVENT_EXIT && watched->is_zombie ? 'Z' : '\0',
        .to = kind == EVENT_EXIT && watched->is_zombie ? procfs_read_tracer_of(watched->id.pid) : 0,
    };
    memcpy(event.comm, watched->comm, sizeof(event.comm));
    return event;
}

/* What the zombie's line still says; false while threads of it live. */
static bool look_at_zombie(struct watched *watched)
{
    struct stat_line line;
    if (procfs_read_stat_of(watched->id.pid, &line) < 0 ||
        (watched->id.start_ticks != 0 && line.start_ticks != watched->id.start_ticks))
        return true; /* reaped meanwhile */
    if (!state_is_dead(line.state) || line.threads > 1)
        return false;
    watched->ppid = line.ppid;
    watched->is_zombie = line.state == 'Z';
    watched->exit_status = line.exit_status >= 0 ? line.exit_status : EXIT_UNKNOWN;
    return true;
}

/* State X, where the last look caught it. */
static size_t report_dead(struct watch *watch, const struct watched *watched, struct event *event)
{
    uint64_t seen_ns;
    if (!watch->look || !dead_state_take(watch->look, watched->id, &seen_ns))
        return 0;
    *event = make_event(watched, EVENT_STATE);
    uint64_t ago_ns = event->mono_ns - seen_ns;
    event->mono_ns -= ago_ns;
    event->time_ns -= ago_ns;
    event->state_from = 'Z';
    event->state_to = 'X';
    return 1;
}

bool watch_take_dead(struct watch *watch, struct identity id, struct event *ret_event)
{
    const struct watched *watched = find(watch, id);
    return watched && report_dead(watch, watched, ret_event) > 0;
}

/* One that was not seen as a zombie names its parent only where nobody had to wait. */
static void note_parent(const struct watched *watched, struct event *reap)
{
    reap->is_autoreaped = !watched->is_zombie && sigchld_is_ignored(watched->first_ppid);
    if (reap->is_autoreaped)
        reap->ppid = watched->first_ppid;
}

/* Appends what is to be reported of one process; true where it leaves the set. */
static bool report(struct watch *watch, struct watched *watched, struct event *events,
                   size_t *count)
{
    bool is_reaped = pidfs_is_reaped(watched->pidfd);
    if (is_reaped)
        (void)pidfs_exit_status(watched->pidfd, &watched->exit_status);
    else if (!watched->is_reported_dead && !look_at_zombie(watched))
        return false;

    if (!watched->is_reported_dead) {
        watched->is_reported_dead = true;
        events[(*count)++] = make_event(watched, EVENT_EXIT);
    }
    if (is_reaped) {
        *count += report_dead(watch, watched, &events[*count]);
        events[*count] = make_event(watched, EVENT_REAP);
        note_parent(watched, &events[(*count)++]);
    }
    return is_reaped;
}

size_t watch_read(struct watch *watch, struct event *events, size_t capacity)
{
    size_t count = 0;
    take_signals(watch);
    /* One process has so much to tell at most; the rest is reported by the next call. */
    for (size_t i = watch->count; i > 0 && count + WATCH_EVENTS_EACH <= capacity; i--) {
        struct watched *watched = &watch->processes[i - 1];
        if (watched->is_signalled && report(watch, watched, events, &count))
            drop(watch, watched);
    }
    return count;
}
