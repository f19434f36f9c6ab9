/* sources: si_code and si_pid tell who sent a signal. */
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Takes the next signal of `set` and prints where it came from. */
static siginfo_t take(const sigset_t *set, const char *sender)
{
    siginfo_t info;

    sigwaitinfo(set, &info);
    printf("%s: signal %d, si_code %d, si_pid %d\n", sender, info.si_signo, info.si_code,
           info.si_pid);
    return info;
}

int main(void)
{
    struct itimerval soon = {.it_value = {.tv_usec = 1000}};
    sigset_t set;
    int ends[2];

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGALRM);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGPIPE);
    sigprocmask(SIG_BLOCK, &set, NULL);

    kill(getpid(), SIGUSR1);
    siginfo_t user = take(&set, "kill()");
    setitimer(ITIMER_REAL, &soon, NULL);
    siginfo_t timer = take(&set, "a timer");
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t ended = take(&set, "a child's exit");
    waitpid(child, NULL, 0);
    if (pipe(ends) < 0 || close(ends[0]) < 0 || write(ends[1], "x", 1) == 1)
        return 1;
    siginfo_t broken = take(&set, "a write without a reader");
    return user.si_code == SI_USER && user.si_pid == getpid() && timer.si_code == SI_KERNEL &&
                   ended.si_code == CLD_EXITED && ended.si_pid == child &&
                   broken.si_code == SI_USER && broken.si_pid == getpid()
               ? 0
               : 1;
}
