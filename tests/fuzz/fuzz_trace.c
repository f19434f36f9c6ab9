#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/source/parse_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct traced traced;
    if (parse_trace_line((const char *)data, size, &traced) <= 0)
        return 0;
    const struct event *event = &traced.event;
    bool is_signal = event->kind == EVENT_SIGNAL || event->kind == EVENT_DELIVERY;
    if (is_signal && (event->signal < 1 || event->signal > 64 || event->fate >= FATE_COUNT ||
                      event->cause >= CAUSE_COUNT))
        abort();
    if (event->kind != EVENT_LOST && (event->id.pid < 1 || event->sender < 0))
        abort();
    if (!memchr(event->comm, '\0', sizeof(event->comm)) ||
        !memchr(event->detail, '\0', sizeof(event->detail)))
        abort();
    return 0;
}
