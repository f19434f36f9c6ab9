#include "reaptop/base/libc.h"

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <linux/stat.h> /* struct statx, which musl has from 1.2.5 on */
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Made by src/features.mk from <errno.h>: strerrorname_np() is glibc's, and since 2.32. */
static const char *const errno_names[] = {
#include "errno_table.inc"
};

const char *libc_errno_name(int number)
{
    if (number <= 0 || (size_t)number >= sizeof(errno_names) / sizeof(errno_names[0]))
        return NULL;
    return errno_names[number];
}

void libc_trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

int libc_statx(int dir_fd, const char *path, struct libc_status *ret_status)
{
    struct statx status;
    unsigned mask = STATX_TYPE | STATX_INO;
#ifdef STATX_MNT_ID
    mask |= STATX_MNT_ID;
#endif
    if (syscall(SYS_statx, dir_fd, path, AT_STATX_DONT_SYNC, mask, &status) < 0)
        return -errno;
    *ret_status = (struct libc_status){.mode = status.stx_mode,
                                       .inode = status.stx_ino,
                                       .major = status.stx_dev_major,
                                       .minor = status.stx_dev_minor,
                                       .mount_id = -1};
#ifdef STATX_MNT_ID
    if (status.stx_mask & STATX_MNT_ID)
        ret_status->mount_id = (int64_t)status.stx_mnt_id;
#endif
    return 0;
}
