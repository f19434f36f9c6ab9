/* starvation: readers that overlap keep a writer out; a lock that prefers writers lets it in. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_rwlock_t lock;
static atomic_int writer_tid, is_written;

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
    if (pthread_create(&writer, NULL, write_once, NULL) != 0)
        return -1;
    while (!writer_tid || state_of(writer_tid) != 'S')
        usleep(1000);
    while (count < 100 && pthread_rwlock_tryrdlock(&lock) == 0) {
        pthread_rwlock_unlock(&lock); /* one of the two that are inside leaves */
        count++;
    }
    int starved = !is_written;
    pthread_rwlock_unlock(&lock);
    pthread_join(writer, NULL);
    printf("readers came in %d times while the writer slept; then it wrote: %d\n", count,
           is_written);
    return starved ? count : -1;
}

int main(void)
{
    int readers_first = read_often(PTHREAD_RWLOCK_PREFER_READER_NP);
    int writers_first = read_often(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);

    return readers_first == 100 && writers_first == 0 ? 0 : 1;
}
