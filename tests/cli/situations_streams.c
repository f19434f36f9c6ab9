#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "situations_private.h"

static void fill(int fd)
{
    static const char block[4096];
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, block, sizeof(block)) > 0 || errno == EINTR)
        ;
    while (write(fd, block, 1) > 0 || errno == EINTR)
        ;
    (void)fcntl(fd, F_SETFL, 0);
}

/* ---- pipes: fds[0] is the waiter's end; make_pipe_out() turns them round ---- */

static int make_pipe(void)
{
    return pipe(fds);
}

static int make_full_pipe(void)
{
    int ends[2];
    if (pipe(ends) < 0)
        return -1;
    fds[0] = ends[1];
    fds[1] = ends[0];
    fill(fds[0]);
    return 0;
}

static int make_socketpair(void)
{
    return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static int make_full_socketpair(void)
{
    if (make_socketpair() < 0)
        return -1;
    fill(fds[0]);
    return 0;
}

static void read_own(void)
{
    char byte;
    (void)close(fds[1]);
    (void)!read(fds[0], &byte, 1);
}

static void write_own(void)
{
    (void)close(fds[1]);
    (void)!write(fds[0], "x", 1);
}

static void receive_own(void)
{
    char byte;
    (void)close(fds[1]);
    (void)recv(fds[0], &byte, 1, 0);
}

static void poll_own(void)
{
    struct pollfd one = {.fd = fds[0], .events = POLLIN};
    (void)close(fds[1]);
    (void)poll(&one, 1, -1);
}

static void poll_timed(void)
{
    struct pollfd one = {.fd = fds[0], .events = POLLIN};
    const struct timespec time = {.tv_sec = 3600};
    (void)close(fds[1]);
    (void)ppoll(&one, 1, &time, NULL);
}

static void select_own(void)
{
    fd_set set;
    (void)close(fds[1]);
    FD_ZERO(&set);
    FD_SET(fds[0], &set);
    (void)select(fds[0] + 1, &set, NULL, NULL, NULL);
}

static void epoll_own(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0);
    (void)close(fds[1]);
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event);
    (void)epoll_wait(epoll, &event, 1, -1);
}

/* ---- sockets ---- */

/* Stream sockets of the abstract name space (unix(7)). */
static int make_listener(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    static int turn;
    int length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "reaptop-test-%d-%d",
                          (int)getpid(), turn++);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    fds[1] = socket(AF_UNIX, SOCK_STREAM, 0);
    fds[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(fds[1], (struct sockaddr *)&name, size) < 0 || listen(fds[1], 0) < 0)
        return -1;
    return connect(fds[0], (struct sockaddr *)&name, size);
}

static int make_quiet_listener(void)
{
    fds[0] = socket(AF_UNIX, SOCK_STREAM, 0);
    const struct sockaddr_un any = {.sun_family = AF_UNIX};
    return bind(fds[0], (const struct sockaddr *)&any, sizeof(any.sun_family)) < 0 ||
                   listen(fds[0], 1) < 0
               ? -1
               : 0;
}

static void accept_own(void)
{
    (void)accept(fds[0], NULL, NULL);
}

/* The queue holds one connection already: fds[0], which the test keeps. */
static void connect_other(void)
{
    struct sockaddr_un name;
    socklen_t size = sizeof(name);
    (void)getsockname(fds[1], (struct sockaddr *)&name, &size);
    (void)close(fds[1]);
    (void)connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, size);
}

/* ---- of the network ---- */

static int make_loopback(int type, struct sockaddr_in *ret_name)
{
    socklen_t size = sizeof(*ret_name);
    *ret_name =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type, 0);
    if (bind(fd, (struct sockaddr *)ret_name, size) == 0 &&
        getsockname(fd, (struct sockaddr *)ret_name, &size) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static int make_tcp(void)
{
    struct sockaddr_in name;
    int listener = make_loopback(SOCK_STREAM, &name);
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || listen(listener, 1) < 0 ||
        connect(fds[0], (struct sockaddr *)&name, sizeof(name)) < 0)
        return -1;
    fds[1] = accept(listener, NULL, NULL);
    (void)close(listener);
    return fds[1] < 0 ? -1 : 0;
}

/* What was written moves to the reader's buffer while there is room: it writes until there is none.
 */
static void write_all(void)
{
    static const char block[4096];
    (void)close(fds[1]);
    while (write(fds[0], block, sizeof(block)) > 0)
        ;
}

