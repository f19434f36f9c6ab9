#include "reaptop/source/pidfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

/* Newer than the oldest headers that we build with. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

/* linux/pidfd.h of 6.13 and later; the first 64 bytes are all that any kernel asks for. */
struct pidfd_answer {
    __u64 mask;
    __u64 cgroup_id;
    __u32 ids[11];
    __s32 exit_code;
};
_Static_assert(sizeof(struct pidfd_answer) == 64, "PIDFD_INFO_SIZE_VER0");

#define ASK_PIDFD_INFO  _IOWR(0xff, 11, struct pidfd_answer)
#define ANSWER_HAS_EXIT (UINT64_C(1) << 3)

/*
 * The number cannot have been given away between pidfd_open() and the look at
 * its start time: the process that `id` remembers started before either.
 */
static int verify(int pidfd, struct identity id)
{
    if (id.start_ticks != 0) {
        struct stat_line line;
        _cleanup_close_ int dir_fd = procfs_open_same(id, &line);
        if (dir_fd < 0)
            return dir_fd;
    }
    return id.inode != 0 && pidfs_inode(pidfd) != id.inode ? -ESRCH : 0;
}

int pidfs_open(struct identity id)
{
    /* pidfd_open(2) sets close-on-exec by itself. */
    _cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, id.pid, 0);
    if (pidfd < 0)
        return -errno;
    int r = verify(pidfd, id);
    return r < 0 ? r : take_fd(pidfd);
}

uint64_t pidfs_inode(int pidfd)
{
    struct statfs where;
    struct stat status;
    if (pidfd < 0 || fstatfs(pidfd, &where) < 0 || where.f_type != PID_FS_MAGIC)
        return 0;
    return fstat(pidfd, &status) < 0 ? 0 : status.st_ino;
}

int pidfs_exit_status(int pidfd, int32_t *ret_status)
{
    struct pidfd_answer answer = {.mask = ANSWER_HAS_EXIT};
    if (pidfd < 0 || ioctl(pidfd, ASK_PIDFD_INFO, &answer) < 0 || !(answer.mask & ANSWER_HAS_EXIT))
        return -ENODATA;
    *ret_status = answer.exit_code;
    return 0;
}

bool pidfs_is_reaped(int pidfd)
{
    return syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0 && errno == ESRCH;
}
