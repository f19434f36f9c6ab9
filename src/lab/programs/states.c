/* states: R, S, D, T, t and Z side by side, as /proc/PID/stat tells them. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[65536] __attribute__((aligned(64)));

static char state_of(pid_t pid)
{
    char path[64], state = '?';
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *stat = fopen(path, "r");

    int is_read = stat && fscanf(stat, "%*d (%*[^)]) %c", &state) == 1;
    return stat && fclose(stat) == 0 && is_read ? state : '?';
}

static int sleep_long(void *unused)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, unused); /* ends with its parent */
    return (int)sleep(1000);
}

static void play(char letter)
{
    while (letter == 'R') /* computes */
        ;
    if (letter == 'D') /* as vfork(): sleeps until its child execs or exits */
        clone(sleep_long, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    if (letter == 'T' || (letter == 't' && ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0))
        raise(SIGSTOP);
    if (letter == 'S')
        sleep(1000);
    _exit(0); /* Z: nobody waits */
}

int main(void)
{
    static const char letters[] = "RSDTtZ";
    pid_t pids[6] = {0};
    int right = 0;

    for (int i = 0; i < 6; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            play(letters[i]);
        for (int turn = 0; turn < 10000 && state_of(pids[i]) != letters[i]; turn++)
            usleep(1000);
        right += state_of(pids[i]) == letters[i];
        printf("%d is %c\n", pids[i], state_of(pids[i]));
    }
    for (int i = 0; i < 6; waitpid(pids[i++], NULL, 0))
        kill(pids[i], SIGKILL);
    return right == 6 ? 0 : 1;
}
