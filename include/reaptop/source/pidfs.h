/*
 * pidfs: what a pidfd reports of its process (pidfd_open(2), ioctl_pidfd(2)).
 */
#ifndef REAPTOP_SOURCE_PIDFS_H
#define REAPTOP_SOURCE_PIDFS_H

#include <stdint.h>

#include "reaptop/model/identity.h"

/*
 * A pidfd (close-on-exec, the caller's) of that very process, a zombie too.
 * What the identity does not know (start_ticks 0, inode 0) is not compared.
 * -ESRCH: gone, or another one has the number; -ENOENT or -EINVAL as
 * pidfd_open(2) has them for a thread; -EMFILE …
 */
int pidfs_open(struct identity id);

/*
 * The inode that no other process has or had since the machine started; 0 where
 * the kernel gives pidfds none of their own (before Linux 6.9).
 */
uint64_t pidfs_inode(int pidfd);

/*
 * How it ended, as waitpid(2) gives it, also to another process than its parent, once its parent
 * has reaped it (Linux 6.15). -ENODATA: it was not, or the kernel does not report it.
 */
int pidfs_exit_status(int pidfd, int32_t *ret_status);

/* Was it reaped? Known without reading a PID, on every kernel that has pidfds. */
bool pidfs_is_reaped(int pidfd);

#endif
