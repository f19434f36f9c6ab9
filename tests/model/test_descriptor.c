#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/helper.h"
#include "reaptop/model/descriptor.h"

static const struct {
    const char *target;
    enum descriptor_type type;
    bool is_path;
} targets[] = {
    {"pipe:[123]", DESCRIPTOR_PIPE, false},
    {"pipe:[12", DESCRIPTOR_NAMESPACE, false}, /* cut: whatever it is, no pipe */
    {"socket:[5]", DESCRIPTOR_SOCKET, false},
    {"anon_inode:[eventfd]", DESCRIPTOR_EVENTFD, false},
    {"anon_inode:[eventpoll]", DESCRIPTOR_EPOLL, false},
    {"anon_inode:inotify", DESCRIPTOR_INOTIFY, false},
    {"anon_inode:[pidfd]", DESCRIPTOR_PIDFD, false},
    {"pidfd:[77]", DESCRIPTOR_PIDFD, false},
    {"anon_inode:bpf-map", DESCRIPTOR_BPF, false},
    {"anon_inode:[something new]", DESCRIPTOR_ANON, false},
    {"net:[4026531833]", DESCRIPTOR_NAMESPACE, false},
    {"", DESCRIPTOR_ANON, false},
    {"/dev/pts/3", DESCRIPTOR_TTY, true},
    {"/dev/pts/ptmx", DESCRIPTOR_PTMX, true},
    {"/memfd:x (deleted)", DESCRIPTOR_MEMFD, true},
    {"/tmp/pipe:[123]", DESCRIPTOR_FILE, true},
};

Test(descriptor, types_by_name)
{
    for (size_t i = 0; i < ELEMENTS(targets); i++) {
        bool is_path;
        cr_expect_eq(descriptor_type_of_target(targets[i].target, &is_path), targets[i].type, "%s",
                     targets[i].target);
        cr_expect_eq(is_path, targets[i].is_path, "%s", targets[i].target);
    }
}

Test(descriptor, inodes_in_names)
{
    uint64_t inode = 1;
    cr_expect(descriptor_target_inode("pipe:[18446744073709551615]", "pipe", &inode));
    cr_expect_eq(inode, UINT64_MAX);
    cr_expect_not(descriptor_target_inode("pipe:[18446744073709551616]", "pipe", &inode));
    cr_expect_not(descriptor_target_inode("pipe:[]", "pipe", &inode));
    cr_expect_not(descriptor_target_inode("pipe:[-1]", "pipe", &inode));
    cr_expect_not(descriptor_target_inode("pipe:[ 1]", "pipe", &inode));
    cr_expect_not(descriptor_target_inode("pipe:[1] (deleted)", "pipe", &inode));
    cr_expect_not(descriptor_target_inode("pipes:[1]", "pipe", &inode));
}

static const char *flags_text(uint32_t flags)
{
    static char text[256];
    unsigned position = 0;
    text[0] = '\0';
    for (const char *flag; (flag = descriptor_flag_next(flags, &position)) != NULL;) {
        strcat(text, flag);
        strcat(text, " ");
    }
    return text;
}

Test(descriptor, flags_by_name)
{
    cr_expect_str_eq(flags_text(O_RDONLY), "O_RDONLY ");
    cr_expect_str_eq(flags_text(O_RDWR | O_APPEND | O_CLOEXEC), "O_RDWR O_APPEND O_CLOEXEC ");
    cr_expect_str_eq(flags_text(O_WRONLY | O_SYNC), "O_WRONLY O_SYNC ");
    cr_expect_str_eq(flags_text(O_WRONLY | O_DSYNC), "O_WRONLY O_DSYNC ");
    cr_expect_str_eq(flags_text(O_RDWR | O_TMPFILE), "O_RDWR O_TMPFILE ");
    cr_expect_str_eq(flags_text(O_RDONLY | 0x80000000U), "O_RDONLY 0x80000000 ");
}

Test(descriptor, a_finished_table_is_in_order)
{
    _cleanup_(descriptor_table_done) struct descriptor_table table = DESCRIPTOR_TABLE_INIT;
    static const int fds[] = {7, 0, 1023, 3};
    for (size_t i = 0; i < ELEMENTS(fds); i++)
        descriptor_table_add(&table)->fd = fds[i];
    descriptor_table_finish(&table);
    for (size_t i = 1; i < table.count; i++)
        cr_expect_lt(table.descriptors[i - 1].fd, table.descriptors[i].fd);
}

Test(descriptor, words)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    struct descriptor_detail detail = {.timer_clock = 1,
                                       .timer_value_ns = 1500000000,
                                       .timer_interval_ns = 2000000000,
                                       .timer_ticks = 4};
    struct descriptor descriptor = {.type = DESCRIPTOR_TIMERFD, .detail = &detail};
    descriptor_describe(&descriptor, &out);
    cr_expect_str_eq(strbuf_text(&out), "timer on CLOCK_MONOTONIC, next in 1.5 s, every 2 s, 4 "
                                        "expirations not read yet");

    strbuf_clear(&out);
    struct epoll_watch watches[] = {{.fd = 4, .events = 0x80000019}, {.fd = 5, .events = 4}};
    detail = (struct descriptor_detail){.watches = watches, .watch_count = 2};
    descriptor.type = DESCRIPTOR_EPOLL;
    descriptor_describe(&descriptor, &out);
    cr_expect_str_eq(strbuf_text(&out), "watches 2 descriptors: 4 (IN|ET), 5 (OUT)");

    strbuf_clear(&out);
    lock_describe(&(struct lock){.kind = LOCK_POSIX, .is_write = true, .end = 4}, &out);
    cr_expect_str_eq(strbuf_text(&out), "fcntl write lock on bytes 0–4");
}

/* A name alone is nobody's, and a pipe of the experiment itself lies elsewhere. */
Test(descriptor, the_lab_s_own_pipe)
{
    enum {
        HIGH = HELPER_LAB_FD_LEAST
    };
    const struct {
        enum descriptor_type type;
        int fd, peer_fd;
        bool is_helper, is_plumbing;
    } cases[] = {
        {DESCRIPTOR_PIPE, HIGH, HIGH + 1, true, true},
        {DESCRIPTOR_PIPE, HIGH, HIGH + 1, false, false},
        {DESCRIPTOR_PIPE, 4, HIGH + 1, true, false},
        {DESCRIPTOR_PIPE, HIGH, 4, true, false},
        {DESCRIPTOR_SOCKET, HIGH, HIGH + 1, true, false},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        const struct peer peers[] = {
            {.pid = 7, .fd = HIGH + 1, .comm = "lab-host"},
            {.pid = 8, .fd = cases[i].peer_fd, .is_lab_helper = cases[i].is_helper},
        };
        const struct descriptor descriptor = {
            .type = cases[i].type, .fd = cases[i].fd, .peers = peers, .peer_count = 2};
        cr_expect_eq(descriptor_is_lab_plumbing(&descriptor), cases[i].is_plumbing, "case %zu", i);
    }
}
