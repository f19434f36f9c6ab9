/* stop: SIGSTOP stops a process, SIGCONT continues it, and its parent is told of both. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    int stopped = WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
    printf("waitpid(WUNTRACED): stopped by signal %d\n", WSTOPSIG(status));
    kill(pid, SIGCONT);
    waitpid(pid, &status, WCONTINUED);
    int continued = WIFCONTINUED(status);
    printf("waitpid(WCONTINUED): %s\n", continued ? "continued" : "something else");
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    printf("waitpid(): ended by signal %d\n", WTERMSIG(status));
    return stopped && continued && WTERMSIG(status) == SIGKILL ? 0 : 1;
}
