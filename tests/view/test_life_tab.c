#include <criterion/criterion.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/view/life_tab.h"

#define SECOND UINT64_C(1000000000)

static void look(struct strips *strips, const char *states, pid_t first_tid, size_t count,
                 uint64_t second)
{
    struct task tasks[100] = {0};
    for (size_t i = 0; i < count; i++)
        tasks[i] = (struct task){.tid = first_tid + (pid_t)i,
                                 .start_ticks = 1,
                                 .state = states[i % strlen(states)],
                                 .comm = i == 1 ? "hostile\x1b[2J" : "worker"};
    const struct task_list list = {
        .id = {.pid = 7, .start_ticks = 7}, .tasks = tasks, .count = count};
    strips_sample(strips, &list, second * SECOND, 10 * SECOND);
}

static void print(const struct strips *strips, size_t columns, struct strbuf *out)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    life_tab_threads(&doc, strips, columns);
    document_print(&doc, out, columns);
}

Test(life_tab, a_strip_for_each_thread_and_how_it_was_sampled)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    struct strips strips = STRIPS_INIT;
    look(&strips, "S", 7, 1, 1);
    print(&strips, 80, &out);
    cr_expect_str_eq(strbuf_text(&out), "", "one thread is the process");
    look(&strips, "SR", 7, 2, 2);
    look(&strips, "SD", 7, 2, 3);
    print(&strips, 80, &out);
    cr_expect_str_eq(
        strbuf_text(&out),
        "States of its threads\n"
        "      7 worker          SSS\n"
        "      8 hostile?[2J     .RD\n"
        "Sampled every 1.0 s while this is shown, the newest to the right, from\n"
        "  /proc/PID/task/TID/stat: what was shorter may be missing. A dot: it was not\n"
        "  there; a blank: nobody looked.\n"
        "\n");
}

Test(life_tab, narrow_panes_show_the_latest_and_the_rest_is_counted)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    struct strips strips = STRIPS_INIT;
    for (uint64_t second = 1; second <= 30; second++)
        look(&strips, second == 30 ? "R" : "S", 100, 70, second);
    print(&strips, 36, &out);
    cr_expect_not_null(strstr(strbuf_text(&out), "    100 worker          SSSSSSSSSSSR\n"));
    cr_expect_null(strstr(strbuf_text(&out), "    164 worker"));
    cr_expect_not_null(strstr(strbuf_text(&out), "and 6 more threads."));
}
