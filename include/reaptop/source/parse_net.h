/*
 * parse_net: the texts of /proc/PID/net/{tcp,tcp6,udp,udp6,raw,raw6,unix,
 * netlink,packet} (proc(5)):
 *
 *     0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000 0 0 14112 1 …
 *     0000000000000000: 00000002 00000000 00010000 0001 01 20113 /run/x.sock
 *
 * Total: a line that is not a socket's (the heading) is skipped.
 */
#ifndef REAPTOP_SOURCE_PARSE_NET_H
#define REAPTOP_SOURCE_PARSE_NET_H

#include <stddef.h>

#include "reaptop/model/socket.h"

enum {
    NET_TEXT_LIMIT = 32 << 20 /* bound for reading one file */
};

/* TCP, UDP or RAW, of either IP version. Appends to the table. 0, or -ENOMEM. */
int parse_net_inet(const char *text, size_t length, enum socket_family family,
                   struct socket_table *table);

/* A name may hold any byte; one that holds a newline is cut there. */
int parse_net_unix(const char *text, size_t length, struct socket_table *table);

/* NETLINK or PACKET: the inode is the line's last number. */
int parse_net_plain(const char *text, size_t length, enum socket_family family,
                    struct socket_table *table);

#endif
