/* orphan: when a parent exits first, the kernel gives its child another parent. */
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int answer[2], ready[2];
    pid_t pids[2] = {0, 0};

    if (pipe(answer) < 0 || pipe(ready) < 0)
        return 1;
    pid_t parent = fork();
    if (parent == 0) {
        if (fork() == 0) {
            pids[0] = getppid();
            close(ready[1]);             /* it has looked: the parent may exit */
            while (getppid() == pids[0]) /* until it has exited */
                poll(NULL, 0, 1);
            pids[1] = getppid();
            _exit(write(answer[1], pids, sizeof(pids)) < 0);
        }
        close(ready[1]);
        _exit(read(ready[0], pids, 1) < 0); /* until the child has closed its end too */
    }
    close(ready[1]);
    waitpid(parent, NULL, 0);
    if (read(answer[0], pids, sizeof(pids)) != sizeof(pids))
        return 1;
    printf("PPID of the orphan: %d before, %d after; its adopter is init or a subreaper\n",
           (int)pids[0], (int)pids[1]);
    return pids[1] != pids[0] && pids[1] != getpid() ? 0 : 1;
}
