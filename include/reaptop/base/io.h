/*
 * io: bytes to a descriptor, all of them.
 */
#ifndef REAPTOP_BASE_IO_H
#define REAPTOP_BASE_IO_H

#include <stddef.h>

/* Writes all bytes, and waits where the descriptor is full. 0 or a negative errno of write(2). */
int io_write(int fd, const char *bytes, size_t length);

#endif
