/* demand: mmap() gives addresses; memory comes page by page, when it is touched. */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    PAGES = 1000
};

static void sizes(long *ret_size, long *ret_resident)
{
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", ret_size, ret_resident) != 2)
        *ret_size = *ret_resident = -1;
    if (file)
        fclose(file);
}

int main(void)
{
    long page = sysconf(_SC_PAGESIZE);
    long size[3], resident[3];
    struct rusage before, after;

    sizes(&size[0], &resident[0]);
    char *memory = mmap(NULL, (size_t)(PAGES * page), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 1;
    madvise(memory, (size_t)(PAGES * page), MADV_NOHUGEPAGE);
    sizes(&size[1], &resident[1]);
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < PAGES; i++)
        memory[i * page] = 1;
    getrusage(RUSAGE_SELF, &after);
    sizes(&size[2], &resident[2]);
    for (int i = 0; i < 3; i++)
        printf("%-14s VmSize %ld pages, VmRSS %ld pages\n",
               (const char *[]){"before:", "mapped:", "touched:"}[i], size[i], resident[i]);
    printf("minor faults while touching: %ld\n", after.ru_minflt - before.ru_minflt);
    return size[1] - size[0] >= PAGES && resident[1] - resident[0] < PAGES / 2 &&
                   resident[2] - resident[1] > PAGES / 2 &&
                   after.ru_minflt - before.ru_minflt >= PAGES
               ? 0
               : 1;
}
