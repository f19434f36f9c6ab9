/* order: of several pending signals, standard ones come before real-time ones, low numbers first.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    const int sent[] = {SIGRTMIN + 2, SIGUSR2, SIGRTMIN, SIGUSR1};
    int got[4];
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < 4; i++) {
        kill(getpid(), sent[i]);
        printf("sent %d\n", sent[i]);
    }
    /* Taken one by one in the order in which the kernel has them. */
    for (int i = 0; i < 4; i++) {
        siginfo_t info;
        got[i] = sigwaitinfo(&all, &info);
        printf("got %d\n", got[i]);
    }
    return got[0] == SIGUSR1 && got[1] == SIGUSR2 && got[2] == SIGRTMIN && got[3] == SIGRTMIN + 2
               ? 0
               : 1;
}
