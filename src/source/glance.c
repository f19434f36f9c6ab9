#include "glance.h"

#include <errno.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

int glance(struct identity id, struct glance *ret_glance)
{
    struct stat_line line;
    _cleanup_close_ int dir_fd = procfs_open_same(id, &line);
    if (dir_fd < 0)
        return dir_fd;
    *ret_glance = (struct glance){
        .has_ended = line.state == 'Z' || line.state == 'X' || (line.flags & STAT_EXITING) != 0,
        .is_kernel = (line.flags & STAT_KERNEL_THREAD) != 0,
    };
    return 0;
}
