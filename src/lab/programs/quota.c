/* quota: 2 of every 20 ms: the process is R and does not run. 77: not allowed here. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

static long throttled(void)
{
    char path[160], line[128];
    long count = -1;
    snprintf(path, sizeof(path), "%s/cpu.stat", group);
    FILE *stream = fopen(path, "r");

    while (stream && fgets(line, sizeof(line), stream))
        sscanf(line, "nr_throttled %ld", &count);
    if (stream)
        fclose(stream);
    return count;
}

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

int main(void)
{
    char v2[64], v1[64], text[16];

    snprintf(v2, sizeof(v2), "/sys/fs/cgroup/program-%d", getpid());
    snprintf(v1, sizeof(v1), "/sys/fs/cgroup/cpu/program-%d", getpid());
    int is_v1 = mkdir(v1, 0755) == 0;
    if (!is_v1 && mkdir(v2, 0755) < 0) {
        perror(v2);
        return 77;
    }
    group = is_v1 ? v1 : v2;
    pid_t worker = fork();
    if (worker == 0) {
        alarm(60);
        for (volatile unsigned i = 0;; i++)
            ;
    }
    snprintf(text, sizeof(text), "%d", worker);
    int failed = write_to("cgroup.procs", text) < 0;
    if (is_v1)
        failed = failed || write_to("cpu.cfs_period_us", "20000") < 0 ||
                 write_to("cpu.cfs_quota_us", "2000") < 0;
    else
        failed = failed || write_to("cpu.max", "2000 20000") < 0;
    long start = throttled(), looks = 0, runnable = 0;
    while (!failed && throttled() < start + 10) {
        looks++;
        runnable += state_of(worker) == 'R';
    }
    printf("throttled %ld times; R in %ld of %ld looks\n", failed ? 0 : throttled() - start,
           runnable, looks);
    kill(worker, SIGKILL);
    waitpid(worker, NULL, 0);
    rmdir(group);
    return failed ? 77 : runnable == looks ? 0 : 1;
}
