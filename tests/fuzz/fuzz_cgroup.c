#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../src/source/read_cgroup.h"
#include "reaptop/source/visibility.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both read a mountinfo. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cgroup_mounts mounts = CGROUP_MOUNTS_INIT;
    cgroup_mounts_parse((const char *)data, size, &mounts);
    if (strnlen(mounts.unified.point, sizeof(mounts.unified.point)) == sizeof(mounts.unified.point))
        __builtin_trap();
    (void)parse_proc_mount((const char *)data, size);
    return 0;
}
