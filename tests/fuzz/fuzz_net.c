#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(socket_table_done) struct socket_table table = SOCKET_TABLE_INIT;
    _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
    const char *text = (const char *)data;
    if (parse_net_inet(text, size, SOCKET_TCP, &table) < 0 ||
        parse_net_unix(text, size, &table) < 0 ||
        parse_net_plain(text, size, SOCKET_NETLINK, &table) < 0 || socket_table_finish(&table) < 0)
        return 0;
    for (size_t i = 0; i < table.count && i < 64; i++) {
        const struct socket *one = &table.sockets[i];
        (void)socket_find_peer(&table, one);
        (void)socket_find_listener(&table, one);
        socket_describe(one, &words);
        if (one->inode != 0 && !socket_find(&table, one->inode))
            abort();
    }
    return 0;
}
