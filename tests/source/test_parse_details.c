#include "reaptop/source/parse_details.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"

static const char ordinary_limits[] =
    "Limit                     Soft Limit           Hard Limit           Units     \n"
    "Max cpu time              unlimited            unlimited            seconds   \n"
    "Max file size             1                    2                    bytes     \n"
    "Max data size             unlimited            unlimited            bytes     \n"
    "Max stack size            8388608              unlimited            bytes     \n"
    "Max core file size        0                    unlimited            bytes     \n"
    "Max resident set          unlimited            unlimited            bytes     \n"
    "Max processes             96365                96366                processes \n"
    "Max open files            1024                 524288               files     \n"
    "Max locked memory         8388608              8388608              bytes     \n"
    "Max address space         unlimited            unlimited            bytes     \n"
    "Max file locks            unlimited            unlimited            locks     \n"
    "Max pending signals       96365                96365                signals   \n"
    "Max msgqueue size         819200               819200               bytes     \n"
    "Max nice priority         0                    0                    \n"
    "Max realtime priority     7                    9                    \n"
    "Max realtime timeout      unlimited            unlimited            us        \n";

Test(parse_details, limits)
{
    struct limits limits;
    cr_assert_eq(parse_limits(ordinary_limits, strlen(ordinary_limits), &limits), 0);
    cr_assert_eq(limits.known, (1U << LIMIT_COUNT) - 1);
    cr_expect_eq(limits.values[LIMIT_CPU_TIME].soft, LIMIT_NONE);
    cr_expect_eq(limits.values[LIMIT_FILE_SIZE].soft, 1);
    cr_expect_eq(limits.values[LIMIT_FILE_SIZE].hard, 2);
    cr_expect_eq(limits.values[LIMIT_OPEN_FILES].soft, 1024);
    cr_expect_eq(limits.values[LIMIT_OPEN_FILES].hard, 524288);
    cr_expect_eq(limits.values[LIMIT_PROCESSES].hard, 96366);
    cr_expect_eq(limits.values[LIMIT_RT_PRIORITY].soft, 7);
    cr_expect_eq(limits.values[LIMIT_RT_PRIORITY].hard, 9);
}

Test(parse_details, hostile_limits)
{
    const struct {
        const char *text;
        int result;
        uint32_t known;
    } cases[] = {
        {"", -EBADMSG, 0},
        {"\n\n\n", -EBADMSG, 0},
        {"Max open files", -EBADMSG, 0},
        {"Max open files 1", -EBADMSG, 0},
        {"Max open files 1 2", 0, 1U << LIMIT_OPEN_FILES},
        {"Max open files 1x 2", -EBADMSG, 0},
        {"Max open files -1 2", -EBADMSG, 0},
        {"Max open files 99999999999999999999 2", -EBADMSG, 0},
        {"Max open files unlimitedx 2", -EBADMSG, 0},
        {"Max open filesystems 1 2", -EBADMSG, 0},
        {"Max open files 1 2\nMax open files 3 4\n", 0, 1U << LIMIT_OPEN_FILES},
        {"Max unknown thing 1 2\n", -EBADMSG, 0},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        struct limits limits = {0};
        cr_expect_eq(parse_limits(cases[i].text, strlen(cases[i].text), &limits), cases[i].result,
                     "%s", cases[i].text);
        cr_expect_eq(limits.known, cases[i].known, "%s", cases[i].text);
        if (limits.known)
            cr_expect_eq(limits.values[LIMIT_OPEN_FILES].soft, 1);
    }
}

Test(parse_details, io)
{
    const char text[] = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"
                        "write_bytes: 6\ncancelled_write_bytes: 7\n";
    struct io_counters io;
    cr_assert_eq(parse_io(text, strlen(text), &io), 0);
    cr_expect_eq(io.read_chars, 1);
    cr_expect_eq(io.written_chars, 2);
    cr_expect_eq(io.read_calls, 3);
    cr_expect_eq(io.write_calls, 4);
    cr_expect_eq(io.read_bytes, 5);
    cr_expect_eq(io.written_bytes, 6);
    cr_expect_eq(io.cancelled_bytes, 7);
    for (size_t cut = 0; cut < strlen(text) - 2; cut++) {
        struct io_counters part = {.read_chars = 99};
        cr_expect_eq(parse_io(text, cut, &part), -EBADMSG, "cut at %zu", cut);
        cr_expect_eq(part.read_chars, 99);
    }
}

Test(parse_details, schedstat_and_namespaces)
{
    uint64_t run, wait, inode = 1;
    cr_assert_eq(parse_schedstat("12 34 5\n", 8, &run, &wait), 0);
    cr_expect_eq(run, 12);
    cr_expect_eq(wait, 34);
    cr_expect_eq(parse_schedstat("12 34", 5, &run, &wait), -EBADMSG);
    cr_expect_eq(parse_schedstat("", 0, &run, &wait), -EBADMSG);
    cr_expect_eq(parse_schedstat("x 3 4", 5, &run, &wait), -EBADMSG);

    cr_assert_eq(parse_namespace("pid:[4026531836]", 16, &inode), 0);
    cr_expect_eq(inode, 4026531836);
    const char *const bad[] = {"", "[", "pid:[]", "pid:[12", "pid:[12]x", "pid:[x]", "[-1]"};
    for (size_t i = 0; i < ELEMENTS(bad); i++)
        cr_expect_eq(parse_namespace(bad[i], strlen(bad[i]), &inode), -EBADMSG, "%s", bad[i]);
    cr_expect_eq(inode, 4026531836);
}

Test(parse_details, total_over_cuts_and_changed_bytes)
{
    size_t length = strlen(ordinary_limits);
    _cleanup_free_ char *copy = malloc(length);
    const char bytes[] = {'\0', '\n', ' ', '9', (char)0xff};
    for (size_t at = 0; at < length; at++) {
        for (size_t i = 0; i < sizeof(bytes); i++) {
            memcpy(copy, ordinary_limits, length);
            copy[at] = bytes[i];
            struct limits limits;
            cr_assert_eq(parse_limits(copy, length, &limits), 0);
        }
    }
}
