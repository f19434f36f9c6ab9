/*
 * peers: one index over /proc/PID/fd of all processes, from which the process
 * at the other end of a pipe, FIFO, socket, pseudo-terminal, message queue or
 * eventfd is found. It reads links and a few fdinfo files, never a target, so
 * that nothing in it can block.
 */
#ifndef REAPTOP_SOURCE_PEERS_H
#define REAPTOP_SOURCE_PEERS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/model/descriptor.h"

enum peer_kind {
    PEER_PIPE,    /* number: the inode */
    PEER_SOCKET,  /* number: the inode */
    PEER_EVENTFD, /* number: eventfd-id */
    PEER_PTMX,    /* number: the slave's index */
    PEER_PATH,    /* number: peers_path_number() of the link's text */
};

struct peer_entry {
    uint64_t number;
    pid_t pid;
    pid_t tid; /* as in struct peer */
    int32_t fd;
    uint8_t kind;
    bool can_read, can_write;
};

enum {
    PEER_ENTRIES_LIMIT = 2 << 20 /* kept at most: 48 MiB */
};

struct peers {
    struct peer_entry *entries; /* by kind, number, pid, fd */
    size_t count, capacity;
    uint32_t processes;       /* looked into */
    uint32_t not_looked_into; /* needs ptrace access */
    bool is_truncated;        /* PEER_ENTRIES_LIMIT reached */
    struct reader *reader;    /* of the caller: for fdinfo that may block; NULL: none */
};

#define PEERS_INIT ((struct peers){0})

void peers_done(struct peers *peers);

/*
 * Reads the descriptors of all processes into an empty index. -ENOMEM, or the errno of /proc
 * itself; what was read stays, and is of no use for peers_find() then.
 */
int peers_read(struct peers *peers);

/* The entries of one object, *ret_count of them. O(log n). */
const struct peer_entry *peers_find(const struct peers *peers, enum peer_kind kind, uint64_t number,
                                    size_t *ret_count);

/* The directory, below /proc, of whoever has the table that the entry is in; the caller closes it.
 */
int peers_open(const struct peer_entry *entry);

/* The process, or the thread whose own table it is in. */
static inline pid_t peers_task(const struct peer_entry *entry)
{
    return entry->tid > 0 ? entry->tid : entry->pid;
}

/* What stands for a path in the index: a hash, so different paths may (rarely) meet. */
uint64_t peers_path_number(const char *path);

/*
 * The entries opposite to a descriptor of `pid`, appended to `out` (PEERS_SHOWN
 * at most) with roles and names. `sockets` may be NULL. Returns what became of
 * it: OK (also where nobody was found), EMPTY where this type has no other end,
 * UNSUPPORTED where the kernel reports too little to find it. A peer whose descriptor meanwhile
 * changed is left out.
 */
enum access peers_of(const struct peers *peers, const struct socket_table *sockets, pid_t pid,
                     const struct descriptor *descriptor, struct peer *out, uint32_t *ret_count,
                     uint32_t *ret_more);

#endif
