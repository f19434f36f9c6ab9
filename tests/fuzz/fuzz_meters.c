#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/source/parse_meters.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct meter_counters counters = {0};
    struct memory_kinds memory = {0};
    struct pressure pressure = {METER_UNKNOWN, METER_UNKNOWN};
    (void)parse_cpu_ticks(text, size, &counters);
    if (counters.count > METER_PROCESSORS_MOST)
        abort();
    (void)parse_memory_kinds(text, size, &memory);
    if (parse_pressure(text, size, &pressure) == 0 && !(pressure.some >= 0 && pressure.some < 102))
        abort();
    parse_diskstats(text, size, &counters);
    parse_net_dev(text, size, &counters);
    meter_counters_done(&counters);
    return 0;
}
