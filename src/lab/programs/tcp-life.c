/* tcp-life: refused, EAGAIN, a full queue, end of file, a time-out and a reset. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
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
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), refused, error, ready = 1;
    struct timeval patience = {.tv_usec = 20000};
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    char byte;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, size) < 0) {
        perror("bind to 127.0.0.1");
        return 77;
    }
    getsockname(listener, (struct sockaddr *)&address, &size);
    close(connect_to_it(0, &refused));
    printf("nobody listens: %s\n", strerror(refused));
    listen(listener, 0);
    int empty = accept(listener, NULL, NULL) < 0 ? errno : 0;
    printf("nobody has connected: accept(): %s\n", strerror(empty));

    int first = connect_to_it(0, &error), count = 1;
    for (; ready > 0 && count < 16; count++) { /* more than the queue holds */
        struct pollfd fd = {.fd = connect_to_it(SOCK_NONBLOCK, &error), .events = POLLOUT};
        ready = poll(&fd, 1, 20);
        if (ready == 0)
            close(fd.fd);
    }
    printf("connection %d does not come about: poll() gave up after 20 ms: %d\n", count, ready);

    int server = accept(listener, NULL, NULL);
    close(first);
    ssize_t end = read(server, &byte, 1);
    printf("the client has closed: read() %zd\n", end);
    close(server);

    int second, third = accept(listener, NULL, NULL); /* one that waited in the queue, if any */
    while (third >= 0) {
        close(third);
        third = accept(listener, NULL, NULL);
    }
    second = connect_to_it(0, &error);
    struct pollfd ask = {.fd = listener, .events = POLLIN};
    poll(&ask, 1, -1);
    server = accept(listener, NULL, NULL);
    setsockopt(second, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    int timed_out = read(second, &byte, 1) < 0 ? errno : 0;
    setsockopt(server, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close(server);
    int reset = read(second, &byte, 1) < 0 ? errno : 0;
    printf("a silent server: %s; after its reset: %s\n", strerror(timed_out), strerror(reset));
    return refused == ECONNREFUSED && empty == EAGAIN && ready == 0 && end == 0 &&
                   timed_out == EAGAIN && reset == ECONNRESET
               ? 0
               : 1;
}
