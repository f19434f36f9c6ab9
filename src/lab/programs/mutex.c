/* mutex: one thread is inside at a time; whoever comes later sleeps in a futex. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_int second_tid, inside, most;

static char state_of(pid_t tid)
{
    char text[256] = "", path[64];
    snprintf(path, sizeof(path), "/proc/%d/stat", tid);
    FILE *stat = fopen(path, "r");
    size_t length = stat ? fread(text, 1, sizeof(text) - 1, stat) : 0;

    if (stat)
        fclose(stat);
    text[length] = '\0';
    char *end = strrchr(text, ')');
    return end ? end[2] : '?';
}

static void *enter(void *unused)
{
    second_tid = (int)syscall(SYS_gettid);
    pthread_mutex_lock(&mutex);
    int now = ++inside;
    if (now > most)
        most = now;
    inside--;
    pthread_mutex_unlock(&mutex);
    return unused;
}

int main(void)
{
    pthread_t second;

    pthread_mutex_lock(&mutex);
    inside = most = 1;
    if (pthread_create(&second, NULL, enter, NULL) != 0)
        return 1;
    for (int turn = 0; turn < 10000 && (!second_tid || state_of(second_tid) != 'S'); turn++)
        usleep(1000);
    char state = state_of(second_tid);
    printf("we hold the mutex: thread %d is %c\n", second_tid, state);
    inside--;
    pthread_mutex_unlock(&mutex);
    pthread_join(second, NULL);
    printf("unlocked: it came in; at most %d were inside at once\n", most);
    return state == 'S' && most == 1 ? 0 : 1;
}
