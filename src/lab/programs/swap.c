/* swap: a page goes out (MADV_PAGEOUT), and comes back when it is read. 77: no swap space. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

/* Bit 62 of /proc/self/pagemap is swapped, bit 63 present. */
static uint64_t pagemap(const char *address)
{
    uint64_t entry = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY);

    if (fd < 0 || pread(fd, &entry, sizeof(entry),
                        (off_t)((uintptr_t)address / (uintptr_t)sysconf(_SC_PAGESIZE) * 8)) < 0)
        entry = 0;
    close(fd);
    return entry;
}

int main(void)
{
    char line[256];
    int lines = 0;
    size_t size = (size_t)sysconf(_SC_PAGESIZE) * 16;
    FILE *swaps = fopen("/proc/swaps", "r");
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    while (swaps && fgets(line, sizeof(line), swaps))
        lines++;
    if (lines < 2 || memory == MAP_FAILED) {
        printf("there is no swap space (/proc/swaps)\n");
        return 77;
    }
    memset(memory, 'm', size);
    for (int turn = 0; turn < 1000 && !(pagemap(memory) >> 62 & 1); turn++) {
        madvise(memory, size, MADV_PAGEOUT); /* the kernel may decline a busy page */
        usleep(1000);
    }
    uint64_t out = pagemap(memory);
    char value = *(volatile char *)memory;
    uint64_t in = pagemap(memory);
    printf("out: swapped %d, present %d; read '%c'; in: swapped %d, present %d\n",
           (int)(out >> 62 & 1), (int)(out >> 63), value, (int)(in >> 62 & 1), (int)(in >> 63));
    return (out >> 62 & 1) && value == 'm' && in >> 63 ? 0 : 1;
}
