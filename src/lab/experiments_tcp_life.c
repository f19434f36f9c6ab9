/* TCP from the first packet to the last: what is refused, what waits, and how long. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tcp_states.h"

enum {
    WAIT_MS = 20, /* a program's patience, not the lab's */
    SOCKETS = 16, /* more than fit into the shortest queue */
    ROOMY = 128
};

static struct role *server, *client;
static struct sockaddr_in address = {.sin_family = AF_INET};
static unsigned port;
static int listener = -1;

/* ---- the server ---- */

static int connection = -1;

static int64_t server_accept(void)
{
    if (connection >= 0)
        (void)close(connection);
    connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return connection < 0 ? -errno : 0;
}

static int64_t read_byte(int fd)
{
    char byte;
    ssize_t n = read(fd, &byte, 1);

    return n < 0 ? -errno : n;
}

/* Ends the connection without the usual farewell: the other side gets a reset. */
static int64_t server_reset(bool is_polite)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};

    if (!is_polite)
        (void)setsockopt(connection, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    int r = close(connection);
    connection = -1;
    return r;
}

static void life_server(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case 'l':
            role_report(
                bench,
                listen(listener,
                       is_sight_broken(bench, 2, 3) || is_sight_broken(bench, 2, 4) ? ROOMY : 0));
            break;
        case 'a':
            role_report(bench, server_accept());
            break;
        case 'r':
            role_report(bench, read_byte(connection));
            break;
        case 'w':
            role_report(bench, write(connection, "!", 1));
            break;
        case 'c':
            role_report(bench, server_reset(true));
            break;
        case 'z':
            role_report(bench, server_reset(is_sight_broken(bench, 5, 2)));
            break;
        }
}

/* ---- the client ---- */

static int sockets[SOCKETS];
static unsigned socket_count;

static int new_socket(int flags)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

    if (socket_count < SOCKETS)
        sockets[socket_count++] = fd;
    return fd;
}

static int64_t client_connect(int flags)
{
    int fd = new_socket(flags);

    return connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* Connects without waiting until a connection does not come about: poll()'s last answer. */
static void client_fill(struct bench *bench)
{
    int64_t begun = 0;
    int ready = 1;

    while (ready > 0 && socket_count < SOCKETS) {
        begun = client_connect(SOCK_NONBLOCK);
        struct pollfd fd = {.fd = sockets[socket_count - 1], .events = POLLOUT};
        ready = poll(&fd, 1, WAIT_MS);
    }
    role_report(bench, begun);
    role_report(bench, ready);
}

/* All but the first, or none. */
static void client_close(unsigned first)
{
    while (socket_count > first)
        (void)close(sockets[--socket_count]);
}

static void client_patience(void)
{
    struct timeval patience = {.tv_usec = WAIT_MS * 1000};

    (void)setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

static void life_client(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case 'c':
            role_report(bench, client_connect(0));
            break;
        case 'n':
            client_fill(bench);
            break;
        case 'o':
            client_close(1);
            role_report(bench, 0);
            break;
        case 'x':
            client_close(0);
            role_report(bench, 0);
            break;
        case 't':
            client_patience();
            role_report(bench, read_byte(sockets[0]));
            break;
        case 'r':
            role_report(bench, read_byte(sockets[0]));
            break;
        }
}

/* ---- the steps ---- */

static bool lacks_tcp(struct bench *bench, unsigned sights)
{
    for (unsigned i = 0; i < sights && !port; i++)
        see_skipped(bench, i, _("no IPv4 loopback interface in this network namespace"));
    return !port;
}

static void life_refused(struct bench *bench)
{
    socklen_t size = sizeof(address);
    char line[128] = "";

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, size) == 0 &&
        getsockname(listener, (struct sockaddr *)&address, &size) == 0)
        port = ntohs(address.sin_port);
    if (lacks_tcp(bench, 2))
        return;
    server = role_spawn(bench, "server", life_server);
    client = role_spawn(bench, "client", life_client);
    if (bench->broken_step == 1)
        (void)role_ask(bench, server, 'l');
    int listening = tcp_states(TCP_IS_LISTEN, port, 0, line, sizeof(line));
    (void)see(bench, 0, listening == 0, "%s",
              listening ? line : _("no socket of that port is in state 0A, LISTEN"));
    role_go(bench, client, 'c');
    (void)see_reported(bench, 1, client, "connect()", -ECONNREFUSED);
    (void)role_ask(bench, client, 'x');
}

