/*
 * who: which processes have an object: a port, a file, a pipe, a socket, a
 * systemd unit. One pass over /proc: links of /proc/PID/fd, cwd, root and exe
 * (readlink(2) follows none of them), /proc/PID/cgroup for a unit, and
 * /proc/PID/maps, through the reader, and /proc/locks for a path. Nothing here can block.
 */
#ifndef REAPTOP_SOURCE_WHO_H
#define REAPTOP_SOURCE_WHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/arena.h"
#include "reaptop/base/error.h"
#include "reaptop/source/reader.h"

enum {
    WHO_COMM_SIZE = 64
};

struct who_holder {
    pid_t pid;
    uid_t uid;
    int fd;            /* -1: by other than a descriptor */
    const char *user;  /* raw bytes */
    const char *how;   /* "open", "mapped", "cwd", "root", "exe", "unit", "lock: …", or a socket's
                          description */
    const char *asked; /* the word that asked for it */
    char comm[WHO_COMM_SIZE];
};

struct who_result {
    struct who_holder *holders; /* by PID and descriptor */
    size_t count, capacity;
    uint32_t processes;       /* looked into */
    uint32_t not_looked_into; /* of them, those of which something could not be read */
    int error;                /* why the first of those could not: a negative errno */
    struct arena strings;
};

void who_done(struct who_result *result);

/* Asked now and then while it searches; false ends it, with what is known so far. */
struct who_progress {
    bool (*step)(void *data, size_t done, size_t total);
    void *data;
};

/*
 * Each of `words` is ":PORT", "tcp/PORT", "udp/PORT", "/path", "pipe:[N]",
 * "socket:[N]" or "unit:NAME". Ports are those of our own network namespace.
 * `progress` may be NULL. -EINVAL: `error` names the word and the right forms; -ENOMEM; or what
 * failed.
 */
int who_find(struct reader *reader, char *const *words, size_t count,
             const struct who_progress *progress, struct who_result *ret_result,
             struct error *error);

#endif
