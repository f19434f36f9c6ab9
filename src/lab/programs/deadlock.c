/* deadlock: two mutexes in opposite order; trylock with giving back gets through. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both_hold_one;

struct order {
    pthread_mutex_t *first, *second;
    int result;
};

/* pthread_mutex_lock() would wait for ever: here it gives up after two seconds at most. */
static void *lock_in_order(void *argument)
{
    struct order *order = argument;
    struct timespec until = {.tv_sec = time(NULL) + 2};

    pthread_mutex_lock(order->first);
    pthread_barrier_wait(&both_hold_one);
    order->result = pthread_mutex_timedlock(order->second, &until);
    pthread_barrier_wait(&both_hold_one); /* neither lets go before both gave up */
    if (order->result == 0)
        pthread_mutex_unlock(order->second);
    pthread_mutex_unlock(order->first);
    return NULL;
}

static void *lock_with_back_off(void *argument)
{
    struct order *order = argument;

    pthread_mutex_lock(order->first);
    for (; pthread_mutex_trylock(order->second) != 0; pthread_mutex_lock(order->first)) {
        pthread_mutex_unlock(order->first);
        sched_yield();
    }
    pthread_mutex_unlock(order->second);
    pthread_mutex_unlock(order->first);
    return NULL;
}

int main(void)
{
    struct order orders[2] = {{&left, &right, 0}, {&right, &left, 0}};
    pthread_t other;

    pthread_barrier_init(&both_hold_one, NULL, 2);
    pthread_create(&other, NULL, lock_in_order, &orders[1]);
    lock_in_order(&orders[0]);
    pthread_join(other, NULL);
    int is_stuck = orders[0].result == ETIMEDOUT && orders[1].result == ETIMEDOUT;
    printf("opposite order: both waited until they gave up: %s\n", is_stuck ? "yes" : "no");
    pthread_create(&other, NULL, lock_with_back_off, &orders[1]);
    lock_with_back_off(&orders[0]);
    pthread_join(other, NULL);
    printf("with back-off: both got both\n");
    return is_stuck ? 0 : 1;
}
