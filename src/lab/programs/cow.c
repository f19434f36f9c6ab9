/* cow: after fork a write costs a page fault; the kernel copies the page at that moment. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PAGES = 64
};

static long minor_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static long write_all(volatile char *memory, long page)
{
    long before = minor_faults();
    for (int i = 0; i < PAGES; i++)
        memory[i * page] = 'w';
    return minor_faults() - before;
}

int main(void)
{
    long page = sysconf(_SC_PAGESIZE);
    int status;
    char *memory = mmap(NULL, (size_t)(PAGES * page), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 1;
    madvise(memory, (size_t)(PAGES * page), MADV_NOHUGEPAGE); /* a fault for each page */
    write_all(memory, page);
    long again = write_all(memory, page);
    printf("pages that are ours alone, written again: %ld faults\n", again);
    pid_t pid = fork();
    if (pid == 0) {
        long first = write_all(memory, page), second = write_all(memory, page);
        dprintf(1, "child, %d shared pages: %ld faults, and %ld when written again\n", (int)PAGES,
                first, second);
        _exit(first >= PAGES && second < PAGES ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    return again < PAGES && status == 0 ? 0 : 1;
}
