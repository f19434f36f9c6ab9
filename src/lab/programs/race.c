/* race: two threads count in one variable; with a mutex nothing is lost. */
#include <pthread.h>
#include <stdio.h>

enum {
    TURNS = 1000000
};

static volatile int plain, locked;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *count_plain(void *unused)
{
    for (int i = 0; i < TURNS; i++)
        plain = plain + 1; /* read, add, write: three steps */
    return unused;
}

static void *count_locked(void *unused)
{
    for (int i = 0; i < TURNS; i++) {
        pthread_mutex_lock(&mutex);
        locked = locked + 1;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static void twice(void *(*count)(void *))
{
    pthread_t one, two;
    pthread_create(&one, NULL, count, NULL);
    pthread_create(&two, NULL, count, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
}

int main(void)
{
    int rounds = 0;

    do { /* on one processor a loss is rare, so several rounds may be needed */
        plain = 0;
        twice(count_plain);
    } while (plain == 2 * TURNS && ++rounds < 1000);
    twice(count_locked);
    printf("2 threads, %d each: plain %d, with a mutex %d\n", (int)TURNS, plain, locked);
    return plain < 2 * TURNS && locked == 2 * TURNS ? 0 : 1;
}
