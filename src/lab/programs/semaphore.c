/* semaphore: a waiter sleeps in a futex until another process posts. */
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static char state_of(pid_t pid)
{
    char text[256] = "", path[64];
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *stat = fopen(path, "r");
    size_t length = stat ? fread(text, 1, sizeof(text) - 1, stat) : 0;

    if (stat)
        fclose(stat);
    text[length] = '\0';
    char *end = strrchr(text, ')');
    return end ? end[2] : '?';
}

int main(void)
{
    int value = 0, status = 0;
    sem_t *semaphore =
        mmap(NULL, sizeof(*semaphore), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (semaphore == MAP_FAILED || sem_init(semaphore, 1, 0) < 0)
        return 1;
    pid_t waiter = fork();
    if (waiter == 0)
        _exit(sem_wait(semaphore) == 0 ? 7 : 1);
    for (int turn = 0; turn < 10000 && state_of(waiter) != 'S'; turn++)
        usleep(1000);
    char state = state_of(waiter);
    pid_t ended = waitpid(waiter, &status, WNOHANG);
    printf("the value is 0: the waiter is %c\n", state);
    sem_post(semaphore);
    waitpid(waiter, &status, 0);
    sem_getvalue(semaphore, &value);
    printf("after sem_post(): it ended with %d, the value is %d\n", WEXITSTATUS(status), value);
    return state == 'S' && ended == 0 && WEXITSTATUS(status) == 7 && value == 0 ? 0 : 1;
}
