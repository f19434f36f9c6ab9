#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/helper.h"
#include "session.h"

enum {
    ROLE_FDS = 2 /* that a role waits for: its next word, and the end of guard and host */
};

/* ---- what leads the roles, apart from what they do ---- */

int bench_move_fd(int fd)
{
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, HELPER_LAB_FD_LEAST);

    if (moved < 0)
        return fd;
    (void)close(fd);
    return moved;
}

bool lab_call_is_plumbing(const char *comm, int64_t number, const uint64_t *arguments)
{
    if (strcmp(comm, "lab-host") == 0)
        return true;
    switch (number) {
    case SYS_prctl:
        return arguments[0] == PR_SET_NAME;
    case SYS_read:
    case SYS_write:
        return (int)arguments[0] >= HELPER_LAB_FD_LEAST;
#ifdef SYS_poll
    case SYS_poll: /* role_await(): no experiment asks so */
        return arguments[1] == ROLE_FDS && (int)arguments[2] == -1;
#endif
    case SYS_ppoll:
        return arguments[1] == ROLE_FDS && arguments[2] == 0;
    default:
        return false;
    }
}

/* ---- the roles' side ---- */

int role_await(struct bench *bench)
{
    struct pollfd fds[] = {
        {.fd = bench->self->go[0], .events = POLLIN},
        {.fd = bench->lifeline[0]},
    };
    unsigned char word;

    for (;;) {
        if (poll(fds, ROLE_FDS, -1) < 0) {
            if (errno != EINTR)
                _exit(1);
            continue;
        }
        if (fds[1].revents)
            _exit(0);
        if (fds[0].revents && read(bench->self->go[0], &word, 1) == 1)
            return word;
    }
}

void role_report(struct bench *bench, int64_t number)
{
    ssize_t n;

    do
        n = write(bench->self->said[1], &number, sizeof(number));
    while (n < 0 && errno == EINTR);
}

/* As the host counts: a role inside a PID namespace has another number for itself. */
static pid_t outer_tid(void)
{
    char text[64]; /* "PID/task/TID" */
    ssize_t length = readlink("/proc/thread-self", text, sizeof(text) - 1);

    if (length <= 0)
        return getpid();
    text[length] = '\0';
    const char *slash = strrchr(text, '/');
    return slash ? (pid_t)strtol(slash + 1, NULL, 10) : getpid();
}

void role_enter(struct bench *bench, struct role *role)
{
    bench->self = role;
    (void)prctl(PR_SET_NAME, role->name);
    role->pid = outer_tid();
}

pid_t role_fork(struct bench *bench, struct role *role, void (*play)(struct bench *))
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    role_enter(bench, role);
    play(bench);
    _exit(0);
}

struct thread_start {
    struct bench bench;
    struct role *role;
    void (*play)(struct bench *);
};

static void *thread_main(void *argument)
{
    struct thread_start *start = argument;

    role_enter(&start->bench, start->role);
    start->play(&start->bench);
    return NULL;
}

int role_thread(struct bench *bench, struct role *role, void (*play)(struct bench *))
{
    pthread_t thread;
    /* Lives as long as its process, which is not long. */
    struct thread_start *start = malloc(sizeof(*start));

    if (!start)
        return -ENOMEM;
    *start = (struct thread_start){.bench = *bench, .role = role, .play = play};
    return -pthread_create(&thread, NULL, thread_main, start);
}

void role_idle(struct bench *bench)
{
    while (role_await(bench) != 'x')
        ;
}

_Noreturn void role_exit_when_asked(struct bench *bench)
{
    role_idle(bench);
    _exit(0);
}

bool role_is_alone(const struct bench *bench)
{
    return poll(&(struct pollfd){.fd = bench->lifeline[0]}, 1, 0) > 0;
}

void role_burn(struct bench *bench)
{
    for (volatile unsigned long turn = 1;; turn++)
        if (turn % (1UL << 26) == 0 && role_is_alone(bench))
            _exit(0);
}

