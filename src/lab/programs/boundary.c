/* boundary: addresses above TASK_SIZE are the kernel's; no process may map or touch them. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf behind_fault;

static void handle(int number)
{
    siglongjmp(behind_fault, number);
}

int main(void)
{
    volatile char *kernel = (volatile char *)(UINTPTR_MAX - 4095); /* the last page of all */
    int ends[2];

    void *mapped = mmap((void *)(uintptr_t)kernel, 4096, PROT_READ,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    int unmappable = mapped == MAP_FAILED;
    printf("mmap(%p, MAP_FIXED): %s\n", (void *)(uintptr_t)kernel,
           unmappable ? strerror(errno) : "mapped");

    signal(SIGSEGV, handle);
    int number = sigsetjmp(behind_fault, 1);
    if (number == 0)
        (void)*kernel;
    printf("reading %p: signal %d (%s)\n", (void *)(uintptr_t)kernel, number, strsignal(number));

    if (pipe(ends) < 0)
        return 1;
    ssize_t written = write(ends[1], (const void *)(uintptr_t)kernel, 1);
    int refused = written < 0 && errno == EFAULT;
    printf("write(fd, %p, 1): %s\n", (void *)(uintptr_t)kernel, strerror(errno));
    return unmappable && number == SIGSEGV && refused ? 0 : 1;
}
