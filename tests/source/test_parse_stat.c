#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

#define TAIL                                                                                       \
    " 812 4711 4711 34816 -1 4194304 120 0 7 0 33 11 0 0 20 -5 3 0 88211 9437184 512 "             \
    "18446744073709551615 1 1 0 0 0 0 0 4096 0 "

static const struct {
    const char *text;
    const char *comm; /* NULL: refused */
    char state;
    int32_t exit_status;
} lines[] = {
    {"4711 (sleep) S" TAIL "1 0 0 17 1 50 2 0 0 0 0 0 0 0 0 0 0 0\n", "sleep", 'S', -1},
    {"4711 () R 1 () S" TAIL "1 0 0 17 1 50 2 0 0 0 0 0 0 0 0 0 0 0\n", ") R 1 (", 'S', -1},
    {"4711 (a\nb\033[) S" TAIL "1 0 0 17 1 50 2 0 0 0 0 0 0 0 0 0 0 0\n", "a\nb\033[", 'S', -1},
    {"4711 () Z" TAIL "1 0 0 17 1 50 2 0 0 0 0 0 0 0 0 0 0 768\n", "", 'Z', 768},
    {"4711 (z) Z" TAIL "1 0 0 17 1 50 2 0 0 0 0 0 0 0 0 0 0 0\n", "z", 'Z', 0},
    /* no ptrace access: 0 is not to be believed */
    {"4711 (z) Z" TAIL "0 0 0 17 1 50 2 0 0 0 0 0 0 0 0 0 0 0\n", "z", 'Z', -1},
    {"4711 (x) X" TAIL "0 0 0 17 1 50 2 0 0 0 0 0 0 0 0 0 0 9\n", "x", 'X', 9},
    /* a stopped task's code is the signal that stopped it, not its end */
    {"4711 (t) T" TAIL "1 0 0 17 1 50 2 0 0 0 0 0 0 0 0 0 0 19\n", "t", 'T', -1},
    /* a kernel of the future prints more, an old one less */
    {"4711 (f) S" TAIL "1 0 0 17 1 50 2 0 0 0 0 0 0 0 0 0 0 0 77 88\n", "f", 'S', -1},
    {"4711 (o) S" TAIL "1 0 0 17 1 50 2\n", "o", 'S', -1},
    {"", NULL, 0, 0},
    {"4711", NULL, 0, 0},
    {"4711 (", NULL, 0, 0},
    {")(", NULL, 0, 0},
    {"4711 )", NULL, 0, 0},
    {"4711 (cut)", NULL, 0, 0},
    {"4711 (cut) S", NULL, 0, 0},
    {"4711 (cut) S 812 4711 4711 34816", NULL, 0, 0},
    {"(nobody) S" TAIL "1 0 0 17 1 50 2\n", NULL, 0, 0},
    {"x (nobody) S" TAIL "1 0 0 17 1 50 2\n", NULL, 0, 0},
    {"99999999999 (big) S" TAIL "1 0 0 17 1 50 2\n", NULL, 0, 0},
    {"4711 (word) S 812 x 4711 34816 -1 4194304 120 0 7 0 33 11 0 0 20 -5 3 0 88211\n", NULL, 0, 0},
    {"4711 (over) S 812 4711 4711 34816 -1 4194304 120 0 7 0 33 11 0 0 20 -5 3 0 "
     "99999999999999999999\n",
     NULL, 0, 0},
    {"4711 (wide) S 8589934592 4711 4711 34816 -1 4194304 120 0 7 0 33 11 0 0 20 -5 3 0 88211\n",
     NULL, 0, 0},
};

Test(parse_stat, lines_ordinary_and_hostile)
{
    for (size_t i = 0; i < ELEMENTS(lines); i++) {
        struct stat_line line = {.pid = -7};
        int r = parse_stat(lines[i].text, strlen(lines[i].text), &line);
        if (!lines[i].comm) {
            cr_expect_eq(r, -EBADMSG, "%s", lines[i].text);
            cr_expect_eq(line.pid, -7, "untouched on failure");
            continue;
        }
        cr_assert_eq(r, 0, "%s", lines[i].text);
        cr_expect_str_eq(line.comm, lines[i].comm);
        cr_expect_eq(line.state, lines[i].state);
        cr_expect_eq(line.exit_status, lines[i].exit_status, "%s", lines[i].text);
        cr_expect_eq(line.pid, 4711);
        cr_expect_eq(line.ppid, 812);
        cr_expect_eq(line.tpgid, -1);
        cr_expect_eq(line.nice, -5);
        cr_expect_eq(line.threads, 3);
        cr_expect_eq(line.major_faults, 7);
        cr_expect_eq(line.utime_ticks, 33);
        cr_expect_eq(line.start_ticks, 88211);
        cr_expect_eq(line.rss_pages, 512);
    }
}

Test(parse_stat, every_cut_of_a_line_is_safe)
{
    const char *whole = lines[1].text;
    for (size_t length = 0; length <= strlen(whole); length++) {
        struct stat_line line;
        int r = parse_stat(whole, length, &line);
        cr_expect(r == 0 || r == -EBADMSG);
    }
}

Test(parse_stat, a_long_name_is_cut)
{
    char text[512] = "4711 (";
    memset(text + 6, 'k', 200);
    strcpy(text + 206, lines[0].text + 11);
    struct stat_line line;
    cr_assert_eq(parse_stat(text, strlen(text), &line), 0);
    cr_expect_eq(line.comm_length, STAT_COMM_SIZE - 1);
    cr_expect_eq(strlen(line.comm), STAT_COMM_SIZE - 1);
}

Test(parse_stat, our_own_line_as_this_kernel_prints_it)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct stat_line line;
    cr_assert_eq(procfs_read(AT_FDCWD, "/proc/self/stat", STAT_TEXT_LIMIT, &text), 0);
    cr_assert_eq(parse_stat(text.data, text.length, &line), 0);
    cr_expect_eq(line.pid, getpid());
    cr_expect_eq(line.ppid, getppid());
    cr_expect_eq(line.sid, getsid(0));
    cr_expect_eq(line.fields, STAT_FIELDS);
    cr_expect_eq(line.exit_status, -1);
    cr_expect_gt(line.virtual_bytes, 0);
}
