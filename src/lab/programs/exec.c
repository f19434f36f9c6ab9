/* exec: the same process, another program: PID and open descriptors stay, close-on-exec ones go. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char pid[16], kept[16], closed[16];

    if (argc == 4) {
        int is_kept = fcntl((int)strtol(argv[2], NULL, 10), F_GETFD) >= 0;
        int is_closed = fcntl((int)strtol(argv[3], NULL, 10), F_GETFD) < 0;
        printf("after exec:  PID %d; descriptor %s is %s, descriptor %s is %s\n", (int)getpid(),
               argv[2], is_kept ? "open" : "closed", argv[3], is_closed ? "closed" : "open");
        return getpid() == (int)strtol(argv[1], NULL, 10) && is_kept && is_closed ? 0 : 1;
    }
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    snprintf(kept, sizeof(kept), "%d", open("/dev/null", O_RDONLY));
    snprintf(closed, sizeof(closed), "%d", open("/dev/null", O_RDONLY | O_CLOEXEC));
    dprintf(1, "before exec: PID %s; descriptors %s and %s are open, the second is O_CLOEXEC\n",
            pid, kept, closed);
    char program[] = "/proc/self/exe";
    char *arguments[] = {program, pid, kept, closed, NULL};
    execv(program, arguments);
    perror("execv");
    return 1;
}
