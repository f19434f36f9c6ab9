#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../src/source/mounts.h"
#include "reaptop/base/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(mounts_done) struct mounts mounts = MOUNTS_INIT;
    if (mounts_parse((const char *)data, size, &mounts) < 0)
        return 0;
    for (size_t i = 0; i < mounts.count && i < 64; i++)
        if (!mounts_find(&mounts, mounts.places[i].id))
            abort();
    (void)mounts_devpts(&mounts);
    return 0;
}
