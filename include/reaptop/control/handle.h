/*
 * handle: one process, held so that what is done through it reaches that
 * process or nobody.
 *
 * A handle keeps /proc/PID open as a directory and, where the kernel gives
 * one, a pidfd. Neither ever speaks of a successor: once the process is reaped
 * reads and signals give ESRCH for ever, whoever has the number by then. The
 * two are proven to be of one process when the handle opens (the number cannot
 * be given away between two successful looks through the directory).
 */
#ifndef REAPTOP_CONTROL_HANDLE_H
#define REAPTOP_CONTROL_HANDLE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "reaptop/base/error.h"
#include "reaptop/model/identity.h"

struct process;

struct handle {
    struct identity id; /* complete: the inode too where the kernel has pidfs (6.9) */
    int proc_fd;        /* /proc/PID, O_DIRECTORY; pidfd_send_signal(2) takes it */
    int pidfd;          /* -EBADF where pidfd_open(2) gave none */
};

#define HANDLE_INIT ((struct handle){.proc_fd = -EBADF, .pidfd = -EBADF})

/*
 * Opens the process `want` names. A start time of 0 means whoever has the PID
 * now; an inode of 0 is not compared. The caller calls handle_done().
 *
 * -ESRCH: gone, or another process has the number now. -ENOTUNIQ: the number
 * is a thread's, not a process's (`error` says whose). -EOPNOTSUPP: an inode
 * was given and this kernel has none. Else what open(2) said, -EMFILE mostly.
 */
int handle_open(struct identity want, struct handle *ret_handle, struct error *error);
void handle_done(struct handle *handle);

static inline bool handle_is_open(const struct handle *handle)
{
    return handle->proc_fd >= 0;
}

/*
 * Sends by pidfd_send_signal(2); signal 0 only asks whether it could. With
 * `value` the signal is queued with it, as sigqueue(3) does. On failure the
 * negative errno comes back and `error` holds a sentence:
 *
 *     -ESRCH   the process is gone
 *     -EPERM   not permitted, and whose process it is
 *     -EINVAL  no such signal, or a process of another PID namespace
 *     -EAGAIN  its queue of signals is full (RLIMIT_SIGPENDING)
 */
int handle_send(const struct handle *handle, int signal, const int *value, struct error *error);

/*
 * What /proc/PID/stat says now: state, family, flags, times; `comm` is
 * `comm_buffer`, which the caller owns. -ESRCH: reaped.
 */
int handle_read_process(const struct handle *handle, char comm_buffer[static 64],
                        struct process *ret_process);

/* The state letter, 'Z' for a zombie. -ESRCH: reaped. */
int handle_state(const struct handle *handle, char *ret_state);

/*
 * How it ended, as waitpid(2) gives it, without waiting for it: field 52 of
 * stat while it is a zombie (needs ptrace access), PIDFD_GET_INFO once it was
 * reaped (Linux 6.15). -EAGAIN: it lives; -ENODATA: the kernel does not show it to us.
 */
int handle_exit_status(const struct handle *handle, int32_t *ret_status);

#endif
