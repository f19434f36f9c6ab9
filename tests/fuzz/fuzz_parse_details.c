#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/source/parse_details.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct limits limits;
    struct io_counters io;
    uint64_t run, wait, inode;
    if (parse_limits(text, size, &limits) == 0 &&
        (limits.known == 0 || limits.known >> LIMIT_COUNT))
        abort();
    (void)parse_io(text, size, &io);
    (void)parse_schedstat(text, size, &run, &wait);
    (void)parse_namespace(text, size, &inode);
    return 0;
}
