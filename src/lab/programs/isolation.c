/* isolation: after fork the same address holds two values in two processes. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int value = 1;

int main(void)
{
    int status, from_child[2];
    struct {
        const volatile int *address;
        int value;
    } told;

    if (pipe(from_child) < 0)
        return 1;
    pid_t pid = fork();
    if (pid == 0) {
        value = 2;
        told.address = &value;
        told.value = value;
        _exit(write(from_child[1], &told, sizeof(told)) == sizeof(told) ? 0 : 1);
    }
    if (read(from_child[0], &told, sizeof(told)) != sizeof(told))
        return 1;
    waitpid(pid, &status, 0);
    printf("child:  at %p lies %d\n", (const void *)(unsigned long)told.address, told.value);
    printf("parent: at %p lies %d\n", (const void *)(unsigned long)&value, value);
    return told.address == &value && told.value == 2 && value == 1 ? 0 : 1;
}
