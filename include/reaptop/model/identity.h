/*
 * identity: which process, for as long as anybody remembers it.
 *
 * A PID alone names whoever holds the number now. (PID, start time) is not
 * enough either: start time counts 10 ms ticks and a successor often shares
 * it. The inode of the process's pidfd (Linux 6.9+) is unique; it is read only
 * for what is selected, tagged or held, so it may be unknown (0).
 */
#ifndef REAPTOP_MODEL_IDENTITY_H
#define REAPTOP_MODEL_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Where several machines are seen together (source/feed_hosts.h) a PID's upper bits
 * are its machine's number; the kernel's own are below 2^22 (proc(5) pid_max).
 */
enum {
    PID_LOCAL_BITS = 23
};

/* `host`: the number in its place, which is also the PID of the machine's own row. */
static inline pid_t pid_of_host(pid_t host, pid_t pid)
{
    return host + pid;
}

/* The number as its own machine has it. */
static inline pid_t pid_local(pid_t pid)
{
    return pid > 0 ? pid & ((1 << PID_LOCAL_BITS) - 1) : pid;
}

/* The machine's row; 0: there is one machine only. */
static inline pid_t pid_host(pid_t pid)
{
    return pid > 0 ? pid & ~((1 << PID_LOCAL_BITS) - 1) : 0;
}

/* The row of a machine: of a process it has a name, a command line and a state, no more. */
static inline bool pid_is_host(pid_t pid)
{
    return pid_host(pid) > 0 && pid_local(pid) == 0;
}

struct identity {
    pid_t pid;            /* 0: nobody */
    uint64_t start_ticks; /* /proc/PID/stat field 22: clock ticks after boot */
    uint64_t inode;       /* pidfs inode; 0 where not read or not there */
};

#define NOBODY ((struct identity){0})

/* The same process, as far as both sides know: an unknown inode does not tell them apart. */
static inline bool identity_is_same(struct identity a, struct identity b)
{
    return a.pid == b.pid && a.start_ticks == b.start_ticks &&
           (a.inode == b.inode || a.inode == 0 || b.inode == 0);
}

static inline bool identity_is_nobody(struct identity id)
{
    return id.pid == 0;
}

#endif
