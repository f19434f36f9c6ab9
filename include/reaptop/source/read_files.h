/*
 * read_files: the descriptors of one process, each with the process at its other
 * end. Links, fdinfo and mountinfo are read; a target is never opened, and is
 * looked at (statx with AT_STATX_DONT_SYNC) only where its file system is not
 * one that asks a server or a daemon. All of it is relative to a directory
 * opened once, so that a successor's descriptors are never taken for it.
 */
#ifndef REAPTOP_SOURCE_READ_FILES_H
#define REAPTOP_SOURCE_READ_FILES_H

#include "reaptop/model/descriptor.h"
#include "reaptop/source/peers.h"

enum {
    FILES_LIMIT = 1 << 20 /* descriptors kept of one process */
};

/*
 * Reads all of it and replaces what is in `table`, which is untouched on failure. That the
 * descriptors may not be read is no failure: the table's `access` says so. -ESRCH: gone, or
 * another process has the number now (id.start_ticks 0 is not checked); -ENOMEM. The reader
 * reads what may block; NULL: that is left out.
 */
int files_read(struct reader *reader, struct identity id, struct descriptor_table *table);

/* ---- one at a time, for who already holds an index of the peers ---- */

/*
 * Reads descriptor `fd` of the process `id`, whose directory is `pid_fd`, into
 * *ret_descriptor, strings in the arena. -EBADF: it is not open; -ESRCH,
 * -EACCES, -ENOMEM. Type, flags and detail; neither socket nor peers.
 */
int files_read_one(struct reader *reader, struct identity id, int pid_fd, int fd,
                   struct arena *arena, struct descriptor *ret_descriptor);

/* Attaches the socket's own record and the peers. -ENOMEM. */
int files_attach(const struct peers *peers, const struct socket_table *sockets, pid_t pid,
                 struct arena *arena, struct descriptor *descriptor);

#endif
