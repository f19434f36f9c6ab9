/*
 * What nothing of ours can catch is SIGKILL. A child reads from a pipe whether
 * the terminal is ours; when we end while it is, it gives it back in our stead.
 * It waits for our end with a pidfd: the pipe's other end may also be held by
 * processes that we forked since.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "private.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/term/term.h"

enum {
    END_MS = 200 /* guard_stop() waits so long for its end, and as long after SIGKILL */
};

static int words = -EBADF; /* the pipe's end for writing */
static pid_t guard;
static bool was_reported_ours;

/* Whoever took the terminal over meanwhile has set modes of his own. */
static bool is_same_modes(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

/* Reads on until the pipe ends or `pidfd` does; were we the terminal's owner then? */
static bool was_ours(int fd, int pidfd, struct termios *ret_modes)
{
    bool is_ours = false;
    for (;;) {
        struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
        char word;
        if (poll(fds, 2, -1) < 0)
            continue;
        if (!(fds[0].revents & POLLIN) || read(fd, &word, 1) != 1)
            return is_ours;
        is_ours = word == 'o' && tcgetattr(STDIN_FILENO, ret_modes) == 0;
    }
}

_Noreturn static void watch(int fd, pid_t owner)
{
    enum {
        WORDS_FD = 3,
        OWNER_FD
    };
    (void)prctl(PR_SET_NAME, "reaptop-guard");
    /* A group of its own: no key reaches it, and setting modes from there is SIGTTOU. */
    (void)setpgid(0, 0);
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    int pidfd = (int)syscall(SYS_pidfd_open, owner, 0);
    fd = fcntl(fd, F_DUPFD, OWNER_FD + 1); /* out of the way of the next two */
    pidfd = fcntl(pidfd, F_DUPFD, OWNER_FD + 1);
    if (dup2(fd, WORDS_FD) < 0 || dup2(pidfd, OWNER_FD) < 0 ||
        close_range(OWNER_FD + 1, ~0U, 0) < 0 || getppid() != owner)
        _exit(1);

    struct termios ours, now;
    if (was_ours(WORDS_FD, OWNER_FD, &ours) && tcgetattr(STDIN_FILENO, &now) == 0 &&
        is_same_modes(&ours, &now)) {
        rescue_arm(true);
        term_emergency_restore();
    }
    _exit(0);
}

void guard_start(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    pid_t owner = getpid();
    guard = fork();
    if (guard == 0) {
        (void)close(ends[1]);
        watch(ends[0], owner);
    }
    (void)close(ends[0]);
    words = ends[1];
    if (guard < 0)
        words = fd_close(words);
}

void guard_report(bool is_ours)
{
    was_reported_ours = is_ours;
    if (words >= 0)
        (void)!write(words, is_ours ? "o" : "-", 1);
}

void guard_keep(void)
{
    if (words < 0 || waitpid(guard, NULL, WNOHANG) == 0)
        return;
    words = fd_close(words);
    guard_start();
    guard_report(was_reported_ours);
}

static bool is_reaped_within(int limit_ms)
{
    for (int i = 0;; i++) {
        pid_t got = waitpid(guard, NULL, WNOHANG);
        if (got > 0 || (got < 0 && errno != EINTR))
            return true;
        if (i >= limit_ms)
            return false;
        (void)poll(NULL, 0, 1);
    }
}

void guard_stop(void)
{
    if (words < 0)
        return;
    guard_report(false);
    words = fd_close(words);
    /* A stopped one does not see the end of its pipe; SIGKILL ends it all the same. */
    if (!is_reaped_within(END_MS)) {
        (void)kill(guard, SIGKILL);
        (void)is_reaped_within(END_MS);
    }
}
