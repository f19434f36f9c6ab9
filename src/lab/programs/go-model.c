/* go-model: tasks (G) on threads (M) with one permission to run (P), handed on before a call that
 * sleeps. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    TASKS = 3,
    STACK = 65536
};

static struct task {
    ucontext_t context, *machine;
    int has_called; /* it is back from a call, and its thread has no P */
    atomic_int turns;
} tasks[TASKS], *queue[TASKS];
static int queued, call[2];
static atomic_int machines;
static pthread_mutex_t permission = PTHREAD_MUTEX_INITIALIZER; /* P: who holds it runs tasks */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;      /* of the queue */

static void make_ready(struct task *task)
{
    pthread_mutex_lock(&mutex);
    queue[queued++] = task;
    pthread_mutex_unlock(&mutex);
}

static struct task *next_task(void)
{
    pthread_mutex_lock(&mutex);
    struct task *task = queued > 0 ? queue[0] : NULL;
    if (task)
        memmove(queue, queue + 1, (size_t)--queued * sizeof(queue[0]));
    pthread_mutex_unlock(&mutex);
    return task;
}

static void *machine(void *unused)
{
    ucontext_t here;

    machines++;
    for (;;) {
        pthread_mutex_lock(&permission);
        for (int keeps = 1; keeps;) {
            struct task *task = next_task();
            if (!task)
                continue;
            task->machine = &here;
            swapcontext(&here, &task->context);
            keeps = !task->has_called;
            task->has_called = 0;
            make_ready(task);
        }
    }
    return unused;
}

static void run(int index)
{
    struct task *task = &tasks[index];
    pthread_t thread;
    char byte;

    for (;;) {
        if (++task->turns == 10 && index == 0) {
            pthread_mutex_unlock(&permission); /* P goes to a new thread */
            pthread_create(&thread, NULL, machine, NULL);
            task->has_called = read(call[0], &byte, 1) == 1; /* this thread sleeps */
        }
        swapcontext(&task->context, task->machine);
    }
}

int main(void)
{
    pthread_t thread;

    if (pipe(call) < 0)
        return 1;
    for (int i = 0; i < TASKS; i++) {
        getcontext(&tasks[i].context);
        tasks[i].context.uc_stack.ss_sp = malloc(STACK);
        tasks[i].context.uc_stack.ss_size = STACK;
        makecontext(&tasks[i].context, (void (*)(void))run, 1, i);
        make_ready(&tasks[i]);
    }
    if (pthread_create(&thread, NULL, machine, NULL) != 0)
        return 1;
    while (machines < 2 || tasks[1].turns < 1000)
        usleep(1000);
    int asleep = tasks[0].turns;
    printf("task 0 sleeps in a call after %d turns; a new thread has run task 1 %d times\n", asleep,
           tasks[1].turns);
    if (write(call[1], "!", 1) != 1)
        return 1;
    while (tasks[0].turns < 100)
        usleep(1000);
    printf("it is back: %d turns; %d threads for 3 tasks\n", tasks[0].turns, machines);
    return asleep == 10 && machines == 2 ? 0 : 1;
}
