/* Pipes, queues, memory, sockets, continued: sockets. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "tcp_states.h"

static struct role *server, *client;
static int pair[2];
static struct sockaddr_un unix_address = {.sun_family = AF_UNIX};
static struct sockaddr_in tcp_address = {.sin_family = AF_INET};

/* Some descriptor numbers, so that the host knows where to look in /proc/PID/fd. */
enum {
    FD_LISTENER = 70,
    FD_SOCKET = 71
};

static int make_listener(int family, const void *address, socklen_t size)
{
    _cleanup_close_ int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, address, size) < 0 || listen(fd, 4) < 0)
        return -errno;
    return take_fd(fd);
}

static void client_connect(struct bench *bench, int family, const void *address, socklen_t size)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* No TIME_WAIT is to stay behind when we are killed. */
    struct linger none = {.l_onoff = 1};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    role_report(bench, connect(fd, address, size) < 0 ? -errno : 0);
    (void)dup3(fd, FD_SOCKET, O_CLOEXEC);
    (void)close(fd);
}

static void server_accept(struct bench *bench)
{
    struct linger none = {.l_onoff = 1};
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);
    int fd = accept4(FD_LISTENER, NULL, NULL, SOCK_CLOEXEC);

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        peer.pid = 0;
    (void)dup3(fd, FD_SOCKET, O_CLOEXEC);
    (void)close(fd);
    role_report(bench, fd < 0 ? -errno : peer.pid);
}

static int64_t read_some(void)
{
    char buffer[4096];
    ssize_t n = read(FD_SOCKET, buffer, sizeof(buffer));

    return n < 0 ? -errno : n;
}

static void set_blocking(bool blocking)
{
    (void)fcntl(FD_SOCKET, F_SETFL, blocking ? 0 : O_NONBLOCK);
}

/* ---- unix-socket ---- */

static void unix_server(struct bench *bench)
{
    (void)dup3(pair[0], FD_SOCKET, O_CLOEXEC);
    for (;;)
        switch (role_await(bench)) {
        case 'r':
            role_report(bench, read_some());
            break;
        case 'n':
            set_blocking(is_broken(bench, 2));
            role_report(bench, read_some());
            set_blocking(true);
            break;
        case 'a':
            server_accept(bench);
            break;
        }
}

static void unix_client(struct bench *bench)
{
    (void)dup3(pair[is_sight_broken(bench, 1, 2) ? 0 : 1], FD_SOCKET, O_CLOEXEC);
    for (;;)
        switch (role_await(bench)) {
        case 'w':
            role_report(bench, write(FD_SOCKET, "hello", 5));
            break;
        case 'c':
            if (!is_broken(bench, 3))
                client_connect(bench, AF_UNIX, &unix_address, sizeof(unix_address));
            break;
        }
}

static void unix_pair(struct bench *bench)
{
    char left[64] = "", right[64] = "";
    const char *directory = bench_directory(bench);

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return;
    if (directory && strlen(directory) + 8 < sizeof(unix_address.sun_path)) {
        (void)snprintf(unix_address.sun_path, sizeof(unix_address.sun_path), "%.90s/socket",
                       directory);
        int listener = is_sight_broken(bench, 3, 1)
                           ? -1
                           : make_listener(AF_UNIX, &unix_address, sizeof(unix_address));
        (void)dup3(listener, FD_LISTENER, O_CLOEXEC);
        (void)fd_close(listener);
    }
    server = role_spawn(bench, "server", unix_server);
    client = role_spawn(bench, "client", unix_client);
    (void)close(pair[0]);
    (void)close(pair[1]);
    if (!is_broken(bench, 1))
        role_go(bench, server, 'r');
    (void)see_sleep(bench, 0, server->pid, "unix_stream", SYS_read);
    (void)until(bench, observe_link(server->pid, "fd/71", left, sizeof(left)) &&
                           observe_link(client->pid, "fd/71", right, sizeof(right)));
    (void)see(bench, 1,
              strncmp(left, "socket:", 7) == 0 && strncmp(right, "socket:", 7) == 0 &&
                  strcmp(left, right) != 0,
              "/proc/%d/fd/71 -> %s, /proc/%d/fd/71 -> %s", server->pid, left, client->pid, right);
    (void)role_ask(bench, client, 'w');
    (void)see_reported(bench, 2, server, _("read() returned"), 5);
}

