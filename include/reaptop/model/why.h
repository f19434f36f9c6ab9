/*
 * why: what a process waits for, who must act, and whether the waits close a
 * circle. The reasoning is pure: a record of evidence goes in, a chain of
 * links comes out. source/evidence.h gathers the record step by step: it asks
 * why_classify() what a task waits on, reads what that calls for, asks
 * why_holders() whom to look at next, and so on.
 */
#ifndef REAPTOP_MODEL_WHY_H
#define REAPTOP_MODEL_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/arena.h"
#include "reaptop/model/cgroup.h"
#include "reaptop/model/descriptor.h"
#include "reaptop/model/identity.h"
#include "reaptop/model/signals.h"
#include "reaptop/model/syscall_names.h"

enum {
    WHY_COMM_SIZE = 64,
    WHY_TASKS_MAX = 48,    /* looked at for one chain */
    WHY_LINKS_MAX = 64,    /* in one chain */
    WHY_DEPTH_MAX = 16,    /* holders of holders of … */
    WHY_HOLDERS_MAX = 16,  /* kept of one task; more are counted */
    WHY_BRANCHES = 4,      /* followed of one task */
    WHY_OBJECTS_MAX = 64,  /* descriptors of one poll, select or epoll */
    WHY_NOTES_MAX = 8,     /* sentences beside one link */
    WHY_SIBLINGS_MAX = 24, /* other threads of the process that are looked at */
    WHY_FUTEX_WORDS = 8,   /* read from the futex's address on */
};

enum why_kind {
    WHY_UNKNOWN,       /* it sleeps; what for was not readable or is not known to us */
    WHY_RUNNING,       /* R */
    WHY_ZOMBIE,        /* Z, or X */
    WHY_ZOMBIE_LEADER, /* Z, but threads of it live */
    WHY_STOPPED,       /* T */
    WHY_TRACED,        /* t */
    WHY_READ,          /* on a descriptor */
    WHY_WRITE,
    WHY_ACCEPT,
    WHY_CONNECT,
    WHY_OPEN_FIFO,
    WHY_OPEN, /* another open(2): of a file whose server or driver must answer */
    WHY_POLL, /* poll, select: any of some descriptors */
    WHY_EPOLL,
    WHY_CHILD, /* wait4, waitid */
    WHY_VFORK,
    WHY_FUTEX,
    WHY_LOCK,        /* flock, fcntl */
    WHY_SEMAPHORE,   /* System V */
    WHY_MSG_RECEIVE, /* System V queues */
    WHY_MSG_SEND,
    WHY_MQ_RECEIVE, /* POSIX queues */
    WHY_MQ_SEND,
    WHY_TIMER,
    WHY_SIGNAL,
    WHY_IO_URING,
    WHY_FROZEN,    /* by its cgroup */
    WHY_THROTTLED, /* R, and its cgroup has used up its quota of processor time */
    WHY_DISK,      /* D: an uninterruptible wait inside the kernel */
    WHY_KERNEL_IDLE,
    WHY_KIND_COUNT
};

/* What a task waits on, from its state, system call and wchan alone. */
struct why_need {
    enum why_kind kind;
    int fd;           /* READ, WRITE, ACCEPT, CONNECT, EPOLL, LOCK, MQ, IO_URING; else -1 */
    int dirfd;        /* OPEN_FIFO, OPEN: AT_FDCWD or a directory */
    uint64_t address; /* POLL: the array; FUTEX: the word; OPEN: the path; SEMAPHORE: the
                         operations; SIGNAL: the set; CONNECT: the address; 0: not known */
    uint64_t address_2, address_3; /* select's other sets */
    uint64_t length;    /* POLL: entries; select: highest descriptor + 1; SEMAPHORE: operations */
    int64_t id;         /* CHILD: as wait4's pid; SEMAPHORE, MSG: the identifier */
    uint32_t operation; /* FUTEX: its op */
    bool is_select;
    bool is_group; /* CHILD: id is a process group */
    bool has_timeout;
    bool from_wchan; /* the system call was not readable: arguments are not known */
};

/* One descriptor that a task waits on. */
struct why_object {
    int fd;
    uint32_t events; /* EPOLL… bits waited for; 0: as the kind says */
    enum access access;
    struct descriptor descriptor; /* valid with access_has_value(access) */
};

