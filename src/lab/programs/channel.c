/* channel: a buffer for two values, a mutex, a condition variable; the third send waits. */
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int values[2], count, most, sender_waited;

static void send_value(int value)
{
    pthread_mutex_lock(&mutex);
    while (count == 2) {
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
    for (int i = 1; i <= 5; i++)
        send_value(i);
    return unused;
}

int main(void)
{
    pthread_t thread;
    int in_order = 0;

    pthread_create(&thread, NULL, sender, NULL);
    pthread_mutex_lock(&mutex);
    while (!sender_waited) /* nobody receives: the sender fills the buffer and sleeps */
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    printf("nobody receives: the sender waits, %d values lie in the channel\n", most);
    for (int i = 1; i <= 5; i++)
        in_order += receive_value() == i;
    pthread_join(thread, NULL);
    printf("%d of 5 values came in order; at most %d lay there\n", in_order, most);
    return in_order == 5 && most == 2 ? 0 : 1;
}
