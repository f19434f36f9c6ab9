/* states: R, S, D, T, t and Z side by side, as /proc/PID/stat tells them. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[65536] __attribute__((aligned(64)));

static char state_of(pid_t pid)
{
    char text[256] = "", path[64];
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *stat = fopen(path, "r");
    size_t length = stat ? fread(text, 1, sizeof(text) - 1, stat) : 0;

    if (stat)
        fclose(stat);
    text[length] = '\0';
    char *end = strrchr(text, ')');
    return end ? end[2] : '?';
}

static int sleep_long(void *unused)
{
    (void)unused;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* ends with its parent */
    return (int)sleep(1000);
}

static void play(char letter)
{
    if (letter == 'R')
        for (volatile unsigned i = 0;; i++)
            ;
    if (letter == 'D') /* as vfork(): sleeps until its child execs or exits */
        clone(sleep_long, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    if (letter == 't')
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    if (letter == 'T' || letter == 't')
        raise(SIGSTOP);
    if (letter == 'S')
        sleep(1000);
    _exit(0); /* Z: nobody waits */
}

int main(void)
{
    static const char letters[] = "RSDTtZ";
    pid_t pids[6];
    int right = 0;

    for (int i = 0; i < 6; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            play(letters[i]);
        for (int turn = 0; turn < 10000 && state_of(pids[i]) != letters[i]; turn++)
            usleep(1000);
        printf("%d is %c\n", pids[i], state_of(pids[i]));
        right += state_of(pids[i]) == letters[i];
    }
    for (int i = 0; i < 6; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    return right == 6 ? 0 : 1;
}
