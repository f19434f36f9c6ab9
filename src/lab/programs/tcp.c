/* tcp: listen, connect, accept; a partial read; EAGAIN when the buffers are full; half a close. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char much[1 << 20];

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    long taken = 0;
    char buffer[4096];

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK); /* port 0: the kernel chooses one */
    if (bind(listener, (struct sockaddr *)&address, size) < 0) {
        perror("bind to 127.0.0.1");
        return 77;
    }
    getsockname(listener, (struct sockaddr *)&address, &size);
    listen(listener, 1);
    int connected = connect(client, (struct sockaddr *)&address, size);
    int server = accept(listener, NULL, NULL);
    printf("port %d: connect() %d, accept() %d\n", ntohs(address.sin_port), connected, server);
    if (write(client, "hello", 5) != 5)
        return 1;
    ssize_t partial = read(server, buffer, sizeof(buffer));
    printf("read() of %zu returned %zd\n", sizeof(buffer), partial);
    fcntl(client, F_SETFL, O_NONBLOCK);
    for (ssize_t n; (n = write(client, much, sizeof(much))) > 0;)
        taken += n;
    int is_full = errno == EAGAIN;
    printf("nobody reads: %ld bytes were taken, then %s\n", taken, strerror(errno));
    shutdown(server, SHUT_WR);
    fcntl(client, F_SETFL, 0);
    ssize_t end = read(client, buffer, sizeof(buffer));
    printf("the server has shut down its side: the client's read() returned %zd\n", end);
    return connected == 0 && server >= 0 && partial == 5 && is_full && end == 0 ? 0 : 1;
}
