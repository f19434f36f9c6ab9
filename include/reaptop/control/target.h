/*
 * target: whom a person means, and whether that may be acted on. The words,
 * the judgement and the members of a group, a session or a subtree come from
 * text and records; nothing here asks the kernel but who we are.
 */
#ifndef REAPTOP_CONTROL_TARGET_H
#define REAPTOP_CONTROL_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/error.h"
#include "reaptop/control/handle.h"
#include "reaptop/model/identity.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/model/tree.h"

/* What a person wrote: "4711", or "4711:88123" with the inode of its pidfd (kill(1)). */
struct target {
    pid_t pid;
    uint64_t inode; /* 0: not given */
};

/* -EINVAL with the reason in `error`: 0, -1, 2147483648, "12x", "12:", "". */
int target_parse(const char *text, struct target *ret_target, struct error *error);

/* ---- may it be acted on? ---- */

enum target_verdict {
    TARGET_ALLOWED,
    TARGET_NEEDS_YES, /* ask again; on the command line: --force */
    TARGET_REFUSED,   /* never */
};

/* Who is asking. */
struct target_asker {
    pid_t self;
    pid_t parent;
};

struct target_asker target_asker_of_this_process(void);

/*
 * PID 1, reaptop itself and its parent need a second yes; a kernel thread is
 * refused, since a signal to it reports success and does nothing. The reason
 * goes to `error` (its code is -EPERM) unless the verdict is TARGET_ALLOWED.
 */
enum target_verdict target_judge(const struct process *process, struct target_asker asker,
                                 struct error *error);

/* ---- how many are meant? ---- */

enum target_scope {
    TARGET_PROCESS,
    TARGET_GROUP,   /* the process group that it is in */
    TARGET_SESSION, /* the session that it is in */
    TARGET_SUBTREE, /* it and all its descendants */
};

/* Identities in the order in which they are to be signalled; no two alike. */
struct target_list {
    struct identity *ids;
    size_t count, capacity;
    struct identity_set members; /* the same, for looking up */
};

#define TARGET_LIST_INIT ((struct target_list){0})

void target_list_done(struct target_list *list);
bool target_list_has(const struct target_list *list, struct identity id);

/* Adds it unless it is there. 0, 1 where it was added, -ENOMEM. */
int target_list_add(struct target_list *list, struct identity id);

/*
 * Adds the members that the snapshot shows: ascending PIDs of a group or a
 * session; of a subtree parents before their children (a parent that is told
 * first cannot replace the children that are ended after it). Threads are not
 * members. Returns how many were added, or -ESRCH (no such process, group or
 * session), -ENOMEM; -EINVAL for the group or session of a process that has
 * none in this PID namespace.
 *
 * A group or session that lost its leader still bears the leader's number, so
 * `pid` may be such a number too.
 *
 * A snapshot may be old, and numbers are given away again: whoever acts on the
 * members opens a handle for each and asks it again (control/send.h does).
 */
ssize_t target_list_expand(struct target_list *list, const struct snapshot *snapshot, pid_t pid,
                           enum target_scope scope);

/*
 * Sweeps a subtree again: adds those whose parent is already in the list. What
 * was born and orphaned between two snapshots belongs to its adopter by then
 * and is missed. Returns how many were added, or -ENOMEM.
 */
ssize_t target_list_add_descendants(struct target_list *list, const struct snapshot *snapshot);

#endif
