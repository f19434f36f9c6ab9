#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/source/parse_maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct maps_line line;
    if (parse_maps_line(bytes, size, &line) < 0)
        return 0;
    if (line.start >= line.end || strlen(line.perms) != 4 || line.path < bytes ||
        line.path + line.path_length != bytes + size)
        abort();
    return 0;
}
