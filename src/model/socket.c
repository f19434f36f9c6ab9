#include "reaptop/model/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

void socket_table_done(struct socket_table *table)
{
    free(table->sockets);
    free(table->by_address);
    arena_done(&table->strings);
    *table = SOCKET_TABLE_INIT;
}

struct socket *socket_table_add(struct socket_table *table)
{
    if (table->count >= UINT32_MAX ||
        array_reserve(&table->sockets, &table->capacity, table->count + 1) < 0)
        return NULL;
    struct socket *one = &table->sockets[table->count++];
    *one = (struct socket){0};
    return one;
}

static int compare_inodes(const void *a, const void *b)
{
    const struct socket *one = a, *other = b;
    return (one->inode > other->inode) - (one->inode < other->inode);
}

static int compare_addresses(const struct socket_address *a, const struct socket_address *b)
{
    int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
    return order != 0 ? order : (a->port > b->port) - (a->port < b->port);
}

static int compare_pairs(const struct socket *one, enum socket_family family,
                         const struct socket_address *local, const struct socket_address *remote)
{
    if (one->family != family)
        return one->family < family ? -1 : 1;
    int order = compare_addresses(&one->local, local);
    return order != 0 ? order : compare_addresses(&one->remote, remote);
}

static int compare_indices(const void *a, const void *b, void *context)
{
    const struct socket *sockets = context;
    const struct socket *other = &sockets[*(const uint32_t *)b];
    return compare_pairs(&sockets[*(const uint32_t *)a], other->family, &other->local,
                         &other->remote);
}

/* What sock_diag says of a socket joins what /proc/net/unix says. */
static void merge(struct socket *into, const struct socket *from)
{
    if (from->peer_inode)
        into->peer_inode = from->peer_inode;
    if (from->waits_for_listener)
        into->waits_for_listener = from->waits_for_listener;
    if (from->has_queues) {
        into->has_queues = true;
        into->rx_queue = from->rx_queue;
        into->tx_queue = from->tx_queue;
    }
    if (!into->path)
        into->path = from->path;
    if (from->state)
        into->state = from->state;
    if (from->type)
        into->type = from->type;
}

static void drop_doubles(struct socket_table *table)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        struct socket *last = kept > 0 ? &table->sockets[kept - 1] : NULL;
        if (last && last->inode != 0 && last->inode == table->sockets[i].inode &&
            last->family == table->sockets[i].family)
            merge(last, &table->sockets[i]);
        else
            table->sockets[kept++] = table->sockets[i];
    }
    table->count = kept;
}

int socket_table_finish(struct socket_table *table)
{
    if (table->count == 0)
        return 0;
    qsort(table->sockets, table->count, sizeof(table->sockets[0]), compare_inodes);
    drop_doubles(table);

    free(table->by_address);
    table->by_address_count = 0;
    table->by_address = calloc(table->count, sizeof(table->by_address[0]));
    if (!table->by_address)
        return -ENOMEM;
    for (size_t i = 0; i < table->count; i++)
        if (table->sockets[i].family == SOCKET_TCP || table->sockets[i].family == SOCKET_UDP)
            table->by_address[table->by_address_count++] = (uint32_t)i;
    qsort_r(table->by_address, table->by_address_count, sizeof(table->by_address[0]),
            compare_indices, table->sockets);
    return 0;
}

struct socket *socket_find(const struct socket_table *table, uint64_t inode)
{
    const struct socket key = {.inode = inode};
    if (inode == 0 || table->count == 0)
        return NULL;
    return bsearch(&key, table->sockets, table->count, sizeof(table->sockets[0]), compare_inodes);
}

