#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "situations_private.h"

/* ---- memory ---- */

static int make_mutex(void)
{
    pthread_mutexattr_t attributes;
    if (situation_share() < 0)
        return -1;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    return pthread_mutex_init(&shared->mutex, &attributes);
}

static int make_pi_mutex(void)
{
    pthread_mutexattr_t attributes;
    if (situation_share() < 0)
        return -1;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    (void)pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    return pthread_mutex_init(&shared->mutex, &attributes);
}

static void lock_mutex(void)
{
    (void)pthread_mutex_lock(&shared->mutex);
}

static int make_semaphore(void)
{
    return situation_share() < 0 ? -1 : sem_init(&shared->semaphore, 1, 0);
}

static void wait_semaphore(void)
{
    (void)sem_wait(&shared->semaphore);
}

static void wait_semaphore_timed(void)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 3600;
    (void)sem_timedwait(&shared->semaphore, &until);
}

static int make_robust_mutex(void)
{
    pthread_mutexattr_t attributes;
    if (situation_share() < 0)
        return -1;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    (void)pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    return pthread_mutex_init(&shared->mutex, &attributes);
}

static int make_condition(void)
{
    pthread_condattr_t attributes;
    if (make_mutex() < 0)
        return -1;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    return pthread_cond_init(&shared->condition, &attributes);
}

static void wait_condition(void)
{
    (void)pthread_mutex_lock(&shared->mutex);
    (void)pthread_cond_wait(&shared->condition, &shared->mutex);
}

static int make_rwlock(void)
{
    pthread_rwlockattr_t attributes;
    if (situation_share() < 0)
        return -1;
    (void)pthread_rwlockattr_init(&attributes);
    (void)pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    (void)pthread_rwlock_init(&shared->rwlock, &attributes);
    return pthread_rwlock_rdlock(&shared->rwlock); /* by the test, which is no holder to be named */
}

static void write_rwlock(void)
{
    (void)pthread_rwlock_wrlock(&shared->rwlock);
}

static void *be_joined(void *unused)
{
    (void)unused;
    __atomic_store_n(&shared->holder, gettid(), __ATOMIC_SEQ_CST);
    for (;;)
        (void)pause();
    return NULL;
}

static void join_thread(void)
{
    pthread_t thread;
    (void)pthread_create(&thread, NULL, be_joined, NULL);
    (void)pthread_join(thread, NULL);
}

static void *keep_mutex(void *mutex)
{
    (void)pthread_mutex_lock(mutex);
    return be_joined(NULL);
}

static void lock_private_mutex(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread;
    (void)pthread_create(&thread, NULL, keep_mutex, &mutex);
    while (__atomic_load_n(&shared->holder, __ATOMIC_SEQ_CST) == 0)
        (void)sched_yield();
    (void)pthread_mutex_lock(&mutex);
}

/* ---- System V and POSIX queues ---- */

struct letter {
    long type;
    char text[4096];
};

static int make_semop(void)
{
    ipc_id = semget(IPC_PRIVATE, 1, 0666);
    ipc_is_semaphore = true;
    return ipc_id < 0 ? -1 : 0;
}

static int make_raised_semaphore(void)
{
    return make_semop() < 0 ? -1 : semctl(ipc_id, 0, SETVAL, 1);
}

static void wait_for_zero(void)
{
    struct sembuf operation = {.sem_op = 0};
    (void)semop(ipc_id, &operation, 1);
}

static void wait_semop_timed(void)
{
    struct sembuf operation = {.sem_op = -1};
    const struct timespec time = {.tv_sec = 3600};
    (void)semtimedop(ipc_id, &operation, 1, &time);
}

static void wait_semop(void)
{
    struct sembuf operation = {.sem_op = -1};
    (void)semop(ipc_id, &operation, 1);
}

static int make_queue(void)
{
    ipc_id = msgget(IPC_PRIVATE, 0666);
    ipc_is_semaphore = false;
    return ipc_id < 0 ? -1 : 0;
}

static int make_full_queue(void)
{
    const struct letter letter = {.type = 1};
    if (make_queue() < 0)
        return -1;
    while (msgsnd(ipc_id, &letter, sizeof(letter.text), IPC_NOWAIT) == 0)
        ;
    return 0;
}

static void receive_message(void)
{
    struct letter letter;
    (void)msgrcv(ipc_id, &letter, sizeof(letter.text), 0, 0);
}

static void send_message(void)
{
    const struct letter letter = {.type = 1};
    (void)msgsnd(ipc_id, &letter, sizeof(letter.text), 0);
}

static int make_mq(void)
{
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 8};
    char name[48];
    (void)snprintf(name, sizeof(name), "/reaptop-test-%d", (int)getpid());
    fds[0] = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    (void)mq_unlink(name);
    return fds[0] < 0 ? -1 : 0;
}

static int make_full_mq(void)
{
    return make_mq() < 0 ? -1 : mq_send(fds[0], "x", 1, 0);
}

static void receive_mq(void)
{
    char text[8];
    (void)mq_receive(fds[0], text, sizeof(text), NULL);
}

static void send_mq(void)
{
    (void)mq_send(fds[0], "y", 1, 0);
}

static const struct situation rows[] = {
    /* name, kind, state, prepare, wait, hold, holder_is_child, takes_thread */
    {"mutex of two processes", "futex", 'S', make_mutex, lock_mutex, lock_mutex, false, true},
    {"mutex with priorities", "futex", 'S', make_pi_mutex, lock_mutex, lock_mutex, false, true},
    {"robust mutex", "futex", 'S', make_robust_mutex, lock_mutex, lock_mutex, false, true},
    {"mutex of two threads", "futex", 'S', situation_share, lock_private_mutex, NULL, true, true},
    {"pthread_join", "futex", 'S', situation_share, join_thread, NULL, true, true},
    {"condition", "futex", 'S', make_condition, wait_condition, NULL, false, true},
    {"lock for writing", "futex", 'S', make_rwlock, write_rwlock, NULL, false, true},
    {"sem_wait", "futex", 'S', make_semaphore, wait_semaphore, situation_nothing, false, true},
    {"sem_timedwait", "futex", 'S', make_semaphore, wait_semaphore_timed, NULL, false, true},
    {"semop", "semaphore", 'S', make_semop, wait_semop, NULL, false, true},
    {"semop for 0", "semaphore", 'S', make_raised_semaphore, wait_for_zero, NULL, false, true},
    {"semtimedop", "semaphore", 'S', make_semop, wait_semop_timed, NULL, false, true},
    {"msgrcv", "msg_receive", 'S', make_queue, receive_message, NULL, false, true},
    {"msgsnd", "msg_send", 'S', make_full_queue, send_message, NULL, false, true},
    {"mq_receive", "mq_receive", 'S', make_mq, receive_mq, NULL, false, true},
    {"mq_send", "mq_send", 'S', make_full_mq, send_mq, NULL, false, true},
};

const struct situation_table memory_situations = {rows, sizeof(rows) / sizeof(rows[0])};
