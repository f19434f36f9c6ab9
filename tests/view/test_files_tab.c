#include <criterion/criterion.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/view/files_tab.h"
#include "reaptop/view/kernel_tab.h"
#include "reaptop/view/why_tab.h"

static struct document doc;
static struct strbuf text;

static void setup(void)
{
    (void)setlocale(LC_ALL, "C.UTF-8");
}

static void release(void)
{
    document_done(&doc);
    strbuf_done(&text);
}

TestSuite(files_tab, .init = setup, .fini = release);
TestSuite(why_tab, .init = setup, .fini = release);
TestSuite(kernel_tab, .init = setup, .fini = release);

static const char *print(void)
{
    strbuf_clear(&text);
    document_print(&doc, &text, 0);
    return strbuf_text(&text);
}

static bool leads_to(pid_t pid)
{
    for (size_t i = 0; i < doc.line_count; i++)
        if (doc.lines[i].link == pid)
            return true;
    return false;
}

Test(files_tab, descriptors_with_their_other_ends)
{
    const struct peer peers[] = {{.pid = 42, .fd = 1, .role = PEER_WRITES, .comm = "sleep"},
                                 {.pid = 7, .fd = 5, .role = PEER_WRITES, .comm = "cat"}};
    struct lock lock = {.kind = LOCK_FLOCK, .is_write = true, .end = LOCK_TO_END};
    const struct descriptor_detail counter = {.eventfd_count = 3},
                                   locked = {.locks = &lock, .lock_count = 1, .lock_more = 2};
    struct descriptor descriptors[] = {
        {.fd = 0,
         .type = DESCRIPTOR_PIPE,
         .can_read = true,
         .access = ACCESS_OK,
         .target = "pipe:[9]",
         .peers_access = ACCESS_OK,
         .peers = peers,
         .peer_count = 2,
         .peer_more = 3},
        {.fd = 1,
         .type = DESCRIPTOR_FILE,
         .can_write = true,
         .access = ACCESS_OK,
         .flags = O_WRONLY | O_APPEND | O_CLOEXEC,
         .offset = 77,
         .target = "/tmp/a",
         .detail = &locked},
        {.fd = 2,
         .type = DESCRIPTOR_EVENTFD,
         .access = ACCESS_OK,
         .target = "anon_inode:[eventfd]",
         .detail = &counter},
        {.fd = 3,
         .type = DESCRIPTOR_PIPE,
         .can_write = true,
         .access = ACCESS_OK,
         .target = "pipe:[10]",
         .peers_access = ACCESS_OK},
        {.fd = 4, .type = DESCRIPTOR_UNKNOWN, .access = ACCESS_DENIED},
    };
    const struct descriptor_table table = {.id = {.pid = 7},
                                           .descriptors = descriptors,
                                           .count = 5,
                                           .total = 5,
                                           .access = ACCESS_OK,
                                           .not_looked_into = 2};
    files_tab(&doc, &table);
    cr_expect_str_eq(print(), "  FD TYPE        MODE TARGET\n"
                              "   0 pipe        r    pipe:[9]\n"
                              "       written by 42 sleep (fd 1)\n"
                              "       written by 7 cat (itself, fd 5)\n"
                              "       and 3 more\n"
                              "   1 file        w    /tmp/a\n"
                              "       holds: flock write lock on the whole file\n"
                              "       and 2 more\n"
                              "       O_APPEND|O_CLOEXEC, at byte 77\n"
                              "   2 eventfd     -    anon_inode:[eventfd]\n"
                              "       counter of value 3\n"
                              "   3 pipe        w    pipe:[10]\n"
                              "       nobody among the processes that may be looked into holds the "
                              "other end\n"
                              "   4 unknown     -    permission denied\n"
                              "       flags: permission denied\n"
                              "2 processes could not be looked into for other ends: needs ptrace "
                              "access\n");
    cr_expect(leads_to(42));
    cr_expect_eq(doc.lines[1].mark, 1);
}

Test(files_tab, why_there_are_none)
{
    struct descriptor_table table = {.access = ACCESS_DENIED};
    files_tab(&doc, &table);
    cr_expect_not_null(strstr(print(), "CAP_SYS_PTRACE"));
    document_clear(&doc);
    table.access = ACCESS_ZOMBIE;
    files_tab(&doc, &table);
    cr_expect_not_null(strstr(print(), "zombie"));
    document_clear(&doc);
    table.access = ACCESS_OK;
    files_tab(&doc, &table);
    cr_expect_not_null(strstr(print(), "no descriptor is open"));
}

