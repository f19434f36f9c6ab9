/* freeze: a frozen control group: its process gets no time, and a signal waits. 77: not allowed. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Writes to a file of the group, or reads it. */
static char *use(int group, const char *file, const char *text)
{
    static char read_text[256];
    int fd = openat(group, file, text ? O_WRONLY : O_RDONLY);
    ssize_t n = text ? write(fd, text, strlen(text)) : read(fd, read_text, sizeof(read_text) - 1);

    close(fd);
    read_text[text || n < 0 ? 0 : n] = '\0';
    return n < 0 ? NULL : read_text;
}

int main(void)
{
    char path[64], number[16];
    struct timespec before, after;
    clockid_t clock; /* of the time that the process had on a processor */
    int status = 0;

    snprintf(path, sizeof(path), "/sys/fs/cgroup/freezer/program-%d", getpid());
    int is_v1 = mkdir(path, 0755) == 0;
    if (!is_v1)
        snprintf(path, sizeof(path), "/sys/fs/cgroup/program-%d", getpid());
    if (!is_v1 && mkdir(path, 0755) < 0)
        return perror(path), 77;
    int group = open(path, O_RDONLY | O_DIRECTORY);
    pid_t worker = fork();
    if (worker == 0)
        for (alarm(60);;) /* computes */
            ;
    snprintf(number, sizeof(number), "%d", worker);
    const char *file = is_v1 ? "freezer.state" : "cgroup.freeze";
    int failed = !use(group, "cgroup.procs", number) || !use(group, file, is_v1 ? "FROZEN" : "1");
    while (!failed && !strstr(is_v1 ? use(group, file, NULL) : use(group, "cgroup.events", NULL),
                              is_v1 ? "FROZEN" : "frozen 1"))
        usleep(1000);
    clock_getcpuclockid(worker, &clock);
    clock_gettime(clock, &before);
    kill(worker, SIGTERM);
    usleep(200000);
    clock_gettime(clock, &after);
    long ran = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
    pid_t ended = waitpid(worker, NULL, WNOHANG);
    printf("frozen, 200 ms later: it ran %ld ns; SIGTERM has ended it: %d\n", ran, ended);
    use(group, file, is_v1 ? "THAWED" : "0");
    waitpid(worker, &status, 0);
    printf("thawed: it was ended by signal %d\n", WTERMSIG(status));
    rmdir(path);
    return failed ? 77 : ran == 0 && ended == 0 && WTERMSIG(status) == SIGTERM ? 0 : 1;
}
