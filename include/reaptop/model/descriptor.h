/*
 * descriptor: what a process holds open, as /proc/PID/fd (a link each) and
 * /proc/PID/fdinfo/N (proc(5)) show it, with the process at the other end.
 */
#ifndef REAPTOP_MODEL_DESCRIPTOR_H
#define REAPTOP_MODEL_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/arena.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/access.h"
#include "reaptop/model/identity.h"
#include "reaptop/model/lock.h"
#include "reaptop/model/signals.h"
#include "reaptop/model/socket.h"

enum descriptor_type {
    DESCRIPTOR_UNKNOWN, /* its link could not be read */
    DESCRIPTOR_FILE,
    DESCRIPTOR_DIRECTORY,
    DESCRIPTOR_BLOCK_DEVICE,
    DESCRIPTOR_CHAR_DEVICE,
    DESCRIPTOR_TTY,  /* a terminal, or a pseudo-terminal's slave */
    DESCRIPTOR_PTMX, /* a pseudo-terminal's master */
    DESCRIPTOR_PIPE,
    DESCRIPTOR_FIFO,
    DESCRIPTOR_SOCKET,
    DESCRIPTOR_EVENTFD,
    DESCRIPTOR_TIMERFD,
    DESCRIPTOR_SIGNALFD,
    DESCRIPTOR_EPOLL,
    DESCRIPTOR_PIDFD,
    DESCRIPTOR_INOTIFY,
    DESCRIPTOR_FANOTIFY,
    DESCRIPTOR_MEMFD,
    DESCRIPTOR_MQUEUE,
    DESCRIPTOR_BPF,
    DESCRIPTOR_IO_URING,
    DESCRIPTOR_PERF,
    DESCRIPTOR_USERFAULT,
    DESCRIPTOR_NAMESPACE,
    DESCRIPTOR_ANON, /* another anon_inode: its target names it */
    DESCRIPTOR_TYPE_COUNT
};

/* What a peer does at its end. */
enum peer_role {
    PEER_READS,
    PEER_WRITES,
    PEER_BOTH,    /* reads and writes: a FIFO opened O_RDWR, a socket's other end */
    PEER_LISTENS, /* has not accepted the connection */
    PEER_MASTER,  /* of the pseudo-terminal */
    PEER_SLAVE,
    PEER_SHARES, /* holds the same object */
    PEER_ROLE_COUNT
};

enum {
    PEER_COMM_SIZE = 16,
    PEERS_SHOWN = 64,     /* kept for one descriptor; more are counted */
    WATCHES_SHOWN = 4096, /* likewise for one epoll */
    DESCRIPTOR_LOCKS_SHOWN = 64
};

struct peer {
    pid_t pid;
    pid_t tid; /* of the thread whose own table has it; 0: the process's table */
    int fd;
    enum peer_role role;
    char comm[PEER_COMM_SIZE]; /* raw bytes */
    bool is_lab_helper; /* runs an experiment: by its name, and reaptop's own program in it */
};

/* One "tfd:" line of an epoll's fdinfo. */
struct epoll_watch {
    int fd;          /* as it was registered: may be closed by now, or mean another file */
    uint32_t events; /* EPOLL… */
    uint64_t data;
    uint64_t inode; /* 0 before Linux 4.13's ino: */
};

/* What fdinfo has beyond the common lines; the descriptor's type says which part holds. */
struct descriptor_detail {
    uint64_t eventfd_count;
    int64_t eventfd_id; /* -1 before Linux 5.2: processes that share it cannot be matched */
    bool eventfd_is_semaphore;

    int32_t timer_clock;                        /* CLOCK_… */
    uint64_t timer_ticks;                       /* expirations not read yet */
    uint64_t timer_value_ns, timer_interval_ns; /* left; 0: not armed, once */

    signal_set signals;

    struct epoll_watch *watches;
    uint32_t watch_count, watch_more;

    pid_t pidfd_pid; /* -1: it is reaped; 0: not in our PID namespace */

