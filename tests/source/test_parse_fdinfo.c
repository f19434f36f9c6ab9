#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_fdinfo.h"

static struct arena arena;

static struct descriptor parse(const char *text)
{
    struct descriptor descriptor = {.fd = 3, .mount_id = -1};
    cr_assert_eq(parse_fdinfo(text, strlen(text), &arena, &descriptor), 0);
    return descriptor;
}

static void release(void)
{
    arena_done(&arena);
}

TestSuite(parse_fdinfo, .fini = release);

Test(parse_fdinfo, common_lines)
{
    struct descriptor d = parse("pos:\t1645\nflags:\t0100001\nmnt_id:\t27\nino:\t10952899\n");
    cr_expect_eq(d.offset, 1645);
    cr_expect_eq(d.flags, 0100001);
    cr_expect_eq(d.mount_id, 27);
    cr_expect_eq(d.inode, 10952899);
    cr_expect_not(d.can_read);
    cr_expect(d.can_write);
    cr_expect_null(d.detail);
}

Test(parse_fdinfo, a_path_alone_neither_reads_nor_writes)
{
    struct descriptor d = parse("pos:\t0\nflags:\t012000000\nmnt_id:\t27\n");
    cr_expect_not(d.can_read || d.can_write);
    cr_expect_eq(d.inode, 0);
}

Test(parse_fdinfo, kinds)
{
    struct descriptor d = parse("flags:\t02\neventfd-count:               1f\neventfd-id: 7\n"
                                "eventfd-semaphore: 1\n");
    cr_assert_not_null(d.detail);
    cr_expect_eq(d.detail->eventfd_count, 0x1f);
    cr_expect_eq(d.detail->eventfd_id, 7);
    cr_expect(d.detail->eventfd_is_semaphore);
    cr_expect(d.can_read && d.can_write);

    d = parse("clockid: 1\nticks: 4\nsettime flags: 00\nit_value: (98, 954812630)\n"
              "it_interval: (2, 0)\n");
    cr_expect_eq(d.detail->timer_clock, 1);
    cr_expect_eq(d.detail->timer_ticks, 4);
    cr_expect_eq(d.detail->timer_value_ns, UINT64_C(98954812630));
    cr_expect_eq(d.detail->timer_interval_ns, UINT64_C(2000000000));

    d = parse("sigmask:\t0000000200004000\n");
    cr_expect_eq(d.detail->signals, UINT64_C(0x200004000));

    d = parse("Pid:\t9805\nNSpid:\t9805\n");
    cr_expect_eq(d.detail->pidfd_pid, 9805);
    d = parse("Pid:\t-1\n");
    cr_expect_eq(d.detail->pidfd_pid, -1);

    d = parse("tty-index:\t3\n");
    cr_expect_eq(d.detail->tty_index, 3);

    d = parse("inotify wd:2 ino:1 sdev:fe00000 mask:100\ninotify wd:1 ino:3c51a sdev:fe00000\n");
    cr_expect_eq(d.detail->notify_watches, 2);
    d = parse("fanotify flags:0 event-flags:8000\nfanotify ino:a720c7 sdev:fe00000 mflags:0\n");
    cr_expect_eq(d.detail->notify_watches, 1);
}

Test(parse_fdinfo, watches)
{
    struct descriptor d =
        parse("flags:\t02\n"
              "tfd:        4 events: 80000019 data:                7  pos:0 ino:40e sdev:10\n"
              "tfd:       -1 events:        1\n"
              "tfd:        5 events:        1 data:  ffffffffffffffff\n"
              "tfd: x events: 1\n"
              "tfd: 6\n");
    cr_assert_eq(d.detail->watch_count, 3);
    cr_expect_eq(d.detail->watches[0].fd, 4);
    cr_expect_eq(d.detail->watches[0].events, 0x80000019);
    cr_expect_eq(d.detail->watches[0].data, 7);
    cr_expect_eq(d.detail->watches[0].inode, 0x40e);
    cr_expect_eq(d.detail->watches[2].data, UINT64_MAX);
}

Test(parse_fdinfo, more_watches_than_are_kept_are_counted)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    for (int i = 0; i < WATCHES_SHOWN + 10; i++)
        strbuf_printf(&text, "tfd: %8d events:        1 data: %16x\n", i, i);
    struct descriptor d = parse(strbuf_text(&text));
    cr_expect_eq(d.detail->watch_count, WATCHES_SHOWN);
    cr_expect_eq(d.detail->watch_more, 10);
    cr_expect_eq(d.detail->watches[WATCHES_SHOWN - 1].fd, WATCHES_SHOWN - 1);
}

Test(parse_fdinfo, locks)
{
    struct descriptor d = parse("lock:\t1: FLOCK  ADVISORY  WRITE 9805 fe:00:10952905 0 EOF\n"
                                "lock:\tnonsense\n"
                                "lock:\t2: POSIX  ADVISORY  READ 9805 fe:00:10952905 0 4\n");
    cr_assert_eq(d.detail->lock_count, 2);
    cr_expect_eq(d.detail->locks[0].kind, LOCK_FLOCK);
    cr_expect_eq(d.detail->locks[0].end, LOCK_TO_END);
    cr_expect_eq(d.detail->locks[1].kind, LOCK_POSIX);
    cr_expect_not(d.detail->locks[1].is_write);
}

Test(parse_fdinfo, hostile_text_changes_nothing_that_it_should_not)
{
    static const char *const texts[] = {
        "",
        "\n\n\n",
        "pos:",
        "pos:\t99999999999999999999999999\n",
        "flags:\t9\n",
        "mnt_id:\t99999999999\n",
        "eventfd-count:\n",
        "it_value: (9223372036854775807, 999999999)\n",
        "it_value: (\n",
        "it_value: (1,\n",
        "tfd:\n",
        "Pid:\t-\n",
        "inotify \n",
        "lock:\t\n",
        "ino:\t-4\n",
    };
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        struct descriptor d = parse(texts[i]);
        cr_expect_eq(d.fd, 3);
        cr_expect_eq(d.offset, 0, "%s", texts[i]);
        cr_expect_eq(d.mount_id, -1, "%s", texts[i]);
        cr_expect_eq(d.inode, 0, "%s", texts[i]);
    }
}

Test(parse_fdinfo, one_number)
{
    static const char text[] = "pos:\t0\nflags:\t02\neventfd-count: 3\neventfd-id: 12\n";
    uint64_t number = 0;
    cr_expect(parse_fdinfo_number(text, strlen(text), "eventfd-id", &number));
    cr_expect_eq(number, 12);
    cr_expect_not(parse_fdinfo_number(text, strlen(text), "eventfd", &number));
    cr_expect_not(parse_fdinfo_number(text, strlen(text), "tty-index", &number));
}
