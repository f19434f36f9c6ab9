/* hugepage: one huge page instead of 512, collapsed on request. 77: the kernel does not allow it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

enum {
    HUGE = 2 << 20
};

/* AnonHugePages of the mapping that begins there, in kB: /proc/self/smaps. */
static long huge_kib(const char *address)
{
    char line[512];
    unsigned long start;
    long found = -1;
    int inside = 0;
    FILE *smaps = fopen("/proc/self/smaps", "r");

    while (smaps && fgets(line, sizeof(line), smaps)) {
        if (sscanf(line, "%lx-%*x ", &start) == 1 && strchr(line, '-'))
            inside = start <= (unsigned long)address && (unsigned long)address < start + 2 * HUGE;
        if (inside && sscanf(line, "AnonHugePages: %ld", &found) == 1)
            inside = 0;
    }
    if (smaps)
        fclose(smaps);
    return found;
}

int main(void)
{
    char *memory = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *aligned = (char *)(((uintptr_t)memory + HUGE - 1) / HUGE * HUGE);

    if (memory == MAP_FAILED)
        return 1;
    madvise(memory, 2 * HUGE, MADV_NOHUGEPAGE);
    memset(aligned, 1, HUGE); /* small pages, where the kernel follows the advice */
    long before = huge_kib(aligned);
    madvise(memory, 2 * HUGE, MADV_HUGEPAGE);
    if (madvise(aligned, HUGE, MADV_COLLAPSE) < 0) {
        printf("MADV_COLLAPSE: %s\n", strerror(errno));
        return 77;
    }
    long after = huge_kib(aligned);
    printf("AnonHugePages: %ld kB before, %ld kB after\n", before, after);
    return after == HUGE / 1024 ? 0 : 1;
}
