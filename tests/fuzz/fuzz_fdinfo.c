#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_fdinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_done) struct arena arena = ARENA_INIT;
    _cleanup_(strbuf_done) struct strbuf words = STRBUF_INIT;
    struct descriptor descriptor = {.fd = 0, .mount_id = -1, .target = "x"};
    if (parse_fdinfo((const char *)data, size, &arena, &descriptor) < 0)
        return 0;
    const struct descriptor_detail *detail = descriptor.detail;
    if (detail &&
        (detail->watch_count > WATCHES_SHOWN || detail->lock_count > DESCRIPTOR_LOCKS_SHOWN))
        abort();
    for (int type = 0; type < DESCRIPTOR_TYPE_COUNT; type++) {
        descriptor.type = (enum descriptor_type)type;
        descriptor_describe(&descriptor, &words);
    }
    unsigned position = 0, names = 0;
    while (descriptor_flag_next(descriptor.flags, &position))
        if (++names > 32)
            abort();
    return 0;
}
