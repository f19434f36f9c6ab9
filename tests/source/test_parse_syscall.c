#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/source/parse_syscall.h"

static int parse(const char *text, struct syscall_record *ret_record)
{
    return parse_syscall(text, strlen(text), ret_record);
}

Test(parse_syscall, the_three_forms)
{
    struct syscall_record record = {0};
    cr_assert_eq(parse("running\n", &record), 0);
    cr_expect_eq(record.place, SYSCALL_RUNNING);
    cr_assert_eq(parse("-1 0x7ffcb9078398 0x7faa966ba2ad\n", &record), 0);
    cr_expect_eq(record.place, SYSCALL_OUTSIDE);
    cr_expect_eq(record.stack_pointer, UINT64_C(0x7ffcb9078398));
    cr_assert_eq(
        parse("7 0x3 0xffffffffffffffff 0x20000 0x0 0x1 0x2 0x7ffcb9078398 0x7faa\n", &record), 0);
    cr_expect_eq(record.place, SYSCALL_INSIDE);
    cr_expect_eq(record.number, 7);
    cr_expect_eq(record.arguments[1], UINT64_MAX);
    cr_expect_eq(record.instruction_pointer, 0x7faa);
}

Test(parse_syscall, hostile_text_is_refused)
{
    static const char *const texts[] = {
        "",
        "\n",
        "runnin",
        "running away",
        "-2 0x1 0x2",
        "0",
        "0 0x3",
        "0 3 4 5 6 7 8 9 10",
        "0 0x3 0x4 0x5 0x6 0x7 0x8 0x9",
        "99999999999 0x3 0x4 0x5 0x6 0x7 0x8 0x9 0xa",
        "0 0x3 0x4 0x5 0x6 0x7 0x8 0x9 0x1ffffffffffffffff",
    };
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        struct syscall_record record = {.number = 42};
        cr_expect_eq(parse(texts[i], &record), -EBADMSG, "%s", texts[i]);
        cr_expect_eq(record.number, 42);
    }
}

Test(parse_syscall, names_come_from_the_architecture)
{
    cr_expect_str_eq(syscall_name(SYS_read), "read");
    cr_expect_str_eq(syscall_name(SYS_futex), "futex");
    cr_expect_str_eq(syscall_name(SYS_exit_group), "exit_group");
    cr_expect_null(syscall_name(-1));
    cr_expect_null(syscall_name(1 << 20));
}

Test(parse_syscall, a_variant_is_taken_for_the_call_and_keeps_its_name)
{
    cr_expect_eq(syscall_plain(SYS_futex), SYS_futex);
    cr_expect_eq(syscall_plain(SYS_wait4), SYS_wait4);
#ifdef SYS_futex_time64
    char text[128];
    struct syscall_record record = {0};
    (void)snprintf(text, sizeof(text), "%d 0x1 0x0 0x2 0x0 0x0 0x0 0xffffff00 0xf7f00000",
                   SYS_futex_time64);
    cr_assert_eq(parse(text, &record), 0);
    cr_expect_eq(record.number, SYS_futex);
    cr_expect_str_eq(syscall_record_name(&record), "futex_time64");
#endif
}

Test(parse_syscall, arguments_are_decoded)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct syscall_record record = {.place = SYSCALL_INSIDE,
                                    .number = SYS_wait4,
                                    .arguments = {UINT32_MAX, 0, 2},
                                    .stack_pointer =
                                        sizeof(long) == 8 ? UINT64_C(0x7ffc00000000) : 0xffffd000};
    syscall_append(&text, &record);
    cr_expect_str_eq(strbuf_text(&text), "wait4(pid=-1, wstatus=NULL, options=0x2, rusage=NULL)");
}

Test(parse_syscall, a_32_bit_program_is_not_decoded)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct syscall_record record = {
        .place = SYSCALL_INSIDE, .number = 3, .stack_pointer = 0xffffd000};
    if (sizeof(long) != 8)
        cr_skip("here it is a native one");
    cr_assert(syscall_is_foreign(&record));
    syscall_append(&text, &record);
    cr_expect_not_null(strstr(strbuf_text(&text), "32-bit"));
    cr_expect_null(strstr(strbuf_text(&text), syscall_name(3)));
}

Test(parse_syscall, a_wchan_of_0_is_denied_only_where_all_is)
{
    struct syscall_record running = {.access = ACCESS_OK, .place = SYSCALL_RUNNING};
    struct syscall_record inside = {.access = ACCESS_OK, .place = SYSCALL_INSIDE};
    struct syscall_record denied = {.access = ACCESS_DENIED};
    struct syscall_record unsupported = {.access = ACCESS_UNSUPPORTED};
    cr_expect_eq(wchan_zero_access('R', &denied), ACCESS_EMPTY);
    cr_expect_eq(wchan_zero_access('S', &denied), ACCESS_DENIED);
    cr_expect_eq(wchan_zero_access('S', &unsupported), ACCESS_DENIED);
    cr_expect_eq(wchan_zero_access('S', &running), ACCESS_EMPTY, "it woke up meanwhile");
    cr_expect_eq(wchan_zero_access('D', &inside), ACCESS_UNSUPPORTED);
    cr_expect_eq(wchan_zero_access('Z', &denied), ACCESS_ZOMBIE);
}

Test(parse_syscall, two_moments_are_distinguished)
{
    struct syscall_record running = {.access = ACCESS_OK, .place = SYSCALL_RUNNING};
    struct syscall_record inside = {.access = ACCESS_OK, .place = SYSCALL_INSIDE};
    struct syscall_record denied = {.access = ACCESS_DENIED};
    struct syscall_record kernel = {.access = ACCESS_EMPTY};
    cr_expect_not(wait_is_torn('S', true, &inside));
    cr_expect_not(wait_is_torn('R', false, &running));
    cr_expect_not(wait_is_torn('S', true, &kernel));
    cr_expect_not(wait_is_torn('S', false, &denied), "nothing was told");
    cr_expect_not(wait_is_torn('Z', false, &inside));
    cr_expect(wait_is_torn('S', true, &running));
    cr_expect(wait_is_torn('S', false, &inside));
    cr_expect(wait_is_torn('S', false, &running));
    cr_expect(wait_is_torn('R', true, &inside));
    cr_expect(wait_is_torn('S', false, &kernel));
}
