/* starvation: readers that overlap keep a writer out; a lock that prefers writers lets it in. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_rwlock_t lock;
static atomic_int writer_tid, is_written;

static int sleeps(pid_t tid)
{
    char path[64], state = '?';
    snprintf(path, sizeof(path), "/proc/%d/stat", tid);
    FILE *stat = fopen(path, "r");

    int is_asleep = stat && fscanf(stat, "%*d (%*[^)]) %c", &state) == 1 && state == 'S';
    return stat && fclose(stat) == 0 && is_asleep;
}

static void *write_once(void *unused)
{
    writer_tid = (int)syscall(SYS_gettid);
    pthread_rwlock_wrlock(&lock);
    is_written = 1;
    pthread_rwlock_unlock(&lock);
    return unused;
}

/* Reads again and again, a new reader coming in before the last one leaves: how often? */
static int read_often(int kind)
{
    pthread_rwlockattr_t attributes;
    pthread_t writer;
    int count = 0;

    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, kind);
    pthread_rwlock_init(&lock, &attributes);
    writer_tid = is_written = 0;
    pthread_rwlock_rdlock(&lock);
    pthread_create(&writer, NULL, write_once, NULL);
    while (!writer_tid || !sleeps(writer_tid))
        usleep(1000);
    for (; count < 100 && pthread_rwlock_tryrdlock(&lock) == 0; count++)
        pthread_rwlock_unlock(&lock); /* one of the two that are inside leaves */
    int is_starved = !is_written;
    pthread_rwlock_unlock(&lock);
    pthread_join(writer, NULL);
    printf("readers came in %d times while the writer slept; then it wrote\n", count);
    return is_starved ? count : -1;
}

int main(void)
{
    int readers_first = read_often(PTHREAD_RWLOCK_PREFER_READER_NP);
    int writers_first = read_often(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    return readers_first == 100 && writers_first == 0 ? 0 : 1;
}