static void life_handshake(struct bench *bench)
{
    if (lacks_tcp(bench, 4))
        return;
    if (!is_broken(bench, 2))
        (void)role_ask(bench, server, 'l');
    if (is_sight_broken(bench, 2, 1))
        (void)role_ask(bench, client, 'c');
    role_go(bench, server, 'a');
    (void)see_reported(bench, 0, server, "accept()", -EAGAIN);
    role_go(bench, client, is_sight_broken(bench, 2, 2) ? 'c' : 'n');
    (void)see_reported(bench, 1, client, "connect()", -EINPROGRESS);
    (void)see_tcp(bench, 2, TCP_IS_SYN_SENT, 0, port);
    (void)see_reported(bench, 3, client, _("poll() with a time-out of 20 ms returned"), 0);
    (void)role_ask(bench, client, 'o');
}

static void life_half(struct bench *bench)
{
    if (lacks_tcp(bench, 3))
        return;
    if (role_ask(bench, server, 'a') != 0)
        return;
    if (bench->broken_step != 3)
        (void)role_ask(bench, client, 'x');
    (void)see_tcp(bench, 0, TCP_IS_FIN_WAIT2, 0, port);
    (void)see_tcp(bench, 1, TCP_IS_CLOSE_WAIT, port, 0);
    role_go(bench, server, 'r');
    (void)see_reported(bench, 2, server, "read()", 0);
}

static bool server_side_is_gone(void)
{
    char line[128];

    return tcp_states(TCP_IS_CLOSE_WAIT, port, 0, line, sizeof(line)) +
               tcp_states(TCP_IS_LAST_ACK, port, 0, line, sizeof(line)) ==
           0;
}

static void life_end(struct bench *bench)
{
    if (lacks_tcp(bench, 2))
        return;
    if (bench->broken_step != 4)
        (void)role_ask(bench, server, 'c');
    (void)see_tcp(bench, 0, TCP_IS_TIME_WAIT, 0, port);
    bool gone = until(bench, server_side_is_gone());
    (void)see(bench, 1, gone, "%s",
              gone ? _("no socket of that port is in state 08, CLOSE-WAIT, or 09, LAST-ACK")
                   : _("the server's side is still there"));
}

static void life_timeout(struct bench *bench)
{
    int64_t accepted = -EAGAIN;

    if (lacks_tcp(bench, 2))
        return;
    (void)role_ask(bench, client, 'c');
    if (!until(bench, (accepted = role_ask(bench, server, 'a')) == 0))
        return;
    if (is_left_out(bench, 5, 1))
        (void)role_ask(bench, server, 'w');
    role_go(bench, client, 't');
    (void)see_reported(bench, 0, client, _("read() after 20 ms"), -EAGAIN);
    (void)role_ask(bench, server, 'z');
    role_go(bench, client, 'r');
    (void)see_reported(bench, 1, client, "read()", -ECONNRESET);
}

#define REPORTED_CONNECT N_("connect(2), as the process itself reports it")
#define REPORTED_READ    N_("read(2), as the process itself reports it")

