/*
 * helper: the processes that reaptop starts for its own work, and the one way
 * to start and to end them. `helper_kinds` says who starts each, when, why, what
 * it keeps and how it ends; the table in SECURITY.md is made from it.
 *
 *     struct helper helper;
 *     r = helper_start(HELPER_READER, serve, NULL, -1, &helper);
 *     …talk over helper.fd…
 *     helper_end(&helper);
 *
 * A helper that SIGKILL does not end within its limit (it is in an
 * uninterruptible wait, state D) is left behind: counted, reported once by
 * helper_take_left(), and reaped by a later call here once it has ended. Nobody
 * waits for it. Only the thread that runs main() may use this.
 */
#ifndef REAPTOP_BASE_HELPER_H
#define REAPTOP_BASE_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum helper_kind {
    HELPER_READER,
    HELPER_PANE,
    HELPER_STACKS,
    HELPER_RESTORER,
    HELPER_MANUAL,
    HELPER_RUN,
    HELPER_LAB_GUARD,
    HELPER_LAB_HOST,
    HELPER_PLAY_GUARD,
    HELPER_PLAY_HOST,
    HELPER_COMMAND,
    HELPER_CHILD,
    HELPER_SPECIMEN,
    HELPER_HOSTS,
    HELPER_SSH,
    HELPER_SSH_SEND,
    HELPER_KIND_COUNT
};

enum helper_place {
    HELPER_APART,       /* a session of its own, the standard streams are /dev/null */
    HELPER_IN_TERMINAL, /* a process group of its own, the standard streams are kept */
    HELPER_BESIDE,      /* group and standard streams of its starter */
};

enum helper_signals {
    HELPER_SIGNALS_DEFAULT, /* default actions, none blocked, none pending */
    HELPER_SIGNALS_BLOCKED, /* all blocked */
    HELPER_SIGNALS_KEPT,    /* actions and mask of its starter */
};

struct helper_info {
    const char *name;                    /* "reaptop-reader"; */
    const char *starter;                 /* "the screen": who starts it, and when */
    const char *purpose;                 /* "reads the files that can block" */
    const char *end;                     /* how it ends by itself; NULL: it does not */
    bool is_internal;                    /* not shown among processes unless asked for */
    bool is_renamed;                     /* `name` becomes its comm; else another program's is */
    enum helper_place place;             /* session, group, standard streams */
    enum helper_signals signals;         /* actions, mask, pending */
    bool keeps_descriptors;              /* all of its starter's; else 0 to 2 and its own */
    int socket_type;                     /* SOCK_STREAM or SOCK_SEQPACKET, with SOCK_NONBLOCK
                                            where our end is so; 0: no socket */
    int death_signal;                    /* PR_SET_PDEATHSIG; 0: it sees its starter's end */
    uint64_t privileges;                 /* capabilities that it keeps, if its starter has them */
    bool has_reserve;                    /* the others, not in effect: privileges_keep() */
    uint16_t close_ms, term_ms, kill_ms; /* helper_end() closes the socket and waits so long;
                                           then so long after SIGTERM (0: it is not sent), and
                                           after SIGKILL */
};

extern const struct helper_info helper_kinds[HELPER_KIND_COUNT];

struct helper {
    enum helper_kind kind;
    pid_t pid; /* 0: none, or ended */
    int fd;    /* our end of its socket; -EBADF: it has none */
};

#define HELPER_INIT ((struct helper){.fd = -EBADF})

/*
 * What the helper runs; when it returns the helper exits with status 0. `fd` is its
 * end of the socket: 3, and `extra_fd` 4, where it keeps no other descriptor; else as
 * they were. All are close-on-exec.
 */
typedef void helper_main(void *argument, int fd, int extra_fd);

/*
 * Forks it. `extra_fd` is one more descriptor that it keeps, or -1. -EBUSY: too
 * many of its kind were dropped and have not ended; -EAGAIN, -ENOMEM, -EMFILE, …
 */
int helper_start(enum helper_kind kind, helper_main *run, void *argument, int extra_fd,
                 struct helper *ret_helper);

/* Has it ended? Reaps it then: the helper is none any more. Never waits. */
bool helper_has_ended(struct helper *helper);

/* Ends it as its kind says, within its limits. None is fine. */
void helper_end(struct helper *helper);

/* Sends it SIGKILL and does not wait: it is reaped later. None is fine. */
void helper_drop(struct helper *helper);

/*
 * Closes its socket, and does not wait: it ends by itself, after it has cleaned up, and is
 * reaped later. For those whose kind says how they end by themselves. None is fine.
 */
void helper_leave(struct helper *helper);

/* Reaps those dropped and left that have ended; never waits. */
void helper_reap(void);

/* Waits for those dropped and left: for none longer than its limit, for all less than a second. */
void helper_settle(void);

/* Was this process dropped or left, and has not ended? */
bool helper_is_dropped(pid_t pid);

enum {
    HELPER_TEXT_SIZE = 160
};

/* The next that was left behind and not reported yet, as a sentence; false: none. */
bool helper_take_left(char ret_text[HELPER_TEXT_SIZE]);

/*
 * Those of this process that do its own work and are nothing that a person asked for (reader,
 * pane, restorer), remembered after their end, the newest HELPERS_REMEMBERED of them: PID and
 * time together name one.
 */
enum {
    HELPERS_REMEMBERED = 64
};

/* PIDs of those that run, or ended less than `since_ns` ago; at most HELPERS_REMEMBERED. */
size_t helper_pids(uint64_t since_ns, pid_t ret_pids[static HELPERS_REMEMBERED]);

/* Was that PID one of them at that time (CLOCK_BOOTTIME)? */
bool helper_was(pid_t pid, uint64_t boot_ns);

/* Does a helper have that name (comm)? Anybody can take it. */
bool helper_is_name(const char *comm);

/* Is it the name of one that runs an experiment or free play? Anybody can take it. */
bool helper_is_lab_name(const char *comm);

enum {
    HELPER_LAB_FD_LEAST = 200 /* the pipes by which those lead processes lie from there on, where
                                 there is room */
};

#endif
