/*
 * vfork_wait: whether a thread sleeps for its vforked child: /proc/PID/task/TID/wchan.
 * fork(2), vfork(2) and clone(2) sleep uninterruptibly only for that; a fatal
 * signal ends the sleep.
 */
#ifndef REAPTOP_SOURCE_VFORK_WAIT_H
#define REAPTOP_SOURCE_VFORK_WAIT_H

#include <stdbool.h>
#include <sys/types.h>

/* `dir_fd` is /proc/PID, open. False also where it could not be read. */
bool vfork_is_awaited(int dir_fd, pid_t tid);

#endif
