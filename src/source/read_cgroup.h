/*
 * read_cgroup: fills model/cgroup.h from /proc/PID/cgroup and from the cgroup
 * file systems that are mounted where we are.
 *
 *     0::/user.slice/x           /proc/PID/cgroup, version 2
 *     6:freezer:/batch           version 1, a controller
 *
 * The files of a cgroup are the kernel's and do not block.
 */
#ifndef REAPTOP_SOURCE_READ_CGROUP_H
#define REAPTOP_SOURCE_READ_CGROUP_H

#include <sys/types.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/cgroup.h"

/* Where the hierarchies are mounted; "" where one is not. */
struct cgroup_mounts {
    bool is_read;
    struct cgroup_mount {
        char point[CGROUP_PATH_SIZE];
        char root[CGROUP_PATH_SIZE]; /* the group that is mounted there */
    } unified, freezer, cpu;
};

#define CGROUP_MOUNTS_INIT ((struct cgroup_mounts){0})

/* Reads /proc/self/mountinfo, once. */
void cgroup_mounts_read(struct cgroup_mounts *mounts);

/* Takes the text of a mountinfo (proc(5)), one mount a line; the last of a kind counts. */
void cgroup_mounts_parse(const char *text, size_t length, struct cgroup_mounts *mounts);

/*
 * The quota of the groups that `text`, a /proc/PID/cgroup, names, or of the nearest above them that
 * has one; zeroes where there is none.
 */
struct cgroup_quota cgroup_quota_of(const struct strbuf *text, const struct cgroup_mounts *mounts);

/* `pid_fd` is /proc/PID. What cannot be read is not frozen and has no quota; `access` says why. */
void cgroup_state_read(int pid_fd, const struct cgroup_mounts *mounts, struct cgroup_state *ret);

#endif