int role_take_terminal(const char *name)
{
    (void)setsid();
    int fd = open(name, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    return ioctl(fd, TIOCSCTTY, 0) < 0 ? -errno : fd;
}

/* ---- the host's side: roles ---- */

struct role *role_new(struct bench *bench, const char *name)
{
    struct bench_shared *shared = bench->shared;

    if (shared->role_count >= LAB_ROLES_MAX)
        abort();
    struct role *role = &shared->roles[shared->role_count];
    (void)snprintf(role->name, sizeof(role->name), "%s", name);
    if (pipe2(role->go, O_CLOEXEC) < 0 || pipe2(role->said, O_CLOEXEC) < 0)
        bench_end(bench);
    for (int end = 0; end < 2; end++) {
        role->go[end] = bench_move_fd(role->go[end]);
        role->said[end] = bench_move_fd(role->said[end]);
    }
    shared->role_count++;
    return role;
}

bool role_meet(struct bench *bench, struct role *role)
{
    if (!until(bench, role->pid != 0))
        return false;
    bench_announce(bench, role->pid, role->name);
    return true;
}

struct role *role_spawn(struct bench *bench, const char *name, void (*play)(struct bench *))
{
    struct role *role = role_new(bench, name);
    pid_t pid = fork();

    if (pid < 0)
        bench_end(bench);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != bench->host_pid)
            _exit(0);
        (void)signal(SIGPIPE, SIG_DFL);
        (void)close(bench->socket);
        (void)close(bench->guard_alive);
        (void)close(bench->lifeline[1]);
        role_enter(bench, role);
        play(bench);
        _exit(0);
    }
    /* Not before it has its name, and its signal mask back: fork() blocks all for a moment. */
    (void)until_broken(bench, role->pid != 0 || observe_state(pid) == 'Z');
    role->pid = pid;
    bench_announce(bench, pid, role->name);
    return role;
}

void role_go(struct bench *bench, struct role *role, int word)
{
    unsigned char byte = (unsigned char)word;

    (void)bench;
    (void)!write(role->go[1], &byte, 1);
}

static bool is_readable(int fd)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) > 0;
}

bool role_receive(struct bench *bench, struct role *role, int64_t *ret_number)
{
    int64_t number;

    if (!until(bench, is_readable(role->said[0])) ||
        read(role->said[0], &number, sizeof(number)) != sizeof(number))
        return false;
    *ret_number = number;
    return true;
}

int64_t role_ask(struct bench *bench, struct role *role, int word)
{
    int64_t number = INT64_MIN;

    role_go(bench, role, word);
    (void)role_receive(bench, role, &number);
    return number;
}

static void read_letters(struct bench *bench, int stat_fd, char *letters, size_t size)
{
    char stat[256];
    size_t count = 0;
    struct wait wait = wait_begin(bench);

    for (unsigned turn = 1;; turn++) {
        ssize_t n = pread(stat_fd, stat, sizeof(stat) - 1, 0);
        if (n <= 0 || (turn % 4096 == 0 && !wait_turn(bench, &wait)))
            return; /* ESRCH: gone */
        stat[n] = '\0';
        const char *end = strrchr(stat, ')');
        char letter = end && end[1] ? end[2] : '?';
        if ((count == 0 || letters[count - 1] != letter) && count + 1 < size) {
            letters[count++] = letter;
            letters[count] = '\0';
        }
    }
}

bool role_watch_exit(struct bench *bench, struct role *role, char *ret_letters, size_t size)
{
    char path[64];

    ret_letters[0] = '\0';
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", role->pid);
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    (void)bench_pin(0, 0);
    (void)bench_pin(role->pid, 1);
    role_go(bench, role, 'x');
    read_letters(bench, fd, ret_letters, size);
    bench_unpin();
    return strchr(ret_letters, 'X');
}
