#include "reaptop/source/read_meters.h"

#include <errno.h>
#include <fcntl.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/parse_meters.h"
#include "reaptop/source/procfs.h"

enum {
    FILE_LIMIT = 4 << 20
};

void meter_source_done(struct meter_source *source)
{
    meter_counters_done(&source->before);
    meter_counters_done(&source->now);
}

static bool read_file(const char *path, struct strbuf *text)
{
    return procfs_read(AT_FDCWD, path, FILE_LIMIT, text) == 0;
}

static int read_counters(struct meter_counters *now, struct strbuf *text)
{
    int r = 0;
    now->mono_ns = clock_boot_ns();
    now->all = (struct cpu_ticks){0};
    now->count = 0;
    now->has_disks = now->has_networks = false;
    if (read_file("/proc/stat", text))
        r = parse_cpu_ticks(strbuf_text(text), text->length, now);
    if (read_file("/proc/diskstats", text))
        parse_diskstats(strbuf_text(text), text->length, now);
    if (read_file("/proc/net/dev", text))
        parse_net_dev(strbuf_text(text), text->length, now);
    return r == -ENOMEM ? r : 0;
}

static void read_pressure(struct meters *meters, struct strbuf *text)
{
    static const char *const paths[METER_RESOURCE_COUNT] = {
        [METER_OF_CPU] = "/proc/pressure/cpu",
        [METER_OF_MEMORY] = "/proc/pressure/memory",
        [METER_OF_IO] = "/proc/pressure/io",
    };
    for (size_t i = 0; i < ELEMENTS(paths); i++) {
        meters->pressure[i] = (struct pressure){METER_UNKNOWN, METER_UNKNOWN};
        if (read_file(paths[i], text))
            (void)parse_pressure(strbuf_text(text), text->length, &meters->pressure[i]);
    }
}

int meters_read(struct meter_source *source, struct meters *meters)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct meter_counters former = source->before;
    source->before = source->now;
    source->now = former; /* its memory is used again */
    int r = read_counters(&source->now, &text);
    if (r < 0)
        return r;
    meters->memory = (struct memory_kinds){0};
    if (read_file("/proc/meminfo", &text))
        (void)parse_memory_kinds(strbuf_text(&text), text.length, &meters->memory);
    read_pressure(meters, &text);
    return meters_update(meters, &source->before, &source->now);
}
