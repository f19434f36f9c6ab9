#include "reaptop/source/quick_state.h"

#include <errno.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

int quick_state(struct identity id, struct quick_state *ret_state)
{
    struct stat_line line;
    _cleanup_close_ int dir_fd = procfs_open_same(id, &line);
    if (dir_fd < 0)
        return dir_fd;
    *ret_state = (struct quick_state){
        .has_ended = stat_is_ending(&line) && procfs_living_thread(dir_fd) == 0,
        .is_kernel = (line.flags & STAT_KERNEL_THREAD) != 0,
    };
    return 0;
}

enum access quick_access(struct identity id, int error)
{
    struct quick_state now;
    bool is_zombie = error == -ESRCH && quick_state(id, &now) == 0 && now.has_ended;
    return access_from_errno(error, is_zombie ? 'Z' : '\0');
}
