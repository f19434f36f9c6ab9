/* pid-reuse: PIDs count upward; a pidfd keeps meaning its first process when it is gone. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

static pid_t next_child(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return pid;
}

int main(void)
{
    int growing = 0;
    pid_t first = next_child();
    int handle = (int)syscall(SYS_pidfd_open, first, 0);

    if (handle < 0) {
        perror("pidfd_open");
        return 77;
    }
    long as_zombie = syscall(SYS_pidfd_send_signal, handle, 0, NULL, 0);
    waitpid(first, NULL, 0);
    for (pid_t last = first, i = 0; i < 20; i++) {
        pid_t pid = next_child();
        growing += pid > last;
        last = pid;
        waitpid(pid, NULL, 0);
    }
    printf("of 20 new PIDs %d were greater than the one before\n", growing);
    long after = syscall(SYS_pidfd_send_signal, handle, 0, NULL, 0);
    printf("pidfd of %d: as a zombie %ld, once reaped: %s\n", first, as_zombie, strerror(errno));
    return growing >= 19 && as_zombie == 0 && after < 0 && errno == ESRCH ? 0 : 1;
}