static int make_narrow_tcp(void)
{
    int least = 4096;
    if (make_tcp() < 0)
        return -1;
    (void)setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
    return setsockopt(fds[1], SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
}

static int make_tcp_listener(void)
{
    struct sockaddr_in name;
    fds[0] = make_loopback(SOCK_STREAM, &name);
    return fds[0] < 0 ? -1 : listen(fds[0], 1);
}

static int make_udp(void)
{
    struct sockaddr_in name;
    fds[0] = make_loopback(SOCK_DGRAM, &name);
    return fds[0] < 0 ? -1 : 0;
}

static int make_full_datagrams(void)
{
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) < 0)
        return -1;
    while (send(fds[0], "x", 1, MSG_DONTWAIT) > 0)
        ;
    return 0;
}

static int make_packets(void)
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds);
}

static int make_pty(void)
{
    fds[1] = posix_openpt(O_RDWR | O_NOCTTY);
    if (fds[1] < 0 || grantpt(fds[1]) < 0 || unlockpt(fds[1]) < 0)
        return -1;
    fds[0] = open(ptsname(fds[1]), O_RDWR | O_NOCTTY);
    return fds[0] < 0 ? -1 : 0;
}

/* Ctrl-S was typed: what is written waits for Ctrl-Q. */
static int make_held_pty(void)
{
    return make_pty() < 0 ? -1 : tcflow(fds[0], TCOOFF);
}

static int make_master(void)
{
    int slave, r = make_pty();
    slave = fds[0];
    fds[0] = fds[1];
    fds[1] = slave;
    return r;
}

/* ---- other calls ---- */

static void splice_own(void)
{
    (void)close(fds[1]);
    (void)splice(fds[0], NULL, open("/dev/null", O_WRONLY), NULL, 4096, 0);
}

static void poll_for_room(void)
{
    struct pollfd one = {.fd = fds[0], .events = POLLOUT};
    (void)close(fds[1]);
    (void)poll(&one, 1, -1);
}

static void poll_nothing(void)
{
    (void)poll(NULL, 0, -1);
}

static void epoll_timed(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0);
    (void)close(fds[1]);
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event);
    (void)epoll_wait(epoll, &event, 1, 3600000);
}

static const struct situation rows[] = {
    /* name, kind, state, prepare, wait, hold, holder_is_child, takes_thread */
    {"read of a pipe", "read", 'S', make_pipe, read_own, situation_close_own, false, true},
    {"write to a full pipe", "write", 'S', make_full_pipe, write_own, situation_close_own, false,
     true},
    {"splice from a pipe", "read", 'S', make_pipe, splice_own, situation_close_own, false, true},
    {"read of a socket", "read", 'S', make_socketpair, read_own, situation_close_own, false, true},
    {"recv of a socket", "read", 'S', make_socketpair, receive_own, situation_close_own, false,
     true},
    {"recv of packets", "read", 'S', make_packets, receive_own, situation_close_own, false, true},
    {"write to a full socket", "write", 'S', make_full_socketpair, write_own, situation_close_own,
     false, true},
    {"write of a datagram too many", "write", 'S', make_full_datagrams, write_own,
     situation_close_own, false, true},
    {"read of a TCP socket", "read", 'S', make_tcp, read_own, situation_close_own, false, true},
    {"write to a full TCP socket", "write", 'S', make_narrow_tcp, write_all, situation_close_own,
     false, true},
    {"recv of a UDP socket", "read", 'S', make_udp, receive_own, NULL, false, true},
    {"accept", "accept", 'S', make_quiet_listener, accept_own, NULL, false, true},
    {"accept of a TCP socket", "accept", 'S', make_tcp_listener, accept_own, NULL, false, true},
    {"connect to a full queue", "connect", 'S', make_listener, connect_other, situation_close_own,
     false, true},
    {"read of a terminal", "read", 'S', make_pty, read_own, situation_close_own, false, true},
    {"write to a stopped terminal", "write", 'S', make_held_pty, write_own, situation_close_own,
     false, true},
    {"read of a terminal's master", "read", 'S', make_master, read_own, situation_close_own, false,
     true},
    {"poll", "poll", 'S', make_pipe, poll_own, situation_close_own, false, true},
    {"poll for room", "poll", 'S', make_full_pipe, poll_for_room, situation_close_own, false, true},
    {"poll of situation_nothing", "poll", 'S', NULL, poll_nothing, NULL, false, true},
    {"ppoll with a time", "poll", 'S', make_pipe, poll_timed, situation_close_own, false, true},
    {"select", "poll", 'S', make_pipe, select_own, situation_close_own, false, true},
    {"epoll_wait", "epoll", 'S', make_socketpair, epoll_own, situation_close_own, false, true},
    {"epoll_wait with a time", "epoll", 'S', make_socketpair, epoll_timed, situation_close_own,
     false, true},
};

const struct situation_table stream_situations = {rows, sizeof(rows) / sizeof(rows[0])};
