/* waitgroup: a counter, a mutex and a condition variable: waiting until N others are done. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum {
    WORKERS = 3
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_empty = PTHREAD_COND_INITIALIZER;
static int left = WORKERS; /* set before the workers start */
static int results[WORKERS];

static void *work(void *argument)
{
    int *result = argument;

    usleep(5000);
    *result = 1;
    pthread_mutex_lock(&mutex);
    if (--left == 0)
        pthread_cond_broadcast(&is_empty);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(void)
{
    pthread_t threads[WORKERS];
    int waits = 0, sum = 0;

    for (int i = 0; i < WORKERS; i++)
        if (pthread_create(&threads[i], NULL, work, &results[i]) != 0)
            return 1;
    pthread_mutex_lock(&mutex);
    while (left > 0) {
        waits++;
        pthread_cond_wait(&is_empty, &mutex); /* gives the mutex away and sleeps */
    }
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < WORKERS; i++)
        sum += results[i];
    printf("waited in pthread_cond_wait() %d times; results: %d of %d\n", waits, sum, (int)WORKERS);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    return sum == WORKERS ? 0 : 1;
}
