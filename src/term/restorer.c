/*
 * What nothing of ours can catch is SIGKILL. A helper reads from its socket whether
 * the terminal is ours; when we end while it is, it gives it back in our stead.
 * It waits for our end with a pidfd: the socket's other end may also be held by
 * processes that we forked since.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "private.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/helper.h"
#include "reaptop/term/term.h"

static struct helper restorer = {.fd = -EBADF};
static bool was_reported_ours;

/* Whoever took the terminal over meanwhile has set modes of his own. */
static bool is_same_modes(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc)) == 0;
}

/* Reads on until the socket ends or `pidfd` does; were we the terminal's owner then? */
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

/* Nobody else is in its group: no key reaches it, and setting modes from there is SIGTTOU. */
static void watch(void *unused, int words, int unused_fd)
{
    struct termios ours, now;
    (void)unused;
    (void)unused_fd;
    pid_t owner = getppid();
    _cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, owner, 0);
    if (getppid() == owner && was_ours(words, pidfd, &ours) && tcgetattr(STDIN_FILENO, &now) == 0 &&
        is_same_modes(&ours, &now)) {
        rescue_arm(true);
        term_emergency_restore();
    }
}

void restorer_start(void)
{
    (void)helper_start(HELPER_RESTORER, watch, NULL, -1, &restorer);
}

void restorer_report(bool is_ours)
{
    was_reported_ours = is_ours;
    if (restorer.fd >= 0)
        (void)send(restorer.fd, is_ours ? "o" : "-", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void restorer_keep(void)
{
    if (restorer.pid == 0 || !helper_has_ended(&restorer))
        return;
    restorer_start();
    restorer_report(was_reported_ours);
}

void restorer_stop(void)
{
    restorer_report(false);
    helper_end(&restorer);
}
