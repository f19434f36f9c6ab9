/*
 * quota_table: the quotas of processor time of control groups, each read once for all of its
 * processes and kept for a moment.
 */
#ifndef REAPTOP_SOURCE_QUOTA_TABLE_H
#define REAPTOP_SOURCE_QUOTA_TABLE_H

#include "read_cgroup.h"

struct quota_entry {
    char *groups; /* the text of a /proc/PID/cgroup; on the heap */
    size_t length;
    uint64_t read_ns;
    struct cgroup_quota quota;
};

struct quota_table {
    struct cgroup_mounts mounts;
    struct quota_entry *entries;
    size_t count, capacity, last; /* last: the one that was asked for before */
};

/* The quota of who has that /proc/PID/cgroup; zeroes: none. -ENOMEM. */
int quota_table_find(struct quota_table *table, const struct strbuf *groups,
                     struct cgroup_quota *ret_quota);

void quota_table_done(struct quota_table *table);

#endif
