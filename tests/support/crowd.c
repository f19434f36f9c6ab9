#include "crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

static _Noreturn void sleep_for_ever(void)
{
    for (;;)
        pause();
}

static _Noreturn void hold(long count, int ready)
{
    prctl(PR_SET_NAME, "crowd-holder");
    for (long i = 0; i < count; i++) {
        pid_t pid = spawn_bound();
        if (pid < 0)
            _exit(1);
        if (pid == 0) {
            prctl(PR_SET_NAME, "crowd-sleeper");
            sleep_for_ever();
        }
    }
    (void)!write(ready, "r", 1);
    sleep_for_ever();
}

pid_t crowd_start(long count)
{
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) < 0)
        return -1;
    pid_t holder = spawn_bound();
    if (holder == 0)
        hold(count, ready[1]);
    close(ready[1]);
    char byte;
    ssize_t n = holder > 0 ? read(ready[0], &byte, 1) : -1;
    close(ready[0]);
    if (n == 1)
        return holder;
    crowd_end(holder);
    return -1;
}

void crowd_end(pid_t holder)
{
    if (holder <= 0)
        return;
    kill(holder, SIGKILL);
    while (waitpid(holder, NULL, 0) < 0 && errno == EINTR)
        ;
}
