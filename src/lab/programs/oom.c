/* oom: 24 MiB for a group whose process wants 64: the kernel kills. 77: not allowed here. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_to(int group, const char *file, const char *words)
{
    int fd = openat(group, file, O_WRONLY), is_written = write(fd, words, strlen(words)) > 0;

    close(fd);
    return is_written;
}

/* Takes 64 MiB once it is told to: a write to memory cannot return an error. */
static void be_greedy(int go)
{
    size_t size = 64 << 20;
    char byte,
        *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory != MAP_FAILED && read(go, &byte, 1) == 1)
        memset(memory, 1, size);
    _exit(0);
}

int main(void)
{
    char path[64], text[4096] = "", number[16];
    int go[2], status = 0;

    snprintf(path, sizeof(path), "/sys/fs/cgroup/memory/program-%d", getpid());
    int is_v1 = mkdir(path, 0755) == 0;
    if (!is_v1)
        snprintf(path, sizeof(path), "/sys/fs/cgroup/program-%d", getpid());
    if (pipe(go) < 0 || (!is_v1 && mkdir(path, 0755) < 0))
        return perror(path), 77;
    int group = open(path, O_RDONLY | O_DIRECTORY);
    pid_t greedy = fork();
    if (greedy == 0)
        be_greedy(go[0]);
    snprintf(number, sizeof(number), "%d", greedy);
    int is_set = write_to(group, "cgroup.procs", number) &&
                 write_to(group, is_v1 ? "memory.limit_in_bytes" : "memory.max", "25165824");
    write_to(group, is_v1 ? "memory.swappiness" : "memory.swap.max", "0");
    if (write(go[1], "!", 1) == 1)
        waitpid(greedy, &status, 0);
    int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    int events = openat(group, is_v1 ? "memory.oom_control" : "memory.events", O_RDONLY);
    char *count = read(events, text, sizeof(text) - 1) > 0 ? strstr(text, "oom_kill ") : NULL;
    long kills = count ? strtol(count + strlen("oom_kill "), NULL, 10) : -1;
    printf("it was ended by signal %d; the group counts %ld kill by the kernel\n", by, kills);
    rmdir(path);
    return !is_set ? 77 : by == SIGKILL && kills >= 1 ? 0 : 1;
}
