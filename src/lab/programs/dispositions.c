/* dispositions: the same signal is caught by one child, ignored by another, and ends the third. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void handle(int number)
{
    (void)number;
    _exit(10);
}

int main(void)
{
    static const char *const names[] = {"caught", "ignored", "default"};
    void (*const handlers[])(int) = {handle, SIG_IGN, SIG_DFL};
    int status[3];

    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            signal(SIGTERM, handlers[i]);
            raise(SIGTERM);
            _exit(20); /* reached by the one that ignores it */
        }
        waitpid(pid, &status[i], 0);
        if (WIFSIGNALED(status[i]))
            printf("%s: ended by signal %d\n", names[i], WTERMSIG(status[i]));
        else
            printf("%s: exit status %d\n", names[i], WEXITSTATUS(status[i]));
    }
    return WEXITSTATUS(status[0]) == 10 && WEXITSTATUS(status[1]) == 20 && WIFSIGNALED(status[2])
               ? 0
               : 1;
}
