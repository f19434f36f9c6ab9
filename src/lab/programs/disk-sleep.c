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
static volatile sig_atomic_t handled;

/* The text behind `key` in /proc/PID/status. */
static void read_status(pid_t pid, const char *key, char *text, size_t size)
{
    char line[256], path[64];
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *status = fopen(path, "r");

    *text = '\0';
    while (status && fgets(line, sizeof(line), status))
        if (strncmp(line, key, strlen(key)) == 0)
            snprintf(text, size, "%s", line + strlen(key) + 1);
    if (status)
        fclose(status);
    text[strcspn(text, "\n")] = '\0';
}

static void handler(int number)
{
    handled = number;
}

static int sleep_long(void *unused)
{
    (void)unused;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return (int)sleep(1000);
}

/* A process that is D: as if it had called vfork(), it waits for a child that sleeps. */
static pid_t start_parent(void)
{
    char state[64] = "";
    pid_t parent = fork();

    if (parent == 0) {
        signal(SIGUSR1, handler);
        clone(sleep_long, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
        _exit(1);
    }
    for (int turn = 0; turn < 10000 && state[0] != 'D'; turn++, usleep(1000))
        read_status(parent, "State:", state, sizeof(state));
    return parent;
}

int main(void)
{
    char state[64] = "", pending[64] = "";
    int status = 0;
    pid_t parent = start_parent(), second = start_parent();

    kill(parent, SIGUSR1);
    for (int turn = 0; turn < 10000 && !strstr(pending, "200"); turn++, usleep(1000))
        read_status(parent, "ShdPnd:", pending, sizeof(pending));
    read_status(parent, "State:", state, sizeof(state));
    printf("SIGUSR1, caught: pending %s, state %s\n", pending, state);
    kill(second, SIGTERM);
    waitpid(second, &status, 0);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    printf("SIGTERM, not caught: ended by signal %d\n", WTERMSIG(status));
    return state[0] == 'D' && strstr(pending, "200") && WTERMSIG(status) == SIGTERM ? 0 : 1;
}
