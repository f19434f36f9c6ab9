/* autoreap: who ignores SIGCHLD has no zombies, and nothing to wait for. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status;

    signal(SIGCHLD, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0)
        _exit(42);
    pid_t reaped = waitpid(pid, &status, 0); /* until it has ended */
    int none = reaped < 0 && errno == ECHILD;
    printf("waitpid(%d) returned %d: %s\n", (int)pid, (int)reaped, strerror(errno));
    int gone = kill(pid, 0) < 0 && errno == ESRCH;
    printf("kill(%d, 0): %s\n", (int)pid, gone ? strerror(errno) : "0");
    return none && gone ? 0 : 1;
}
