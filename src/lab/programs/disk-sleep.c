/* disk-sleep: a vfork() parent is D; a caught signal waits for it, a fatal one does not. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[65536] __attribute__((aligned(64)));

/* Waits until a line of /proc/PID/status begins so. 0: it never does. */
static int says(pid_t pid, const char *line)
{
    char text[4096], path[64], is_so = 0;

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    for (int turn = 0; turn < 10000 && !is_so; turn++, usleep(1000)) {
        FILE *status = fopen(path, "r");
        text[status ? fread(text, 1, sizeof(text) - 1, status) : 0] = '\0';
        is_so = status && fclose(status) == 0 && strstr(text, line);
    }
    return is_so;
}

static int sleep_long(void *unused)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, unused);
    return (int)sleep(1000);
}

/* A process that is D: as if it had called vfork(), it waits for a child that sleeps. */
static pid_t start_parent(void)
{
    pid_t parent = fork();

    if (parent == 0) {
        signal(SIGUSR1, _exit); /* a handler: it would end with that number */
        clone(sleep_long, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
        _exit(1);
    }
    return parent;
}

int main(void)
{
    pid_t one = start_parent(), two = start_parent();
    int are_d = says(one, "State:\tD") && says(two, "State:\tD"), status = 0;

    kill(one, SIGUSR1);
    int waits = says(one, "ShdPnd:\t0000000000000200") && says(one, "State:\tD");
    printf("SIGUSR1, caught: stays pending in state D: %s\n", waits ? "yes" : "no");
    kill(two, SIGTERM);
    waitpid(two, &status, 0);
    printf("SIGTERM, not caught: ended by signal %d\n", WTERMSIG(status));
    kill(one, SIGKILL);
    waitpid(one, NULL, 0);
    return !(are_d && waits && WTERMSIG(status) == SIGTERM);
}
