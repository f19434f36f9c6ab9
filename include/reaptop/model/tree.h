/*
 * tree: the order in which a snapshot's processes are shown. Iterative: depth
 * is bounded by nothing but the number of processes, and a PPID circle (only a
 * recording can hold one) is broken where it closes. A row takes 24 bytes, and building it 44 more
 * for each process, which are given back.
 */
#ifndef REAPTOP_MODEL_TREE_H
#define REAPTOP_MODEL_TREE_H

#include "reaptop/model/field.h"
#include "reaptop/model/filter.h"
#include "reaptop/model/life.h"
#include "reaptop/model/snapshot.h"

/* A set of identities: folded branches, tags. Sorted by PID. */
struct identity_set {
    struct identity *ids;
    size_t count;
    size_t capacity;
};

void identity_set_done(struct identity_set *set);
bool identity_set_has(const struct identity_set *set, struct identity id);
int identity_set_add(struct identity_set *set, struct identity id); /* 0, or -ENOMEM */
void identity_set_remove(struct identity_set *set, struct identity id);
void identity_set_clear(struct identity_set *set);

enum tree_shape {
    TREE_BY_PARENT,
    TREE_BY_ORIGINAL_PARENT, /* needs life: an orphan stays below its nearest ancestor by birth */
    TREE_FLAT,
};

struct tree_options {
    enum tree_shape shape;
    enum field sort; /* among siblings, or of the flat list */
    bool is_inverted;
    bool shows_threads;
    bool shows_kernel;           /* kernel threads: kthreadd and its children */
    const struct filter *filter; /* ancestors of what passes stay, as context */
    const struct identity_set *folded;
    const pid_t *helpers; /* children of `self` that are left out, with their own; NULL: none */
    size_t helper_count;
    pid_t self;
    /* Only these and their descendants, with a life also those that were born below them and have
       another parent now; NULL: all. */
    const pid_t *roots;
    size_t root_count;
};

/* No row: larger than any enumerator may be. */
#define ROW_NONE UINT32_MAX

struct tree_row {
    uint32_t process;    /* index in the snapshot */
    uint32_t parent_row; /* ROW_NONE: a root */
    uint32_t depth;
    uint32_t descendants; /* that pass the filter, shown or folded away */
    uint32_t helpers;     /* of tree_options, left out below it */
    bool is_last;         /* of its siblings */
    bool has_children;
    bool is_folded;  /* its branch is not shown */
    bool is_context; /* does not pass the filter; holds something that does */
};

struct tree {
    struct tree_row *rows;
    size_t count;
    size_t capacity;
};

#define TREE_INIT ((struct tree){0})

void tree_done(struct tree *tree);

/*
 * Orders the snapshot. A process whose parent is not in the snapshot is a
 * root. `life` may be NULL. The former rows are replaced; on -ENOMEM `tree` is
 * empty.
 */
int tree_build(struct tree *tree, const struct snapshot *snapshot, const struct life *life,
               const struct tree_options *options);

/*
 * The subtree, in one meaning for tags, signals, the lab's limits and events (-p adds orphans, see
 * tree_options):
 * the processes with those PIDs and all below them by PPID, as the snapshot
 * has them; a thread is below its process. `ret_found` are indexes in the
 * snapshot, each once, a parent before its children, siblings by PID; on the heap.
 * 0, or -ENOMEM.
 */
int tree_descendants(const struct snapshot *snapshot, const pid_t *roots, size_t root_count,
                     uint32_t **ret_found, size_t *ret_count);

/* The row that shows the process, or ROW_NONE. */
uint32_t tree_find(const struct tree *tree, const struct snapshot *snapshot, struct identity id);

/* A process of its rows has more than one thread. */
bool tree_has_threads(const struct tree *tree, const struct snapshot *snapshot);

#endif
