/* pipeline: as a shell does "ps -e -o pid= -o args= | awk ...": finds a PID and signals it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child with that standard input and output, which becomes the program. */
static pid_t start(int in, int out, const int *others, char *const *arguments)
{
    pid_t pid = fork();

    if (pid == 0) {
        dup2(in, 0);
        dup2(out, 1);
        for (int i = 0; i < 4; i++)
            close(others[i]);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    return pid;
}

int main(void)
{
    char *const ps[] = {"ps", "-e", "-o", "pid=", "-o", "args=", NULL};
    char number[16], search[64]; /* a number of our own: nobody else sleeps as long */
    char *const awk[] = {"awk", search, NULL}, *const sleeper[] = {"sleep", number, NULL};
    int ends[4], status[3] = {0, 0, 0};
    char text[32] = "";

    snprintf(number, sizeof(number), "1%07d", getpid());
    snprintf(search, sizeof(search), "$2 == \"sleep\" && $3 == \"%s\" { print $1 }", number);
    if (pipe(ends) < 0 || pipe(ends + 2) < 0)
        return 1;
    pid_t target = start(0, 1, ends, sleeper);
    for (char comm[16] = ""; comm[0] != 's'; usleep(1000)) { /* until it has become sleep */
        char path[32];
        snprintf(path, sizeof(path), "/proc/%d/comm", target);
        FILE *file = fopen(path, "r");
        if (!file || !fgets(comm, sizeof(comm), file))
            return 1;
        fclose(file);
    }
    pid_t first = start(0, ends[1], ends, ps), second = start(ends[0], ends[3], ends, awk);
    close(ends[1]);
    close(ends[3]); /* or we would never read the end */
    for (int i = 0; i < 31 && read(ends[2], &text[i], 1) == 1; i++)
        ;
    waitpid(first, &status[0], 0);
    waitpid(second, &status[1], 0);
    pid_t found = (pid_t)strtol(text, NULL, 10);
    printf("ps | awk found %d; the program is %d\n", found, target);
    kill(target, found == target ? SIGTERM : SIGKILL);
    waitpid(target, &status[2], 0);
    printf("it was ended by signal %d\n", WTERMSIG(status[2]));
    if (WEXITSTATUS(status[0]) == 127 || WEXITSTATUS(status[1]) == 127)
        return 77; /* ps or awk is not installed */
    return found == target && WTERMSIG(status[2]) == SIGTERM ? 0 : 1;
}
