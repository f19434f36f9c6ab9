/* layout: where code, data, heap, mappings and stack of a process lie, as /proc/self/maps has it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int data = 1, bss;

/* Prints the line of /proc/self/maps that covers the address. */
static int show(const char *what, const void *address)
{
    char line[512];
    unsigned long start, end, wanted = (unsigned long)address;
    FILE *maps = fopen("/proc/self/maps", "r");
    int found = 0;

    while (maps && !found && fgets(line, sizeof(line), maps))
        if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start <= wanted && wanted < end) {
            printf("%-6s %p in %s", what, address, line);
            found = 1;
        }
    if (maps)
        fclose(maps);
    return found;
}

int main(void)
{
    int local = 0;
    char *before = sbrk(0);
    void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (sbrk(65536) != before || mapped == MAP_FAILED)
        return 1;
    char *after = sbrk(0);
    int all = show("code", (void *)(unsigned long)main) && show("data", &data) &&
              show("bss", &bss) && show("heap", before + 4096) && show("mmap", mapped) &&
              show("stack", &local);
    printf("sbrk(65536) moved the end of the heap from %p to %p\n", (void *)before, (void *)after);
    int ordered =
        (char *)&data < before && before < (char *)mapped && (char *)mapped < (char *)&local;
    printf("data below heap below mmap below stack: %s\n", ordered ? "yes" : "no");
    return all && after - before == 65536 ? 0 : 1;
}
