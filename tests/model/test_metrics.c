/*
 * metrics: the text of snapshots made by hand.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/model/event.h"
#include "reaptop/model/metrics.h"
#include "synthetic.h"

static struct snapshot snapshot;
static struct metrics metrics;
static struct strbuf out;

static void set_up(void)
{
    snapshot = SNAPSHOT_INIT;
    metrics = METRICS_INIT;
    out = STRBUF_INIT;
    snapshot.mono_ns = 1000000000;
}

static void clean_up(void)
{
    snapshot_done(&snapshot);
    metrics_done(&metrics);
    strbuf_done(&out);
}

TestSuite(metrics, .init = set_up, .fini = clean_up);

static const struct metrics_system unknown = {-1, -1, -1, -1, -1, -1};

static const char *print(const struct metrics_place *places, size_t count)
{
    const struct metrics_input input = {
        .snapshot = &snapshot, .system = unknown, .places = places, .place_count = count};
    strbuf_clear(&out);
    snapshot_finish(&snapshot);
    cr_assert_eq(metrics_print(&metrics, &input, &out), 0);
    return strbuf_text(&out);
}

static void has(const char *line)
{
    cr_expect_not_null(strstr(strbuf_text(&out), line), "\"%s\" is not in\n%s", line,
                       strbuf_text(&out));
}

static void lacks(const char *words)
{
    cr_expect_null(strstr(strbuf_text(&out), words), "\"%s\" is in\n%s", words, strbuf_text(&out));
}

Test(metrics, counts_states_and_threads)
{
    (void)synthetic(&snapshot, 1, 0, 'S', "init");
    synthetic(&snapshot, 7, 1, 'S', "java")->threads = 40;
    (void)synthetic(&snapshot, 9, 1, 'I', "kworker");
    (void)synthetic(&snapshot, 10, 1, 'P', "parked");
    print(NULL, 0);
    has("reaptop_processes{state=\"S\"} 2\n");
    has("reaptop_processes{state=\"I\"} 1\n");
    has("reaptop_processes{state=\"R\"} 0\n");
    has("reaptop_processes{state=\"other\"} 1\n");
    has("reaptop_threads 43\n");
    cr_expect_str_eq(strbuf_text(&out) + out.length - 6, "# EOF\n");
}

Test(metrics, leaves_out_what_is_not_known)
{
    print(NULL, 0);
    lacks("reaptop_forks");
    lacks("reaptop_pids_max");
    lacks("reaptop_exits");
    lacks("longest_seconds"); /* of one look nobody can say how long */
}

Test(metrics, names_who_must_wait_for_a_zombie)
{
    (void)synthetic(&snapshot, 8, 1, 'S', "server");
    (void)synthetic(&snapshot, 20, 8, 'Z', "cgi");
    (void)synthetic(&snapshot, 21, 8, 'Z', "cgi");
    synthetic(&snapshot, 22, 8, 'Z', "cgi")->tracer = 30;
    (void)synthetic(&snapshot, 30, 1, 'S', "gdb");
    print(NULL, 0);
    has("reaptop_zombies{waiter_pid=\"8\",waiter=\"server\",relation=\"parent\"} 2\n");
    has("reaptop_zombies{waiter_pid=\"30\",waiter=\"gdb\",relation=\"tracer\"} 1\n");
}

Test(metrics, a_process_whose_first_thread_has_ended_is_no_zombie)
{
    synthetic(&snapshot, 8, 1, 'Z', "server")->threads = 3;
    print(NULL, 0);
    lacks("reaptop_zombies{");
}

Test(metrics, tells_how_long_the_same_process_was_so)
{
    static const struct metrics_place places[] = {{20, "io_schedule"}, {21, ""}};
    (void)synthetic(&snapshot, 20, 1, 'D', "dd");
    (void)synthetic(&snapshot, 21, 1, 'D', "cp");
    print(places, 2);
    snapshot.processes[1].id.start_ticks = 99; /* the number was used again */
    snapshot.mono_ns += 2500000000;
    print(places, 2);
    has("reaptop_uninterruptible{wchan=\"io_schedule\"} 1\n");
    has("reaptop_uninterruptible_longest_seconds{wchan=\"io_schedule\"} 2.500\n");
    has("reaptop_uninterruptible_longest_seconds{wchan=\"unknown\"} 0.000\n");
    snapshot.processes[0].state = 'S';
    print(places, 2);
    snapshot.processes[0].state = 'D';
    print(places, 2);
    has("reaptop_uninterruptible_longest_seconds{wchan=\"io_schedule\"} 0.000\n");
}

