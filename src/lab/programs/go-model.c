/* go-model: tasks (G) on threads (M) with one permission to run (P), given away before a call. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <ucontext.h>
#include <unistd.h>

static struct task {
    ucontext_t context, *machine; /* where it goes on, and the thread that runs it */
    atomic_int turns;
} tasks[3], *queue[3];
static char stacks[3][65536];
static int call[2], taken, put; /* from and into the queue, a ring */
static atomic_int machines;
static pthread_t thread;
static pthread_mutex_t permission = PTHREAD_MUTEX_INITIALIZER; /* P: to run, and for the queue */

static void *machine(void *unused)
{
    machines++;
    for (ucontext_t here;; sched_yield()) {
        pthread_mutex_lock(&permission);
        struct task *task = queue[taken++ % 3];
        task->machine = &here;
        swapcontext(&here, &task->context); /* runs it until it gives way */
        queue[put++ % 3] = task;
        pthread_mutex_unlock(&permission);
    }
    return unused;
}

static void run(int index)
{
    for (struct task *task = &tasks[index];; swapcontext(&task->context, task->machine))
        if (++task->turns == 10 && index == 0) {
            pthread_create(&thread, NULL, machine, NULL);
            pthread_mutex_unlock(&permission);         /* P goes to the new thread */
            assert(read(call[0], &(char){0}, 1) == 1); /* this one sleeps in a call */
            pthread_mutex_lock(&permission);
        }
}

int main(void)
{
    for (int i = 0; i < 3; queue[put++] = &tasks[i], i++) {
        getcontext(&tasks[i].context);
        tasks[i].context.uc_stack = (stack_t){.ss_sp = stacks[i], .ss_size = sizeof(stacks[i])};
        makecontext(&tasks[i].context, (void (*)(void))run, 1, i);
    }
    assert(pipe(call) == 0 && pthread_create(&thread, NULL, machine, NULL) == 0);
    while (machines < 2 || tasks[1].turns < 1000)
        usleep(1000);
    int asleep = tasks[0].turns;
    printf("task 0 sleeps in a call after %d turns, task 1 goes on: %d\n", asleep, tasks[1].turns);
    for (assert(write(call[1], "!", 1) == 1); tasks[0].turns < 100;)
        usleep(1000);
    printf("it is back: %d turns; %d threads for 3 tasks\n", tasks[0].turns, machines);
    return asleep == 10 && machines == 2 ? 0 : 1;
}
