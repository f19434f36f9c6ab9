#include "own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/io.h"
#include "reaptop/base/own_path.h"

int own_file_read(const char *path, struct strbuf *out)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0)
        return -errno;
    if (!S_ISREG(info.st_mode))
        return -EINVAL;

    char bytes[4096];
    ssize_t got;
    while ((got = read(fd, bytes, sizeof(bytes))) > 0) {
        if (out->length + (size_t)got > OWN_FILE_LIMIT)
            return -EFBIG;
        strbuf_append(out, bytes, (size_t)got);
    }
    return got < 0 ? -errno : out->error;
}

int own_file_write(const char *path, const struct strbuf *text)
{
    int r = text->error < 0 ? text->error : own_path_make_parents(path);
    return r < 0 ? r : io_replace(path, 0600, true, strbuf_text(text), text->length);
}
