/*
 * mounts: which file system a descriptor's mnt_id stands for, from
 * /proc/PID/mountinfo (proc(5)):
 *
 *     27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
 */
#ifndef REAPTOP_SOURCE_MOUNTS_H
#define REAPTOP_SOURCE_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount_place {
    int32_t id, parent;
    uint32_t major, minor; /* as /proc/locks has the file system */
    bool is_devpts;        /* an instance of the pseudo-terminals' file system */
    bool may_ask_a_server; /* looking at a file may wait for a network or a daemon */
};

struct mounts {
    struct mount_place *places; /* by id */
    size_t count, capacity;
};

#define MOUNTS_INIT ((struct mounts){0})

void mounts_done(struct mounts *mounts);

/* Replaces what is there. 0, -ENOMEM, or why the file could not be read. */
int mounts_read(int pid_fd, struct mounts *mounts);

/* Appends the lines of the text, in any order; sorted afterwards. 0, or -ENOMEM. */
int mounts_parse(const char *text, size_t length, struct mounts *mounts);

/*
 * Appends those that we see and our root's. A process in a chroot that is no mount point has
 * the mount it lies in not in its list, and neither have we if we are in one: a mount's number is
 * the same for all. 0, -ENOMEM, or why the file could not be read.
 */
int mounts_add_own(struct mounts *mounts);

/* NULL: not in that list (a mount of the kernel's own, or one detached). */
const struct mount_place *mounts_find(const struct mounts *mounts, int32_t id);

/*
 * The device of the one devpts in the list that no other is mounted over, as
 * major << 32 | minor; 0: none, or several.
 */
uint64_t mounts_devpts(const struct mounts *mounts);

#endif
