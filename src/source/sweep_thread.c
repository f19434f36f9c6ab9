#include "sweep_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t has_job, is_idle;
    struct sweep_thread *job; /* NULL: idle */
    pid_t process;            /* a fork's child has no such thread */
} helper = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .has_job = PTHREAD_COND_INITIALIZER,
            .is_idle = PTHREAD_COND_INITIALIZER};

_Noreturn static void *help(void *unused)
{
    (void)unused;
    const uint64_t one = 1;
    (void)prctl(PR_SET_NAME, SWEEP_THREAD_COMM);
    (void)pthread_mutex_lock(&helper.lock);
    for (;;) {
        while (!helper.job)
            (void)pthread_cond_wait(&helper.has_job, &helper.lock);
        struct sweep_thread *job = helper.job;
        (void)pthread_mutex_unlock(&helper.lock);
        job->work(job->data);
        (void)pthread_mutex_lock(&helper.lock);
        /* The last time that the job is touched: its owner may free it once it has the lock. */
        helper.job = NULL;
        (void)!write(job->fd, &one, sizeof(one));
        (void)pthread_cond_signal(&helper.is_idle);
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

static int hand_over(struct sweep_thread *sweep_thread)
{
    if (helper.job)
        return -EBUSY;
    int r = helper.process == getpid() ? 0 : start_thread();
    if (r < 0)
        return r;
    helper.job = sweep_thread;
    (void)pthread_cond_signal(&helper.has_job);
    return 0;
}

int sweep_thread_start(struct sweep_thread *sweep_thread, sweep_thread_work *work, void *data)
{
    if (sweep_thread->fd < 0)
        sweep_thread->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (sweep_thread->fd < 0)
        return -errno;
    sweep_thread->work = work;
    sweep_thread->data = data;
    (void)pthread_mutex_lock(&helper.lock);
    int r = hand_over(sweep_thread);
    (void)pthread_mutex_unlock(&helper.lock);
    sweep_thread->is_busy = r == 0;
    return r;
}

/* With the lock. The descriptor wakes a loop; whether the work is done, `job` says. */
static void take_end(struct sweep_thread *sweep_thread)
{
    uint64_t count;
    if (!sweep_thread->is_busy || helper.job == sweep_thread)
        return;
    (void)!read(sweep_thread->fd, &count, sizeof(count));
    sweep_thread->is_busy = false;
}

bool sweep_thread_is_done(struct sweep_thread *sweep_thread)
{
    (void)pthread_mutex_lock(&helper.lock);
    take_end(sweep_thread);
    (void)pthread_mutex_unlock(&helper.lock);
    return !sweep_thread->is_busy;
}

void sweep_thread_wait(struct sweep_thread *sweep_thread)
{
    (void)pthread_mutex_lock(&helper.lock);
    for (take_end(sweep_thread); sweep_thread->is_busy; take_end(sweep_thread))
        (void)pthread_cond_wait(&helper.is_idle, &helper.lock);
    (void)pthread_mutex_unlock(&helper.lock);
}

void sweep_thread_done(struct sweep_thread *sweep_thread)
{
    sweep_thread_wait(sweep_thread);
    sweep_thread->fd = fd_close(sweep_thread->fd);
}