const struct lab_experiment experiment_tcp_life = {
    .name = "tcp-life",
    .chapter = LAB_PIPES,
    .place = 10,
    .title = N_("TCP from the first packet to the last"),
    .question = N_("What can become of a connection, and how does a program learn it?"),
    .roles = {{"server", N_("listens on 127.0.0.1, and accepts late")}, {"client", N_("connects")}},
    .steps =
        {
            {
                .does = N_("A client connects to a port at which nobody listens."),
                .question = N_("What does connect() do?"),
                .choices = {N_("it waits"), N_("it fails at once: refused"), N_("it succeeds")},
                .right = 1,
                .sees = {{N_("nobody listens there"), "/proc/net/tcp", N_("the server listens")},
                         {N_("connect() fails with ECONNREFUSED"), REPORTED_CONNECT,
                          N_("the server listens")}},
                .explains = N_("The kernel of the other side answers the first packet (SYN) with a "
                               "reset (RST). Refused means: somebody answered, and said no. "
                               "Silence would be a time-out."),
                .manual = "connect(2)",
                .breaks = N_("the server listens"),
                .run = life_refused,
            },
            {
                .does = N_("The server listens with the shortest queue and does not accept. The "
                           "client connects again and again, without waiting (O_NONBLOCK)."),
                .question = N_("What becomes of those that do not fit into the queue?"),
                .choices = {N_("they are refused"), N_("they wait in SYN-SENT"),
                            N_("they are established")},
                .right = 1,
                .sees = {{N_("accept() with an empty queue fails with EAGAIN"),
                          N_("accept(2), as the process itself reports it"),
                          N_("a client has connected before")},
                         {N_("connect() says EINPROGRESS"), REPORTED_CONNECT,
                          N_("it connects without O_NONBLOCK")},
                         {N_("a socket is in state 02, SYN-SENT"), "/proc/net/tcp",
                          N_("the queue has room for 128")},
                         {N_("poll() gives up after its time-out"),
                          N_("poll(2), as the process itself reports it"),
                          N_("the queue has room for 128")}},
                .explains = N_("A handshake is three packets: SYN, SYN and ACK, ACK. The kernels "
                               "do it; accept() only takes what is done out of the queue. A full "
                               "queue drops the SYN, and the client's kernel repeats it after 1, "
                               "2, 4 … seconds. A program sets its own deadline with poll()."),
                .manual = "listen(2), tcp(7)",
                .breaks = N_("the server does not listen"),
                .run = life_handshake,
            },
            {
                .does = N_("The server accepts the first connection. Then the client closes it."),
                .question = N_("How does the server learn that?"),
                .choices = {N_("by a signal"), N_("its read() gives 0: end of file"),
                            N_("not before it writes")},
                .right = 1,
                .sees = {{N_("the client's side is in state 05, FIN-WAIT-2"), "/proc/net/tcp",
                          N_("the client does not close")},
                         {N_("the server's side is in state 08, CLOSE-WAIT"), "/proc/net/tcp",
                          N_("the client does not close")},
                         {N_("read() gives 0"), REPORTED_READ, N_("the client does not close")}},
                .explains = N_("close() sends FIN: nothing more will come. The server's kernel "
                               "acknowledges it; the server's program has still to close its own "
                               "side, and until then it is in CLOSE-WAIT."),
                .manual = "tcp(7), read(2)",
                .breaks = N_("the client does not close"),
                .run = life_half,
            },
            {
                .does = N_("The server closes too."),
                .question = N_("Is everything gone now?"),
                .choices = {N_("yes"), N_("the side that closed first stays in TIME-WAIT"),
                            N_("the server's side stays in TIME-WAIT")},
                .right = 1,
                .sees = {{N_("the client's side is in state 06, TIME-WAIT"), "/proc/net/tcp",
                          N_("the server does not close")},
                         {N_("the server's side is gone"), "/proc/net/tcp",
                          N_("the server does not close")}},
                .explains = N_("TIME-WAIT keeps the ports for 60 seconds, so that a late packet "
                               "cannot be taken for one of a new connection. No process has that "
                               "socket any more: the kernel keeps it. A server that closes first "
                               "needs SO_REUSEADDR to start again at once."),
                .manual = "tcp(7), socket(7)",
                .breaks = N_("the server does not close"),
                .run = life_end,
            },
            {
                .does = N_("A new connection. The client reads with a time-out of 20 milliseconds, "
                           "and the server is silent. Then the server ends the connection by a "
                           "reset, and the client reads again."),
                .question = N_("What do the two reads give?"),
                .choices = {N_("EAGAIN, then ECONNRESET"), N_("0, then 0"),
                            N_("ETIMEDOUT, then EOF")},
                .right = 0,
                .sees = {{N_("the first read fails with EAGAIN after its time-out"), REPORTED_READ,
                          N_("the server writes a byte")},
                         {N_("the second fails with ECONNRESET"), REPORTED_READ,
                          N_("the server closes as usual")}},
                .explains = N_("SO_RCVTIMEO bounds one read; a deadline over several calls must be "
                               "kept by the program. A reset is an end without order: what was on "
                               "its way is lost, and nobody goes through TIME-WAIT."),
                .manual = "socket(7), tcp(7)",
                .breaks = N_("the server writes a byte"),
                .run = life_timeout,
            },
        },
    .reading = "tcp(7), connect(2), accept(2), socket(7), proc(5)",
};
