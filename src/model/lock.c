#include "reaptop/model/lock.h"

#include <stdlib.h>

void lock_table_done(struct lock_table *table)
{
    free(table->locks);
    *table = LOCK_TABLE_INIT;
}

const char *lock_kind_name(enum lock_kind kind)
{
    static const char *const names[LOCK_KIND_COUNT] = {
        [LOCK_OTHER] = "other", [LOCK_FLOCK] = "flock", [LOCK_POSIX] = "fcntl",
        [LOCK_OFD] = "OFD",     [LOCK_LEASE] = "lease",
    };
    return names[kind];
}

const struct lock *lock_find_waiter(const struct lock_table *table, pid_t pid, uint64_t inode)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct lock *lock = &table->locks[i];
        if (lock->is_waiting && lock->pid == pid && (inode == 0 || lock->inode == inode))
            return lock;
    }
    return NULL;
}

const struct lock *lock_find_blocker(const struct lock_table *table, const struct lock *waiter)
{
    for (const struct lock *lock = waiter; lock > table->locks;) {
        lock--;
        if (lock->number != waiter->number)
            return NULL;
        if (!lock->is_waiting)
            return lock;
    }
    return NULL;
}

bool lock_overlaps(const struct lock *a, const struct lock *b)
{
    return a->inode == b->inode && a->major == b->major && a->minor == b->minor &&
           a->start <= b->end && b->start <= a->end;
}
