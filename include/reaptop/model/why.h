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

/* A row each in src/model/why_table.c, which recognises them in this order. */
enum why_kind {
    WHY_UNKNOWN,       /* none of the others: what for was not readable or is not known to us */
    WHY_ZOMBIE_LEADER, /* Z, but threads of it live */
    WHY_ZOMBIE,        /* Z, or X */
    WHY_STOPPED,       /* T */
    WHY_TRACED,        /* t */
    WHY_THROTTLED,     /* R, and its cgroup has used up its quota of processor time */
    WHY_KERNEL_IDLE,
    WHY_EXITING,   /* it has begun to end, and does not come to it */
    WHY_FROZEN,    /* by its cgroup */
    WHY_USERFAULT, /* a page fault that a program must answer (userfaultfd(2)) */
    WHY_LAB_STEP,  /* an experiment's process, for the lab's next word */
    WHY_SECCOMP,   /* a system call that a supervisor must answer (seccomp_unotify(2)) */
    WHY_FUSE,      /* a request to a file system's daemon */
    WHY_WRITE,     /* on a descriptor */
    WHY_READ,
    WHY_ACCEPT,
    WHY_CONNECT,
    WHY_OPEN_FIFO,
    WHY_LEASE, /* open(2) of a file that another process has a lease on */
    WHY_OPEN,  /* another open(2): of a file whose server or driver must answer */
    WHY_POLL,  /* poll, select: any of some descriptors */
    WHY_EPOLL,
    WHY_CHILD, /* wait4, waitid */
    WHY_VFORK,
    WHY_EXEC, /* execve(2), until the process's other threads have ended */
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
    WHY_RUNNING, /* R */
    WHY_DISK,    /* D: an uninterruptible wait inside the kernel */
    WHY_KIND_COUNT
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
    WHY_ROLE_TRACED, /* a tracer waits for it like for a child */
    WHY_ROLE_VFORK_CHILD,
    WHY_ROLE_PARENT,       /* of a zombie */
    WHY_ROLE_THREAD,       /* that lives on behind a zombie leader */
    WHY_ROLE_OTHER_THREAD, /* of one that executes a program */
    WHY_ROLE_LEFT,         /* in the PID namespace whose init ends */
    WHY_ROLE_FUSE_DAEMON,
    WHY_ROLE_LEASE_OWNER,
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
    int fd; /* its descriptor; -1: none */
    bool is_inferred;
    char comm[PEER_COMM_SIZE]; /* "": not known before it is looked at */
};

enum why_futex_kind {
    FUTEX_IS_UNKNOWN,
    FUTEX_IS_MUTEX,     /* glibc's layout: the owner's TID stands two words behind the lock */
    FUTEX_IS_PI,        /* the kernel's own rule: the word is the owner's TID */
    FUTEX_IS_JOIN,      /* the kernel clears the word at a thread's end: it is the TID of one that
                           lives (glibc to 2.42), or lies in its record (glibc 2.43) */
    FUTEX_IS_SEMAPHORE, /* glibc's layout of sem_t */
};

/* What the source reads of a wait, besides what its kind is recognised by. */
enum why_facts {
    WHY_FACTS_NONE,
    WHY_FACTS_DESCRIPTOR, /* the one that the call names, and who has its other end */
    WHY_FACTS_POLLED,     /* all of poll's array, of select's sets */
    WHY_FACTS_EPOLL,      /* all that the epoll instance watches */
    WHY_FACTS_LISTENER,   /* the descriptor, the address, who listens there */
    WHY_FACTS_CHILD,
    WHY_FACTS_VFORK_CHILD,
    WHY_FACTS_THREADS,
    WHY_FACTS_FUTEX,
    WHY_FACTS_LOCK, /* the descriptor, /proc/locks */
    WHY_FACTS_SEMAPHORE,
    WHY_FACTS_QUEUE,
    WHY_FACTS_PATH,
    WHY_FACTS_SIGNALS,
    WHY_FACTS_CALL, /* the descriptor, whatever the call is */
    WHY_FACTS_LEFT, /* the children of an init that ends */
    WHY_FACTS_LEASE,
    WHY_FACTS_FUSE, /* who has /dev/fuse open, and the descriptor, whatever the call is */
    WHY_FACTS_COUNT
};

/*
 * What a task waits on. What the system call names is there at once; the union,
 * whose valid member the kind says, once the source has read it.
 */
