/* quota: 2 of every 20 ms: the process is R and does not run. 77: not allowed here. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is behind `key` in a file of that directory. */
static char *read_behind(int directory, const char *file, const char *key)
{
    static char text[4096];
    int fd = openat(directory, file, O_RDONLY);
    ssize_t n = read(fd, text, sizeof(text) - 1);

    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return strstr(text, key) ? strstr(text, key) + strlen(key) : text;
}

/* The descriptor stays open: the program ends soon. */
static int write_to(int group, const char *file, const char *words)
{
    return write(openat(group, file, O_WRONLY), words, strlen(words)) > 0;
}

int main(void)
{
    char path[64], number[32];

    snprintf(path, sizeof(path), "/sys/fs/cgroup/cpu/program-%d", getpid());
    int is_v1 = mkdir(path, 0755) == 0;
    if (!is_v1)
        snprintf(path, sizeof(path), "/sys/fs/cgroup/program-%d", getpid());
    if (!is_v1 && mkdir(path, 0755) < 0)
        return perror(path), 77;
    int group = open(path, O_RDONLY | O_DIRECTORY), proc = open("/proc", O_RDONLY);
    pid_t worker = fork();
    if (worker == 0)
        for (alarm(60);;) /* computes */
            ;
    snprintf(number, sizeof(number), "%d", worker);
    int is_set = write_to(group, "cgroup.procs", number) &&
                 (is_v1 ? write_to(group, "cpu.cfs_period_us", "20000") &&
                              write_to(group, "cpu.cfs_quota_us", "2000")
                        : write_to(group, "cpu.max", "2000 20000"));
    strcat(number, "/stat");
    long looks = 0, runnable = 0, throttled = 0;
    for (; is_set && throttled < 10; looks++) {
        throttled = strtol(read_behind(group, "cpu.stat", "nr_throttled "), NULL, 10);
        runnable += *read_behind(proc, number, ") ") == 'R';
    }
    printf("throttled %ld times; R in %ld of %ld looks\n", throttled, runnable, looks);
    kill(worker, SIGKILL);
    waitpid(worker, NULL, 0);
    rmdir(path);
    return !is_set ? 77 : runnable == looks ? 0 : 1;
}
