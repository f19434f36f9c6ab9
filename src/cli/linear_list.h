/*
 * linear_list: `tree --linear`: a line a process, by PID, and from the second
 * refresh on only what has changed, once.
 */
#ifndef REAPTOP_CLI_LINEAR_LIST_H
#define REAPTOP_CLI_LINEAR_LIST_H

#include "reaptop/base/strbuf.h"
#include "reaptop/model/snapshot.h"
#include "reaptop/model/tree.h"
#include "reaptop/view/columns.h"

struct linear_seen {
    struct identity id;
    pid_t ppid;
    char state;
    const char *word; /* for it; static */
    char comm[64];
};

/* What was reported already, sorted by PID. */
struct linear_list {
    struct linear_seen *seen;
    size_t count;
    bool has_begun;
};

void linear_list_done(struct linear_list *list);

/* Appends the lines; -ENOMEM. In the order of PIDs, whatever the tree's is. */
int linear_list_add(struct linear_list *list, const struct snapshot *snapshot,
                    const struct tree *tree, const enum column *shown, size_t shown_count,
                    long ticks_per_second, struct strbuf *out);

#endif
