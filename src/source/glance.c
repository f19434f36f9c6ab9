#include "glance.h"

#include <errno.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

#define FLAG_KERNEL_THREAD UINT64_C(0x00200000) /* PF_KTHREAD, linux/sched.h */

int glance(struct identity id, struct glance *ret_glance)
{
    _cleanup_close_ int dir_fd = procfs_open_process(id.pid, 0);
    if (dir_fd < 0)
        return dir_fd;
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct stat_line line;
    int r = procfs_read(dir_fd, "stat", STAT_TEXT_LIMIT, &text);
    if (r < 0)
        return r;
    r = parse_stat(strbuf_text(&text), text.length, &line);
    if (r < 0)
        return r;
    if (id.start_ticks != 0 && line.start_ticks != id.start_ticks)
        return -ESRCH;
    *ret_glance =
        (struct glance){.state = line.state, .is_kernel = (line.flags & FLAG_KERNEL_THREAD) != 0};
    return 0;
}
