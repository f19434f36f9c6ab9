/* rwlock: readers are inside together; a writer is alone. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

struct tries {
    int read, write; /* what the try functions returned */
};

/* Another thread tries to read and to write. */
static void *try_both(void *argument)
{
    struct tries *tries = argument;

    tries->read = pthread_rwlock_tryrdlock(&lock);
    if (tries->read == 0)
        pthread_rwlock_unlock(&lock);
    tries->write = pthread_rwlock_trywrlock(&lock);
    if (tries->write == 0)
        pthread_rwlock_unlock(&lock);
    return NULL;
}

static struct tries try_meanwhile(const char *meanwhile)
{
    struct tries tries;
    pthread_t thread;

    if (pthread_create(&thread, NULL, try_both, &tries) != 0)
        return (struct tries){-1, -1};
    pthread_join(thread, NULL);
    printf("%s: another reader: %s; a writer: %s\n", meanwhile,
           tries.read ? strerror(tries.read) : "comes in",
           tries.write ? strerror(tries.write) : "comes in");
    return tries;
}

int main(void)
{
    pthread_rwlock_rdlock(&lock);
    struct tries reading = try_meanwhile("a reader is inside");
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_wrlock(&lock);
    struct tries writing = try_meanwhile("a writer is inside");
    pthread_rwlock_unlock(&lock);
    struct tries nobody = try_meanwhile("nobody is inside");
    return reading.read == 0 && reading.write == EBUSY && writing.read == EBUSY &&
                   writing.write == EBUSY && nobody.read == 0 && nobody.write == 0
               ? 0
               : 1;
}
