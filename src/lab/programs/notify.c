/* notify: one handler passes a signal to two pipes; a signalfd takes it from what is pending. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int pipes[2][2];
static volatile sig_atomic_t is_stopped[2];

static void pass_on(int number)
{
    (void)number;
    for (int i = 0; i < 2; i++)
        if (!is_stopped[i] && write(pipes[i][1], "!", 1) < 0)
            _exit(1);
}

static int bytes(int i)
{
    int count = 0;

    ioctl(pipes[i][0], FIONREAD, &count);
    return count;
}

int main(void)
{
    struct signalfd_siginfo info;
    sigset_t set;

    if (pipe(pipes[0]) < 0 || pipe(pipes[1]) < 0)
        return 1;
    signal(SIGUSR1, pass_on);
    raise(SIGUSR1);
    printf("SIGUSR1 once: the pipes hold %d and %d bytes\n", bytes(0), bytes(1));
    is_stopped[0] = 1;
    raise(SIGUSR1);
    printf("once more, the first receiver stopped: %d and %d\n", bytes(0), bytes(1));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int one = signalfd(-1, &set, SFD_NONBLOCK), two = signalfd(-1, &set, SFD_NONBLOCK);
    raise(SIGUSR1);
    ssize_t first = read(one, &info, sizeof(info)), second = read(two, &info, sizeof(info));
    printf("blocked, two signalfds: read() %zd, then %s\n", first, strerror(errno));
    return bytes(0) == 1 && bytes(1) == 2 && first == sizeof(info) && second < 0 && errno == EAGAIN
               ? 0
               : 1;
}
