/*
 * files: the descriptors of one process, each with the process at its other
 * end. Links, fdinfo and mountinfo are read; a target is never opened, and is
 * looked at (statx with AT_STATX_DONT_SYNC) only where its file system is not
 * one that asks a server or a daemon. All of it is relative to a directory
 * opened once, so that a successor's descriptors are never taken for it.
 *
 *     struct files *files;
 *     int r = files_new(reader, id, &files);
 *     while (r >= 0 && (r = files_step(files, deadline)) > 0)
 *         ... the screen answers keys ...
 *     files_table(files) ...
 *     files_free(files);
 */
#ifndef REAPTOP_SOURCE_FILES_H
#define REAPTOP_SOURCE_FILES_H

#include "reaptop/model/descriptor.h"
#include "reaptop/source/peers.h"

enum {
    FILES_LIMIT = 1 << 20 /* descriptors kept of one process */
};

struct files;

/*
 * -ESRCH: gone, or another process has the number now; -ENOMEM. id.start_ticks 0 is not checked.
 * The reader reads what may block, and outlives the files; NULL: that is left out.
 */
int files_new(struct reader *reader, struct identity id, struct files **ret_files);
void files_free(struct files *files);

static inline void cleanup_files(struct files **files)
{
    files_free(*files);
}

/*
 * Goes on until `deadline_ns` on CLOCK_MONOTONIC (0: to the end). 1: call
 * again; 0: complete. That the descriptors may not be read is no failure: the
 * table's `access` tells. -ENOMEM; -ESRCH where the process went meanwhile and
 * nothing was read.
 */
int files_step(struct files *files, uint64_t deadline_ns);

/* What is read so far; peers only once complete. Owned by `files`. */
const struct descriptor_table *files_table(const struct files *files);

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
