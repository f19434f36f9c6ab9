/* zombie-orphan: a zombie whose parent dies is given to an adopter, which can reap it. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The parent never calls wait(); its child is a zombie as soon as it exits. */
static void negligent_parent(int told)
{
    siginfo_t info;
    pid_t child = fork();

    if (child == 0)
        _exit(42);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT); /* looks, and leaves the zombie there */
    if (write(told, &child, sizeof(child)) < 0)
        _exit(1);
    for (;;)
        pause();
}

int main(void)
{
    int told[2], status = 0;
    pid_t zombie, parent;
    siginfo_t info;

    if (pipe(told) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return 1;
    parent = fork();
    if (parent == 0)
        negligent_parent(told[1]);
    if (read(told[0], &zombie, sizeof(zombie)) != sizeof(zombie))
        return 1;
    int ours = waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOHANG | WNOWAIT);
    printf("the zombie %d is child of %d; we cannot wait for it: %d\n", zombie, parent, ours);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    pid_t reaped = waitpid(zombie, &status, 0);
    printf("its parent is dead and we adopt: waitpid() returned %d, exit status %d\n", reaped,
           WEXITSTATUS(status));
    return ours < 0 && reaped == zombie && WEXITSTATUS(status) == 42 ? 0 : 1;
}
