/* atomic: load and store lose an addition; compare-and-swap notices and tries again. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum {
    THREADS = 3,
    TURNS = 50000
};

static atomic_int number, failures;

static void *count(void *unused)
{
    for (int i = 0; i < TURNS; i++) {
        int expected = atomic_load(&number);
        /* Fails if another thread wrote in between, and then tells what it found. */
        while (!atomic_compare_exchange_strong(&number, &expected, expected + 1))
            failures++;
    }
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    int expected = 0;

    int first = atomic_compare_exchange_strong(&number, &expected, 5);
    expected = 0;
    int second = atomic_compare_exchange_strong(&number, &expected, 9);
    printf("0 -> 5: %d; 0 -> 9: %d, it found %d\n", first, second, expected);

    int one = atomic_load(&number), two = atomic_load(&number); /* as two threads might */
    atomic_store(&number, one + 1);
    atomic_store(&number, two + 1);
    int lost = atomic_load(&number);
    printf("two additions by load and store: 5 became %d\n", lost);

    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, count, NULL) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("3 threads, 50000 each by compare-and-swap: %d more; %d failures, tried again\n",
           number - lost, failures);
    return first && !second && expected == 5 && lost == 6 && number == lost + THREADS * TURNS ? 0
                                                                                              : 1;
}
