/* zombie: after its exit a child stays in the table, as Z, until its parent waits. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* /proc/PID/stat field 3; 0: there is no such file. */
static char state_of(pid_t pid)
{
    char path[64], line[512] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (!fgets(line, sizeof(line), file))
        line[0] = 0;
    fclose(file);
    char *end = strrchr(line, ')');
    return end ? end[2] : 0;
}

int main(void)
{
    int status;
    siginfo_t info;
    pid_t pid = fork();

    if (pid == 0)
        _exit(42);
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT); /* until it has exited; reaps nothing */
    char dead = state_of(pid);
    printf("/proc/%d/stat: state %c\n", (int)pid, dead);
    kill(pid, SIGKILL);
    char killed = state_of(pid);
    printf("after SIGKILL: state %c\n", killed);
    pid_t reaped = waitpid(pid, &status, 0);
    printf("waitpid() returned %d, exit status %d\n", (int)reaped, WEXITSTATUS(status));
    char gone = state_of(pid);
    printf("/proc/%d: %s\n", (int)pid, gone ? "still there" : "no such file");
    return dead == 'Z' && killed == 'Z' && WEXITSTATUS(status) == 42 && !gone ? 0 : 1;
}
