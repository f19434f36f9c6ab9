/* fault: a minor fault a page at the first touch, a major one where a file must be read. */
#define _GNU_SOURCE
#include <assert.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile int refused;
static struct rusage before, after;

static void handler(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    refused = info->si_code;
    siglongjmp(back, 1);
}

/* Reads a byte of each page: the minor faults that took, or si_code if one was refused. */
static long touch(volatile char *memory, size_t size, size_t page)
{
    if (sigsetjmp(back, 1) != 0)
        return refused;
    getrusage(RUSAGE_SELF, &before);
    for (size_t i = 0; i < size; i += page)
        (void)memory[i];
    getrusage(RUSAGE_SELF, &after);
    return after.ru_minflt - before.ru_minflt;
}

int main(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 64 * page;
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    char *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char is_there = 0;
    FILE *file = tmpfile();
    int fd = file ? fileno(file) : -1;

    sigaction(SIGSEGV, &action, NULL);
    madvise(memory, size, MADV_NOHUGEPAGE);
    long first = touch(memory, size, page), second = touch(memory, size, page), major = 0;
    printf("64 pages: %ld minor faults, then %ld\n", first, second);
    assert(write(fd, "x", 1) == 1);
    char *mapped = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
    for (int i = 0; i < 100 && major == 0; i++, major = after.ru_majflt - before.ru_majflt) {
        madvise(mapped, page, MADV_DONTNEED);         /* out of the page table, */
        fsync(fd);                                    /* to the disk, and out of memory, */
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); /* unless the file is on tmpfs */
        mincore(mapped, page, &is_there);
        touch(mapped, page, page);
    }
    printf("a page of a file, in memory: %d: %ld major faults\n", is_there & 1, major);
    mprotect(memory, size, PROT_NONE);
    long forbidden = touch(memory, page, page);
    munmap(memory, size);
    long unmapped = touch(memory, page, page);
    printf("si_code %ld (SEGV_ACCERR), then %ld (SEGV_MAPERR)\n", forbidden, unmapped);
    return !(first >= 64 && second < 64 && (major || is_there & 1) && forbidden == SEGV_ACCERR &&
             unmapped == SEGV_MAPERR);
}
