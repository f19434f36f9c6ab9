/*
 * read_sockets: all sockets of a process's network namespace, from /proc/PID/net
 * (readable by anybody) and, for the peers of UNIX sockets, from sock_diag(7).
 */
#ifndef REAPTOP_SOURCE_READ_SOCKETS_H
#define REAPTOP_SOURCE_READ_SOCKETS_H

#include "reaptop/model/socket.h"

/*
 * Replaces what is in the table. `pid_fd` is the process's /proc directory.
 * has_unix_peers is false where the kernel or our privilege keeps the peers
 * back (another namespace needs CAP_SYS_ADMIN). A file that is missing (IPv6,
 * raw sockets) adds nothing. 0, -ESRCH, or -ENOMEM.
 */
int sockets_read(int pid_fd, struct socket_table *table);

#endif
