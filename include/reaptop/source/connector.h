/*
 * connector: the kernel's own account of process events, over netlink
 * (NETLINK_CONNECTOR, CN_IDX_PROC; linux/cn_proc.h).
 *
 * It is machine-wide and speaks the first PID namespace's numbers, so the
 * kernel leaves requests from inside a PID or user namespace without an
 * answer: 500 ms without one mean that there will be none. Where /proc shows
 * the namespace, they are not waited for. Kernels before 6.6 want CAP_NET_ADMIN.
 */
#ifndef REAPTOP_SOURCE_CONNECTOR_H
#define REAPTOP_SOURCE_CONNECTOR_H

#include <stddef.h>

#include "reaptop/base/error.h"
#include "reaptop/model/event.h"

struct connector;

/*
 * Subscribes. -EPERM: not permitted; -ENOTSUP: no answer (a namespace) or a
 * kernel without it; each with a sentence that ends in what is done instead. Or what
 * socket(2), bind(2) or send(2) failed with; -ENOMEM.
 */
int connector_open(struct connector **ret_connector, struct error *error);

/* Unsubscribes; NULL is accepted. */
void connector_close(struct connector *connector);

/* Readable when there are events. */
int connector_fd(const struct connector *connector);

/*
 * A sweep saw that the first thread of the process had ended and others live: its end is then
 * that of the last of them. Known already where that end came as an event.
 */
void connector_note_leaderless(struct connector *connector, pid_t pid);

/*
 * Takes events, oldest first as the kernel queued them, and returns how many
 * (at most `capacity`, which is 2 or more; 0: none now) or a negative errno
 * that is for good. Call again while it returns more than 0.
 *
 * Threads' births, names and users are left out; a process ends (EVENT_EXIT)
 * with its last thread. start_ticks, comm and ppid are read from stat at once
 * and are 0 and "" where the process is gone already; `to` of an EXIT that leaves a
 * zombie is its tracer. UID and GID have only
 * the new effective id, `from` is -1; SID has the new session in `to`, PTRACE
 * the tracer, 0 where it let go. What the kernel could not deliver is reported as
 * EVENT_LOST, counted by the gaps in its sequence numbers.
 */
int connector_read(struct connector *connector, struct event *events, size_t capacity);

#endif
