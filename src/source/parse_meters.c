#include "reaptop/source/parse_meters.h"

#include <errno.h>

#include "cursor.h"
#include "reaptop/base/array.h"

enum {
    SECTOR_BYTES = 512
};

/* ---- /proc/stat ---- */

static bool take_ticks(struct cursor *line, struct cpu_ticks *ticks)
{
    uint64_t values[8] = {0}; /* user nice system idle iowait irq softirq steal */
    size_t count = 0;
    while (count < ELEMENTS(values) && cursor_number(line, 10, &values[count]))
        count++;
    if (count < 4)
        return false;
    *ticks = (struct cpu_ticks){
        .is_known = true,
        .user = values[0] + values[1],
        .system = values[2] + values[5] + values[6],
        .idle = values[3],
        .iowait = values[4],
        .steal = values[7],
    };
    return true;
}

/* Processors that are not online have no line. */
static int take_processor(struct cursor line, struct meter_counters *counters)
{
    uint64_t number;
    if (!cursor_number(&line, 10, &number) || number >= METER_PROCESSORS_MOST)
        return 0;
    int r = array_reserve(&counters->each, &counters->capacity, (size_t)number + 1);
    if (r < 0)
        return r;
    while (counters->count <= number)
        counters->each[counters->count++] = (struct cpu_ticks){0};
    (void)take_ticks(&line, &counters->each[number]);
    return 0;
}

int parse_cpu_ticks(const char *text, size_t length, struct meter_counters *counters)
{
    struct cursor rest = cursor_of(text, length), line;
    bool has_all = false;
    int r = 0;
    counters->count = 0;
    counters->all = (struct cpu_ticks){0};
    while (r == 0 && cursor_line(&rest, &line)) {
        if (!cursor_take(&line, "cpu"))
            continue;
        if (line.at < line.end && cursor_is_blank(*line.at))
            has_all |= take_ticks(&line, &counters->all);
        else
            r = take_processor(line, counters);
    }
    return r < 0 ? r : has_all ? 0 : -EBADMSG;
}

/* ---- /proc/meminfo ---- */

int parse_memory_kinds(const char *text, size_t length, struct memory_kinds *ret_memory)
{
    struct memory_kinds memory = {0};
    const struct {
        const char *key;
        uint64_t *value;
    } keys[] = {
        {"MemTotal:", &memory.total},
        {"MemFree:", &memory.free},
        {"MemAvailable:", &memory.available},
        {"Buffers:", &memory.buffers},
        {"Cached:", &memory.cached},
        {"Shmem:", &memory.shared},
        {"SReclaimable:", &memory.slab_reclaimable},
        {"SwapTotal:", &memory.swap_total},
        {"SwapFree:", &memory.swap_free},
        {"Dirty:", &memory.dirty},
    };
    struct cursor rest = cursor_of(text, length), line;
    while (cursor_line(&rest, &line))
        for (size_t i = 0; i < ELEMENTS(keys); i++)
            if (cursor_take(&line, keys[i].key)) {
                (void)cursor_number(&line, 10, keys[i].value);
                break;
            }
    if (memory.total == 0)
        return -EBADMSG;
    memory.is_known = true;
    *ret_memory = memory;
    return 0;
}

/* ---- /proc/pressure ---- */

/* "avg10=12.34" */
static bool take_average(struct cursor *line, double *ret_percent)
{
    uint64_t whole, hundredths = 0;
    cursor_skip_blanks(line);
    if (!cursor_take(line, "avg10=") || !cursor_number(line, 10, &whole) || whole > 100)
        return false;
    if (cursor_take(line, ".") && (!cursor_number(line, 10, &hundredths) || hundredths > 99))
        return false;
    *ret_percent = (double)whole + (double)hundredths / 100;
    return true;
}

int parse_pressure(const char *text, size_t length, struct pressure *ret_pressure)
{
    struct pressure pressure = {METER_UNKNOWN, METER_UNKNOWN};
    struct cursor rest = cursor_of(text, length), line;
    while (cursor_line(&rest, &line)) {
        if (cursor_take(&line, "some"))
            (void)take_average(&line, &pressure.some);
        else if (cursor_take(&line, "full"))
            (void)take_average(&line, &pressure.full);
    }
    if (pressure.some < 0)
        return -EBADMSG;
    *ret_pressure = pressure;
    return 0;
}

/* ---- /proc/diskstats ---- */

static bool begins(struct cursor word, const char *prefix)
{
    return cursor_take(&word, prefix);
}

static bool is_layered(struct cursor name)
{
    static const char *const prefixes[] = {"loop", "ram", "zram", "dm-", "md"};
    for (size_t i = 0; i < ELEMENTS(prefixes); i++)
        if (begins(name, prefixes[i]))
            return true;
    return false;
}

static bool is_partition(struct cursor name, struct cursor disk)
{
    size_t length = (size_t)(disk.end - disk.at);
    return length > 0 && (size_t)(name.end - name.at) > length &&
           memcmp(name.at, disk.at, length) == 0;
}

/* "8 0 sda READS merged SECTORS ms WRITES merged SECTORS …" */
void parse_diskstats(const char *text, size_t length, struct meter_counters *counters)
{
    struct cursor rest = cursor_of(text, length), line, name, disk = {0};
    counters->disk_read_bytes = counters->disk_written_bytes = 0;
    while (cursor_line(&rest, &line)) {
        uint64_t ignored, values[7];
        size_t count = 0;
        if (!cursor_number(&line, 10, &ignored) || !cursor_number(&line, 10, &ignored) ||
            !cursor_word(&line, &name))
            continue;
        while (count < ELEMENTS(values) && cursor_number(&line, 10, &values[count]))
            count++;
        if (count < ELEMENTS(values) || is_layered(name) || is_partition(name, disk))
            continue;
        disk = name;
        counters->disk_read_bytes += values[2] * SECTOR_BYTES;
        counters->disk_written_bytes += values[6] * SECTOR_BYTES;
    }
    counters->has_disks = true;
}

/* ---- /proc/net/dev ---- */

/* "  eth0: RECEIVED packets errs drop fifo frame compressed multicast SENT …" */
void parse_net_dev(const char *text, size_t length, struct meter_counters *counters)
{
    struct cursor rest = cursor_of(text, length), line;
    counters->received_bytes = counters->sent_bytes = 0;
    while (cursor_line(&rest, &line)) {
        const char *colon = memchr(line.at, ':', (size_t)(line.end - line.at));
        uint64_t values[9];
        size_t count = 0;
        cursor_skip_blanks(&line);
        if (!colon || begins(line, "lo:"))
            continue;
        line.at = colon + 1;
        while (count < ELEMENTS(values) && cursor_number(&line, 10, &values[count]))
            count++;
        if (count < ELEMENTS(values))
            continue;
        counters->received_bytes += values[0];
        counters->sent_bytes += values[8];
    }
    counters->has_networks = true;
}