    uint32_t notify_watches; /* inotify, fanotify */

    int32_t tty_index; /* of a ptmx: its slave is /dev/pts/N; -1: not reported */

    struct lock *locks; /* held through this open file, or by this process on the file */
    uint32_t lock_count, lock_more;

    bool has_socket;
    struct socket socket;
};

struct descriptor {
    int fd;
    pid_t tid; /* a thread whose descriptor table is its own (CLONE_FILES); 0: the process's */
    enum descriptor_type type;
    bool is_type_inferred;    /* from its name alone */
    bool can_read, can_write; /* from the link's permission bits */
    enum access access;       /* of fdinfo: flags, offset, inode, detail */
    uint32_t flags;           /* O_… (fcntl.h of this architecture) */
    uint64_t offset;          /* bytes */
    uint64_t inode;           /* 0: not reported */
    uint32_t major, minor;    /* of the file system, as /proc/locks has it; 0:0 not known */
    int32_t mount_id;         /* as in /proc/PID/mountinfo; -1: not reported */
    const char *target;       /* the link's text: any byte but NUL; NULL: not read */
    const struct descriptor_detail *detail; /* NULL: nothing beyond the above */
    enum access peers_access; /* UNREAD: not looked for; EMPTY: has no other end; UNSUPPORTED:
                                 cannot be known */
    const struct peer *peers; /* by pid; the ends opposite to this one */
    uint32_t peer_count, peer_more;
};

struct descriptor_table {
    struct identity id;
    struct descriptor *descriptors; /* the process's, then by TID; ascending fd */
    size_t count, capacity;
    enum access access;       /* of the directory: DENIED, GONE, ZOMBIE, TRUNCATED … */
    uint64_t total;           /* descriptors there are; > count where truncated */
    uint32_t not_looked_into; /* processes whose descriptors we may not read */
    bool peers_truncated;     /* the machine has more descriptors than were indexed */
    struct arena strings;
};

#define DESCRIPTOR_TABLE_INIT ((struct descriptor_table){0})

void descriptor_table_done(struct descriptor_table *table);

/* A zeroed descriptor at the end, or NULL without memory. Append in any order, then finish. */
struct descriptor *descriptor_table_add(struct descriptor_table *table);
void descriptor_table_finish(struct descriptor_table *table);

/* "file", "pipe", "eventfd", … as JSON has it. Static. */
const char *descriptor_type_name(enum descriptor_type type);

/*
 * The end of a pipe by which an experiment leads its processes: both ends lie where the lab
 * keeps them, and one of the lab's own helpers holds the other.
 */
bool descriptor_is_lab_plumbing(const struct descriptor *descriptor);

/* "reads", "writes", "both", "listens", "master", "slave", "shares". Static. */
const char *peer_role_name(enum peer_role role);

/* The type that a link's text alone shows; FILE with *ret_is_path for a path. */
enum descriptor_type descriptor_type_of_target(const char *target, bool *ret_is_path);

/* The number in "pipe:[123]", "socket:[123]"; false: the text is not of that kind. */
bool descriptor_target_inode(const char *target, const char *kind, uint64_t *ret_inode);

/*
 * The open flags by name, one after the other: *position starts at 0; NULL
 * ends. The access mode comes first ("O_RDONLY"); bits without a name come
 * last, together, as "0x…" in a thread-local buffer.
 */
const char *descriptor_flag_next(uint32_t flags, unsigned *position);

/* Appends "IN|OUT|ET". */
void epoll_events_append(struct strbuf *out, uint32_t events);

/*
 * Appends what it is in words, translated: "timer on CLOCK_MONOTONIC,
 * next in 1.5 s, every 2 s"; "watches 2 descriptors: 4 (IN), 5 (IN|ET)".
 * Appends nothing where the target says it all.
 */
void descriptor_describe(const struct descriptor *descriptor, struct strbuf *out);

/* Appends "POSIX write lock on bytes 0–4". Translated. */
void lock_describe(const struct lock *lock, struct strbuf *out);

#endif
