/* socket-types: a stream has no boundaries; datagrams and packets have; a raw socket needs a right.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two messages of two bytes are sent; the first recv() asks for `size`, the second for 64. */
static void try(const char *name, int type, size_t size, ssize_t got[2])
{
    char text[64];
    int ends[2];

    got[0] = got[1] = -1;
    if (socketpair(AF_UNIX, type, 0, ends) < 0)
        return;
    send(ends[0], "ab", 2, 0);
    send(ends[0], "cd", 2, 0);
    got[0] = recv(ends[1], text, size, 0);
    got[1] = recv(ends[1], text, sizeof(text), MSG_DONTWAIT);
    printf("%s: recv(%zu) %zd, then recv(64) %zd\n", name, size, got[0], got[1]);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    ssize_t stream[2], datagram[2], packet[2];

    try("SOCK_STREAM", SOCK_STREAM, 64, stream);
    try("SOCK_DGRAM", SOCK_DGRAM, 64, datagram);
    try("SOCK_SEQPACKET", SOCK_SEQPACKET, 1, packet);
    int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    printf("SOCK_RAW as user %d: %s\n", geteuid(), raw < 0 ? strerror(errno) : "opened");
    return stream[0] == 4 && stream[1] < 0 && datagram[0] == 2 && datagram[1] == 2 &&
                   packet[0] == 1 && packet[1] == 2
               ? 0
               : 1;
}
