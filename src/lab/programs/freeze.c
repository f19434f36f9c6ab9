/* freeze: a frozen control group: the process gets no time, and a signal waits. 77: not allowed. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *group;

static int write_to(const char *file, const char *text)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", group, file);
    FILE *stream = fopen(path, "w");

    if (!stream)
        return -1;
    int r = fputs(text, stream);
    return fclose(stream) == 0 && r >= 0 ? 0 : -1;
}

/* Does the first line, or one of the lines, say so? */
static int says(const char *file, const char *wanted)
{
    char path[160], line[128];
    int found = 0;
    snprintf(path, sizeof(path), "%s/%s", group, file);
    FILE *stream = fopen(path, "r");

    while (stream && fgets(line, sizeof(line), stream))
        found = found || strncmp(line, wanted, strlen(wanted)) == 0;
    if (stream)
        fclose(stream);
    return found;
}

static void leave(int number)
{
    _exit(number);
}

/* The number in a field of /proc/PID/stat, counted from 1. */
static long stat_field(pid_t pid, int number)
{
    char text[512] = "", path[64];
    long value = -1;
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *stat = fopen(path, "r");

    if (stat && fgets(text, sizeof(text), stat)) {
        char *at = strrchr(text, ')');
        for (int i = 2; at && i < number; i++)
            at = strchr(at + 1, ' ');
        if (at)
            sscanf(at, "%ld", &value);
    }
    if (stat)
        fclose(stat);
    return value;
}

int main(void)
{
    char v2[64], v1[64], text[16];

    snprintf(v2, sizeof(v2), "/sys/fs/cgroup/program-%d", getpid());
    snprintf(v1, sizeof(v1), "/sys/fs/cgroup/freezer/program-%d", getpid());
    int is_v1 = mkdir(v1, 0755) == 0;
    if (!is_v1 && mkdir(v2, 0755) < 0) {
        perror(v2);
        return 77;
    }
    group = is_v1 ? v1 : v2;
    const char *file = is_v1 ? "freezer.state" : "cgroup.freeze";
    signal(SIGUSR1, leave);
    pid_t worker = fork();
    if (worker == 0) {
        alarm(60);
        for (volatile unsigned i = 0;; i++)
            ;
    }
    snprintf(text, sizeof(text), "%d", worker);
    int failed = write_to("cgroup.procs", text) < 0 || write_to(file, is_v1 ? "FROZEN" : "1") < 0;
    while (!failed &&
           !says(is_v1 ? "freezer.state" : "cgroup.events", is_v1 ? "FROZEN" : "frozen 1"))
        usleep(1000);
    long before = stat_field(worker, 14);
    kill(worker, SIGUSR1);
    clock_t start = times(NULL);
    while (times(NULL) - start < 20)
        ;
    long ran = stat_field(worker, 14) - before;
    pid_t ended = waitpid(worker, NULL, WNOHANG);
    printf("frozen, 20 ticks later: it ran %ld ticks, SIGUSR1 is %s\n", ran,
           ended == 0 ? "not handled" : "handled");
    write_to(file, is_v1 ? "THAWED" : "0");
    int status = 0;
    waitpid(worker, &status, 0);
    printf("thawed: its handler left with status %d\n", WEXITSTATUS(status));
    rmdir(group);
    return failed ? 77 : ran == 0 && ended == 0 && WEXITSTATUS(status) == SIGUSR1 ? 0 : 1;
}
