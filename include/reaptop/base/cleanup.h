/*
 * cleanup: storage that releases itself when its scope ends (GCC and clang's
 * cleanup attribute).
 *
 *     _cleanup_free_ char *path = NULL;
 *     _cleanup_close_ int fd = -EBADF;
 *     _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
 *
 * Every such variable is initialised where it is declared.
 */
#ifndef REAPTOP_BASE_CLEANUP_H
#define REAPTOP_BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *pointer)
{
    free(*(void **)pointer);
}

static inline void cleanup_file(FILE **file)
{
    if (*file)
        (void)fclose(*file);
}

static inline void cleanup_dir(DIR **dir)
{
    if (*dir)
        (void)closedir(*dir);
}

/* Closes fd if it is one; errno survives. Always returns -EBADF: `fd = fd_close(fd);`. */
static inline int fd_close(int fd)
{
    if (fd >= 0) {
        int saved = errno;
        (void)close(fd);
        errno = saved;
    }
    return -EBADF;
}

static inline void cleanup_close(int *fd)
{
    *fd = fd_close(*fd);
}

#define _cleanup_free_  _cleanup_(cleanup_free)
#define _cleanup_file_  _cleanup_(cleanup_file)
#define _cleanup_dir_   _cleanup_(cleanup_dir)
#define _cleanup_close_ _cleanup_(cleanup_close)

/* Hands the pointer in `variable` to the caller and leaves NULL behind. */
#define take_pointer(variable)                                                                     \
    __extension__({                                                                                \
        __typeof__(variable) taken_ = (variable);                                                  \
        (variable) = NULL;                                                                         \
        taken_;                                                                                    \
    })

/* Hands the descriptor in `variable` to the caller and leaves -EBADF behind. */
#define take_fd(variable)                                                                          \
    __extension__({                                                                                \
        int taken_ = (variable);                                                                   \
        (variable) = -EBADF;                                                                       \
        taken_;                                                                                    \
    })

#endif
