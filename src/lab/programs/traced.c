/* traced: a tracer stops its tracee at each signal, and SIGCONT does not undo that. */
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static char state_of(pid_t pid)
{
    char path[64], state = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 0;
    if (file)
        fclose(file);
    return state;
}

int main(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGUSR1);
        _exit(7);
    }
    waitpid(pid, &status, 0);
    int stopped = WIFSTOPPED(status) && WSTOPSIG(status) == SIGUSR1;
    char before = state_of(pid);
    kill(pid, SIGCONT);
    char after = state_of(pid);
    printf("stopped before signal %d: state %c; after SIGCONT: state %c\n", WSTOPSIG(status),
           before, after);
    do /* without a signal, so that SIGUSR1 never arrives */
        ptrace(PTRACE_CONT, pid, NULL, NULL);
    while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
    printf("continued by the tracer: exit status %d\n", WEXITSTATUS(status));
    return stopped && before == 't' && after == 't' && WEXITSTATUS(status) == 7 ? 0 : 1;
}
