/* select: waiting for two pipes at once; a closed pipe is always ready, and its read gives 0. */
#include <poll.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int one[2], two[2];
    char byte;
    fd_set ready;

    if (pipe(one) < 0 || pipe(two) < 0)
        return 1;
    pid_t writer = fork();
    if (writer == 0) {
        close(one[1]);
        _exit(write(two[1], "!", 1) == 1 ? 0 : 1);
    }
    FD_ZERO(&ready);
    FD_SET(one[0], &ready);
    FD_SET(two[0], &ready);
    int highest = one[0] > two[0] ? one[0] : two[0];
    int count = select(highest + 1, &ready, NULL, NULL, NULL); /* sleeps until one is ready */
    int second_only = FD_ISSET(two[0], &ready) && !FD_ISSET(one[0], &ready);
    printf("select() returned %d: the second pipe is ready\n", count);
    ssize_t got = read(two[0], &byte, 1);
    waitpid(writer, NULL, 0);

    close(one[1]); /* the last writer */
    struct pollfd end = {.fd = one[0], .events = POLLIN};
    int polled = poll(&end, 1, -1);
    ssize_t at_end = read(one[0], &byte, 1);
    printf("closed: poll() returned %d with POLLHUP %d; read() returned %zd\n", polled,
           (end.revents & POLLHUP) != 0, at_end);
    return count == 1 && second_only && got == 1 && (end.revents & POLLHUP) && at_end == 0 ? 0 : 1;
}
