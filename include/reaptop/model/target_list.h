/*
 * target_list: the processes that an action is for: one, its process group, its
 * session or its subtree, as a snapshot shows them.
 */
#ifndef REAPTOP_MODEL_TARGET_LIST_H
#define REAPTOP_MODEL_TARGET_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "reaptop/model/identity.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/model/tree.h"

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

/* Adds it unless it is there. 0, 1 where it was added, -ENOMEM. */
int target_list_add(struct target_list *list, struct identity id);

/*
 * Adds the members that the snapshot shows: ascending PIDs of a group or a
 * session; of a subtree parents before their children (a parent that is
 * signalled first cannot replace the children that are ended after it). Threads are not
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

/* As target_list_expand() for TARGET_GROUP and TARGET_SESSION, of that number. */
ssize_t target_list_add_sharers(struct target_list *list, const struct snapshot *snapshot,
                                pid_t number, enum target_scope scope);

/*
 * Looks at a subtree again: adds those whose parent is already in the list. What
 * was born and orphaned between two snapshots belongs to its adopter by then
 * and is missed. Returns how many were added, or -ENOMEM.
 */
ssize_t target_list_add_descendants(struct target_list *list, const struct snapshot *snapshot);

#endif
