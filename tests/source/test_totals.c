#include <criterion/criterion.h>
#include <string.h>

#include "reaptop/model/process.h"
#include "totals.h"

static struct machine take(struct totals *totals, const char *stat)
{
    struct machine machine = {0};
    totals_take_stat(totals, stat, strlen(stat), &machine);
    return machine;
}

Test(totals, shares_are_of_the_time_between_two_readings)
{
    struct totals totals = {0};
    struct machine machine = take(&totals, "cpu  100 0 50 800 50 0 0 0 30 0\ncpu0 1 2 3\n");
    cr_expect_lt(machine.cpu_user_percent, 0);
    machine = take(&totals, "cpu  120 5 55 860 55 3 2 0 99 0\n");
    cr_expect_float_eq(machine.cpu_user_percent, 25, 0.01);
    cr_expect_float_eq(machine.cpu_system_percent, 10, 0.01);
    cr_expect_float_eq(machine.cpu_iowait_percent, 5, 0.01);
}

/* iowait does on some kernels. */
Test(totals, a_counter_that_went_backwards_is_no_time)
{
    struct totals totals = {0};
    (void)take(&totals, "cpu  100 0 0 100 90 0 0 0\n");
    struct machine machine = take(&totals, "cpu  150 0 0 150 10 0 0 0\n");
    cr_expect_float_eq(machine.cpu_user_percent, 50, 0.01);
    cr_expect_eq(machine.cpu_iowait_percent, 0);
}

Test(totals, what_is_no_such_line_is_unknown)
{
    static const char *const texts[] = {"", "cpu", "cpu 1 2 3", "cpu0 1 2 3 4 5 6 7", "cpu a b\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct totals totals = {0};
        (void)take(&totals, texts[i]);
        cr_expect_eq(take(&totals, texts[i]).cpu_user_percent, CPU_UNKNOWN, "%s", texts[i]);
    }
}

Test(totals, memory)
{
    static const char text[] = "MemTotal:       16331252 kB\nMemFree:  7 kB\nMemAvailable:  8 kB\n"
                               "SwapCached:  1 kB\nSwapTotal:  9 kB\nSwapFree:       0 kB\n";
    struct machine machine = {0};
    totals_take_meminfo(text, strlen(text), &machine);
    cr_expect_eq(machine.memory_total_kib, 16331252);
    cr_expect_eq(machine.memory_available_kib, 8);
    cr_expect_eq(machine.swap_total_kib, 9);
    cr_expect_eq(machine.swap_free_kib, 0);
}
