/* condition: a signal lets one waiter go on, a broadcast all that wait. */
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ticket_given = PTHREAD_COND_INITIALIZER,
                      count_changed = PTHREAD_COND_INITIALIZER;
static int tickets, waiting, served;

static void *wait_for_ticket(void *unused)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    pthread_cond_signal(&count_changed);
    while (tickets == 0) /* woken for nothing is allowed: look again */
        pthread_cond_wait(&ticket_given, &mutex);
    tickets--;
    served++;
    pthread_cond_signal(&count_changed);
    pthread_mutex_unlock(&mutex);
    return unused;
}

/* Gives tickets and waits until `total` have been served; the mutex is held. */
static int give(int count, int total)
{
    tickets += count;
    if (count == 1)
        pthread_cond_signal(&ticket_given);
    else
        pthread_cond_broadcast(&ticket_given);
    while (served < total)
        pthread_cond_wait(&count_changed, &mutex);
    return served;
}

int main(void)
{
    pthread_t threads[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, wait_for_ticket, NULL);
    pthread_mutex_lock(&mutex);
    while (waiting < 3)
        pthread_cond_wait(&count_changed, &mutex);
    int one = give(1, 1), all = give(2, 3);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("after signal and one ticket %d went on; after broadcast and two more %d\n", one, all);
    return one == 1 && all == 3 ? 0 : 1;
}
