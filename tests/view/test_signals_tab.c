#include "reaptop/view/signals_tab.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
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
                              .threads = 3,
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
    cr_assert_str_eq(text, "100 specimen\n"
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
                           "NO NAME     PENDING BLOCKED IGN  CGT   IF IT COMES\n"
                           " 1 HUP      -       -       yes  -     nothing\n"
                           " 2 INT      -       -       -    yes   its handler runs\n"
                           "15 TERM     1 thr   1/3     -    -     it ends\n"
                           "35 RTMIN+1  process yes     -    yes   stays pending; then: "
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
    cr_expect_not_null(strstr(printed(), "10 USR1 "));
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
    cr_expect_not_null(strstr(printed(), "nothing: init has no handler"));
    cr_expect_null(strstr(printed(), "it ends"));
}

/* The column says what the forecast of `send -n` says. */
Test(signals_tab, the_state_decides_what_happens)
{
    static const struct {
        char state;
        uint32_t threads;
        bool is_kernel, is_in_vfork;
        enum cgroup_freezer frozen;
        pid_t tracer;
        const char *term, *cont; /* of a TERM that is caught, and a CONT */
    } rows[] = {
        {.state = 'S', .threads = 3, .term = "its handler runs", .cont = "nothing"},
        {.state = 'Z', .threads = 1, .term = "nothing: it is dead", .cont = "nothing: it is dead"},
        {.state = 'Z', .threads = 3, .term = "its handler runs", .cont = "nothing"},
        {.state = 'X', .threads = 1, .term = "nothing: it is gone", .cont = "nothing: it is gone"},
        {.state = 'S',
         .threads = 1,
         .is_kernel = true,
         .term = "nothing: it is a kernel thread",
         .cont = "nothing: it is a kernel thread"},
        {.state = 'T',
         .threads = 3,
         .term = "pending until SIGCONT; then: its handler runs",
         .cont = "it continues, if stopped"},
        {.state = 't',
         .threads = 3,
         .tracer = 7,
         .term = "its tracer decides",
         .cont = "its tracer decides"},
        {.state = 'S',
         .threads = 3,
         .frozen = CGROUP_FROZEN_V2,
         .term = "pending until it is thawed; then: its handler runs",
         .cont = "nothing"},
        {.state = 'D',
         .threads = 3,
         .is_in_vfork = true,
         .term = "when it wakes: its handler runs",
         .cont = "nothing"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char term[128], cont[128];
        list.state = rows[i].state;
        list.threads = rows[i].threads;
        list.is_kernel = rows[i].is_kernel;
        list.is_in_vfork = rows[i].is_in_vfork;
        list.frozen = rows[i].frozen;
        for (int j = 0; j < 3; j++) {
            threads[j].state = j == 0 || strchr("TtD", rows[i].state) ? rows[i].state : 'S';
            threads[j].tracer_pid = rows[i].tracer;
        }
        list.first = (struct status){.known = STATUS_HAS_TRACER, .tracer_pid = rows[i].tracer};
        list.caught = BIT(SIGTERM);
        threads[0].pending = BIT(SIGCONT); /* for its row in the grid; it blocks nothing */
        document_clear(&doc);
        signals_tab(&doc, &list, NULL);
        (void)snprintf(term, sizeof(term), "15 TERM     -       -       -    yes   %s\n",
                       rows[i].term);
        (void)snprintf(cont, sizeof(cont), "18 CONT     1 thr   -       -    -     %s\n",
                       rows[i].cont);
        const char *text = printed();
        cr_expect_not_null(strstr(text, term), "row %zu: %s", i, text);
        cr_expect_not_null(strstr(text, cont), "row %zu: %s", i, text);
        bool is_over = rows[i].is_kernel || (rows[i].state == 'Z' && rows[i].threads == 1);
        cr_expect_eq(strstr(text, "have their default action") == NULL, is_over, "row %zu", i);
    }
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
        "    TID  S  CPU%       TIME NAME             WAITS IN                            PRI  NI "
        "POLICY    PSR      VOL    INVOL\n"
        "    100  S   n/a    0:00.00 worker           futex_wait_queue                      0   0 "
        "other       0        7        0\n"
        "    101  S   n/a    0:00.00 worker           wchan: permission denied              0   0 "
        "other       0        ?        ?\n"
        "    102  S   n/a    0:00.00 a?[31m?          read futex_wait_queue                 0   0 "
        "fifo 50     0        7        0\n"
        "What they wait in: needs the process's own user, or CAP_SYS_PTRACE.\n");
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

/* Of one processor, from one reading to the next. */
Test(threads_tab, cpu_compares_two_readings, .init = setup, .fini = teardown)
{
    struct task before_threads[3];
    memcpy(before_threads, threads, sizeof(before_threads));
    struct task_list before = list;
    before.tasks = before_threads;
    before.read_ns = 1000000000;
    list.read_ns = 3000000000;
    list.ticks_per_second = 100;
    threads[0].utime_ticks = before_threads[0].utime_ticks + 50;
    threads[1].start_ticks++;
    threads_tab(&doc, &list, &before);
    const char *text = printed();
    cr_expect_not_null(strstr(text, "    100  S  25.0"), "%s", text);
    cr_expect_not_null(strstr(text, "    101  S   n/a"), "%s", text);
    cr_expect_not_null(strstr(text, "    102  S   0.0"), "%s", text);
}
