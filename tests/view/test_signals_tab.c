#include "reaptop/view/signals_tab.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "reaptop/view/threads_tab.h"

#define BIT(number) (UINT64_C(1) << ((number)-1))

static struct document doc;
static struct strbuf out;
static struct task threads[3];
static struct task_list list;

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    for (int i = 0; i < 3; i++)
        threads[i] = (struct task){.tid = 100 + i,
                                   .state = 'S',
                                   .comm = "worker",
                                   .signals_access = ACCESS_OK,
                                   .switches_access = ACCESS_OK,
                                   .voluntary_switches = 7,
                                   .wchan_access = ACCESS_OK,
                                   .wchan = "futex_wait_queue"};
    list = (struct task_list){.id = {100, 7, 0},
                              .comm = "specimen",
                              .state = 'S',
                              .access = ACCESS_OK,
                              .tasks = threads,
                              .count = 3,
                              .ticks_per_second = 100,
                              .signals_access = ACCESS_OK,
                              .sig_queued = 2,
                              .sig_queue_limit = 1000};
}

static void teardown(void)
{
    document_done(&doc);
    strbuf_done(&out);
}

TestSuite(signals_tab, .init = setup, .fini = teardown);

static const char *printed(void)
{
    cr_assert_eq(doc.error, 0);
    strbuf_clear(&out);
    document_print(&doc, &out, 0);
    return strbuf_text(&out);
}

static size_t changed_spans(void)
{
    size_t count = 0;
    for (size_t i = 0; i < doc.span_count; i++)
        count += doc.spans[i].style == STYLE_CHANGED || doc.spans[i].style == STYLE_NEW;
    return count;
}

Test(signals_tab, sets_threads_and_grid)
{
    list.caught = BIT(SIGINT) | BIT(35);
    list.ignored = BIT(SIGHUP);
    list.shared_pending = BIT(35);
    threads[0].blocked = threads[1].blocked = threads[2].blocked = BIT(35);
    threads[2].blocked |= BIT(SIGTERM);
    threads[2].pending = BIT(SIGTERM);
    signals_tab(&doc, &list, NULL);
    const char *text = printed();
    cr_assert_str_eq(text,
                     "100 specimen\n"
                     "pending, process: RTMIN+1\n"
                     "ignored:          HUP\n"
                     "caught:           INT RTMIN+1\n"
                     "queue:            2 of 1000, of all processes of its real user\n"
                     "thread 100 worker and 1 more like it\n"
                     "  pending:        none\n"
                     "  blocked:        RTMIN+1\n"
                     "thread 102 worker\n"
                     "  pending:        TERM\n"
                     "  blocked:        TERM RTMIN+1\n"
                     "\n"
                     "NO.  NAME     PENDING       BLOCKED   IGNORED  CAUGHT  IF IT COMES\n"
                     "  1  HUP      -             -         yes      -       nothing\n"
                     "  2  INT      -             -         -        yes     its handler runs\n"
                     " 15  TERM     1 thr.        1 of 3    -        -       it ends\n"
                     " 35  RTMIN+1  process       yes       -        yes     stays pending; then: "
                     "its handler runs\n"
                     "The other 58 have their default action: see `reaptop signals`.\n");
    cr_expect_eq(changed_spans(), 0);
}

Test(signals_tab, what_changed_since_the_dead_state_is_marked)
{
    struct task before_threads[3];
    memcpy(before_threads, threads, sizeof(threads));
    struct task_list before = list;
    before.tasks = before_threads;
    signals_tab(&doc, &list, &before);
    cr_expect_eq(changed_spans(), 0, "nothing changed");

    document_clear(&doc);
    list.caught = BIT(SIGINT);
    before.ignored = BIT(SIGUSR1);
    threads[0].pending = BIT(SIGTERM);
    signals_tab(&doc, &list, &before);
    cr_expect_gt(changed_spans(), 3);
    cr_expect_not_null(strstr(printed(), "(no longer: USR1)"));
    cr_expect_not_null(strstr(printed(), " 10  USR1 "));
}

Test(signals_tab, masks_that_could_not_be_read)
{
    list.signals_access = ACCESS_DENIED;
    signals_tab(&doc, &list, NULL);
    cr_assert_str_eq(printed(), "100 specimen: permission denied\n");
}

Test(signals_tab, init_is_not_ended_by_a_default_action)
{
    list.id.pid = 1;
    threads[0].blocked = threads[1].blocked = threads[2].blocked = BIT(SIGTERM);
    signals_tab(&doc, &list, NULL);
    cr_expect_not_null(strstr(printed(), "nothing: init takes only"));
    cr_expect_null(strstr(printed(), "it ends"));
}

Test(threads_tab, a_line_each, .init = setup, .fini = teardown)
{
    threads[1].switches_access = ACCESS_DENIED;
    threads[1].wchan_access = ACCESS_DENIED;
    threads[2].policy = 1;
    threads[2].rt_priority = 50;
    threads[2].comm = "a\x1b[31m\n";
    threads[2].syscall = (struct syscall_record){.access = ACCESS_OK,
                                                 .place = SYSCALL_INSIDE,
                                                 .number = SYS_read,
                                                 .stack_pointer = UINT64_MAX / 2};
    threads_tab(&doc, &list, NULL);
    cr_assert_str_eq(
        printed(),
        "    TID  S  PRI  NI POLICY    CPU     TIME      VOL.   INVOL.   NAME             WAITS "
        "IN\n"
        "    100  S    0   0 other       0   0:00.00         7        0  worker           "
        "futex_wait_queue\n"
        "    101  S    0   0 other       0   0:00.00         ?        ?  worker           "
        "wchan: permission denied\n"
        "    102  S    0   0 fifo 50     0   0:00.00         7        0  a?[31m?          "
        "read futex_wait_queue\n"
        "What they wait in needs the process's own user, or CAP_SYS_PTRACE.\n");
    cr_expect_eq(doc.lines[1].mark, 100);
}

Test(threads_tab, new_threads_and_changed_states_are_marked, .init = setup, .fini = teardown)
{
    struct task before_threads[2];
    memcpy(before_threads, threads, sizeof(before_threads));
    before_threads[0].state = 'R';
    struct task_list before = list;
    before.tasks = before_threads;
    before.count = 2;
    threads_tab(&doc, &list, &before);
    cr_expect_eq(changed_spans(), 2);
}
