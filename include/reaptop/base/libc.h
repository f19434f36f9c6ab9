/*
 * libc: what the C libraries (glibc, musl) do not all have, or have from different versions on.
 * `make lint` finds a call that is glibc's alone elsewhere in src.
 */
#ifndef REAPTOP_BASE_LIBC_H
#define REAPTOP_BASE_LIBC_H

#include <stdint.h>
#include <sys/types.h>

/* What the lab shows of glibc alone: 0 or 1. */
#ifdef __GLIBC__
#define LIBC_HAS_CONTEXTS     1 /* makecontext(3) */
#define LIBC_HAS_RWLOCK_KINDS 1 /* pthread_rwlockattr_setkind_np(3) */
/* The TID is in pthread_mutex_t's __data.__owner, in every version. */
#define LIBC_KEEPS_MUTEX_OWNERS 1
#else
#define LIBC_HAS_CONTEXTS       0
#define LIBC_HAS_RWLOCK_KINDS   0
#define LIBC_KEEPS_MUTEX_OWNERS 0
#endif

/* Gives free memory back to the kernel where the C library has a call for that (malloc_trim(3)). */
void libc_trim(void);

/* The symbol of an errno, as "ENOENT"; NULL where there is none. Static. */
const char *libc_errno_name(int number);

/* Of statx(2). */
struct libc_status {
    mode_t mode;
    uint64_t inode;
    uint32_t major, minor; /* of the device that holds the file */
    int64_t mount_id;      /* as in /proc/PID/fdinfo; -1: not reported (before Linux 5.8) */
};

/*
 * statx(2) of `path` below dir_fd, symbolic links followed, from what the kernel
 * has at hand (AT_STATX_DONT_SYNC): no server is asked where the file system can
 * do without. 0 or a negative errno, -ENOSYS where statx is refused.
 */
int libc_statx(int dir_fd, const char *path, struct libc_status *ret_status);

#endif
