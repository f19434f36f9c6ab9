#include "reaptop/source/parse_net.h"

#include <errno.h>

#include "cursor.h"

/*
 * An address is printed as words of 32 bits in the machine's order, each of
 * eight hexadecimal digits: one for IPv4, four for IPv6.
 */
static bool parse_address(struct cursor *line, struct socket_address *ret_address)
{
    struct socket_address address = {.bytes = {[10] = 0xff, [11] = 0xff}};
    uint32_t words[4];
    size_t count = 0;
    cursor_skip_blanks(line);
    while (count < 4 && line->end - line->at >= 8) {
        struct cursor digits = {.at = line->at, .end = line->at + 8};
        if (cursor_is_blank(*digits.at) || !cursor_u32(&digits, 16, &words[count]) ||
            digits.at != digits.end)
            break;
        line->at += 8;
        count++;
    }
    if (count == 1)
        memcpy(address.bytes + 12, words, sizeof(words[0]));
    else if (count == 4)
        memcpy(address.bytes, words, sizeof(words));
    else
        return false;

    uint32_t port;
    if (!cursor_take(line, ":") || !cursor_u32(line, 16, &port) || port > UINT16_MAX)
        return false;
    address.port = (uint16_t)port;
    *ret_address = address;
    return true;
}

static bool parse_inet_line(struct cursor line, enum socket_family family, struct socket *ret_one)
{
    struct socket one = {.family = family, .has_queues = true};
    struct cursor word;
    uint64_t number;
    uint32_t state;
    if (!cursor_number(&line, 10, &number) || !cursor_take(&line, ":") ||
        !parse_address(&line, &one.local) || !parse_address(&line, &one.remote) ||
        !cursor_u32(&line, 16, &state) || !cursor_u32(&line, 16, &one.tx_queue) ||
        !cursor_take(&line, ":") || !cursor_u32(&line, 16, &one.rx_queue))
        return false;
    /* timer:when, retransmits, uid, timeout */
    for (int i = 0; i < 4; i++)
        if (!cursor_word(&line, &word))
            return false;
    if (!cursor_number(&line, 10, &one.inode))
        return false;
    one.state = state < SOCKET_STATE_COUNT ? (enum socket_state)state : SOCKET_STATE_UNKNOWN;
    *ret_one = one;
    return true;
}

static int append(struct socket_table *table, const struct socket *one)
{
    struct socket *added = socket_table_add(table);
    if (!added)
        return -ENOMEM;
    *added = *one;
    return 0;
}

int parse_net_inet(const char *text, size_t length, enum socket_family family,
                   struct socket_table *table)
{
    struct cursor rest = cursor_of(text, length), line;
    struct socket one;
    while (cursor_line(&rest, &line))
        if (parse_inet_line(line, family, &one) && append(table, &one) < 0)
            return -ENOMEM;
    return 0;
}

/* The kernel's SS_UNCONNECTED … SS_DISCONNECTING (linux/net.h); bit 16 of flags: it listens. */
static enum socket_state unix_state(uint32_t flags, uint32_t state)
{
    enum {
        SO_ACCEPTCON_BIT = 1 << 16,
        CONNECTING = 2,
        CONNECTED = 3
    };
    if (flags & SO_ACCEPTCON_BIT)
        return SOCKET_LISTEN;
    if (state == CONNECTED)
        return SOCKET_ESTABLISHED;
    return state == CONNECTING ? SOCKET_SYN_SENT : SOCKET_CLOSE;
}

static bool parse_unix_line(struct cursor line, struct socket *ret_one, struct cursor *ret_path)
{
    struct socket one = {.family = SOCKET_UNIX};
    struct cursor address;
    uint32_t references, protocol, flags, type, state;
    if (!cursor_word(&line, &address) || address.end[-1] != ':' ||
        !cursor_u32(&line, 16, &references) || !cursor_u32(&line, 16, &protocol) ||
        !cursor_u32(&line, 16, &flags) || !cursor_u32(&line, 16, &type) ||
        !cursor_u32(&line, 16, &state) || !cursor_number(&line, 10, &one.inode))
        return false;
    one.type = (uint8_t)type;
    one.state = unix_state(flags, state);
    /* One blank stands before the name; the name may begin with blanks of its own. */
    (void)cursor_take(&line, " ");
    *ret_path = line;
    *ret_one = one;
    return true;
}

int parse_net_unix(const char *text, size_t length, struct socket_table *table)
{
    struct cursor rest = cursor_of(text, length), line, path;
    struct socket one;
    while (cursor_line(&rest, &line)) {
        if (!parse_unix_line(line, &one, &path))
            continue;
        if (path.at < path.end) {
            one.path = arena_strndup(&table->strings, path.at, (size_t)(path.end - path.at));
            if (!one.path)
                return -ENOMEM;
        }
        if (append(table, &one) < 0)
            return -ENOMEM;
    }
    return 0;
}

int parse_net_plain(const char *text, size_t length, enum socket_family family,
                    struct socket_table *table)
{
    struct cursor rest = cursor_of(text, length), line, word;
    while (cursor_line(&rest, &line)) {
        struct cursor last = {0};
        while (cursor_word(&line, &word))
            last = word;
        struct socket one = {.family = family};
        if (!last.at || !cursor_number(&last, 10, &one.inode) || last.at != last.end)
            continue;
        if (append(table, &one) < 0)
            return -ENOMEM;
    }
    return 0;
}
