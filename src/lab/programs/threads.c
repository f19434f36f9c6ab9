/* threads: one process, one address space, a TID and a stack for each; join gives the result. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int shared;

struct told {
    pid_t pid, tid;
    void *stack;
};

static pthread_barrier_t both; /* so that neither ends before the other is there */

static void *thread(void *argument)
{
    struct told *told = argument;

    told->pid = getpid();
    told->tid = (pid_t)syscall(SYS_gettid);
    told->stack = &argument; /* lies on the thread's own stack */
    shared++;
    pthread_barrier_wait(&both);
    return &shared;
}

static void *sleep_long(void *unused)
{
    for (;;)
        pause(); /* a cancellation point */
    return unused;
}

int main(void)
{
    struct told one, two;
    pthread_t first, second, third;
    void *result, *cancelled;

    pthread_barrier_init(&both, NULL, 2);
    pthread_create(&first, NULL, thread, &one);
    pthread_create(&second, NULL, thread, &two);
    pthread_join(first, &result);
    pthread_join(second, NULL);
    pthread_create(&third, NULL, sleep_long, NULL);
    pthread_cancel(third);
    pthread_join(third, &cancelled);
    printf("PID %d; TIDs %d, %d and %d; both wrote to one variable: %d\n", getpid(), getpid(),
           one.tid, two.tid, shared);
    printf("stacks at %p and %p, main's at %p; the third was cancelled: %s\n", one.stack, two.stack,
           (void *)&one, cancelled == PTHREAD_CANCELED ? "yes" : "no");
    return !(one.pid == getpid() && two.pid == getpid() && one.tid != two.tid && shared == 2 &&
             one.stack != two.stack && result == &shared && cancelled == PTHREAD_CANCELED);
}
