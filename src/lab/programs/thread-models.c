/* thread-models: four flows as four threads, and four flows that the kernel does not see. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    FLOWS = 4,
    STACK = 65536
};

static ucontext_t flows[FLOWS], scheduler;
static int turns[FLOWS], threads_meanwhile;
static pthread_barrier_t barrier;

static int kernel_threads(void)
{
    char line[256];
    int count = -1;
    FILE *status = fopen("/proc/self/status", "r");

    while (status && fgets(line, sizeof(line), status))
        if (strncmp(line, "Threads:", 8) == 0)
            count = (int)strtol(line + 8, NULL, 10);
    if (status)
        fclose(status);
    return count;
}

static void flow(int index)
{
    for (;;) {
        turns[index]++;
        threads_meanwhile = kernel_threads();
        swapcontext(&flows[index], &scheduler); /* gives way: the kernel has no part in it */
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
    pthread_t threads[FLOWS];

    for (int i = 0; i < FLOWS; i++) {
        getcontext(&flows[i]);
        flows[i].uc_stack.ss_sp = malloc(STACK);
        flows[i].uc_stack.ss_size = STACK;
        makecontext(&flows[i], (void (*)(void))flow, 1, i);
    }
    for (int i = 0; i < 3 * FLOWS; i++)
        swapcontext(&scheduler, &flows[i % FLOWS]);
    printf("N:1: turns %d %d %d %d, and the kernel knew %d thread\n", turns[0], turns[1], turns[2],
           turns[3], threads_meanwhile);
    pthread_barrier_init(&barrier, NULL, FLOWS + 1);
    for (int i = 0; i < FLOWS; i++)
        if (pthread_create(&threads[i], NULL, thread, NULL) != 0)
            return 1;
    pthread_barrier_wait(&barrier);
    int known = kernel_threads();
    pthread_barrier_wait(&barrier);
    printf("1:1: four threads besides main: the kernel knew %d\n", known);
    for (int i = 0; i < FLOWS; i++)
        pthread_join(threads[i], NULL);
    return turns[0] == 3 && turns[3] == 3 && threads_meanwhile == 1 && known == FLOWS + 1 ? 0 : 1;
}
