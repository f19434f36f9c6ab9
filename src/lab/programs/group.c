/* group: kill() with a negative PID reaches every process of that group, and no other. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t make_child(pid_t group)
{
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            pause();
    setpgid(pid, group); /* 0: a group of its own, with its PID as number */
    return pid;
}

int main(void)
{
    int status[3] = {0, 0, 0};
    pid_t leader = make_child(0), member = make_child(leader), outsider = make_child(0);

    printf("group %d: %d and %d; group %d: %d\n", getpgid(leader), leader, member,
           getpgid(outsider), outsider);
    kill(-leader, SIGTERM);
    waitpid(leader, &status[0], 0);
    waitpid(member, &status[1], 0);
    pid_t left = waitpid(outsider, &status[2], WNOHANG);
    printf("SIGTERM to the group: ended by %d and %d; the other is %s\n", WTERMSIG(status[0]),
           WTERMSIG(status[1]), left == 0 ? "alive" : "gone");
    kill(outsider, SIGKILL);
    waitpid(outsider, NULL, 0);
    return WTERMSIG(status[0]) == SIGTERM && WTERMSIG(status[1]) == SIGTERM && left == 0 ? 0 : 1;
}
