#include "reaptop/source/fdinfo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/text.h"
#include "reaptop/model/descriptor.h"
#include "reaptop/source/procfs.h"

/* Drivers may print what they like: /dev/net/tun takes the lock of all network devices. */
static bool is_harmless_device(const char *name)
{
    static const char *const harmless[] = {"null", "zero", "full", "random", "urandom", "tty"};
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        if (strcmp(name, harmless[i]) == 0)
            return true;
    return strncmp(name, "shm/", 4) == 0;
}

/* May reading fdinfo of what the link in /proc/PID/fd names wait without end? */
static bool may_block(const char *target)
{
    static const char devices[] = "/dev/";
    bool is_path;
    switch (descriptor_type_of_target(target, &is_path)) {
    case DESCRIPTOR_PIPE:
    case DESCRIPTOR_SOCKET:
    case DESCRIPTOR_EVENTFD:
    case DESCRIPTOR_TIMERFD:
    case DESCRIPTOR_SIGNALFD:
    case DESCRIPTOR_PIDFD:
    case DESCRIPTOR_MEMFD:
    case DESCRIPTOR_TTY:
    case DESCRIPTOR_PTMX:
    case DESCRIPTOR_NAMESPACE:
        return false;
    default:
        if (!is_path)
            return true;
        return strncmp(target, devices, strlen(devices)) == 0 &&
               !is_harmless_device(target + strlen(devices));
    }
}

int fdinfo_read(struct reader *reader, struct identity id, int pid_fd, int fd, const char *target,
                size_t limit, struct strbuf *out)
{
    char path[48];
    _cleanup_(strbuf_done) struct strbuf link = STRBUF_INIT;
    strbuf_clear(out);
    if (!target) {
        (void)snprintf(path, sizeof(path), "fd/%d", fd);
        int r = procfs_readlink(pid_fd, path, &link);
        if (r < 0)
            return r;
        target = strbuf_text(&link);
    }
    (void)snprintf(path, sizeof(path), "fdinfo/%d", fd);
    if (!may_block(target))
        return procfs_read(pid_fd, path, limit, out);
    if (!reader)
        return -EOPNOTSUPP;
    /* The helper opens it below /proc/PID, also where `pid_fd` is one thread's. */
    struct stat_line line;
    if (id.pid > 0 && procfs_read_stat(pid_fd, &line) == 0 && line.pid != id.pid)
        (void)snprintf(path, sizeof(path), "task/%d/fdinfo/%d", (int)line.pid, fd);
    return reader_read(reader, id, path, 0, limit, READER_TIMEOUT_NS, out);
}
