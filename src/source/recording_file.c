/*
 * recording_file: a recording read from a file or a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/source/recording.h"

enum {
    BYTES_A_READ = 256 * 1024
};

struct recording {
    struct recording_reader *reader;
    char *name;
    char *bytes;
    struct helper helper; /* none, or the one that writes it */
    int fd;
    bool is_file; /* a regular one */
};

void recording_close(struct recording *recording)
{
    if (!recording)
        return;
    recording_reader_free(recording->reader);
    recording->fd = fd_close(recording->fd);
    helper_end(&recording->helper);
    free(recording->name);
    free(recording->bytes);
    free(recording);
}

static int open_fd(const char *name)
{
    int fd = strcmp(name, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
                                    : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

/* Takes over `fd` (a negative errno: it could not be opened) and the helper. */
static int open_it(int fd, struct helper helper, const char *shown,
                   struct recording **ret_recording, struct error *error)
{
    struct recording *recording = calloc(1, sizeof(*recording));
    struct stat status = {0};
    if (!recording) {
        (void)fd_close(fd);
        helper_end(&helper);
        return error_set_errno(error, -ENOMEM, "%s", shown);
    }
    recording->fd = fd;
    recording->helper = helper;
    recording->reader = recording_reader_new();
    recording->name = strdup(shown);
    recording->bytes = malloc(BYTES_A_READ);
    int r = recording->fd < 0 ? recording->fd : 0;
    if (r == 0 && (!recording->reader || !recording->name || !recording->bytes))
        r = -ENOMEM;
    if (r == 0 && fstat(recording->fd, &status) < 0)
        r = -errno;
    if (r == 0 && S_ISDIR(status.st_mode))
        r = -EISDIR;
    if (r < 0) {
        recording_close(recording);
        return error_set_errno(error, r, "%s", shown);
    }
    recording->is_file = S_ISREG(status.st_mode);
    *ret_recording = recording;
    return 0;
}

int recording_open(const char *name, struct recording **ret_recording, struct error *error)
{
    const char *shown = strcmp(name, "-") == 0 ? _("standard input") : name;
    return open_it(open_fd(name), HELPER_INIT, shown, ret_recording, error);
}

int recording_of(struct helper *helper, const char *name, struct recording **ret_recording,
                 struct error *error)
{
    int fd = take_fd(helper->fd);
    return open_it(fd, *helper, name, ret_recording, error);
}

const struct recording_reader *recording_reader(const struct recording *recording)
{
    return recording->reader;
}

int recording_fd(const struct recording *recording)
{
    return recording->is_file ? -1 : recording->fd;
}

uint64_t recording_size(const struct recording *recording)
{
    struct stat status;
    return recording->is_file && fstat(recording->fd, &status) == 0 ? (uint64_t)status.st_size : 0;
}

int recording_return(struct recording *recording, const struct recording_place *place)
{
    if (!recording->is_file)
        return -ESPIPE;
    if (lseek(recording->fd, (off_t)place->position, SEEK_SET) < 0)
        return -errno;
    return recording_go_on(recording->reader, place);
}

static bool has_bytes(const struct recording *recording, bool waits)
{
    struct pollfd fd = {.fd = recording->fd, .events = POLLIN};
    return recording->is_file || poll(&fd, 1, waits ? -1 : 0) > 0;
}

/* 1: there were bytes, or the end; 0: nothing yet. */
static int take_bytes(struct recording *recording, bool waits)
{
    if (!has_bytes(recording, waits))
        return 0; /* or a signal came: a caller that waits asks again */
    ssize_t got;
    do
        got = read(recording->fd, recording->bytes, BYTES_A_READ);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? 0 : -errno;
    if (got == 0)
        recording_finish(recording->reader);
    int r = recording_feed(recording->reader, recording->bytes, (size_t)got);
    return r < 0 ? r : 1;
}

int recording_read(struct recording *recording, bool waits, struct error *error)
{
    int r;
    while ((r = recording_next(recording->reader, error)) == RECORDING_NEEDS_MORE) {
        int got = take_bytes(recording, waits);
        if (got < 0)
            return error_set_errno(error, got, "%s", recording->name);
        if (got == 0 && !waits)
            return RECORDING_NEEDS_MORE;
    }
    if (r < 0)
        (void)error_wrap(error, "%s", recording->name);
    return r;
}
