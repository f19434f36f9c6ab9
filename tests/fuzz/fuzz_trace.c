#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/source/parse_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct event event;
    if (parse_trace_line((const char *)data, size, &event) == 0)
        return 0;
    if (event.kind == EVENT_SIGNAL && (event.signal < 1 || event.signal > 64 || event.id.pid < 1 ||
                                       event.sender < 0 || event.detail[0] == '\0'))
        abort();
    if (!memchr(event.comm, '\0', sizeof(event.comm)))
        abort();
    return 0;
}
