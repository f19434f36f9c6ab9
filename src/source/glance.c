#include "glance.h"

#include <errno.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

/* linux/sched.h: PF_EXITING, which is set before the memory is given back, and PF_KTHREAD. */
#define FLAG_EXITING       UINT64_C(0x00000004)
#define FLAG_KERNEL_THREAD UINT64_C(0x00200000)

int glance(struct identity id, struct glance *ret_glance)
{
    struct stat_line line;
    _cleanup_close_ int dir_fd = procfs_open_same(id, &line);
    if (dir_fd < 0)
        return dir_fd;
    *ret_glance = (struct glance){
        .has_ended = line.state == 'Z' || line.state == 'X' || (line.flags & FLAG_EXITING) != 0,
        .is_kernel = (line.flags & FLAG_KERNEL_THREAD) != 0,
    };
    return 0;
}