static void unix_again(struct bench *bench)
{
    role_go(bench, server, 'n');
    (void)see_reported(bench, 0, server, "read()", -EAGAIN);
}

/* The line of /proc/net/unix with that path. */
static bool unix_line(const char *path, char *ret_line, size_t size)
{
    char line[512];
    _cleanup_file_ FILE *stream = fopen("/proc/net/unix", "re");

    while (stream && fgets(line, sizeof(line), stream))
        if (strstr(line, path)) {
            line[strcspn(line, "\n")] = '\0';
            (void)snprintf(ret_line, size, "%s", line);
            return true;
        }
    return false;
}

static void unix_accept(struct bench *bench)
{
    char line[512] = "";

    if (unix_address.sun_path[0] == '\0') {
        see_no_directory(bench, 3);
        return;
    }
    bool listed = unix_line(unix_address.sun_path, line, sizeof(line));
    (void)see(bench, 0, listed, "/proc/net/unix: %s", line);
    if (!is_sight_broken(bench, 3, 2))
        role_go(bench, server, 'a');
    (void)see_sleep(bench, 1, server->pid, "unix_accept|skb_wait|recv_datagram|unix_", SYS_accept4);
    role_go(bench, client, 'c');
    (void)see_reported(bench, 2, server, _("SO_PEERCRED names PID"), client->pid);
}

const struct lab_experiment experiment_unix_socket = {
    .name = "unix-socket",
    .chapter = LAB_PIPES,
    .place = 7,
    .title = N_("Sockets between processes of one machine"),
    .question = N_("What can a UNIX domain socket do that a pipe cannot?"),
    .roles = {{"server", N_("reads, and accepts")}, {"client", N_("writes, and connects")}},
    .steps =
        {
            {
                .does = N_("A socket pair joins two processes. The server reads; then the client "
                           "writes \"hello\"."),
                .question = N_("Do both ends have the same inode number, as a pipe's have?"),
                .choices = {N_("yes"), N_("no: two sockets, joined")},
                .right = 1,
                .sees = {{N_("the server sleeps in the socket's read"), "/proc/PID/wchan"},
                         {N_("each end is a socket of its own"), "/proc/PID/fd",
                          N_("both have the same end")},
                         {N_("the server gets 5 bytes"),
                          N_("read(2), as the process itself reports it")}},
                .explains = N_("A socket is an endpoint for talking; its other end is its peer. It "
                               "works both ways, and UNIX domain sockets can pass descriptors."),
                .manual = "unix(7), socketpair(2)",
                .breaks = N_("the server does not read"),
                .run = unix_pair,
            },
            {
                .does = N_("The server sets O_NONBLOCK and reads once more. There is nothing to "
                           "read."),
                .question = N_("What does read() do?"),
                .choices = {N_("returns 0"), N_("sleeps"), N_("fails with EAGAIN")},
                .right = 2,
                .sees = {{N_("read() fails with EAGAIN"),
                          N_("read(2), as the process itself reports it")}},
                .explains = N_("EAGAIN means: nothing now, try again. A program that serves many "
                               "asks poll(2) or epoll(7) which socket is ready, instead of "
                               "sleeping in one."),
                .manual = "read(2), unix(7)",
                .breaks = N_("O_NONBLOCK is not set"),
                .run = unix_again,
            },
            {
                .does = N_("The server accepts connections at a name in the file system; the "
                           "client connects."),
                .question = N_("Can the server know who connected?"),
                .choices = {N_("no"), N_("yes, the kernel tells it")},
                .right = 1,
                .sees = {{N_("the socket's name is listed"), "/proc/net/unix",
                          N_("the server does not listen")},
                         {N_("the server sleeps in accept()"), "/proc/PID/wchan",
                          N_("the server does not accept")},
                         {N_("then it is told the client's PID"),
                          N_("getsockopt(2) SO_PEERCRED, as the process itself reports it")}},
                .explains = N_("listen() makes a socket that waits for others, connect() asks it, "
                               "and accept() returns a new socket for that one peer. SO_PEERCRED "
                               "tells PID, user and group, and cannot be forged."),
                .manual = "unix(7), accept(2)",
                .breaks = N_("the client does not connect"),
                .run = unix_accept,
            },
        },
    .reading = "unix(7), socket(7), accept(2)",
};

/* ---- tcp ---- */

