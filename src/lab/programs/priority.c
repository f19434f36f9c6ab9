/* priority: nice 0 beside nice 19 on one processor: the kernel's nanoseconds for each. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Time on a processor in ns: the first number of /proc/PID/schedstat. */
static long long ran(pid_t pid)
{
    char path[64], text[64] = "-1";
    snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
    FILE *file = fopen(path, "r");

    if (file && (!fgets(text, sizeof(text), file) || fclose(file) != 0))
        return 0;
    return strtoll(text, NULL, 10);
}

static pid_t start(int processor, int nice_value)
{
    cpu_set_t set;
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof(set), &set);
    setpriority(PRIO_PROCESS, 0, nice_value);
    alarm(60);
    for (;;)
        ;
}

int main(void)
{
    int processor = sched_getcpu();
    pid_t normal = start(processor, 0), nice = start(processor, 19);

    if (ran(normal) < 0)
        return 77; /* a kernel without CONFIG_SCHED_INFO */
    while (getpriority(PRIO_PROCESS, (id_t)nice) != 19)
        usleep(1000);
    long long first = ran(normal), second = ran(nice);
    while (ran(normal) - first < 300000000) /* 300 ms of its own */
        usleep(10000);
    first = ran(normal) - first;
    second = ran(nice) - second;
    printf("nice 0: %lld us; nice 19: %lld us; their weights are 1024 and 15\n", first / 1000,
           second / 1000);
    kill(normal, SIGKILL);
    kill(nice, SIGKILL);
    while (wait(NULL) > 0)
        ;
    return first > 5 * second ? 0 : 1;
}
