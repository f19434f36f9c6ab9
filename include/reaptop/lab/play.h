/*
 * play: the free bench. Processes that are spawned by hand, one system call at a
 * time, each call shown as the line of C that it was.
 *
 *     viewer ── play-guard ── play-host ── play-child ── play-child …
 *        └───────── socket ──────┘
 *
 * A play child, a process named play-child, waits for orders and carries them out
 * itself: it is the one that forks, execs, waits and exits. Signals are sent by the host, through
 * pidfds. Host and guard are subreapers, so an orphaned play child is adopted by the host; whoever
 * of viewer, guard and host is killed, nothing is left behind.
 */
#ifndef REAPTOP_LAB_PLAY_H
#define REAPTOP_LAB_PLAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "reaptop/base/error.h"

enum play_action {
    PLAY_FORK,
    PLAY_EXEC, /* becomes sleep(1), and takes no orders any more */
    PLAY_STOP,
    PLAY_CONTINUE,
    PLAY_KILL,
    PLAY_WAIT,   /* waits for a child that has ended; never sleeps */
    PLAY_ORPHAN, /* exits while its children live */
    PLAY_EXIT,
    PLAY_VFORK, /* it sleeps in state D until the child executes or exits */
    PLAY_THREAD,
    PLAY_TRACE, /* its newest child that it does not trace yet */
    PLAY_RELEASE,
    PLAY_HANDLE, /* SIGUSR1, as the next four */
    PLAY_IGNORE,
    PLAY_BLOCK,
    PLAY_UNBLOCK,
    PLAY_USR1, /* it is sent that */
    PLAY_MALLOC,
    PLAY_TOUCH, /* what it asked for with MALLOC */
    PLAY_PIPE,  /* children that are forked later have its ends, too */
    PLAY_READ,  /* sleeps while the pipe is empty, and takes no orders meanwhile */
    PLAY_WRITE,
    PLAY_FREEZE, /* with its control group (cgroups(7)): its children born since it was put there */
    PLAY_THAW,
    PLAY_ACTION_COUNT
};

struct play_action_info {
    char key;            /* 'f': the screen's key for it */
    const char *name;    /* "fork" */
    const char *meaning; /* N_(): "it forks: a child is born" */
};

/* Indexed by enum play_action. */
extern const struct play_action_info play_actions[PLAY_ACTION_COUNT];

enum {
    PLAY_TEXT_SIZE = 160
};

/* What became of one order. */
struct play_report {
    enum play_action action;
    pid_t pid;                    /* who acted, or was acted upon */
    pid_t born;                   /* FORK, VFORK: the child; 0 */
    bool is_done;                 /* false: it was not carried out, `outcome` says why */
    char call[PLAY_TEXT_SIZE];    /* "pid_t pid = fork();": C */
    char outcome[PLAY_TEXT_SIZE]; /* "4712 in the parent, 0 in the child", translated */
};

struct play;

/*
 * Starts the bench with one play child; the first report is of it (FORK, by the
 * host). -EAGAIN, -EMFILE, -ENOMEM. *ret_play is freed by play_stop().
 */
int play_start(struct play **ret_play, struct error *error);

/* Readable when play_read() has something. */
int play_fd(const struct play *play);

/* Above all play children: its subtree is the bench. */
pid_t play_root(const struct play *play);

/* Orders `pid`, a play child, to do it; the report comes by play_read(). -EPIPE: the bench is gone.
 */
int play_do(struct play *play, pid_t pid, enum play_action action);

/* 1: *ret_report is set; 0: nothing now; -EPIPE: the bench is gone. */
int play_read(struct play *play, struct play_report *ret_report);

/* Ends all of it and waits for that. NULL is fine. Returns NULL. */
struct play *play_stop(struct play *play);

/* As play_stop(), but waits for nothing: guard and host end all by themselves. */
struct play *play_leave(struct play *play);

#endif
