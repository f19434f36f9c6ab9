/* mask: a blocked signal waits as pending, and is delivered when it is unblocked. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t delivered;

static void handle(int number)
{
    delivered = number;
}

int main(void)
{
    sigset_t set, pending;

    signal(SIGUSR1, handle);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    kill(getpid(), SIGUSR1);
    sigpending(&pending);
    int waits = sigismember(&pending, SIGUSR1) && !delivered;
    printf("blocked: pending %d, delivered %d\n", sigismember(&pending, SIGUSR1), (int)delivered);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    sigpending(&pending);
    printf("unblocked: pending %d, delivered %d\n", sigismember(&pending, SIGUSR1), (int)delivered);
    return waits && delivered == SIGUSR1 && !sigismember(&pending, SIGUSR1) ? 0 : 1;
}