Test(metrics, tells_how_long_a_cgroup_was_frozen)
{
    static const struct metrics_frozen both[] = {{"/b", 3}, {"/a", 1}};
    struct metrics_input input = {.snapshot = &snapshot, .frozen = both, .frozen_count = 1};
    cr_assert_eq(metrics_print(&metrics, &input, &out), 0);
    lacks("frozen_longest_seconds"); /* of one look nobody can say how long */
    snapshot.mono_ns += 1500000000;
    input.frozen_count = 2;
    strbuf_clear(&out);
    cr_assert_eq(metrics_print(&metrics, &input, &out), 0);
    has("reaptop_frozen{cgroup=\"/b\"} 3\n");
    has("reaptop_frozen_longest_seconds{cgroup=\"/b\"} 1.500\n");
    has("reaptop_frozen_longest_seconds{cgroup=\"/a\"} 0.000\n");
    input.frozen_count = 0; /* thawed, and frozen again */
    cr_assert_eq(metrics_print(&metrics, &input, &out), 0);
    input.frozen_count = 1;
    strbuf_clear(&out);
    cr_assert_eq(metrics_print(&metrics, &input, &out), 0);
    has("reaptop_frozen_longest_seconds{cgroup=\"/b\"} 0.000\n");
}

Test(metrics, adds_up_what_is_more_than_its_labels_hold)
{
    for (pid_t parent = 100; parent < 100 + METRICS_LABELS_MOST + 5; parent++) {
        (void)synthetic(&snapshot, parent, 1, 'S', "p");
        (void)synthetic(&snapshot, parent + 1000, parent, 'Z', "c");
        if (parent >= 105)
            (void)synthetic(&snapshot, parent + 2000, parent, 'Z', "c");
    }
    print(NULL, 0);
    int lines = 0;
    for (const char *at = strbuf_text(&out); (at = strstr(at, "reaptop_zombies{")); at++)
        lines++;
    cr_expect_eq(lines, METRICS_LABELS_MOST + 1);
    has("reaptop_zombies{waiter_pid=\"\",waiter=\"other\",relation=\"parent\"} 5\n");
}

Test(metrics, a_name_cannot_break_the_line)
{
    (void)synthetic(&snapshot, 8, 1, 'S', "a\"} 9\n\\\xff");
    (void)synthetic(&snapshot, 20, 8, 'Z', "c");
    print(NULL, 0);
    has("waiter=\"a\\\"} 9\\n\\\\\\\\xff\",");
}

Test(metrics, counts_exits_by_signal)
{
    const struct event events[] = {
        {.kind = EVENT_EXIT, .exit_status = 0},
        {.kind = EVENT_EXIT, .exit_status = 3 << 8},
        {.kind = EVENT_EXIT, .exit_status = 11 | 0x80},
        {.kind = EVENT_EXIT, .exit_status = EXIT_UNKNOWN},
        {.kind = EVENT_FORK},
        {.kind = EVENT_LOST, .count = 7},
    };
    metrics.has_events = true;
    metrics_receive(&metrics, events, sizeof(events) / sizeof(*events));
    print(NULL, 0);
    has("reaptop_exits_total{signal=\"none\"} 2\n");
    has("reaptop_exits_total{signal=\"SEGV\"} 1\n");
    has("reaptop_exits_total{signal=\"unknown\"} 1\n");
    has("reaptop_events_lost_total 7\n");
}

Test(metrics, every_family_is_told_with_its_type_and_its_unit)
{
    for (const struct metrics_family *family = metrics_families; family->name; family++) {
        size_t length = strlen(family->name), unit = family->unit ? strlen(family->unit) : 0;
        cr_expect(family->help && family->help[strlen(family->help) - 1] == '.', "%s",
                  family->name);
        if (unit > 0)
            cr_expect_str_eq(family->name + length - unit, family->unit);
        cr_expect(strcmp(family->type, "gauge") == 0 || strcmp(family->type, "counter") == 0);
    }
}
