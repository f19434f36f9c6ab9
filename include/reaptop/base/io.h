/*
 * io: bytes to a descriptor or into a file, all of them.
 */
#ifndef REAPTOP_BASE_IO_H
#define REAPTOP_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes all bytes, and waits where the descriptor is full. 0 or a negative errno of write(2). */
int io_write(int fd, const char *bytes, size_t length);

/*
 * Makes the file, or replaces it: who reads it meanwhile has the former bytes or the new ones.
 * They are written to "PATH.XXXXXX", which then takes the name; `is_flushed`: when they are on the
 * disk (fsync(2)). 0, -ENOMEM, or -errno, and the former file is as it was.
 */
int io_replace(const char *path, mode_t mode, bool is_flushed, const char *bytes, size_t length);

#endif
