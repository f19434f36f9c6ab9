/* vfork: fork() copies page tables, not pages; a vfork() child borrows the parent's memory. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int variable;
static char stack[65536] __attribute__((aligned(64)));

/* Forks a child that only waits, and tells how long its page tables are, in KiB. */
static long tables_of_a_child(void)
{
    char line[256], path[64];
    long kib = -1;
    pid_t pid = fork();

    while (pid == 0)
        pause();
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof(line), status))
        sscanf(line, "VmPTE: %ld kB", &kib);
    if (status)
        fclose(status);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return kib;
}

static int borrow(void *unused)
{
    (void)unused;
    variable = 42;
    _exit(0);
}

int main(void)
{
    size_t size = 64 << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return 1;
    madvise(memory, size, MADV_NOHUGEPAGE);
    long before = tables_of_a_child();
    memset(memory, 1, size);
    long after = tables_of_a_child();
    printf("page tables of a child: %ld kB; once 64 MiB are touched: %ld kB\n", before, after);
    /* vfork(2) by its other name: we sleep until the child has ended. */
    clone(borrow, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    printf("the vfork() child wrote %d into our variable\n", variable);
    waitpid(-1, NULL, 0);
    return after > before && variable == 42 ? 0 : 1;
}
