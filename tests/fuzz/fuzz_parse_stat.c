#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/source/parse_stat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stat_line line;
    if (parse_stat((const char *)data, size, &line) == 0 &&
        (line.comm_length >= STAT_COMM_SIZE || line.comm[line.comm_length] != '\0' ||
         line.fields < 22 || line.fields > STAT_FIELDS))
        abort();
    return 0;
}
