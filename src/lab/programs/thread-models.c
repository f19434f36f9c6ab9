/* thread-models: four flows as four threads, and four flows that the kernel does not see. */
#include <pthread.h>
#include <stdio.h>
#include <ucontext.h>

static ucontext_t flows[4], scheduler;
static char stacks[4][65536];
static int turns[4], threads_meanwhile;
static pthread_barrier_t barrier;
static pthread_t thread_id;

static int kernel_threads(void)
{
    char line[256];
    int count = -1;
    FILE *status = fopen("/proc/self/status", "r");

    while (status && fgets(line, sizeof(line), status))
        sscanf(line, "Threads: %d", &count);
    if (status)
        fclose(status);
    return count;
}

static void flow(int index)
{
    /* Gives way to the scheduler after each turn: the kernel has no part in it. */
    for (;; swapcontext(&flows[index], &scheduler)) {
        turns[index]++;
        threads_meanwhile = kernel_threads();
    }
}

static void *thread(void *unused)
{
    pthread_barrier_wait(&barrier); /* all are there */
    pthread_barrier_wait(&barrier); /* main has counted them */
    return unused;
}

int main(void)
{
    for (int i = 0; i < 4; i++) {
        getcontext(&flows[i]);
        flows[i].uc_stack = (stack_t){.ss_sp = stacks[i], .ss_size = sizeof(stacks[i])};
        makecontext(&flows[i], (void (*)(void))flow, 1, i);
    }
    for (int i = 0; i < 12; i++)
        swapcontext(&scheduler, &flows[i % 4]);
    printf("N:1: %d turns each, and the kernel knew %d thread\n", turns[3], threads_meanwhile);
    pthread_barrier_init(&barrier, NULL, 5);
    for (int i = 0; i < 4; i++)
        if (pthread_create(&thread_id, NULL, thread, NULL) != 0)
            return 1;
    pthread_barrier_wait(&barrier);
    int known = kernel_threads();
    pthread_barrier_wait(&barrier);
    printf("1:1: four threads besides main: the kernel knew %d\n", known);
    return turns[0] == 3 && turns[3] == 3 && threads_meanwhile == 1 && known == 5 ? 0 : 1;
}
