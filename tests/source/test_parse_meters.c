#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "reaptop/source/parse_meters.h"
#include "reaptop/source/read_meters.h"

#define TEXT(string) string, strlen(string)

Test(parse_meters, processors)
{
    struct meter_counters counters = {0};
    cr_assert_eq(parse_cpu_ticks(TEXT("cpu  10 1 5 100 7 2 3 4 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
                                      "cpu2 5 0 0 9\nintr 5\nctxt 7\n"),
                                 &counters),
                 0);
    cr_expect_eq(counters.all.user, 11);
    cr_expect_eq(counters.all.system, 10);
    cr_expect_eq(counters.all.idle, 100);
    cr_expect_eq(counters.all.iowait, 7);
    cr_expect_eq(counters.all.steal, 4);
    cr_assert_eq(counters.count, 3);
    cr_expect(counters.each[0].is_known);
    cr_expect(!counters.each[1].is_known);
    cr_expect_eq(counters.each[2].idle, 9);
    cr_expect_eq(parse_cpu_ticks(TEXT("cpu99999999999999999999 1 2 3 4\ncpu 1 2\n"), &counters),
                 -EBADMSG);
    meter_counters_done(&counters);
}

Test(parse_meters, memory)
{
    struct memory_kinds memory = {0};
    cr_assert_eq(parse_memory_kinds(TEXT("MemTotal:       1000 kB\nMemFree: 10 kB\nCached: 30 kB\n"
                                         "SwapCached: 99 kB\nShmem:   4 kB\n"),
                                    &memory),
                 0);
    cr_expect_eq(memory.total, 1000);
    cr_expect_eq(memory.cached, 30);
    cr_expect_eq(memory.shared, 4);
    cr_expect_eq(parse_memory_kinds(TEXT("MemFree: 10 kB\n"), &memory), -EBADMSG);
}

Test(parse_meters, pressure)
{
    struct pressure pressure;
    cr_assert_eq(parse_pressure(TEXT("some avg10=12.05 avg60=0.00 avg300=0.00 total=5\n"
                                     "full avg10=0.50 avg60=0.00 avg300=0.00 total=5\n"),
                                &pressure),
                 0);
    cr_expect_float_eq(pressure.some, 12.05, 0.001);
    cr_expect_float_eq(pressure.full, 0.5, 0.001);
    cr_assert_eq(parse_pressure(TEXT("some avg10=1.00\n"), &pressure), 0);
    cr_expect_lt(pressure.full, 0);
    cr_expect_eq(parse_pressure(TEXT("some avg10=x\nfull avg10=1.00\n"), &pressure), -EBADMSG);
}

/* A partition's sectors are in its disk's already. */
Test(parse_meters, disks_and_networks)
{
    struct meter_counters counters = {0};
    parse_diskstats(
        TEXT("   8  0 sda 1 2 10 4 5 6 20 8 0 0 0\n   8  1 sda1 1 2 10 4 5 6 20 8 0 0 0\n"
             "   7  0 loop0 1 2 10 4 5 6 20 8\n 259 0 nvme0n1 1 1 1 1 1 1 1 1\n"
             " 259 1 nvme0n1p1 1 1 1 1 1 1 1 1\nrubbish\n"),
        &counters);
    cr_expect_eq(counters.disk_read_bytes, 11 * 512);
    cr_expect_eq(counters.disk_written_bytes, 21 * 512);
    parse_net_dev(TEXT("Inter-|   Receive\n face |bytes packets\n    lo: 99 1 0 0 0 0 0 0 99 1\n"
                       "  eth0: 1000 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0\n eth1:5 1 0 0 0 0 0 0 6\n"),
                  &counters);
    cr_expect_eq(counters.received_bytes, 1005);
    cr_expect_eq(counters.sent_bytes, 206);
}

/* Of this machine: the first reading has nothing to compare with. */
Test(parse_meters, of_this_machine)
{
    struct meter_source source = METER_SOURCE_INIT;
    static struct meters meters;
    cr_assert_eq(meters_read(&source, &meters), 0);
    cr_expect_lt(meters.user, 0);
    cr_assert_eq(meters_read(&source, &meters), 0);
    cr_expect_gt(meters.processor_count, 0);
    cr_expect(meters.memory.is_known);
    meter_source_done(&source);
    meters_done(&meters);
}
