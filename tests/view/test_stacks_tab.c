#include "reaptop/view/stacks_tab.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

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

TestSuite(stacks_tab, .init = setup, .fini = release);

static const char *print(const struct user_stacks *stacks)
{
    struct task task = {.tid = 12, .comm = "worker"};
    const struct task_list list = {.tasks = &task, .count = 1};
    stacks_tab(&doc, stacks, &list);
    document_print(&doc, &text, 0);
    return strbuf_text(&text);
}

static void expect(const char *printed, const char *words)
{
    cr_expect_not_null(strstr(printed, words), "it lacks '%s':\n%s", words, printed);
}

Test(stacks_tab, a_frame_is_its_symbol_and_file_or_its_address)
{
    struct user_frame frames[] = {
        {.address = 0x1004, .symbol = "poll", .offset = 4, .module = "/usr/lib/libc.so.6"},
        {.address = 0x2000, .module = "/opt/stripped"},
        {.address = 0x3000},
        {.address = 0x4000, .symbol = "\033[31mred", .module = "[vdso]"},
    };
    struct user_stack thread = {.tid = 12, .frames = frames, .count = 4};
    const struct user_stacks stacks = {.threads = &thread, .count = 1, .held_ns = 123456};
    const char *printed = print(&stacks);
    expect(printed, "thread 12 worker\n");
    expect(printed, "0.12 ms at most");
    expect(printed, "  #0  poll+0x4 (libc.so.6)\n");
    expect(printed, "  #1  0x0000000000002000 (stripped)  no symbol\n");
    expect(printed, "  #2  0x0000000000003000 (no file)  no symbol\n");
    cr_expect_null(strchr(printed, '\033'), "no byte of another process is a command");
}

Test(stacks_tab, why_a_stack_ends_early_is_said)
{
    struct user_frame frame = {.address = 0x2000};
    struct user_stack threads[] = {
        {.tid = 12,
         .end = STACK_BROKEN,
         .detail = "no matching address range",
         .frames = &frame,
         .count = 1},
        {.tid = 13, .end = STACK_NOT_STOPPED},
    };
    const struct user_stacks stacks = {.threads = threads, .count = 2, .left_out = 7};
    const char *printed = print(&stacks);
    expect(printed, "could not be found (libdw: no matching address range)\n");
    expect(printed, "uninterruptible wait");
    expect(printed, "7 more threads were not stopped");
}
