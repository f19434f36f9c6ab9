/* fifo: open() waits for the other side; of two readers one gets each byte. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char directory[1024], path[1040], byte = 0;
    int counts[2] = {0, 0}, status;
    const char *temporary = getenv("TMPDIR");

    snprintf(directory, sizeof(directory), "%s/fifo-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(directory)) {
        perror(directory);
        return 1;
    }
    snprintf(path, sizeof(path), "%s/fifo", directory);
    if (mkfifo(path, 0600) < 0)
        return 1;
    int alone = open(path, O_WRONLY | O_NONBLOCK), is_alone = errno == ENXIO;
    printf("open() for writing without a reader, non-blocking: %s\n", strerror(errno));
    for (int i = 0; i < 2; i++)
        if (fork() == 0) { /* a reader: tells by its status how many bytes it got */
            int got = 0, fd = open(path, O_RDONLY); /* waits for the writer */
            while (read(fd, &byte, 1) == 1)
                got++;
            _exit(got);
        }
    int fd = open(path, O_WRONLY); /* waits for a reader */
    for (int i = 0; i < 100; i++)
        if (write(fd, "x", 1) != 1)
            return 1;
    close(fd);
    /* A reader that opened too late waits still: let it see the end. */
    for (int left = 2; left > 0;) {
        int late = open(path, O_WRONLY | O_NONBLOCK);
        if (late >= 0)
            close(late);
        if (waitpid(-1, &status, WNOHANG) > 0)
            counts[--left] = WEXITSTATUS(status);
    }
    printf("100 bytes, two readers: %d and %d\n", counts[0], counts[1]);
    unlink(path);
    rmdir(directory);
    return alone < 0 && is_alone && counts[0] + counts[1] == 100 ? 0 : 1;
}