static void tcp_server(struct bench *bench)
{
    for (;;)
        switch (role_await(bench)) {
        case 'a':
            server_accept(bench);
            break;
        case 'r':
            role_report(bench, read_some());
            break;
        case 's':
            if (!is_broken(bench, 4))
                (void)shutdown(FD_SOCKET, SHUT_WR);
            role_report(bench, 0);
            break;
        case 'd': /* all that is there */
            set_blocking(false);
            while (read_some() > 0)
                ;
            set_blocking(true);
            role_report(bench, 0);
            break;
        }
}

/* Bytes; more than any socket buffer of one connection holds. */
enum {
    MUCH = 64 << 20,
    FEW = 100
};

static void tcp_client(struct bench *bench)
{
    int size = 65536;
    /* Mapped by the one role that writes it: the program itself stays small. */
    const void *much = mmap(NULL, MUCH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    for (;;)
        switch (role_await(bench)) {
        case 'c':
            if (!is_broken(bench, 2))
                client_connect(bench, AF_INET, &tcp_address, sizeof(tcp_address));
            (void)setsockopt(FD_SOCKET, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
            break;
        case 'f':
            role_report(bench, write(FD_SOCKET, much, is_sight_broken(bench, 3, 1) ? 4096 : FEW));
            break;
        case 'w': {
            set_blocking(false);
            ssize_t n = write(FD_SOCKET, much, is_left_out(bench, 3, 2) ? FEW : MUCH);
            role_report(bench, n < 0 ? -errno : n);
            /* Until really nothing more fits: what was on its way makes room now and then. */
            while (n > 0 && !is_broken(bench, 3))
                n = write(FD_SOCKET, much, MUCH);
            role_report(bench, n < 0 ? -errno : n);
            set_blocking(true);
            break;
        }
        }
}

static bool has_tcp(struct bench *bench, unsigned sights)
{
    if (tcp_address.sin_port)
        return true;
    for (unsigned i = 0; i < sights; i++)
        see_skipped(bench, i, _("no IPv4 loopback interface in this network namespace"));
    return false;
}

static void tcp_listen(struct bench *bench)
{
    socklen_t size = sizeof(tcp_address);

    tcp_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = make_listener(AF_INET, &tcp_address, sizeof(tcp_address));
    if (listener >= 0) {
        (void)getsockname(listener, (struct sockaddr *)&tcp_address, &size);
        if (!is_sight_broken(bench, 1, 1))
            (void)dup3(listener, FD_LISTENER, O_CLOEXEC);
        (void)close(listener);
    }
    if (!has_tcp(bench, 2))
        return;
    server = role_spawn(bench, "server", tcp_server);
    (void)close(FD_LISTENER);
    client = role_spawn(bench, "client", tcp_client);
    (void)see_tcp(bench, 0, TCP_IS_LISTEN, ntohs(tcp_address.sin_port), 0);
    if (!is_broken(bench, 1))
        role_go(bench, server, 'a');
    (void)see_sleep(bench, 1, server->pid, "csk_accept|csk_wait|accept", SYS_accept4);
}

static void tcp_connect(struct bench *bench)
{
    unsigned port = ntohs(tcp_address.sin_port);
    int64_t accepted;

    if (!has_tcp(bench, 3))
        return;
    role_go(bench, client, 'c');
    if (!see_reported(bench, 0, client, _("connect() returned"), 0) ||
        !role_receive(bench, server, &accepted))
        return;
    (void)see_tcp(bench, 1, TCP_IS_ESTABLISHED, port, 0);
    (void)see_tcp(bench, 2, TCP_IS_ESTABLISHED, 0, port);
}

static void tcp_partial(struct bench *bench)
{
    int64_t written, error = 0;

    if (!has_tcp(bench, 3))
        return;
    (void)role_ask(bench, client, 'f');
    int64_t got = role_ask(bench, server, 'r');
    (void)see_own_words(bench, 0, got == FEW, _("read() of 4096 bytes returned %" PRId64), got);
    written = role_ask(bench, client, 'w');
    int asked = is_left_out(bench, 3, 2) ? FEW : MUCH;
    (void)see_own_words(bench, 1, written > 0 && written < asked,
                        _("write() of %d bytes returned %" PRId64), asked, written);
    (void)role_receive(bench, client, &error);
    (void)see_own_words(bench, 2, error == -EAGAIN, _("in the end write() said: %s"),
                        error == -EAGAIN ? "EAGAIN"
                        : error < 0      ? strerror((int)-error)
                                         : _("success"));
}

static void tcp_close(struct bench *bench)
{
    unsigned port = ntohs(tcp_address.sin_port);

    if (!has_tcp(bench, 2))
        return;
    (void)role_ask(bench, server, 's');
    /* Its FIN is answered once the client's data has been taken in. */
    (void)role_ask(bench, server, 'd');
    (void)see_tcp(bench, 0, TCP_IS_FIN_WAIT2, port, 0);
    (void)see_tcp(bench, 1, TCP_IS_CLOSE_WAIT, 0, port);
}

const struct lab_experiment experiment_tcp = {
    .name = "tcp",
    .chapter = LAB_PIPES,
    .place = 8,
    .title = N_("A TCP connection from listen to close"),
    .question = N_("What do the states of a TCP socket mean?"),
    .roles = {{"server", N_("listens on 127.0.0.1")}, {"client", N_("connects to it")}},
    .steps =
        {
            {
                .does = N_("The server listens on a port of 127.0.0.1 and calls accept()."),
                .question = N_("Which state has its socket?"),
                .choices = {N_("LISTEN"), N_("ESTABLISHED"), N_("CLOSED")},
                .right = 0,
                .sees = {{N_("a socket of that port is in state 0A, LISTEN"), "/proc/net/tcp",
                          N_("the listening socket is closed")},
                         {N_("the server sleeps in accept()"), "/proc/PID/wchan"}},
                .explains = N_("A port is a number that tells the sockets of one address apart. "
                               "/proc/net/tcp prints port and state in hexadecimal; ss(8) prints "
                               "them for people."),
                .manual = "tcp(7), proc(5)",
                .breaks = N_("the server does not accept"),
                .run = tcp_listen,
            },
            {
                .does = N_("The client connects."),
                .question = N_("How many sockets does this connection have?"),
                .choices = {N_("one, shared"), N_("two")},
                .right = 1,
                .sees = {{N_("connect() succeeds"),
                          N_("connect(2), as the process itself reports it")},
                         {N_("the server's side is in state 01, ESTABLISHED"), "/proc/net/tcp"},
                         {N_("and so is the client's"), "/proc/net/tcp"}},
                .explains = N_("The kernels of both sides make the connection with three packets; "
                               "accept() then hands the server a new socket. The listening one "
                               "stays as it is."),
                .manual = "connect(2), accept(2)",
                .breaks = N_("the client does not connect"),
                .run = tcp_connect,
            },
            {
                .does = N_("The client writes 100 bytes and the server reads up to 4096. Then the "
                           "client sets O_NONBLOCK and writes 64 MiB that nobody reads."),
                .question = N_("What does the second write() return?"),
                .choices = {N_("64 MiB"), N_("less: as much as fits"), N_("-1")},
                .right = 1,
                .sees = {{N_("read() returns less than it asked for: what is there"),
                          N_("read(2), as the process itself reports it"),
                          N_("the client writes 4096 bytes")},
                         {N_("write() takes only a part"),
                          N_("write(2), as the process itself reports it"),
                          N_("the client writes only 100 bytes")},
                         {N_("then it fails with EAGAIN"),
                          N_("write(2), as the process itself reports it")}},
                .explains = N_("Data waits in two buffers, the sender's and the receiver's. When "
                               "they are full, write() waits or takes less. So both read() and "
                               "write() must be called in a loop."),
                .manual = "write(2), tcp(7)",
                .breaks = N_("the client writes only 100 bytes"),
                .run = tcp_partial,
            },
            {
                .does = N_("The server says that it has nothing more to send: shutdown(SHUT_WR)."),
                .question = N_("Is the connection over?"),
                .choices = {N_("yes"), N_("half: the client may still send")},
                .right = 1,
                .sees = {{N_("the server's side is in state 05, FIN-WAIT-2"), "/proc/net/tcp"},
                         {N_("the client's side is in state 08, CLOSE-WAIT"), "/proc/net/tcp"}},
                .explains = N_("Each direction is closed by itself. CLOSE-WAIT means that the peer "
                               "has closed and the program here has not: many of them are a fault "
                               "of that program."),
                .manual = "shutdown(2), tcp(7)",
                .breaks = N_("the server does not shut down"),
                .run = tcp_close,
            },
        },
    .reading = "tcp(7), socket(7), proc(5), ss(8)",
};
