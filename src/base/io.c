#include "reaptop/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"

int io_write(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            (void)poll(&room, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            return -errno;
        } else if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

int io_replace(const char *path, mode_t mode, bool is_flushed, const char *bytes, size_t length)
{
    _cleanup_free_ char *beside = NULL;
    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return -ENOMEM;
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = io_write(fd, bytes, length);
    if (r == 0 && (fchmod(fd, mode) < 0 || (is_flushed && fsync(fd) < 0)))
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(beside, path) < 0)
        r = -errno;
    if (r < 0)
        (void)unlink(beside);
    return r;
}
