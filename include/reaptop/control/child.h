/*
 * child: processes of our own, spawned to look at: a command line, or one of the
 * ready-made specimens. Only what is in the list is ever waited for, one by
 * one and by its own descriptor, so no other module's child is reaped by
 * accident.
 *
 * All die with us, also when we are killed: PR_SET_PDEATHSIG for our children,
 * and for an orphan, which must outlive its parent, a pipe that ends with us.
 * They must be spawned by a thread that lives as long as they should.
 */
#ifndef REAPTOP_CONTROL_CHILD_H
#define REAPTOP_CONTROL_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/control/handle.h"
#include "reaptop/model/snapshot.h"

enum child_kind {
    CHILD_COMMAND,  /* a command line that somebody gave */
    CHILD_SPECIMEN, /* one of `specimens` */
    CHILD_ADOPTED,  /* an orphan that was adopted by us, its subreaper */
};

enum {
    CHILD_TITLE_SIZE = 64
};

struct child {
    struct handle handle;
    enum child_kind kind;
    bool is_ended;                /* dead and not reaped: child_reap() will succeed */
    char title[CHILD_TITLE_SIZE]; /* the command line's start, the specimen's name, or comm */
};

struct child_list;

/* NULL without memory. */
struct child_list *child_list_new(void);

/*
 * Kills and reaps what we spawned (a command with its process group), lets go of
 * the adopted. NULL is fine.
 */
void child_list_free(struct child_list *list);

size_t child_count(const struct child_list *list);

/* Valid until a child is added or reaped. */
const struct child *child_at(const struct child_list *list, size_t index);
const struct child *child_find(const struct child_list *list, struct identity id);

/* ---- spawning ---- */

/*
 * A line as a person types it, split into words at blanks. '…', "…" and \ quote
 * as in sh(1); nothing is expanded, and an unquoted ; | & < > ( ) $ ` * ? is
 * refused with the advice to use sh -c. One heap block: free() it.
 * -EINVAL with the reason, -ENOMEM.
 */
int child_split(const char *line, char ***ret_argv, struct error *error);

struct child_spawn {
    char *const *argv;
    /*
     * On the screen: a session of its own, so that it can neither take the
     * terminal nor be hit by a Ctrl-C meant for us; standard input, output and
     * error are /dev/null. Otherwise all that is the caller's.
     */
    bool is_apart;
    /* Called with its PID before it executes, which waits for that. NULL: nobody asks. */
    void (*before_exec)(void *context, pid_t pid);
    void *context;
};

/*
 * Forks and executes. Signal dispositions are default (but a SIGHUP that is
 * ignored stays so: nohup(1)), no signal is blocked, no descriptor above 2 is
 * open. Returns after the exec: exec's own errno comes back (-ENOENT, -EACCES,
 * -ENOEXEC …) and `error` names the file; no child is left then.
 */
int child_spawn(struct child_list *list, const struct child_spawn *spawn,
                const struct child **ret_child, struct error *error);

/* Ready-made children. */
struct specimen_info {
    const char *name;  /* "zombie-maker"; NULL ends the table */
    const char *title; /* N_() */
    const char *watch; /* N_(): what to look at, what to try */
};

extern const struct specimen_info specimens[];

/* Starts specimens[index] and returns once it is what it should be. */
int child_spawn_specimen(struct child_list *list, size_t index, const struct child **ret_child,
                         struct error *error);

/* ---- ends ---- */

/* Readable when a child ended: then child_refresh(). -EBADF: there is none. */
int child_poll_fd(const struct child_list *list);

/* Looks which children ended; returns how many did since the last look. Never blocks. */
size_t child_refresh(struct child_list *list);

/*
 * Waits for one that ended and takes it off the list. `ret_status` (may be
 * NULL) is as waitpid(2) gives it; exit_status_describe() has the words.
 * -EAGAIN: it lives; -ECHILD: it is not one of ours.
 */
int child_reap(struct child_list *list, struct identity id, int32_t *ret_status);

/* ---- adoption ---- */

/* PR_SET_CHILD_SUBREAPER: orphans below us come to us. 0 or a negative errno. */
int child_set_subreaper(bool is_on);
bool child_is_subreaper(void);

/*
 * A child that another module looks after (a reader's helper, a lab's host)
 * and that is no orphan. Several may be; 0 or -ENOMEM.
 */
int child_reserve(struct child_list *list, pid_t pid);

/*
 * Adds those whose parent we are in the snapshot and who are neither on the
 * list nor reserved. Returns how many, or -ENOMEM.
 */
ssize_t child_adopt(struct child_list *list, const struct snapshot *snapshot);

#endif
