#include "test_child.h"

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

enum {
    LONGEST_WAIT_MS = 10000
};

static int ready_fd = -1;

/*
 * The C library's own signals, 32 and 33, which its posix_spawn(3) leaves ignored
 * in what make starts. sigaction(2) refuses them; the system call does not.
 */
static void reset_library_signals(void)
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {.handler = SIG_DFL};
    for (int number = 32; number < 34; number++)
        (void)syscall(SYS_rt_sigaction, number, &action, NULL, sizeof(action.mask));
}

pid_t specimen_start(specimen_body body, void *argument)
{
    int ends[2];
    if (pipe(ends) < 0)
        return -1;

    pid_t pid = spawn_bound();
    if (pid == 0) {
        (void)close(ends[0]);
        ready_fd = ends[1];
        reset_library_signals();
        body(argument);
        _exit(99);
    }

    char byte;
    struct pollfd wait = {.fd = ends[0], .events = POLLIN};
    (void)close(ends[1]);
    int is_ready = pid > 0 && poll(&wait, 1, LONGEST_WAIT_MS) == 1 && read(ends[0], &byte, 1) == 1;
    (void)close(ends[0]);
    if (pid > 0 && !is_ready)
        specimen_end(pid);
    return is_ready ? pid : -1;
}

void specimen_ready(void)
{
    (void)!write(ready_fd, "!", 1);
    (void)close(ready_fd);
}

void specimen_stay(void)
{
    for (;;)
        (void)pause();
}

/* Number `field` of /proc/self/stat, as proc(5) counts them. */
static unsigned long long stat_number(const char *text, int field)
{
    const char *at = strrchr(text, ')');
    for (int i = 2; at && i < field; i++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

int specimen_move_arguments(char *start, size_t length)
{
    char text[4096] = "";
    FILE *file = fopen("/proc/self/stat", "re");
    if (!file || fread(text, 1, sizeof(text) - 1, file) == 0)
        return -1;
    (void)fclose(file);
    struct prctl_mm_map map = {
        .start_code = stat_number(text, 26),
        .end_code = stat_number(text, 27),
        .start_stack = stat_number(text, 28),
        .start_data = stat_number(text, 45),
        .end_data = stat_number(text, 46),
        .start_brk = stat_number(text, 47),
        .brk = (uintptr_t)sbrk(0),
        .arg_start = (uintptr_t)start,
        .arg_end = (uintptr_t)start + length,
        .env_start = stat_number(text, 50),
        .env_end = stat_number(text, 51),
        .exe_fd = (unsigned)-1,
    };
    return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
}

void specimen_end(pid_t pid)
{
    if (pid <= 0)
        return;
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

int specimen_wait_dead(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int r = fd >= 0 && poll(&wait, 1, LONGEST_WAIT_MS) == 1 ? 0 : -1;
    (void)close(fd);
    return r;
}

int specimen_run(int (*body)(void *argument), void *argument)
{
    pid_t pid = spawn_bound();
    if (pid == 0) {
        (void)alarm(LONGEST_WAIT_MS / 1000);
        _exit(body(argument));
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}
