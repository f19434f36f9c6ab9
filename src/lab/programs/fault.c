/* fault: a minor fault a page at the first touch, a major one where a file must be read. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    PAGES = 64
};

static sigjmp_buf back;
static volatile int code;

static void handler(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    code = info->si_code;
    siglongjmp(back, 1);
}

static int code_of_touch(volatile char *address)
{
    code = 0;
    if (sigsetjmp(back, 1) == 0)
        (void)*address;
    return code;
}

static struct rusage usage(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage;
}

static long touch_all(volatile char *memory, long page)
{
    long before = usage().ru_minflt;
    for (int i = 0; i < PAGES; i++)
        (void)memory[i * page];
    return usage().ru_minflt - before;
}

int main(void)
{
    long page = sysconf(_SC_PAGESIZE), major = 0;
    size_t size = (size_t)(PAGES * page);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    char *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char path[] = "/tmp/fault-XXXXXX";
    int file = mkstemp(path);

    sigaction(SIGSEGV, &action, NULL);
    madvise(memory, size, MADV_NOHUGEPAGE);
    long first = touch_all(memory, page), second = touch_all(memory, page);
    printf("64 pages: %ld minor faults, then %ld\n", first, second);
    if (file < 0 || ftruncate(file, page) < 0 || write(file, "x", 1) != 1)
        return 1;
    unlink(path);
    volatile char *mapped = mmap(NULL, (size_t)page, PROT_READ, MAP_SHARED, file, 0);
    for (int turn = 0; turn < 100 && major == 0; turn++) {
        unsigned char in_memory = 1;
        madvise((void *)(unsigned long)mapped, (size_t)page, MADV_DONTNEED); /* unmaps it */
        fsync(file);
        posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        mincore((void *)(unsigned long)mapped, (size_t)page, &in_memory);
        long before = usage().ru_majflt;
        (void)*mapped;
        major = usage().ru_majflt - before;
        if (in_memory & 1 && turn == 99)
            printf("the page stays in memory: /tmp may be on tmpfs\n"), major = -1;
    }
    printf("a page of a file that is not in memory: %ld major faults\n", major);
    mprotect(memory, size, PROT_NONE);
    int forbidden = code_of_touch(memory);
    munmap(memory, size);
    int unmapped = code_of_touch(memory);
    printf("SIGSEGV: forbidden: si_code %d (SEGV_ACCERR %d), unmapped: %d (SEGV_MAPERR %d)\n",
           forbidden, SEGV_ACCERR, unmapped, SEGV_MAPERR);
    return first >= PAGES && second < PAGES && major != 0 && forbidden == SEGV_ACCERR &&
                   unmapped == SEGV_MAPERR
               ? 0
               : 1;
}
