#include "reaptop/source/read_sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_net.h"
#include "reaptop/source/procfs.h"

/* ---- /proc/PID/net ---- */

static const struct {
    const char *name;
    enum socket_family family;
} files[] = {
    {"net/tcp", SOCKET_TCP},   {"net/tcp6", SOCKET_TCP},        {"net/udp", SOCKET_UDP},
    {"net/udp6", SOCKET_UDP},  {"net/raw", SOCKET_RAW},         {"net/raw6", SOCKET_RAW},
    {"net/unix", SOCKET_UNIX}, {"net/netlink", SOCKET_NETLINK}, {"net/packet", SOCKET_PACKET},
};

static int read_file(int pid_fd, const char *name, enum socket_family family,
                     struct socket_table *table)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int r = procfs_read(pid_fd, name, NET_TEXT_LIMIT, &text);
    if (r == -ENOMEM || r == -ESRCH)
        return r;
    if (r < 0)
        return 0;
    if (r > 0)
        table->is_truncated = true;
    switch (family) {
    case SOCKET_UNIX:
        return parse_net_unix(strbuf_text(&text), text.length, table);
    case SOCKET_NETLINK:
    case SOCKET_PACKET:
        return parse_net_plain(strbuf_text(&text), text.length, family, table);
    default:
        return parse_net_inet(strbuf_text(&text), text.length, family, table);
    }
}

/* ---- sock_diag ---- */

struct opening {
    int ns_fd; /* the namespace to enter; -EBADF: stay */
    int fd;    /* the socket, or a negative errno */
};

static void *open_diag(void *context)
{
    struct opening *opening = context;
    if (opening->ns_fd >= 0 && setns(opening->ns_fd, CLONE_NEWNET) < 0)
        opening->fd = -errno;
    else
        opening->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (opening->fd == -1)
        opening->fd = -errno;
    return NULL;
}

/*
 * A socket stays in the namespace it was made in. A thread of its own enters
 * that namespace, so that no failure can leave us in the wrong one.
 */
static int open_diag_in(int pid_fd)
{
    struct opening opening = {.ns_fd = -EBADF, .fd = -EBADF};
    struct stat own, theirs;
    if (stat("/proc/self/ns/net", &own) == 0 && fstatat(pid_fd, "ns/net", &theirs, 0) == 0 &&
        (own.st_ino != theirs.st_ino || own.st_dev != theirs.st_dev)) {
        opening.ns_fd = openat(pid_fd, "ns/net", O_RDONLY | O_CLOEXEC);
        if (opening.ns_fd < 0)
            return -errno;
    }
    if (opening.ns_fd < 0) {
        (void)open_diag(&opening);
        return opening.fd;
    }

    pthread_t thread;
    int r = pthread_create(&thread, NULL, open_diag, &opening);
    if (r == 0)
        (void)pthread_join(thread, NULL);
    (void)fd_close(opening.ns_fd);
    return r != 0 ? -r : opening.fd;
}

