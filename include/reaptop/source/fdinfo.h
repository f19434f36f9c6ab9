/*
 * fdinfo: the one place where /proc/PID/fdinfo/FD (proc(5)) is read.
 * What a file prints there is made by its own driver, which may wait without
 * end: of an epoll descriptor the kernel takes the instance's mutex, and its
 * owner can hold that for ever. So only the types whose driver takes no lock
 * that can be held are read here; all others go through source/reader.h.
 */
#ifndef REAPTOP_SOURCE_FDINFO_H
#define REAPTOP_SOURCE_FDINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/identity.h"
#include "reaptop/source/reader.h"

/*
 * Reads fdinfo of descriptor `fd` of the process `id`, whose directory is
 * `pid_fd`, replacing what is in `out`. `target` is the text of its link; NULL:
 * it is looked up. 0, 1 where truncated at `limit`, or a negative errno;
 * -ETIMEDOUT: it blocks; -EOPNOTSUPP: it may block, and there is no reader.
 */
int fdinfo_read(struct reader *reader, struct identity id, int pid_fd, int fd, const char *target,
                size_t limit, struct strbuf *out);

#endif
