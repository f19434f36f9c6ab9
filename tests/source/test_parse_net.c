#include <criterion/criterion.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_net.h"

static const char tcp[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  0 0 14112 1 0\n"
    "   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  0 0 14113 1 0\n"
    "   2: 0100007F:C001 0100007F:1F90 01 00000005:00000007 00:00000000 00000000  0 0 14114 1 0\n"
    "   3: 0100007F:C002 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  0 0 14115 1 0\n"
    "   4: 0100007F:1F90 0100007F:C002 01 00000000:00000000 00:00000000 00000000  0 0 0 1 0\n";

static const char tcp6[] =
    "   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000  0 0 15000 1 0\n"
    "   1: 0000000000000000FFFF00000100007F:C003 0000000000000000FFFF00000100007F:1F90 01 "
    "00000000:00000000 00:00000000 00000000  0 0 15001 1 0\n";

static void build(struct socket_table *table)
{
    cr_assert_eq(parse_net_inet(tcp, strlen(tcp), SOCKET_TCP, table), 0);
    cr_assert_eq(parse_net_inet(tcp6, strlen(tcp6), SOCKET_TCP, table), 0);
    cr_assert_eq(socket_table_finish(table), 0);
}

Test(parse_net, tcp_ends_find_each_other)
{
    _cleanup_(socket_table_done) struct socket_table table = SOCKET_TABLE_INIT;
    build(&table);
    cr_assert_eq(table.count, 7);
    const struct socket *client = socket_find(&table, 14114);
    cr_assert_not_null(client);
    cr_expect_eq(client->local.port, 0xc001);
    cr_expect_eq(client->rx_queue, 7);
    cr_expect_eq(client->tx_queue, 5);
    cr_expect_eq(client->remote.bytes[12], 127);
    const struct socket *server = socket_find_peer(&table, client);
    cr_assert_not_null(server);
    cr_expect_eq(server->inode, 14113);
    cr_expect_eq(socket_find_peer(&table, server), client);
}

Test(parse_net, an_unaccepted_connection_leads_to_the_listener)
{
    _cleanup_(socket_table_done) struct socket_table table = SOCKET_TABLE_INIT;
    build(&table);
    const struct socket *client = socket_find(&table, 14115);
    const struct socket *peer = socket_find_peer(&table, client);
    cr_assert_not_null(peer);
    cr_expect_eq(peer->inode, 0);
    const struct socket *listener = socket_find_listener(&table, client);
    cr_assert_not_null(listener);
    cr_expect_eq(listener->inode, 14112);
    cr_expect_eq(listener->rx_queue, 3);
}

Test(parse_net, both_versions_share_one_kind_of_address)
{
    _cleanup_(socket_table_done) struct socket_table table = SOCKET_TABLE_INIT;
    _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
    build(&table);
    const struct socket *mapped = socket_find(&table, 15001);
    cr_expect_eq(socket_find_listener(&table, mapped)->inode, 14112);
    socket_describe(socket_find(&table, 15000), &words);
    cr_expect_str_eq(strbuf_text(&words), "tcp [::1]:80 LISTEN");
    strbuf_clear(&words);
    socket_describe(socket_find(&table, 14114), &words);
    cr_expect_str_eq(strbuf_text(&words), "tcp 127.0.0.1:49153 → 127.0.0.1:8080 ESTABLISHED");
}

Test(parse_net, unix_names_hold_any_byte)
{
    static const char text[] =
        "Num       RefCount Protocol Flags    Type St Inode Path\n"
        "000000005f5d87d3: 00000003 00000000 00000000 0001 03  1131\n"
        "000000005f5d87d4: 00000002 00000000 00010000 0001 01  1132 /run/ a \033[31m\n"
        "000000005f5d87d5: 00000002 00000000 00000000 0002 01  1133 @abstract@@\n"
        "000000005f5d87d6: 00000002 00000000\n"
        "nonsense\n";
    _cleanup_(socket_table_done) struct socket_table table = SOCKET_TABLE_INIT;
    cr_assert_eq(parse_net_unix(text, strlen(text), &table), 0);
    cr_assert_eq(socket_table_finish(&table), 0);
    cr_assert_eq(table.count, 3);
    cr_expect_null(socket_find(&table, 1131)->path);
    cr_expect_eq(socket_find(&table, 1131)->state, SOCKET_ESTABLISHED);
    cr_expect_str_eq(socket_find(&table, 1132)->path, "/run/ a \033[31m");
    cr_expect_eq(socket_find(&table, 1132)->state, SOCKET_LISTEN);
    cr_expect_eq(socket_find_path(&table, "@abstract@@")->inode, 1133);
    cr_expect_null(socket_find_path(&table, "/run"));
}

Test(parse_net, plain_tables_end_with_the_inode)
{
    static const char text[] =
        "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
        "00000000efbb6ba5 0   0          00000000 0        0        0     2        0        41    "
        "\n"
        "x\n\n";
    _cleanup_(socket_table_done) struct socket_table table = SOCKET_TABLE_INIT;
    cr_assert_eq(parse_net_plain(text, strlen(text), SOCKET_NETLINK, &table), 0);
    cr_assert_eq(socket_table_finish(&table), 0);
    cr_assert_eq(table.count, 1);
    cr_expect_eq(socket_find(&table, 41)->family, SOCKET_NETLINK);
}

Test(parse_net, hostile_lines_add_nothing)
{
    static const char *const lines[] = {
        "0:",
        "0: 0100007F",
        "0: 0100007F:1F90 00000000:0000",
        "0: 0100007G:1F90 00000000:0000 0A",
        "0: 0100007F:1F90F 00000000:0000 0A 0:0 0:0 0 0 0 5",
        "0: 0100007F0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 5",
        "0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0",
        "0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 x",
    };
    _cleanup_(socket_table_done) struct socket_table table = SOCKET_TABLE_INIT;
    for (size_t i = 0; i < ELEMENTS(lines); i++)
        cr_assert_eq(parse_net_inet(lines[i], strlen(lines[i]), SOCKET_TCP, &table), 0);
    cr_expect_eq(table.count, 0);
    cr_expect_null(socket_find(&table, 5));
}
