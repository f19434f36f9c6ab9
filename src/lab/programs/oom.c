/* oom: 24 MiB for a control group whose process wants 64: the kernel kills. 77: not allowed here.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
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

/* How often the kernel killed in this group. */
static long kills(const char *file)
{
    char path[160], line[128];
    long count = -1;
    snprintf(path, sizeof(path), "%s/%s", group, file);
    FILE *stream = fopen(path, "r");

    while (stream && fgets(line, sizeof(line), stream))
        sscanf(line, "oom_kill %ld", &count);
    if (stream)
        fclose(stream);
    return count;
}

int main(void)
{
    char v2[64], v1[64], text[16];
    int go[2], status = 0;

    snprintf(v2, sizeof(v2), "/sys/fs/cgroup/program-%d", getpid());
    snprintf(v1, sizeof(v1), "/sys/fs/cgroup/memory/program-%d", getpid());
    int is_v1 = mkdir(v1, 0755) == 0;
    if (!is_v1 && mkdir(v2, 0755) < 0) {
        perror(v2);
        return 77;
    }
    group = is_v1 ? v1 : v2;
    if (pipe(go) < 0)
        return 1;
    pid_t greedy = fork();
    if (greedy == 0) {
        size_t size = 64 << 20;
        char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || read(go[0], text, 1) != 1)
            _exit(1);
        memset(memory, 1, size); /* a write cannot return an error */
        _exit(0);
    }
    snprintf(text, sizeof(text), "%d", greedy);
    int failed = write_to("cgroup.procs", text) < 0 ||
                 write_to(is_v1 ? "memory.limit_in_bytes" : "memory.max", "25165824") < 0;
    write_to(is_v1 ? "memory.swappiness" : "memory.swap.max", "0");
    if (write(go[1], "!", 1) != 1)
        return 1;
    waitpid(greedy, &status, 0);
    long count = kills(is_v1 ? "memory.oom_control" : "memory.events");
    printf("it was ended by signal %d; the group counts %ld kill by the kernel\n",
           WIFSIGNALED(status) ? WTERMSIG(status) : 0, count);
    rmdir(group);
    return failed ? 77 : WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && count >= 1 ? 0 : 1;
}
