/*
 * socket: sockets of one network namespace, as /proc/PID/net/{tcp,tcp6,udp,
 * udp6,raw,raw6,unix,netlink,packet} (proc(5)) and sock_diag(7) list them, and
 * which of them are two ends of one connection.
 */
#ifndef REAPTOP_MODEL_SOCKET_H
#define REAPTOP_MODEL_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/base/arena.h"
#include "reaptop/base/strbuf.h"

enum socket_family {
    SOCKET_UNKNOWN,
    SOCKET_TCP,
    SOCKET_UDP,
    SOCKET_RAW,
    SOCKET_UNIX,
    SOCKET_NETLINK,
    SOCKET_PACKET,
    SOCKET_FAMILY_COUNT
};

/* TCP's states as /proc/net/tcp numbers them; a UNIX socket uses ESTABLISHED, LISTEN and CLOSE. */
enum socket_state {
    SOCKET_STATE_UNKNOWN,
    SOCKET_ESTABLISHED,
    SOCKET_SYN_SENT,
    SOCKET_SYN_RECV,
    SOCKET_FIN_WAIT1,
    SOCKET_FIN_WAIT2,
    SOCKET_TIME_WAIT,
    SOCKET_CLOSE,
    SOCKET_CLOSE_WAIT,
    SOCKET_LAST_ACK,
    SOCKET_LISTEN,
    SOCKET_CLOSING,
    SOCKET_NEW_SYN_RECV,
    SOCKET_STATE_COUNT
};

/* IPv4 is kept as ::ffff:a.b.c.d, so that both families compare. */
struct socket_address {
    uint8_t bytes[16];
    uint16_t port;
};

struct socket {
    uint64_t inode;      /* 0: belongs to no descriptor (yet: not accepted; or no longer) */
    uint64_t peer_inode; /* UNIX, from sock_diag; 0: none or not known */
    enum socket_family family;
    enum socket_state state;
    uint8_t type; /* UNIX: SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
    struct socket_address local, remote;
    uint32_t rx_queue; /* bytes not read yet; LISTEN: connections not accepted yet */
    uint32_t tx_queue; /* bytes not taken by the other side; LISTEN: the backlog's limit */
    bool has_queues;
    uint64_t waits_for_listener; /* UNIX: inode of the listener that has not accepted it; 0 */
    const char *path; /* UNIX: raw bytes, '@' first for an abstract name; NULL: unnamed */
};

struct socket_table {
    struct socket *sockets; /* by inode, after socket_table_finish() */
    size_t count, capacity;
    uint32_t *by_address; /* TCP and UDP, by local and remote address */
    size_t by_address_count;
    bool is_truncated;   /* there were more than were read */
    bool has_unix_peers; /* sock_diag answered */
    struct arena strings;
};

#define SOCKET_TABLE_INIT ((struct socket_table){0})

void socket_table_done(struct socket_table *table);

/* A zeroed socket at the end, or NULL without memory. */
struct socket *socket_table_add(struct socket_table *table);

/* Sorts, after the last add and before any find; sockets of one inode become one. -ENOMEM. */
int socket_table_finish(struct socket_table *table);

/* NULL: no such socket here (another network namespace, another family). O(log n). */
struct socket *socket_find(const struct socket_table *table, uint64_t inode);

/* The other end, in the same table: same four addresses crosswise, or the UNIX peer; NULL. */
const struct socket *socket_find_peer(const struct socket_table *table, const struct socket *one);

/*
 * Who listens on the address that the socket is connected to and has not
 * accepted it: NULL where there is none or it was accepted.
 */
const struct socket *socket_find_listener(const struct socket_table *table,
                                          const struct socket *one);

/* The listening UNIX socket bound to that path, or NULL. */
const struct socket *socket_find_path(const struct socket_table *table, const char *path);

/* Appends "tcp 127.0.0.1:80 → 127.0.0.1:5000 ESTABLISHED". The path goes in raw. */
void socket_describe(const struct socket *one, struct strbuf *out);

#endif