struct why_wait {
    enum why_kind kind;
    bool from_wchan; /* the system call was not readable: what it names is not known */
    bool has_timeout;
    int fd;           /* -1: none */
    uint64_t address; /* 0: none; POLL: the array; FUTEX: the word; OPEN: the path; CONNECT: the
                         address; SEMAPHORE: the operations; SIGNAL: the set */
    uint64_t length;  /* of what is there; select: the highest descriptor + 1 */
    uint32_t flags;   /* OPEN; FUTEX: its operation */
    int32_t number;   /* SEMAPHORE, MSG: the identifier; FUTEX: the value */
    enum access memory_access; /* of what is at the address: process_vm_readv(2) */
    enum access access;        /* POLL, EPOLL: of their lists; LOCK: of /proc/locks, EMPTY where no
                                  line is this wait's; SEMAPHORE, MSG: of semctl(2), msgctl(2) */
    union {
        struct {
            bool is_select;
            uint64_t sets[3]; /* of select: where they are */
        } poll;
        struct {
            int64_t id;    /* as wait4's pid */
            bool is_group; /* id is a process group */
        } child;
        char path[256]; /* OPEN, OPEN_FIFO, CONNECT: raw bytes */
        struct why_futex {
            uint32_t words[WHY_FUTEX_WORDS]; /* from the address on */
            uint32_t word_count;             /* read */
            bool owner_lives;                /* a task of the TID that stands in its place */
            bool owner_is_ours;              /* … and of the same process */
            bool word_lives; /* a task of the same process has the TID that the word is */
            pid_t record_of; /* the thread of the same process in whose record (glibc's struct
                                pthread) the word lies, by get_robust_list(2); 0: none */
            bool is_shared;  /* its page is mapped from a file or shared memory */
        } futex;
        struct lock lock; /* the one that stands in the way */
        struct {
            int32_t number, operation, value;
            pid_t last_pid; /* who changed it last; 0: nobody yet */
        } semaphore;
        struct {
            pid_t last_pid; /* who did what the waiter waits for; 0: nobody yet */
            uint64_t messages, bytes;
        } queue;
        struct {
            bool has_set;
            signal_set set;
        } signals;
        struct {
            bool is_known; /* two looks at its processor time, some microseconds or more apart */
            uint64_t run_ns, wait_ns; /* between them */
        } processor;
    };
};

/* Everything that was read of one task. What does not apply is zero or UNREAD. */
struct why_task {
    struct identity id; /* the process's; of a thread without its start */
    pid_t tid;          /* == id.pid for its leader */
    char comm[WHY_COMM_SIZE];
    char state; /* '\0': it was gone when it was looked for */
    pid_t ppid, pgid, sid, tpgid, tracer;
    uint32_t threads;
    bool is_kernel;
    bool is_exiting;        /* PF_EXITING, and not dead yet */
    bool is_namespace_init; /* of a PID namespace below ours */
    int32_t processor;
    int32_t exit_status;     /* EXIT_UNKNOWN (-1) where hidden */
    int32_t stop_signal;     /* 0: not reported */
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

    struct why_wait wait;

    bool awaits_lab;            /* why_is_led_by_lab() said so */
    struct why_object *objects; /* the descriptors that it waits on */
    uint32_t object_count, object_more;
    uint32_t not_looked_into;   /* processes whose descriptors could not be searched */
    enum access sockets_access; /* UNSUPPORTED: UNIX peers are kept back */

    uint32_t listeners_pending; /* connections that its listening sockets have not accepted */
    uint32_t sockets_unread;    /* its sockets that hold data nobody read yet */

    struct why_holder found[WHY_HOLDERS_MAX]; /* that only the source can find: children, lock
                                                 owners, mappers of a semaphore */
    uint32_t found_count, found_more;
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

/* From state, control group, system call and wchan alone: the first kind that is recognised. */
struct why_wait why_classify(const struct why_task *task);

/* Init of a PID namespace that ends: it waits for the last process in there (pid_namespaces(7)). */
bool why_is_ending_init(const struct why_task *task);

/* What is to be read of it. */
enum why_facts why_facts_of(enum why_kind kind);

/* FUTEX_IS_UNKNOWN also of any other wait. */
enum why_futex_kind why_futex_kind(const struct why_task *task);

/* Of a FUTEX_IS_JOIN: the TID of the thread whose end is waited for. */
pid_t why_futex_joined(const struct why_futex *futex);

/*
 * Who can end the wait, the most certain first: at most WHY_HOLDERS_MAX into
 * `out`, no process twice; returns how many. *ret_any is true where the act of
 * any of them is enough, false where each stands in the way.
 */
uint32_t why_holders(const struct why_task *task, struct why_holder *out, bool *ret_any);

/* All that it waits on are the lab's own pipes (descriptor_is_lab_plumbing()). */
bool why_is_led_by_lab(const struct why_task *task);

/* ---- of a recording ---- */

struct snapshot;

/*
 * The record that a recorded snapshot gives: states and parents are enough for
 * the ended and the stopped; system calls and wchan are ACCESS_UNRECORDED.
 * `evidence` is empty before. -ESRCH where the snapshot has not that PID; -ENOMEM.
 */
int why_recorded(const struct snapshot *snapshot, pid_t pid, struct why_evidence *evidence);

/* ---- the chain ---- */

enum why_certainty {
    WHY_OBSERVED, /* the kernel says so */
    WHY_INFERRED, /* concluded from what it says */
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
 * Builds the chain from tasks[0]; other threads of its process that are held up
 * (a lock, a tracer, state D) follow with chains of their own (from -1, role THREAD).
 * `is_translated` chooses between sentences for a person and the English ones that JSON has.
 * `chain` must be zeroed or done. Bounded in every direction. Returns 0 or -ENOMEM.
 */
int why_build(const struct why_evidence *evidence, bool is_translated, struct why_chain *chain);

/* The word that JSON has: "read", "futex", … Static. */
const char *why_kind_name(enum why_kind kind);

/*
 * Are both calls made for one kind of wait: vfork(2) and clone(2), semop(2) and
 * semtimedop(2)? Which of them a C library uses for one function differs.
 */
bool why_calls_are_alike(int64_t one, int64_t other);

/* The entry of the reference that explains the kind of that name; NULL: no such kind. Static. */
const char *why_kind_reference(const char *name);

#endif
