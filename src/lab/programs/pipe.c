/* pipe: bytes without boundaries, an end when the last writer closes, SIGPIPE without a reader. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    char buffer[4096] = "";
    int ends[2];
    long held = 0;

    if (pipe(ends) < 0 || write(ends[1], "ab", 2) != 2 || write(ends[1], "cd", 2) != 2)
        return 1;
    ssize_t together = read(ends[0], buffer, sizeof(buffer));
    printf("two writes of 2 bytes, one read: %zd bytes, \"%s\"\n", together, buffer);

    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    for (ssize_t n; (n = write(ends[1], buffer, sizeof(buffer))) > 0;)
        held += n;
    int full = errno == EAGAIN;
    printf("without a read it takes %ld bytes, then: %s\n", held, strerror(errno));

    close(ends[1]);
    while (held > 0)
        held -= read(ends[0], buffer, sizeof(buffer));
    ssize_t end = read(ends[0], buffer, sizeof(buffer));
    printf("no writer is left and it is empty: read() returned %zd, the end\n", end);

    if (pipe(ends) < 0)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    ssize_t broken = write(ends[1], "x", 1);
    int is_broken = broken < 0 && errno == EPIPE;
    printf("no reader is left: %s\n", strerror(errno));
    return together == 4 && full && end == 0 && is_broken ? 0 : 1;
}
