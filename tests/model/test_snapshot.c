#include <criterion/criterion.h>

#include "model/synthetic.h"
#include "reaptop/model/field.h"

Test(snapshot, finish_sorts_and_drops_doubles)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    synthetic(&snapshot, 30, 1, 'S', "c");
    synthetic(&snapshot, 10, 1, 'S', "a");
    synthetic(&snapshot, 20, 1, 'S', "b");
    synthetic(&snapshot, 10, 1, 'R', "a");
    snapshot_finish(&snapshot);
    cr_assert_eq(snapshot.count, 3);
    cr_expect_eq(snapshot.processes[0].id.pid, 10);
    cr_expect_eq(snapshot.processes[2].id.pid, 30);
    cr_expect_str_eq(snapshot_find(&snapshot, 20)->comm, "b");
    cr_expect_null(snapshot_find(&snapshot, 21));
    cr_expect_null(
        snapshot_find_identity(&snapshot, (struct identity){.pid = 20, .start_ticks = 99}));
    snapshot_done(&snapshot);
}

Test(snapshot, cpu_from_deltas)
{
    struct snapshot before = SNAPSHOT_INIT, after = SNAPSHOT_INIT;
    before.mono_ns = 1000000000;
    after.mono_ns = 3000000000;
    after.machine.processors = 2;
    synthetic(&before, 1, 0, 'R', "half")->utime_ticks = 50;
    synthetic(&before, 2, 0, 'R', "backwards")->utime_ticks = 50;
    synthetic(&before, 3, 0, 'R', "reused")->id.start_ticks = 1;
    synthetic(&before, 5, 0, 'R', "clock step");
    synthetic(&after, 1, 0, 'R', "half")->utime_ticks = 150;
    synthetic(&after, 2, 0, 'R', "backwards")->utime_ticks = 49;
    synthetic(&after, 3, 0, 'R', "reused")->utime_ticks = 10;
    synthetic(&after, 4, 0, 'R', "new")->utime_ticks = 10;
    struct process *many = synthetic(&after, 5, 0, 'R', "clock step");
    many->utime_ticks = 100000;
    many->threads = 8;
    snapshot_finish(&before);
    snapshot_finish(&after);

    snapshot_cpu(&before, &after, 100);
    cr_expect_float_eq(after.processes[0].cpu_percent, 50.0, 0.001);
    cr_expect_lt(after.processes[1].cpu_percent, 0);
    cr_expect_lt(after.processes[2].cpu_percent, 0);
    cr_expect_lt(after.processes[3].cpu_percent, 0);
    cr_expect_float_eq(after.processes[4].cpu_percent, 200.0, 0.001, "capped at the processors");

    after.mono_ns = before.mono_ns; /* the clock did not move */
    snapshot_cpu(&before, &after, 100);
    cr_expect_lt(after.processes[0].cpu_percent, 0);
    snapshot_done(&before);
    snapshot_done(&after);
}

Test(snapshot, branches_are_added_up)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    synthetic(&snapshot, 1, 0, 'S', "top")->rss_kib = 1;
    synthetic(&snapshot, 2, 1, 'S', "middle")->rss_kib = 10;
    synthetic(&snapshot, 3, 2, 'R', "leaf")->rss_kib = 100;
    synthetic(&snapshot, 4, 2, 'R', "ended")->rss_kib = 1000;
    synthetic(&snapshot, 8, 9, 'S', "circle");
    synthetic(&snapshot, 9, 8, 'S', "circle");
    snapshot_finish(&snapshot);
    for (size_t i = 0; i < snapshot.count; i++)
        snapshot.processes[i].cpu_percent = CPU_UNKNOWN;
    snapshot_find(&snapshot, 1)->cpu_percent = 1.5;
    snapshot_find(&snapshot, 3)->cpu_percent = 40;
    snapshot_find(&snapshot, 4)->is_ended = true;
    cr_expect_eq(field_value(FIELD_SUBTREE_RSS, snapshot_find(&snapshot, 1)).type, VALUE_UNKNOWN);
    for (int again = 0; again < 2; again++) {
        cr_assert_eq(snapshot_subtrees(&snapshot), 0);
        const struct process *top = snapshot_find(&snapshot, 1);
        cr_expect_eq(top->subtree_count, 4);
        cr_expect_eq(top->subtree_rss_kib, 111);
        cr_expect_float_eq(top->subtree_cpu_percent, 41.5, 0.001);
        cr_expect_eq(field_value(FIELD_SUBTREE_CPU, snapshot_find(&snapshot, 4)).type,
                     VALUE_UNKNOWN, "nobody's is known");
        cr_expect_eq(snapshot_find(&snapshot, 8)->subtree_count, 1, "a circle ends somewhere");
    }
    snapshot_done(&snapshot);
}

Test(snapshot, copy_owns_its_strings)
{
    struct snapshot snapshot = SNAPSHOT_INIT, copy;
    synthetic(&snapshot, 1, 0, 'Z', "dead");
    synthetic(&snapshot, 2, 1, 'S', "alive");
    snapshot_finish(&snapshot);
    cr_assert_eq(snapshot_copy(&snapshot, &copy), 0);
    snapshot_done(&snapshot);
    cr_expect_str_eq(copy.processes[0].comm, "dead");
    cr_expect_str_eq(copy.processes[1].user, "root");
    cr_expect_eq(copy.processes[0].state, 'Z');
    cr_expect_eq(copy.count, 2);
    snapshot_done(&copy);
}
