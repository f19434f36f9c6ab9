#include "spawn.h"

#include <dirent.h>
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SPAWNED_MAX = 256,
    EARLY_MAX = 8,
    WAIT_MS = 10000
};

/* The word that a child is ready; no test reports that number. */
#define READY INT32_MIN

static struct {
    pid_t pid;
    int from_fd;
    int32_t early[EARLY_MAX]; /* that a thread or a child of it reported before it was ready */
    size_t early_count;
} spawned[SPAWNED_MAX];
static size_t spawned_count;
static int to_parent_fd = -1;

void spawn_ready(void)
{
    spawn_report(READY);
}

void spawn_report(int32_t number)
{
    (void)!write(to_parent_fd, &number, sizeof(number));
}

int spawn_pause(void *argument)
{
    (void)argument;
    spawn_ready();
    for (;;)
        (void)pause();
}

static void die(const char *what)
{
    perror(what);
    abort();
}

static void die_with(pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(99);
}

pid_t spawn_bound(void)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        die_with(parent);
    return pid;
}

static void run_child(pid_t parent, int fd, spawn_body *body, void *argument)
{
    die_with(parent);
    for (int signal = 1; signal < NSIG; signal++) {
        struct sigaction action = {.sa_handler = SIG_DFL};
        (void)sigaction(signal, &action, NULL);
    }
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    to_parent_fd = fd;
    _exit(body(argument));
}

static pid_t fork_with_pid(pid_t pid)
{
    if (pid == 0)
        return fork();
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&pid, .set_tid_size = 1};
    return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static bool receive(int fd, int32_t *ret_number)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, WAIT_MS) == 1 &&
           read(fd, ret_number, sizeof(*ret_number)) == (ssize_t)sizeof(*ret_number);
}

/* What is reported before is kept for spawn_receive(). */
static void await_ready(size_t at)
{
    int32_t number;
    for (;;) {
        if (!receive(spawned[at].from_fd, &number) || spawned[at].early_count == EARLY_MAX)
            die("spawn: the child is not ready");
        if (number == READY)
            return;
        spawned[at].early[spawned[at].early_count++] = number;
    }
}

static pid_t start(pid_t wanted, spawn_body *body, void *argument)
{
    int fds[2];
    pid_t parent = getpid();
    if (spawned_count == SPAWNED_MAX || pipe(fds) < 0)
        die("spawn");
    (void)fflush(NULL);
    pid_t pid = fork_with_pid(wanted);
    if (pid == 0) {
        (void)close(fds[0]);
        run_child(parent, fds[1], body, argument);
    }
    (void)close(fds[1]);
    if (pid < 0) {
        (void)close(fds[0]);
        return -errno;
    }
    spawned[spawned_count].pid = pid;
    spawned[spawned_count].from_fd = fds[0];
    spawned[spawned_count++].early_count = 0;
    await_ready(spawned_count - 1);
    return pid;
}

pid_t spawn_child(spawn_body *body, void *argument)
{
    pid_t pid = start(0, body, argument);
    if (pid < 0)
        die("spawn: fork");
    return pid;
}

pid_t spawn_with_pid(pid_t pid, spawn_body *body, void *argument)
{
    pid_t got = start(pid, body, argument);
    return got < 0 ? 0 : got;
}

static int find(pid_t pid)
{
    for (size_t i = 0; i < spawned_count; i++)
        if (spawned[i].pid == pid)
            return (int)i;
    return -1;
}

bool spawn_receive(pid_t pid, int32_t *ret_number)
{
    int at = find(pid);
    if (at < 0)
        return false;
    if (spawned[at].early_count == 0)
        return receive(spawned[at].from_fd, ret_number);
    *ret_number = spawned[at].early[0];
    spawned[at].early_count--;
    memmove(spawned[at].early, spawned[at].early + 1, sizeof(spawned[at].early) - sizeof(int32_t));
    return true;
}

static char state_of(pid_t pid)
{
    char path[64], text[512];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return '\0';
    size_t length = fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    char *close_paren = strrchr(text, ')');
    return close_paren && close_paren[1] == ' ' ? close_paren[2] : '\0';
}

char spawn_await_state(pid_t pid, const char *letters)
{
    for (int waited = 0; waited < WAIT_MS; waited++) {
        char state = state_of(pid);
        if (state != '\0' && strchr(letters, state))
            return state;
        (void)poll(NULL, 0, 1);
    }
    return '\0';
}

static void forget(int at)
{
    (void)close(spawned[at].from_fd);
    spawned[at] = spawned[--spawned_count];
}

int spawn_reap(pid_t pid)
{
    int status = -1, at = find(pid);
    if (at < 0)
        return -1;
    for (int waited = 0; waited < WAIT_MS; waited++) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got != 0) {
            forget(at);
            return got == pid ? status : -1;
        }
        (void)poll(NULL, 0, 1);
    }
    return spawn_kill(pid);
}

int spawn_kill(pid_t pid)
{
    int status = -1, at = find(pid);
    if (at < 0)
        return -1;
    (void)kill(pid, SIGKILL);
    pid_t got = waitpid(pid, &status, 0);
    forget(at);
    return got == pid ? status : -1;
}

/* All at once: one that another traces is not removed before its tracer has ended. */
void spawn_done(void)
{
    for (size_t i = 0; i < spawned_count; i++)
        if (spawned[i].pid > 1)
            (void)kill(spawned[i].pid, SIGKILL);
    while (spawned_count > 0)
        (void)spawn_kill(spawned[0].pid);
}

int spawn_run_as_nobody(spawn_body *body, void *argument)
{
    (void)fflush(NULL);
    pid_t pid = spawn_bound();
    if (pid < 0)
        die("spawn: fork");
    if (pid == 0) {
        if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
            _exit(99);
        _exit(body(argument));
    }
    int status;
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

int spawn_count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return -1;
    int count = 0;
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    return count - 3; /* ".", ".." and the directory itself */
}
