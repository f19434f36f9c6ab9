/* tcp-life: refused, EAGAIN, end of file, a time-out, a reset, and a full queue. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct sockaddr_in address = {.sin_family = AF_INET};

static int connect_to_it(int flags, int *ret_error)
{
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0);

    *ret_error = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
    return fd;
}

int main(void)
{
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), refused, error, count = 0;
    struct timeval patience = {.tv_usec = 20000};
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    char byte;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, size) < 0)
        return perror("bind to 127.0.0.1"), 77;
    getsockname(listener, (struct sockaddr *)&address, &size);
    close(connect_to_it(0, &refused));
    listen(listener, 0);
    int empty = accept(listener, NULL, NULL) < 0 ? errno : 0;
    printf("nobody listens: %s; nobody connects: %s\n", strerror(refused), strerror(empty));
    fcntl(listener, F_SETFL, 0); /* accept() waits from now on */
    int first = connect_to_it(0, &error), server = accept(listener, NULL, NULL);
    close(first);
    ssize_t end = read(server, &byte, 1);
    printf("the client has closed: read() %zd\n", end);
    close(server);
    int second = connect_to_it(0, &error);
    server = accept(listener, NULL, NULL);
    setsockopt(second, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    int timed_out = read(second, &byte, 1) < 0 ? errno : 0;
    setsockopt(server, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close(server);
    int reset = read(second, &byte, 1) < 0 ? errno : 0;
    printf("a silent server: %s; after its reset: %s\n", strerror(timed_out), strerror(reset));
    for (int is_done = 1; is_done && count < 16; count++) { /* more than the queue holds */
        struct pollfd fd = {.fd = connect_to_it(SOCK_NONBLOCK, &error), .events = POLLOUT};
        is_done = poll(&fd, 1, 20) > 0;
    }
    printf("nobody accepts: connection %d was still in SYN-SENT after 20 ms\n", count);
    return !(refused == ECONNREFUSED && empty == EAGAIN && count < 16 && end == 0 &&
             timed_out == EAGAIN && reset == ECONNRESET);
}
