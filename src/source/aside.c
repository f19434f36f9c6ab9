#include "aside.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t has_job;
    struct aside *job; /* NULL: idle */
    pid_t process;     /* a fork's child has no such thread */
} helper = {.lock = PTHREAD_MUTEX_INITIALIZER, .has_job = PTHREAD_COND_INITIALIZER};

_Noreturn static void *help(void *unused)
{
    (void)unused;
    const uint64_t one = 1;
    (void)pthread_mutex_lock(&helper.lock);
    for (;;) {
        while (!helper.job)
            (void)pthread_cond_wait(&helper.has_job, &helper.lock);
        struct aside *job = helper.job;
        (void)pthread_mutex_unlock(&helper.lock);
        job->work(job->data);
        (void)pthread_mutex_lock(&helper.lock);
        helper.job = NULL;
        /* The last time that the job is touched: its owner may free it then. */
        (void)!write(job->fd, &one, sizeof(one));
    }
}

/* The caller's mask is inherited: a signal meant for the loop must not come to the thread. */
static int start_thread(void)
{
    pthread_t thread;
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&thread, NULL, help, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0)
        return -r;
    (void)pthread_detach(thread);
    helper.process = getpid();
    return 0;
}

static int hand_over(struct aside *aside)
{
    if (helper.job)
        return -EBUSY;
    int r = helper.process == getpid() ? 0 : start_thread();
    if (r < 0)
        return r;
    helper.job = aside;
    (void)pthread_cond_signal(&helper.has_job);
    return 0;
}

int aside_start(struct aside *aside, aside_work *work, void *data)
{
    if (aside->fd < 0)
        aside->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (aside->fd < 0)
        return -errno;
    aside->work = work;
    aside->data = data;
    (void)pthread_mutex_lock(&helper.lock);
    int r = hand_over(aside);
    (void)pthread_mutex_unlock(&helper.lock);
    aside->is_busy = r == 0;
    return r;
}

bool aside_is_done(struct aside *aside)
{
    uint64_t count;
    if (aside->is_busy && read(aside->fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
        aside->is_busy = false;
    return !aside->is_busy;
}

void aside_wait(struct aside *aside)
{
    while (!aside_is_done(aside)) {
        struct pollfd ready = {.fd = aside->fd, .events = POLLIN};
        (void)poll(&ready, 1, -1);
    }
}

void aside_done(struct aside *aside)
{
    aside_wait(aside);
    aside->fd = fd_close(aside->fd);
}
