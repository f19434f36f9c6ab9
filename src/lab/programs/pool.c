/* pool: at most two buffers are made, and used a thousand times by four threads. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t returned = PTHREAD_COND_INITIALIZER;
static char *free_buffers[2];
static int free_count, made, uses, waits;

static char *get(void)
{
    pthread_mutex_lock(&mutex);
    for (; free_count == 0 && made == 2; waits++)
        pthread_cond_wait(&returned, &mutex);
    made += free_count == 0;
    char *buffer = free_count > 0 ? free_buffers[--free_count] : malloc(4096);
    uses++;
    pthread_mutex_unlock(&mutex);
    return buffer;
}

static void put(char *buffer)
{
    pthread_mutex_lock(&mutex);
    free_buffers[free_count++] = buffer;
    pthread_cond_signal(&returned);
    pthread_mutex_unlock(&mutex);
}

static void *work(void *unused)
{
    for (int i = 0; i < 250; i++) {
        char *buffer = get();
        buffer[0]++; /* what the last user left is still in it */
        put(buffer);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[4];

    char *first = get(), *second = get();
    put(second);
    char *again = get();
    printf("given back and got again: the same buffer: %s\n", again == second ? "yes" : "no");
    put(first);
    put(again);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    printf("%d uses, %d buffers made; %d times somebody waited\n", uses, made, waits);
    return again == second && made == 2 && uses == 4 * 250 + 3 ? 0 : 1;
}
