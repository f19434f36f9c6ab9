/* pidns: PID 1 of a new PID namespace; its death ends all inside. 77: not allowed here. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int told[2], alive[2], status = 0;
    pid_t numbers[3] = {0, 0, 0};
    char byte;

    if (unshare(CLONE_NEWPID) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0) {
        perror("unshare(CLONE_NEWPID)");
        return 77;
    }
    if (pipe(told) < 0 || pipe(alive) < 0)
        return 1;
    pid_t first = fork(); /* the next child is the first process inside */
    if (first == 0) {
        numbers[0] = getpid();
        numbers[2] = getppid();
        pid_t second = fork();
        if (second == 0) {
            for (;;)
                pause(); /* holds alive[1] open */
        }
        numbers[1] = second;
        if (write(told[1], numbers, sizeof(numbers)) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    close(alive[1]);
    if (read(told[0], numbers, sizeof(numbers)) != (ssize_t)sizeof(numbers))
        return 1;
    printf("outside %d; inside it is %d, its parent %d, its child %d\n", first, numbers[0],
           numbers[2], numbers[1]);
    kill(first, SIGKILL);
    waitpid(first, &status, 0);
    ssize_t end = read(alive[0], &byte, 1); /* 0 once everybody who held the other end is gone */
    printf("PID 1 inside was ended by signal %d; those inside are gone: read() %zd\n",
           WTERMSIG(status), end);
    return numbers[0] == 1 && numbers[2] == 0 && numbers[1] == 2 && end == 0 ? 0 : 1;
}
