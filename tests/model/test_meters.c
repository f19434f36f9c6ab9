#include <criterion/criterion.h>

#include "reaptop/model/meters.h"

static struct meters meters;
static struct meter_counters before, now;
static struct cpu_ticks each_before[2], each_now[2];

static void release(void)
{
    meters_done(&meters);
}

TestSuite(meters, .fini = release);

static void prepare(void)
{
    each_before[0] = each_before[1] = (struct cpu_ticks){true, 10, 10, 100, 0, 0};
    each_now[0] = (struct cpu_ticks){true, 60, 20, 140, 0, 0}; /* 50 + 10 of 100 */
    each_now[1] = (struct cpu_ticks){.is_known = false};       /* taken offline */
    before = (struct meter_counters){.mono_ns = 1000000000,
                                     .all = {true, 100, 100, 1000, 10, 0},
                                     .each = each_before,
                                     .count = 2,
                                     .has_disks = true,
                                     .disk_read_bytes = 1024,
                                     .disk_written_bytes = 4096};
    now = (struct meter_counters){.mono_ns = 3000000000,
                                  .all = {true, 150, 120, 1120, 15, 5},
                                  .each = each_now,
                                  .count = 2,
                                  .has_disks = true,
                                  .disk_read_bytes = 1024 + 4096,
                                  .disk_written_bytes = 0};
    for (size_t i = 0; i < METER_RESOURCE_COUNT; i++)
        meters.pressure[i] = (struct pressure){METER_UNKNOWN, METER_UNKNOWN};
    meters.memory = (struct memory_kinds){.is_known = true, .total = 1000, .available = 250};
}

Test(meters, differences_are_percents_and_rates)
{
    prepare();
    cr_assert_eq(meters_update(&meters, &before, &now), 0);
    cr_expect_float_eq(meters.user, 25, 0.01);
    cr_expect_float_eq(meters.system, 10, 0.01);
    cr_expect_float_eq(meters.iowait, 2.5, 0.01);
    cr_expect_float_eq(meters.steal, 2.5, 0.01);
    cr_assert_eq(meters.processor_count, 2);
    cr_expect_float_eq((double)meters.processors[0], 60, 0.01);
    cr_expect_float_eq(meters.disk_read_kib, 2, 0.01);
    cr_expect_float_eq((double)meters.history[TRACK_MEMORY][METER_HISTORY - 1], 75, 0.01);
    cr_expect_float_eq((double)meters.history[TRACK_CPU][METER_HISTORY - 1], 37.5, 0.01);
    cr_expect_eq(meters.history_count, 1);
}

/* What is not known is never 0: a processor that is off, a counter that went back, a first reading.
 */
Test(meters, what_is_not_known_is_said)
{
    prepare();
    cr_assert_eq(meters_update(&meters, &before, &now), 0);
    cr_expect_eq((double)meters.processors[1], METER_OFFLINE);
    cr_expect_lt(meters.disk_written_kib, 0);
    cr_expect_lt(meters.received_kib, 0);
    cr_expect_lt((double)meters.history[TRACK_PRESSURE][METER_HISTORY - 1], 0);
    const struct meter_counters none = {0};
    cr_assert_eq(meters_update(&meters, &none, &now), 0);
    cr_expect_lt(meters.user, 0);
    cr_expect_eq((double)meters.processors[0], METER_UNKNOWN);
    cr_expect_lt(meters.disk_read_kib, 0);
    cr_expect_eq(meters.history_count, 2);
}