enum why_role {
    WHY_ROLE_START, /* the process that was asked about */
    WHY_ROLE_WRITER,
    WHY_ROLE_READER,
    WHY_ROLE_SOCKET_PEER,
    WHY_ROLE_LISTENER,
    WHY_ROLE_TERMINAL, /* the terminal's other side */
    WHY_ROLE_SHARER,   /* of an eventfd */
    WHY_ROLE_WATCHED,  /* a pidfd's process */
    WHY_ROLE_CHILD,
    WHY_ROLE_VFORK_CHILD,
    WHY_ROLE_PARENT, /* of a zombie */
    WHY_ROLE_THREAD, /* that lives on behind a zombie leader */
    WHY_ROLE_TRACER,
    WHY_ROLE_CONTINUER, /* may continue the stopped one */
    WHY_ROLE_MUTEX_OWNER,
    WHY_ROLE_JOINED, /* the thread whose end is waited for */
    WHY_ROLE_LOCK_OWNER,
    WHY_ROLE_SEMAPHORE_LAST,   /* changed the semaphore last */
    WHY_ROLE_SEMAPHORE_SHARER, /* maps the memory that holds it */
    WHY_ROLE_MSG_SENDER,       /* sent last */
    WHY_ROLE_MSG_RECEIVER,
    WHY_ROLE_COUNT
};

/* A process (or thread) that can end the wait. */
struct why_holder {
    pid_t pid; /* or TID */
    enum why_role role;
    int fd;      /* its descriptor; -1: none */
    int held_fd; /* the waiter's own descriptor; -1: none */
    bool is_inferred;
    char comm[PEER_COMM_SIZE]; /* "": not known before it is looked at */
};

enum why_futex {
    FUTEX_IS_UNKNOWN,
    FUTEX_IS_MUTEX,     /* glibc's layout: the owner's TID stands two words behind the lock */
    FUTEX_IS_PI,        /* the kernel's own rule: the word is the owner's TID */
    FUTEX_IS_JOIN,      /* the word is the TID of a thread that lives, cleared at its end */
    FUTEX_IS_SEMAPHORE, /* glibc's layout of sem_t */
};

/* Everything that was read of one task. What does not apply is zero or UNREAD. */
struct why_task {
    struct identity id; /* pid: the process's */
    pid_t tid;          /* == id.pid for its leader */
    char comm[WHY_COMM_SIZE];
    char state; /* '\0': it was gone when it was looked for */
    pid_t ppid, pgid, sid, tpgid, tracer;
    uint32_t threads;
    bool is_kernel;
    int32_t processor;
    int32_t exit_status;     /* EXIT_UNKNOWN (-1) where hidden */
    int32_t stop_signal;     /* 0: not told */
    uint32_t pid_namespaces; /* below ours: its own idea of TIDs differs from ours */

    struct syscall_record syscall;
    enum access wchan_access;
    char wchan[64]; /* "" where it does not wait */
    enum access stack_access;
    char stack_top[64]; /* the innermost function */

    bool has_signals;
    signal_set pending, blocked, ignored, caught; /* pending: the thread's and the process's */

    struct cgroup_state cgroup; /* of a user process that sleeps or is runnable */
    bool is_throttled;          /* R: its group was throttled between two looks at cpu.stat */

    bool has_schedule; /* two looks at /proc/PID/schedstat, some microseconds or more apart */
    uint64_t run_delta_ns, wait_delta_ns;

    struct why_need need;

    struct why_object *objects;
    uint32_t object_count, object_more;
    enum access objects_access; /* of poll's array, epoll's list */
    uint32_t not_looked_into;   /* processes whose descriptors could not be searched */
    enum access sockets_access; /* UNSUPPORTED: UNIX peers are kept back */

    enum access memory_access; /* of process_vm_readv(2) */
    uint32_t futex[WHY_FUTEX_WORDS];
    uint32_t futex_words;     /* read */
    bool futex_owner_lives;   /* a task of the TID that stands in the owner's place */
    bool futex_owner_is_ours; /* … and of the same process */
    bool futex_word_lives;    /* a task of the same process has the TID that the word is */
    bool futex_is_shared;     /* its page is mapped from a file or shared memory */
    char path[256];           /* OPEN, CONNECT: raw bytes */
    signal_set signals_waited;
    bool has_signals_waited;

    enum access lock_access; /* of /proc/locks: EMPTY where no line is this wait's */
    struct lock lock;        /* the one that stands in the way */

    enum access ipc_access; /* System V */
    int32_t ipc_key;
    int32_t semaphore_number, semaphore_operation, semaphore_value;
    pid_t ipc_last_pid; /* who changed it last; 0: nobody yet */
    uint64_t queue_messages, queue_bytes;

    uint32_t listeners_pending; /* connections that its listening sockets have not accepted */
    uint32_t sockets_unread;    /* its sockets that hold data nobody read yet */