static int ask(int fd)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req request;
    } message = {
        .header = {.nlmsg_len = sizeof(message),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .request = {.sdiag_family = AF_UNIX,
                    .udiag_states = UINT32_MAX,
                    .udiag_show =
                        UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS | UDIAG_SHOW_RQLEN},
    };
    /* The kernel answers within the call; a bound all the same. */
    const struct timeval patience = {.tv_sec = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return send(fd, &message, sizeof(message), 0) < 0 ? -errno : 0;
}

/* A client whose connection the listener has not accepted: reported again at the end, by merging.
 */
static int add_pending(struct socket_table *table, uint32_t client, uint64_t listener)
{
    if (client == 0)
        return 0;
    struct socket *one = socket_table_add(table);
    if (!one)
        return -ENOMEM;
    *one = (struct socket){.inode = client, .family = SOCKET_UNIX, .waits_for_listener = listener};
    return 0;
}

static int take_pending(struct socket_table *table, uint64_t listener, const char *data,
                        size_t size)
{
    for (; size >= sizeof(uint32_t); data += sizeof(uint32_t), size -= sizeof(uint32_t)) {
        uint32_t client;
        memcpy(&client, data, sizeof(client));
        if (add_pending(table, client, listener) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int take_attribute(struct socket_table *table, struct socket *one, unsigned type,
                          const char *data, size_t size)
{
    uint32_t peer;
    struct unix_diag_rqlen queues;
    if (type == UNIX_DIAG_PEER && size >= sizeof(peer)) {
        memcpy(&peer, data, sizeof(peer));
        one->peer_inode = peer;
    } else if (type == UNIX_DIAG_RQLEN && size >= sizeof(queues)) {
        memcpy(&queues, data, sizeof(queues));
        one->has_queues = true;
        one->rx_queue = queues.udiag_rqueue;
        one->tx_queue = queues.udiag_wqueue;
    } else if (type == UNIX_DIAG_ICONS) {
        return take_pending(table, one->inode, data, size);
    }
    return 0;
}

static int add_unix(struct socket_table *table, const struct nlmsghdr *header)
{
    const struct unix_diag_msg *message = NLMSG_DATA(header);
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)))
        return 0;
    struct socket one = {.inode = message->udiag_ino,
                         .family = SOCKET_UNIX,
                         .type = message->udiag_type,
                         .state = message->udiag_state < SOCKET_STATE_COUNT
                                      ? (enum socket_state)message->udiag_state
                                      : SOCKET_STATE_UNKNOWN};

    size_t at = NLMSG_LENGTH(sizeof(*message));
    while (at + sizeof(struct rtattr) <= header->nlmsg_len) {
        struct rtattr attribute;
        const char *start = (const char *)header + at;
        memcpy(&attribute, start, sizeof(attribute));
        if (attribute.rta_len < sizeof(attribute) || at + attribute.rta_len > header->nlmsg_len)
            break;
        int r = take_attribute(table, &one, attribute.rta_type, start + RTA_LENGTH(0),
                               attribute.rta_len - RTA_LENGTH(0));
        if (r < 0)
            return r;
        at += RTA_ALIGN(attribute.rta_len);
    }
    struct socket *added = socket_table_add(table);
    if (!added)
        return -ENOMEM;
    *added = one;
    return 0;
}

/* 1: more to come; 0: the end. */
static int take_messages(struct socket_table *table, const char *bytes, size_t length)
{
    const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)bytes;
    for (; NLMSG_OK(header, length); header = NLMSG_NEXT(header, length)) {
        if (header->nlmsg_type == NLMSG_DONE)
            return 0;
        if (header->nlmsg_type == NLMSG_ERROR)
            return -EOPNOTSUPP;
        if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY && add_unix(table, header) < 0)
            return -ENOMEM;
    }
    return 1;
}

static int read_unix_peers(int pid_fd, struct socket_table *table)
{
    _cleanup_close_ int fd = open_diag_in(pid_fd);
    if (fd < 0)
        return fd;
    int r = ask(fd);
    if (r < 0)
        return r;
    _cleanup_free_ char *bytes = malloc(1 << 16);
    if (!bytes)
        return -ENOMEM;
    do {
        ssize_t got = recv(fd, bytes, 1 << 16, 0);
        if (got < 0 && errno == EINTR) {
            r = 1;
            continue;
        }
        if (got <= 0)
            return got < 0 ? -errno : -EPIPE;
        r = take_messages(table, bytes, (size_t)got);
    } while (r > 0);
    return r;
}

int sockets_read(int pid_fd, struct socket_table *table)
{
    socket_table_done(table);
    for (size_t i = 0; i < ELEMENTS(files); i++) {
        int r = read_file(pid_fd, files[i].name, files[i].family, table);
        if (r < 0)
            return r;
    }
    int r = read_unix_peers(pid_fd, table);
    if (r == -ENOMEM)
        return r;
    table->has_unix_peers = r == 0;
    return socket_table_finish(table);
}
