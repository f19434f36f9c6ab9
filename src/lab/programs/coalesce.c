/* coalesce: a standard signal that is pending already is not queued again; a real-time one is. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t standard, real_time, in_order = 1;

static void handle(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (number == SIGUSR1)
        standard++;
    else if (info->si_value.sival_int != real_time++)
        in_order = 0;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
    sigset_t set;

    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGRTMIN, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < 5; i++) {
        kill(getpid(), SIGUSR1);
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
    }
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    printf("SIGUSR1 sent 5 times, arrived %d; SIGRTMIN sent 5 times, arrived %d, %s\n",
           (int)standard, (int)real_time, in_order ? "in order" : "out of order");
    return standard == 1 && real_time == 5 && in_order ? 0 : 1;
}
