#include "program_host.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program_trace.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/helper.h"
#include "reaptop/control/guard.h"

enum {
    DEPTH_MAX = 8, /* descriptors for removing a directory */
};

/* What guard and host both know. */
struct host {
    const char *name;
    int socket, memory_fd;
    int output_fd; /* the host's */
    struct trace_memory *memory;
    char directory[128]; /* "": none could be made */
    _Atomic pid_t *pid;  /* the program's first process, shared by the two; 0: not yet */
};

/* ---- what a program leaves ---- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Where the programs make their control groups: cgroup v2, and v1's hierarchies. */
static const char *const group_places[] = {"", "/cpu", "/freezer", "/memory"};

static void thaw(const struct host *host)
{
    char path[96];
    (void)snprintf(path, sizeof(path), "/sys/fs/cgroup/freezer/program-%d/freezer.state",
                   (int)*host->pid);
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, "THAWED", 6);
}

/* Ends all processes, and then removes what has a name: they do it themselves unless ended early.
 */
static void clean(const struct host *host)
{
    char path[96];
    if (*host->pid > 0)
        thaw(host);
    (void)guard_end_descendants(NULL);
    for (size_t i = 0; i < ELEMENTS(group_places) && *host->pid > 0; i++) {
        (void)snprintf(path, sizeof(path), "/sys/fs/cgroup%s/program-%d", group_places[i],
                       (int)*host->pid);
        (void)rmdir(path);
    }
    if (host->directory[0])
        (void)nftw(host->directory, remove_one, DEPTH_MAX, FTW_DEPTH | FTW_PHYS);
}

/* ---- the program ---- */

static void reset_signals(void)
{
    sigset_t none;
    (void)sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* It keeps 0, 1 and 2, and two of ours out of its way: its own are counted from 3, as anywhere. */
static int give_descriptors(const struct host *host)
{
    char value[64];
    int memory = fcntl(host->memory_fd, F_DUPFD, HELPER_LAB_FD_LEAST);
    int output = fcntl(host->output_fd, F_DUPFD, HELPER_LAB_FD_LEAST);
    if (memory < 0 || output < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0)
        return -errno;
    (void)snprintf(value, sizeof(value), "%s:%d:%d", host->name, memory, output);
    return setenv(TRACE_VARIABLE, value, 1) < 0 ? -errno : 0;
}

static _Noreturn void become_program(const struct host *host)
{
    char *arguments[] = {(char *)(uintptr_t)host->name, NULL};
    /* A group of its own: kill(0, …) is for the program alone. */
    (void)setpgid(0, 0);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (host->directory[0]) {
        (void)setenv("TMPDIR", host->directory, 1);
        (void)!chdir(host->directory);
    }
    reset_signals();
    if (give_descriptors(host) == 0)
        (void)execv("/proc/self/exe", arguments);
    (void)dprintf(STDOUT_FILENO, "reaptop: %s: %s\n", host->name, strerror(errno));
    _exit(127);
}

/* ---- the host ---- */

/* Is it over? Orphans of the program came to us and are reaped, as init does it. */
static bool reap(pid_t program, int *status)
{
    int found;
    pid_t pid;
    bool has_ended = false;
    while ((pid = waitpid(-1, &found, WNOHANG)) > 0)
        if (pid == program) {
            *status = found;
            has_ended = true;
        }
    return has_ended;
}

/* Until the program has ended: 1; its time is over: 0; viewer or guard are gone: -EPIPE. */
static int watch(const struct host *host, int guard_fd, int signal_fd, int *ret_status)
{
    uint64_t end_ns = clock_ns(CLOCK_MONOTONIC) + PROGRAM_RUN_SECONDS * NS_PER_SEC;
    struct signalfd_siginfo info;
    for (uint64_t now_ns; (now_ns = clock_ns(CLOCK_MONOTONIC)) < end_ns;) {
        struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN},
                               {.fd = guard_fd, .events = POLLIN},
                               {.fd = host->socket, .events = POLLIN}};
        if (reap(*host->pid, ret_status))
            return 1;
        (void)poll(fds, ELEMENTS(fds), (int)((end_ns - now_ns) / NS_PER_MS) + 1);
        if (fds[1].revents || fds[2].revents)
            return -EPIPE;
        while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
            ;
    }
    return 0;
}

static void keep_output(struct host *host)
{
    off_t size = lseek(host->output_fd, 0, SEEK_END);
    ssize_t got = pread(host->output_fd, host->memory->output, TRACE_OUTPUT, 0);
    host->memory->output_size = got > 0 ? (uint32_t)got : 0;
    host->memory->output_total = size > 0 ? (uint32_t)size : 0;
}

/* A file in memory and no pipe: nobody waits for a reader, and its size tells what came when. */
static int open_output(struct host *host)
{
    host->output_fd = memfd_create("output", MFD_CLOEXEC);
    if (host->output_fd < 0)
        return -errno;
    return fcntl(host->output_fd, F_SETFL, O_APPEND) < 0 ? -errno : 0;
}

static int host_main(void *argument, int guard_fd)
{
    struct host *host = argument;
    struct program_verdict verdict = {0};
    int status = 0;
    sigset_t child;
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &child, NULL);
    _cleanup_close_ int signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signal_fd < 0 || open_output(host) < 0)
        return 1;
    pid_t pid = fork();
    if (pid == 0)
        become_program(host);
    if (pid < 0)
        return 1;
    *host->pid = pid;
    int r = watch(host, guard_fd, signal_fd, &status);
    clean(host);
    if (r < 0)
        return 0;
    keep_output(host);
    verdict.status = r > 0 ? status : SIGKILL;
    verdict.is_timed_out = r == 0;
    (void)send(host->socket, &verdict, sizeof(verdict), MSG_NOSIGNAL);
    return 0;
}

/* ---- the guard ---- */

static void make_directory(struct host *host)
{
    const char *temporary = getenv("TMPDIR");
    if (!temporary || temporary[0] != '/' || strlen(temporary) > sizeof(host->directory) / 2)
        temporary = "/tmp";
    (void)snprintf(host->directory, sizeof(host->directory), "%s/reaptop-lab-XXXXXX", temporary);
    if (!mkdtemp(host->directory))
        host->directory[0] = '\0';
}

void program_guard_main(void *argument, int socket, int memory_fd)
{
    struct host host = {.name = argument, .socket = socket, .memory_fd = memory_fd};
    host.memory =
        mmap(NULL, sizeof(*host.memory), PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
    host.pid =
        mmap(NULL, sizeof(*host.pid), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (host.memory == MAP_FAILED || (void *)host.pid == MAP_FAILED)
        _exit(1);
    make_directory(&host);
    int r = guard_run(HELPER_LAB_HOST, host_main, &host);
    clean(&host);
    _exit(r < 0);
}