static const struct socket *find_pair(const struct socket_table *table, enum socket_family family,
                                      const struct socket_address *local,
                                      const struct socket_address *remote)
{
    size_t low = 0, high = table->by_address_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct socket *one = &table->sockets[table->by_address[middle]];
        int order = compare_pairs(one, family, local, remote);
        if (order == 0)
            return one;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool is_inet(const struct socket *one)
{
    return one->family == SOCKET_TCP || one->family == SOCKET_UDP;
}

const struct socket *socket_find_peer(const struct socket_table *table, const struct socket *one)
{
    if (one->family == SOCKET_UNIX)
        return socket_find(table, one->peer_inode);
    if (!is_inet(one) || one->remote.port == 0)
        return NULL;
    return find_pair(table, one->family, &one->remote, &one->local);
}

const struct socket *socket_find_listener(const struct socket_table *table,
                                          const struct socket *one)
{
    if (one->family == SOCKET_UNIX)
        return socket_find(table, one->waits_for_listener);
    if (one->family != SOCKET_TCP || one->remote.port == 0)
        return NULL;

    static const struct socket_address nowhere, any_v4 = {.bytes = {[10] = 0xff, [11] = 0xff}};
    struct socket_address any[] = {one->remote, any_v4, nowhere};
    for (size_t i = 0; i < ELEMENTS(any); i++) {
        any[i].port = one->remote.port;
        const struct socket *found = find_pair(table, SOCKET_TCP, &any[i], &nowhere);
        if (!found)
            found = find_pair(table, SOCKET_TCP, &any[i], &any_v4);
        if (found && found->state == SOCKET_LISTEN)
            return found;
    }
    return NULL;
}

const struct socket *socket_find_path(const struct socket_table *table, const char *path)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct socket *one = &table->sockets[i];
        if (one->family == SOCKET_UNIX && one->path && strcmp(one->path, path) == 0 &&
            (one->state == SOCKET_LISTEN || one->type != 1))
            return one;
    }
    return NULL;
}

static bool is_mapped(const struct socket_address *address)
{
    return memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static const char *family_name(enum socket_family family)
{
    static const char *const names[SOCKET_FAMILY_COUNT] = {
        [SOCKET_UNKNOWN] = "socket", [SOCKET_TCP] = "tcp",   [SOCKET_UDP] = "udp",
        [SOCKET_RAW] = "raw",        [SOCKET_UNIX] = "unix", [SOCKET_NETLINK] = "netlink",
        [SOCKET_PACKET] = "packet",
    };
    return names[family];
}

static const char *state_name(enum socket_state state)
{
    static const char *const names[SOCKET_STATE_COUNT] = {
        [SOCKET_STATE_UNKNOWN] = "UNKNOWN",
        [SOCKET_ESTABLISHED] = "ESTABLISHED",
        [SOCKET_SYN_SENT] = "SYN_SENT",
        [SOCKET_SYN_RECV] = "SYN_RECV",
        [SOCKET_FIN_WAIT1] = "FIN_WAIT1",
        [SOCKET_FIN_WAIT2] = "FIN_WAIT2",
        [SOCKET_TIME_WAIT] = "TIME_WAIT",
        [SOCKET_CLOSE] = "CLOSE",
        [SOCKET_CLOSE_WAIT] = "CLOSE_WAIT",
        [SOCKET_LAST_ACK] = "LAST_ACK",
        [SOCKET_LISTEN] = "LISTEN",
        [SOCKET_CLOSING] = "CLOSING",
        [SOCKET_NEW_SYN_RECV] = "NEW_SYN_RECV",
    };
    return names[state];
}

/* "127.0.0.1:80" or "[::1]:80"; port 0 as "*". */
static void append_address(struct strbuf *out, const struct socket_address *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (is_mapped(address)) {
        (void)inet_ntop(AF_INET, address->bytes + 12, text, sizeof(text));
        strbuf_puts(out, text);
    } else {
        (void)inet_ntop(AF_INET6, address->bytes, text, sizeof(text));
        strbuf_printf(out, "[%s]", text);
    }
    if (address->port != 0)
        strbuf_printf(out, ":%u", address->port);
    else
        strbuf_puts(out, ":*");
}

void socket_describe(const struct socket *one, struct strbuf *out)
{
    strbuf_puts(out, family_name(one->family));
    if (is_inet(one) || one->family == SOCKET_RAW) {
        strbuf_putc(out, ' ');
        append_address(out, &one->local);
        if (one->remote.port != 0) {
            strbuf_puts(out, " → ");
            append_address(out, &one->remote);
        }
    }
    if (one->path)
        strbuf_printf(out, " %s", one->path);
    if (one->family == SOCKET_TCP || (one->family == SOCKET_UNIX && one->state == SOCKET_LISTEN))
        strbuf_printf(out, " %s", state_name(one->state));
}
