/* shm: two processes map the same memory: what one writes the other reads. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    volatile int *shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    volatile int *private =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if ((void *)shared == MAP_FAILED || (void *)private == MAP_FAILED)
        return 1;
    *shared = *private = 1;
    pid_t pid = fork();
    if (pid == 0) {
        *shared = *private = 2;
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    printf("the child wrote 2 to both; the parent reads MAP_SHARED %d, MAP_PRIVATE %d\n", *shared,
           *private);
    return *shared == 2 && *private == 1 ? 0 : 1;
}
