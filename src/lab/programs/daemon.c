/* daemon: fork, setsid, fork: a session of its own, no terminal, and an adopter as parent. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct told {
    pid_t pid, parent, group, session;
    int terminal; /* of open("/dev/tty") */
};

static void become_daemon(int out)
{
    struct told told;

    setsid(); /* leads a session without a terminal, and could still get one */
    if (fork() > 0)
        _exit(0);
    while (getppid() == getsid(0))
        usleep(1000); /* until the first child, the session's leader, has ended */
    told.pid = getpid();
    told.parent = getppid();
    told.group = getpgrp();
    told.session = getsid(0);
    told.terminal = open("/dev/tty", O_RDWR);
    _exit(write(out, &told, sizeof(told)) == sizeof(told) ? 0 : 1);
}

int main(void)
{
    int ends[2];
    struct told told;

    if (pipe(ends) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return 1;
    pid_t first = fork();
    if (first == 0)
        become_daemon(ends[1]);
    waitpid(first, NULL, 0);
    if (read(ends[0], &told, sizeof(told)) != sizeof(told))
        return 1;
    printf("first child %d; daemon %d: parent %d (we are %d), session %d, /dev/tty %s\n", first,
           told.pid, told.parent, getpid(), told.session, told.terminal < 0 ? "none" : "opened");
    waitpid(told.pid, NULL, 0);
    return told.parent == getpid() && told.session == first && told.pid != told.session &&
                   told.terminal < 0
               ? 0
               : 1;
}
