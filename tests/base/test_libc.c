#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "reaptop/base/libc.h"

Test(libc, errno_names)
{
    cr_expect_str_eq(libc_errno_name(EPERM), "EPERM");
    cr_expect_str_eq(libc_errno_name(EAGAIN), "EAGAIN");
    cr_expect_str_eq(libc_errno_name(ENOSYS), "ENOSYS");
    cr_expect_str_eq(libc_errno_name(EOWNERDEAD), "EOWNERDEAD");
    cr_expect_null(libc_errno_name(0));
    cr_expect_null(libc_errno_name(-1));
    cr_expect_null(libc_errno_name(512), "ERESTARTSYS is the kernel's own");
}

Test(libc, statx_as_stat)
{
    struct stat expected;
    struct libc_status status;
    int r = libc_statx(AT_FDCWD, "/", &status);
    if (r == -ENOSYS || r == -EPERM)
        cr_skip("statx is refused here");
    cr_assert_eq(r, 0);
    cr_assert_eq(stat("/", &expected), 0);
    cr_expect_eq(status.mode, expected.st_mode);
    cr_expect_eq(status.inode, expected.st_ino);
    cr_expect_eq(status.major, major(expected.st_dev));
    cr_expect_eq(status.minor, minor(expected.st_dev));
    cr_expect_eq(libc_statx(AT_FDCWD, "/no such file", &status), -ENOENT);
    cr_expect_eq(status.inode, expected.st_ino, "untouched on failure");
}
