/*
 * lock: a file lock as /proc/locks (proc(5)) and the "lock:" lines of
 * /proc/PID/fdinfo/N show it.
 *
 *     1: POSIX  ADVISORY  WRITE 9805 fe:00:10952905 0 4
 *     3: FLOCK  ADVISORY  WRITE 9805 fe:00:10952905 0 EOF
 *     3: -> FLOCK  ADVISORY  WRITE 9806 fe:00:10952905 0 EOF
 *
 * A line with "->" waits for the lock that stands above it under its number.
 */
#ifndef REAPTOP_MODEL_LOCK_H
#define REAPTOP_MODEL_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum lock_kind {
    LOCK_OTHER,
    LOCK_FLOCK, /* flock(2): belongs to the open file, which a fork shares */
    LOCK_POSIX, /* fcntl(2) F_SETLK: belongs to the process */
    LOCK_OFD,   /* fcntl(2) F_OFD_SETLK: belongs to the open file */
    LOCK_LEASE, /* leases and delegations */
    LOCK_KIND_COUNT
};

#define LOCK_TO_END UINT64_MAX

struct lock {
    uint64_t number; /* the line's */
    enum lock_kind kind;
    bool is_waiting;  /* wants it; does not have it */
    bool is_breaking; /* a lease that its owner was asked to give up */
    bool is_write;
    pid_t pid; /* who took it; -1: an open file's lock names nobody */
    uint32_t major, minor;
    uint64_t inode;
    uint64_t start, end; /* bytes, both included; LOCK_TO_END: to the end of the file */
};

struct lock_table {
    struct lock *locks; /* in the order of the file */
    size_t count, capacity;
};

#define LOCK_TABLE_INIT ((struct lock_table){0})

void lock_table_done(struct lock_table *table);

/* "flock", "fcntl", "OFD", "lease", "other". Static. */
const char *lock_kind_name(enum lock_kind kind);

/* The lock that this process waits for, on that inode (0: any): its "->" line, or NULL. */
const struct lock *lock_find_waiter(const struct lock_table *table, pid_t pid, uint64_t inode);

/*
 * The lock that `waiter` (a "->" line of the table) waits for: the nearest
 * line above it with its number that is held. NULL: there is none.
 */
const struct lock *lock_find_blocker(const struct lock_table *table, const struct lock *waiter);

/* Do the two ranges of the same file touch? */
bool lock_overlaps(const struct lock *a, const struct lock *b);

#endif
