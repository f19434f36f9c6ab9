#include "dead_state.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/procfs.h"

enum {
    HEAD_SIZE = 128 /* of the line: the number, a name of 63 at most, the state */
};

#define OUR_OWN_WORD UINT64_MAX /* in epoll's data, where entries have their serial */

struct held {
    uint64_t serial; /* from 1; 0: free */
    struct identity id;
    int pidfd;
    int stat_fd;
    uint64_t seen_ns; /* in X; 0: not */
};

struct dead_state {
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t has_turned;
    int epoll;
    int word_fd; /* eventfd: look at `wanted` and `ends` */
    struct held held[LOOKS_MAX];
    uint64_t serials;
    uint64_t wanted; /* serial; 0: none */
    uint64_t busy;   /* the one that is looped over */
    bool ends;
};

/* ---- the thread ---- */

/* '\0': it is gone. */
static char read_state(int stat_fd)
{
    char head[HEAD_SIZE];
    ssize_t got = pread(stat_fd, head, sizeof(head), 0);
    const char *end = got > 0 ? memrchr(head, ')', (size_t)got) : NULL;
    return end && end + 2 < head + got ? end[2] : '\0';
}

/* Until it is gone, or alive after all, or the time is over. When it was in X; 0: never seen. */
static uint64_t loop_over(int stat_fd)
{
    uint64_t until_ns = clock_boot_ns() + LOOK_MS * NS_PER_MS;
    while (clock_boot_ns() < until_ns) {
        char state = read_state(stat_fd);
        if (state == 'X')
            return clock_boot_ns();
        if (state != 'Z')
            break;
    }
    return 0;
}

static struct held *find_serial(struct dead_state *look, uint64_t serial)
{
    for (int i = 0; serial != 0 && i < LOOKS_MAX; i++)
        if (look->held[i].serial == serial)
            return &look->held[i];
    return NULL;
}

/* With the lock; it is open while the loop runs, and `busy` keeps the entry. */
static void look_at(struct dead_state *look, uint64_t serial)
{
    struct held *held = find_serial(look, serial);
    if (!held)
        return;
    int stat_fd = held->stat_fd;
    look->busy = serial;
    (void)pthread_cond_broadcast(&look->has_turned);
    (void)pthread_mutex_unlock(&look->lock);
    uint64_t seen_ns = loop_over(stat_fd);
    (void)pthread_mutex_lock(&look->lock);
    if (seen_ns != 0)
        held->seen_ns = seen_ns;
    look->busy = 0;
    (void)pthread_cond_broadcast(&look->has_turned);
}

static void take_word(struct dead_state *look)
{
    uint64_t count;
    struct epoll_event word = {.events = EPOLLIN, .data.u64 = OUR_OWN_WORD};
    if (read(look->word_fd, &count, sizeof(count)) < 0)
        (void)epoll_ctl(look->epoll, EPOLL_CTL_MOD, look->word_fd, &word);
    look_at(look, look->wanted);
    look->wanted = 0;
    (void)pthread_cond_broadcast(&look->has_turned);
}

static void *wait_and_look(void *data)
{
    struct dead_state *look = data;
    (void)pthread_mutex_lock(&look->lock);
    while (!look->ends) {
        struct epoll_event fired;
        (void)pthread_mutex_unlock(&look->lock);
        int count = epoll_wait(look->epoll, &fired, 1, -1);
        (void)pthread_mutex_lock(&look->lock);
        if (count == 1 && fired.data.u64 == OUR_OWN_WORD)
            take_word(look);
        else if (count == 1)
            look_at(look, fired.data.u64);
    }
    (void)pthread_mutex_unlock(&look->lock);
    return NULL;
}

/* Signals are meant for the caller's loop. */
static int start_thread(struct dead_state *look)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&look->thread, NULL, wait_and_look, look);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -r;
}

/* ---- beginning and end ---- */

static void free_unstarted(struct dead_state *look)
{
    (void)fd_close(look->word_fd);
    (void)fd_close(look->epoll);
    (void)pthread_cond_destroy(&look->has_turned);
    (void)pthread_mutex_destroy(&look->lock);
    free(look);
}

int dead_state_new(struct dead_state **ret_look)
{
    struct dead_state *look = calloc(1, sizeof(*look));
    if (!look)
        return -ENOMEM;
    (void)pthread_mutex_init(&look->lock, NULL);
    (void)pthread_cond_init(&look->has_turned, NULL);
    look->epoll = epoll_create1(EPOLL_CLOEXEC);
    look->word_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event word = {.events = EPOLLIN, .data.u64 = OUR_OWN_WORD};
    int r = 0;
    if (look->epoll < 0 || look->word_fd < 0 ||
        epoll_ctl(look->epoll, EPOLL_CTL_ADD, look->word_fd, &word) < 0)
        r = -errno;
    if (r == 0)
        r = start_thread(look);
    if (r < 0) {
        free_unstarted(look);
        return r;
    }
    *ret_look = look;
    return 0;
}

