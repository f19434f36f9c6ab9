/* once: many threads call pthread_once(); the function runs once, and all see what it set up. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum {
    THREADS = 8
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int runs, seen_ready;
static int ready;

static void set_up(void)
{
    runs++;
    usleep(10000); /* the others arrive meanwhile, and wait */
    ready = 1;
}

static void *use(void *unused)
{
    pthread_once(&once, set_up);
    seen_ready += ready; /* never before set_up() has returned */
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, use, NULL) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d threads: the function ran %d time, %d found it done\n", (int)THREADS, runs,
           seen_ready);
    return runs == 1 && seen_ready == THREADS ? 0 : 1;
}