Test(files_tab, hostile_names_are_shown_harmless)
{
    const struct peer peer = {.pid = 42, .fd = 1, .role = PEER_BOTH, .comm = "\033]52;c\a"};
    struct descriptor descriptor = {.type = DESCRIPTOR_SOCKET,
                                    .access = ACCESS_OK,
                                    .target = "/tmp/\033[2J\n\xff\u202e",
                                    .peers_access = ACCESS_OK,
                                    .peers = &peer,
                                    .peer_count = 1};
    const struct descriptor_table table = {
        .descriptors = &descriptor, .count = 1, .total = 1, .access = ACCESS_OK};
    files_tab(&doc, &table);
    const char *shown = print();
    for (const char *at = shown; *at; at++)
        cr_expect((unsigned char)*at >= 0x20 || *at == '\n', "%02x", (unsigned char)*at);
    cr_expect_null(strstr(shown, "\u202e"));
    cr_expect_null(strchr(shown, '\xff'));
}

Test(why_tab, a_chain)
{
    static struct why_chain chain = {
        .links =
            {
                {.pid = 1234,
                 .tid = 1234,
                 .comm = "cat",
                 .state = 'S',
                 .from = -1,
                 .circle_to = -1,
                 .was_looked_into = true,
                 .waits_for = "data in the empty pipe pipe:[9] (its descriptor 0)",
                 .evidence = "/proc/1234/syscall: read(fd=0)"},
                {.pid = 42,
                 .tid = 43,
                 .comm = "\033[31m",
                 .state = 'S',
                 .depth = 1,
                 .circle_to = -1,
                 .was_looked_into = true,
                 .must_act = true,
                 .certainty = WHY_INFERRED,
                 .relation = "holds the write end (its descriptor 1)",
                 .waits_for = "time to pass",
                 .act = "must write to it, or close it",
                 .notes = {"it has 2 threads"},
                 .note_count = 1},
                {.pid = 1234,
                 .tid = 1234,
                 .comm = "cat",
                 .state = 'S',
                 .depth = 2,
                 .from = 1,
                 .circle_to = 0},
            },
        .count = 3,
        .conclusion = "43 must write to it"};
    why_tab(&doc, &chain, false);
    cr_expect_str_eq(print(),
                     "in short: 43 must write to it\n"
                     "\n"
                     "1234 cat S\n"
                     "    waits for data in the empty pipe pipe:[9] (its descriptor 0) [observed]\n"
                     "    from /proc/1234/syscall: read(fd=0)\n"
                     "  → 43 (thread of 42) ?[31m S holds the write end (its descriptor 1)\n"
                     "      waits for time to pass [inferred]\n"
                     "      · it has 2 threads\n"
                     "      to end that wait it must write to it, or close it\n"
                     "    ↺ 1234 cat S\n"
                     "        that is 1234 again: a circular wait\n");
    cr_expect(leads_to(42));

    document_clear(&doc);
    why_tab(&doc, &chain, true);
    cr_expect_not_null(strstr(print(), "\n\nwaits for data in the empty pipe"), "%s", print());
    cr_expect_not_null(strstr(print(), "\n  → 43 (thread of 42)"), "%s", print());
}

Test(kernel_tab, a_call_with_its_descriptor)
{
    static const char stack[] = "[<0>] anon_pipe_read+0x366/0x410\n[<0>] vfs_read+0x32c/0x360\n";
    struct why_object object = {.fd = 3,
                                .access = ACCESS_OK,
                                .descriptor = {.type = DESCRIPTOR_PIPE, .target = "pipe:[9]"}};
    const struct why_task task = {.state = 'S',
                                  .syscall = {.access = ACCESS_OK,
                                              .place = SYSCALL_INSIDE,
                                              .arguments = {3, 0x1000, 512},
                                              .stack_pointer = UINT64_C(0x7ffc00000000),
                                              .instruction_pointer = 0x4000},
                                  .wchan_access = ACCESS_OK,
                                  .wchan = "anon_pipe_read",
                                  .stack_access = ACCESS_OK,
                                  .objects = &object,
                                  .object_count = 1};
    kernel_tab(&doc, &task, stack, strlen(stack));
#ifdef __x86_64__
    cr_expect_str_eq(print(), "system call:  read(fd=3, buf=0x1000, count=512)\n"
                              "  fd          3  pipe:[9]\n"
                              "  buf         0x1000\n"
                              "  count       512\n"
                              "sleeps in:    anon_pipe_read\n"
                              "stack at:     0x7ffc00000000\n"
                              "called from:  0x4000\n"
                              "\n"
                              "kernel stack, innermost first\n"
                              "  [<0>] anon_pipe_read+0x366/0x410\n"
                              "  [<0>] vfs_read+0x32c/0x360\n");
#else
    cr_expect_not_null(strstr(print(), "anon_pipe_read"));
#endif
}

Test(kernel_tab, what_could_not_be_read_says_what_it_needs)
{
    const struct why_task task = {.state = 'S',
                                  .syscall = {.access = ACCESS_DENIED},
                                  .wchan_access = ACCESS_DENIED,
                                  .stack_access = ACCESS_DENIED};
    kernel_tab(&doc, &task, NULL, 0);
    cr_expect_not_null(strstr(print(), "CAP_SYS_PTRACE"));
    cr_expect_not_null(strstr(print(), "CAP_SYS_ADMIN"));
    cr_expect_null(strstr(print(), "0x0"));
}
