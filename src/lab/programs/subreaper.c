/* subreaper: a grandparent that asked for it adopts the orphan, instead of init. */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t adopter = getpid();
    int status = 0;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t parent = fork();
    if (parent == 0) {
        if (fork() == 0) {
            while (getppid() != adopter)
                usleep(1000); /* until the parent has exited */
            _exit(42);
        }
        _exit(0);
    }
    waitpid(parent, NULL, 0);
    pid_t orphan = wait(&status); /* only a parent can wait for it: we are that now */
    printf("PID %d adopted %d; its exit status is %d\n", (int)getpid(), (int)orphan,
           WEXITSTATUS(status));
    return orphan > 0 && orphan != parent && WEXITSTATUS(status) == 42 ? 0 : 1;
}
