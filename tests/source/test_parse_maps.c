#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "reaptop/source/parse_maps.h"

struct line_case {
    const char *text;
    uint64_t start, end, offset, inode;
    uint32_t device_major, device_minor;
    const char *perms;
    const char *path;
};

#define TOP "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0"

Test(parse_maps, lines_field_by_field)
{
    static const struct line_case cases[] = {
        {"559452746000-55945274b000 r-xp 00002000 fe:00 247134                     /usr/bin/cat",
         0x559452746000, 0x55945274b000, 0x2000, 247134, 0xfe, 0, "r-xp", "/usr/bin/cat"},
        {"00400000-0040b000 rw-s 00000000 103:1a 18446744073709551615 /x", 0x400000, 0x40b000, 0,
         UINT64_MAX, 0x103, 0x1a, "rw-s", "/x"},
        {"7ffd0815a000-7ffd0817b000 rw-p 00000000 00:00 0                          [stack]",
         0x7ffd0815a000, 0x7ffd0817b000, 0, 0, 0, 0, "rw-p", "[stack]"},
        {TOP "                  [vsyscall]", 0xffffffffff600000, 0xffffffffff601000, 0, 0, 0, 0,
         "--xp", "[vsyscall]"},
        {"1000-2000 ---p 0 0:0 0", 0x1000, 0x2000, 0, 0, 0, 0, "---p", ""},
        {"1000-2000 ---p 0 0:0 0 ", 0x1000, 0x2000, 0, 0, 0, 0, "---p", ""},
        {"0-1 ---p 0 0:0 0", 0, 1, 0, 0, 0, 0, "---p", ""},
        {"1000-2000 rw-p 0 0:0 5 /tmp/a b  c (deleted)", 0x1000, 0x2000, 0, 5, 0, 0, "rw-p",
         "/tmp/a b  c (deleted)"},
        {"1000-2000 rw-p 0 0:0 5 /tmp/\\012\\ \033[31m\x80\xff", 0x1000, 0x2000, 0, 5, 0, 0, "rw-p",
         "/tmp/\\012\\ \033[31m\x80\xff"},
        {"1000-2000 rw-p 0 0:0 5 /3000-4000 r-xp 0 0:0 0", 0x1000, 0x2000, 0, 5, 0, 0, "rw-p",
         "/3000-4000 r-xp 0 0:0 0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct line_case *c = &cases[i];
        struct maps_line line;
        cr_assert_eq(parse_maps_line(c->text, strlen(c->text), &line), 0, "%s", c->text);
        cr_expect_eq(line.start, c->start);
        cr_expect_eq(line.end, c->end);
        cr_expect_eq(line.offset, c->offset);
        cr_expect_eq(line.inode, c->inode);
        cr_expect_eq(line.device_major, c->device_major);
        cr_expect_eq(line.device_minor, c->device_minor);
        cr_expect_str_eq(line.perms, c->perms);
        cr_expect_eq(line.path_length, strlen(c->path));
        cr_expect_eq(memcmp(line.path, c->path, line.path_length), 0);
    }
}

Test(parse_maps, every_cut_of_a_line_is_reported_or_is_a_shorter_path)
{
    static const char text[] = "559452746000-55945274b000 r-xp 00002000 fe:00 247134      /bin/cat";
    size_t inode = (size_t)(strstr(text, "247134") - text);
    for (size_t length = 0; length < sizeof(text); length++) {
        struct maps_line line;
        int r = parse_maps_line(text, length, &line);
        cr_expect_eq(r, length > inode ? 0 : -EINVAL, "%zu", length);
    }
}

Test(parse_maps, a_nul_is_a_byte_like_others)
{
    static const char text[] = "1000-2000 rw-p 0 0:0 5 /a\0b";
    struct maps_line line;
    cr_assert_eq(parse_maps_line(text, sizeof(text) - 1, &line), 0);
    cr_expect_eq(line.path_length, 4);
    cr_expect_eq(parse_maps_line("1000-2000 rw-p 0 0:0 0\0", 23, &line), -EINVAL);
}

Test(parse_maps, what_is_no_mapping_is_reported_and_nothing_is_touched)
{
    static const char *const bad[] = {
        "",
        "-",
        "1000",
        "1000-",
        "1000-2000",
        "1000-2000 ",
        "1000-2000 rw-",
        "1000-2000 rw-p",
        "1000-2000 rw-p 0",
        "1000-2000 rw-p 0 0:0",
        "1000-2000 rw-p 0 0:0 ",
        "1000-2000 rw-p 0 00 0",
        "1000-2000 rw-p 0 0:0 0x",
        "1000-2000 rw-p 0 0:0 0/x",
        "1000-2000 wr-p 0 0:0 0",
        "1000-2000 rw-q 0 0:0 0",
        "1000-2000  rw-p 0 0:0 0",
        " 1000-2000 rw-p 0 0:0 0",
        "0x1000-2000 rw-p 0 0:0 0",
        "1000-1000 rw-p 0 0:0 0",
        "2000-1000 rw-p 0 0:0 0",
        "1000-10000000000000000 rw-p 0 0:0 0",
        "1000-2000 rw-p 0 0:0 18446744073709551616",
        "1000-2000 rw-p 0 100000000:0 0",
        "1000-2000 rw-p 0 0:100000000 0",
        "1000-2000 rw-p -1 0:0 0",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct maps_line line = {.start = 99};
        cr_expect_eq(parse_maps_line(bad[i], strlen(bad[i]), &line), -EINVAL, "%s", bad[i]);
        cr_expect_eq(line.start, 99);
    }
}