/* An eventfd can always be written to: with EPOLLOUT it wakes as well. */
static void write_word(struct dead_state *look)
{
    const uint64_t one = 1;
    struct epoll_event word = {.events = EPOLLIN | EPOLLOUT, .data.u64 = OUR_OWN_WORD};
    if (write(look->word_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
        (void)epoll_ctl(look->epoll, EPOLL_CTL_MOD, look->word_fd, &word);
}

/* With the lock. */
static void let_go(struct dead_state *look, struct held *held)
{
    while (look->busy == held->serial)
        (void)pthread_cond_wait(&look->has_turned, &look->lock);
    /* The caller's descriptor is of the same open file, so epoll would not forget it by itself. */
    (void)epoll_ctl(look->epoll, EPOLL_CTL_DEL, held->pidfd, NULL);
    (void)fd_close(held->stat_fd);
    (void)fd_close(held->pidfd);
    *held = (struct held){0};
}

void dead_state_free(struct dead_state *look)
{
    if (!look)
        return;
    (void)pthread_mutex_lock(&look->lock);
    look->ends = true;
    write_word(look);
    (void)pthread_mutex_unlock(&look->lock);
    (void)pthread_join(look->thread, NULL);
    for (int i = 0; i < LOOKS_MAX; i++)
        if (look->held[i].serial != 0)
            let_go(look, &look->held[i]);
    free_unstarted(look);
}

/* ---- who is held ---- */

static struct held *find(struct dead_state *look, struct identity id)
{
    for (int i = 0; i < LOOKS_MAX; i++)
        if (look->held[i].serial != 0 && identity_is_same(look->held[i].id, id))
            return &look->held[i];
    return NULL;
}

static struct held *make_room(struct dead_state *look)
{
    struct held *oldest = look->held;
    for (int i = 0; i < LOOKS_MAX; i++) {
        if (look->held[i].serial == 0)
            return &look->held[i];
        if (look->held[i].serial < oldest->serial)
            oldest = &look->held[i];
    }
    let_go(look, oldest);
    return oldest;
}

/* The caller has made sure that the PID is still that process's: its pidfd is open. */
static int hold(struct dead_state *look, struct identity id, int pidfd)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", id.pid);
    _cleanup_close_ int stat_fd = open(path, O_RDONLY | O_CLOEXEC);
    _cleanup_close_ int copy = fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
    if (stat_fd < 0 || copy < 0)
        return -errno;
    struct held *held = make_room(look);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = look->serials + 1};
    if (epoll_ctl(look->epoll, EPOLL_CTL_ADD, copy, &event) < 0)
        return -errno;
    *held = (struct held){
        .serial = ++look->serials, .id = id, .pidfd = take_fd(copy), .stat_fd = take_fd(stat_fd)};
    return 0;
}

void dead_state_hold(struct dead_state *look, struct identity id, int pidfd)
{
    (void)pthread_mutex_lock(&look->lock);
    if (!find(look, id))
        (void)hold(look, id, pidfd);
    (void)pthread_mutex_unlock(&look->lock);
}

void dead_state_let_go(struct dead_state *look, struct identity id)
{
    (void)pthread_mutex_lock(&look->lock);
    struct held *held = find(look, id);
    if (held)
        let_go(look, held);
    (void)pthread_mutex_unlock(&look->lock);
}

void dead_state_now(struct dead_state *look, struct identity id)
{
    (void)pthread_mutex_lock(&look->lock);
    struct held *held = find(look, id);
    if (held && look->wanted == 0) {
        uint64_t serial = look->wanted = held->serial;
        write_word(look);
        while (look->wanted == serial && look->busy != serial)
            (void)pthread_cond_wait(&look->has_turned, &look->lock);
    }
    (void)pthread_mutex_unlock(&look->lock);
}

bool dead_state_take(struct dead_state *look, struct identity id, uint64_t *ret_ns)
{
    bool is_seen = false;
    (void)pthread_mutex_lock(&look->lock);
    struct held *held = find(look, id);
    while (held && look->busy == held->serial)
        (void)pthread_cond_wait(&look->has_turned, &look->lock);
    if (held && held->seen_ns != 0) {
        *ret_ns = held->seen_ns;
        held->seen_ns = 0;
        is_seen = true;
    }
    (void)pthread_mutex_unlock(&look->lock);
    return is_seen;
}
