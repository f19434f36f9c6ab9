#include "capture.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    LIMIT = 1 << 20
};

static int saved[2] = {-1, -1};
static int files[2] = {-1, -1};

int capture_begin(void)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    for (int i = 0; i < 2; i++) {
        saved[i] = dup(STDOUT_FILENO + i);
        files[i] = memfd_create("capture", MFD_CLOEXEC);
        if (saved[i] < 0 || files[i] < 0 || dup2(files[i], STDOUT_FILENO + i) < 0)
            return -1;
    }
    return 0;
}

static void read_back(int fd, struct strbuf *into)
{
    char bytes[4096];
    ssize_t got;
    off_t at = 0;
    while (at < LIMIT && (got = pread(fd, bytes, sizeof(bytes), at)) > 0) {
        strbuf_append(into, bytes, (size_t)got);
        at += got;
    }
}

void capture_end(struct strbuf *out, struct strbuf *err)
{
    struct strbuf *const into[2] = {out, err};
    (void)fflush(stdout);
    (void)fflush(stderr);
    for (int i = 0; i < 2; i++) {
        (void)dup2(saved[i], STDOUT_FILENO + i);
        (void)close(saved[i]);
        if (into[i])
            read_back(files[i], into[i]);
        (void)close(files[i]);
        saved[i] = files[i] = -1;
    }
}
