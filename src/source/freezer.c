#include "reaptop/source/freezer.h"

#include "read_cgroup.h"

enum forecast_frozen freezer_state(int dir_fd)
{
    struct cgroup_mounts mounts = CGROUP_MOUNTS_INIT;
    struct cgroup_state state;
    cgroup_mounts_read(&mounts);
    cgroup_state_read(dir_fd, &mounts, &state);
    switch (state.freezer) {
    case CGROUP_FROZEN_V1:
        return FROZEN_V1;
    case CGROUP_FROZEN_V2:
        return FROZEN_V2;
    default:
        return NOT_FROZEN;
    }
}
