/* channel: a buffer for two values, a mutex, a condition variable; the third send waits. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum {
    ROOM = 2,
    VALUES = 5
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int values[ROOM], count, most, sender_waited;

static void send_value(int value)
{
    pthread_mutex_lock(&mutex);
    while (count == ROOM) {
        sender_waited = 1;
        pthread_cond_broadcast(&changed);
        pthread_cond_wait(&changed, &mutex);
    }
    values[count++] = value;
    most = count > most ? count : most;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static int receive_value(void)
{
    pthread_mutex_lock(&mutex);
    while (count == 0)
        pthread_cond_wait(&changed, &mutex);
    int value = values[0];
    values[0] = values[1];
    count--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    return value;
}

static void *sender(void *unused)
{
    for (int i = 1; i <= VALUES; i++)
        send_value(i);
    return unused;
}

int main(void)
{
    pthread_t thread;
    int in_order = 0;

    if (pthread_create(&thread, NULL, sender, NULL) != 0)
        return 1;
    pthread_mutex_lock(&mutex);
    while (!sender_waited) /* nobody receives: the sender fills the buffer and sleeps */
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    printf("nobody receives: the sender waits, %d values lie in the channel\n", most);
    for (int i = 1; i <= VALUES; i++)
        in_order += receive_value() == i;
    pthread_join(thread, NULL);
    printf("%d of %d values came in order; at most %d lay there\n", in_order, (int)VALUES, most);
    return in_order == VALUES && most == ROOM ? 0 : 1;
}
