/* fork: one call returns twice; each process then has its own copy of the variable. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int number = 1;
    int status;
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid < 0) {
        perror("fork");
        return 1;
    }
    if (pid == 0) {
        number = 2; /* the child's copy of the page */
        dprintf(1, "child:  fork() returned 0; PID %d, PPID %d; number %d\n", getpid(), getppid(),
                number);
        _exit(getppid() == parent && number == 2 ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    dprintf(1, "parent: fork() returned %d; PID %d; number %d\n", pid, parent, number);
    return number == 1 && status == 0 ? 0 : 1;
}