    struct why_holder found[WHY_HOLDERS_MAX]; /* that only the source can find: children, lock
                                                 owners, mappers of a semaphore */
    uint32_t found_count, found_more;
    enum access found_access;
};

struct why_evidence {
    struct why_task *tasks; /* tasks[0] is the one that was asked about */
    size_t count, capacity;
    bool is_bounded; /* more were to be looked at than WHY_TASKS_MAX */
    struct arena strings;
};

#define WHY_EVIDENCE_INIT ((struct why_evidence){0})

void why_evidence_done(struct why_evidence *evidence);

/* A zeroed task at the end, or NULL (no memory, or WHY_TASKS_MAX). Moves the others. */
struct why_task *why_evidence_add(struct why_evidence *evidence);

/* The task of that PID or TID, or NULL. */
const struct why_task *why_evidence_find(const struct why_evidence *evidence, pid_t tid);

/* ---- the steps of the reasoning ---- */

struct why_need why_classify(const struct why_task *task);

enum why_futex why_futex_kind(const struct why_task *task);

/* TID in the place where kind FUTEX_IS_MUTEX, PI or JOIN keeps it; 0: none. */
pid_t why_futex_owner(const struct why_task *task, enum why_futex kind);

/*
 * Who can end the wait, the most certain first: at most WHY_HOLDERS_MAX into
 * `out`, no process twice; returns how many. *ret_any is true where the act of
 * any of them is enough, false where each stands in the way.
 */
uint32_t why_holders(const struct why_task *task, struct why_holder *out, bool *ret_any);

/* ---- of a recording ---- */

struct snapshot;

/*
 * The record that a recorded snapshot gives: states and parents are enough for
 * the dead and the stopped; system calls and wchan are ACCESS_UNRECORDED.
 * `evidence` is empty before. -ESRCH where the snapshot has not that PID; -ENOMEM.
 */
int why_recorded(const struct snapshot *snapshot, pid_t pid, struct why_evidence *evidence);

/* ---- the chain ---- */

enum why_certainty {
    WHY_OBSERVED, /* the kernel told so */
    WHY_INFERRED, /* concluded from what it told */
};

struct why_link {
    pid_t pid, tid;
    const char *comm; /* raw bytes; "" unknown */
    char state;       /* '\0': not looked at, or gone */
    enum why_kind kind;
    enum why_role role;
    int from;             /* index of the link that waits for this one; -1: the start */
    uint32_t depth;       /* 0: the start */
    int circle_to;        /* index of the earlier link that this is again; -1 */
    bool closes_circle;   /* … and nobody in between can leave it */
    bool was_looked_into; /* false: bounded, or gone */
    bool must_act;        /* the chain ends here: this one can end the waits before it */
    enum why_certainty certainty;
    const char *relation;  /* how it holds up `from`; NULL at the start. Raw bytes within */
    const char *waits_for; /* a sentence; NULL where it was not looked into */
    const char *evidence;  /* the files it came from */
    const char *act;       /* what it must do for `from`; NULL */
    const char *notes[WHY_NOTES_MAX];
    uint32_t note_count;
};

enum why_verdict {
    WHY_VERDICT_NONE,
    WHY_VERDICT_IDLE,          /* it waits for work, and none is there */
    WHY_VERDICT_STUCK,         /* work is there, and it does not take it */
    WHY_VERDICT_INTERRUPTIBLE, /* it waits for itself, as an event loop for its own pipe, until a
                                  signal that it catches comes */
    WHY_VERDICT_CIRCLE,        /* the waits close a circle that nobody in it can leave */
};

struct why_chain {
    struct why_link links[WHY_LINKS_MAX];
    size_t count;
    enum why_verdict verdict;
    const char *conclusion; /* one sentence; NULL */
    bool is_bounded;        /* more would follow */
    struct arena strings;
    int error; /* -ENOMEM: sentences are missing */
};

void why_chain_done(struct why_chain *chain);

/*
 * Builds the chain from tasks[0]; other threads of its process that stand before
 * a lock follow with chains of their own (from -1, role THREAD). `is_translated` chooses between
 * sentences for a person and the English ones that JSON has. `chain` must be zeroed or done.
 * Bounded in every direction. Returns 0 or -ENOMEM.
 */
int why_build(const struct why_evidence *evidence, bool is_translated, struct why_chain *chain);

/* "pipe_read"-like word for JSON and tests: "read", "futex", … Static. */
const char *why_kind_name(enum why_kind kind);

#endif
