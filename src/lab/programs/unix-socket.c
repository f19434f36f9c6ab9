/* unix-socket: a pair goes both ways, tells who is at the other end, and EAGAIN when empty. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    char buffer[16] = "";
    int ends[2];
    struct {
        pid_t pid;
        uid_t uid;
        gid_t gid;
    } peer = {0, 0, 0}; /* struct ucred, which <sys/socket.h> has with _GNU_SOURCE */
    socklen_t size = sizeof(peer);

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        return 1;
    if (write(ends[0], "ping", 4) != 4 || read(ends[1], buffer, sizeof(buffer)) != 4 ||
        write(ends[1], "pong", 4) != 4 || read(ends[0], buffer, sizeof(buffer)) != 4)
        return 1;
    printf("both ways: %s\n", buffer);
    getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &peer, &size);
    printf("SO_PEERCRED: PID %d; getpid(): %d\n", (int)peer.pid, (int)getpid());
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int empty = read(ends[0], buffer, sizeof(buffer)) < 0 && errno == EAGAIN;
    printf("nothing is there: %s\n", strerror(errno));
    return strcmp(buffer, "pong") == 0 && peer.pid == getpid() && empty ? 0 : 1;
}
