#include "reaptop/model/meters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"

void meter_counters_done(struct meter_counters *counters)
{
    free(counters->each);
    *counters = (struct meter_counters){0};
}

void meters_done(struct meters *meters)
{
    free(meters->processors);
    *meters = (struct meters){0};
}

/* A counter that went backwards (iowait does on some kernels) counts as no time. */
static uint64_t since(uint64_t before, uint64_t now)
{
    return now > before ? now - before : 0;
}

static struct cpu_ticks spent(const struct cpu_ticks *before, const struct cpu_ticks *now)
{
    return (struct cpu_ticks){
        .is_known = before->is_known && now->is_known,
        .user = since(before->user, now->user),
        .system = since(before->system, now->system),
        .idle = since(before->idle, now->idle),
        .iowait = since(before->iowait, now->iowait),
        .steal = since(before->steal, now->steal),
    };
}

static uint64_t all_of(const struct cpu_ticks *ticks)
{
    return ticks->user + ticks->system + ticks->idle + ticks->iowait + ticks->steal;
}

static double percent(const struct cpu_ticks *of, uint64_t ticks)
{
    uint64_t all = all_of(of);
    return of->is_known && all > 0 ? 100.0 * (double)ticks / (double)all : METER_UNKNOWN;
}

static int update_processors(struct meters *meters, const struct meter_counters *before,
                             const struct meter_counters *now)
{
    int r = array_reserve(&meters->processors, &meters->capacity, now->count);
    if (r < 0)
        return r;
    meters->processor_count = now->count;
    for (size_t i = 0; i < now->count; i++) {
        const struct cpu_ticks none = {0};
        struct cpu_ticks ticks = spent(i < before->count ? &before->each[i] : &none, &now->each[i]);
        meters->processors[i] =
            now->each[i].is_known ? (float)percent(&ticks, ticks.user + ticks.system + ticks.steal)
                                  : (float)METER_OFFLINE;
    }
    return 0;
}

static double kib_per_second(uint64_t before, uint64_t now, double seconds)
{
    return seconds > 0 && now >= before ? (double)(now - before) / 1024.0 / seconds : METER_UNKNOWN;
}

static double sum(double a, double b)
{
    return a < 0 || b < 0 ? METER_UNKNOWN : a + b;
}

static double worst_pressure(const struct meters *meters)
{
    double worst = METER_UNKNOWN;
    for (size_t i = 0; i < METER_RESOURCE_COUNT; i++)
        if (meters->pressure[i].some > worst)
            worst = meters->pressure[i].some;
    return worst;
}

static double used_memory(const struct memory_kinds *memory)
{
    return memory->is_known && memory->total >= memory->available && memory->total > 0
               ? 100.0 * (double)(memory->total - memory->available) / (double)memory->total
               : METER_UNKNOWN;
}

static void remember(struct meters *meters)
{
    const double values[TRACK_COUNT] = {
        [TRACK_CPU] = sum(sum(meters->user, meters->system), meters->steal),
        [TRACK_MEMORY] = used_memory(&meters->memory),
        [TRACK_PRESSURE] = worst_pressure(meters),
        [TRACK_DISK] = sum(meters->disk_read_kib, meters->disk_written_kib),
        [TRACK_NETWORK] = sum(meters->received_kib, meters->sent_kib),
    };
    for (size_t i = 0; i < TRACK_COUNT; i++) {
        float *track = meters->history[i];
        memmove(track, track + 1, (METER_HISTORY - 1) * sizeof(*track));
        track[METER_HISTORY - 1] = (float)values[i];
    }
    if (meters->history_count < METER_HISTORY)
        meters->history_count++;
}

int meters_update(struct meters *meters, const struct meter_counters *before,
                  const struct meter_counters *now)
{
    struct cpu_ticks ticks = spent(&before->all, &now->all);
    double seconds = before->mono_ns > 0 && now->mono_ns > before->mono_ns
                         ? clock_seconds(now->mono_ns - before->mono_ns)
                         : 0;
    meters->user = percent(&ticks, ticks.user);
    meters->system = percent(&ticks, ticks.system);
    meters->iowait = percent(&ticks, ticks.iowait);
    meters->steal = percent(&ticks, ticks.steal);
    double disk_seconds = before->has_disks && now->has_disks ? seconds : 0;
    double network_seconds = before->has_networks && now->has_networks ? seconds : 0;
    meters->disk_read_kib =
        kib_per_second(before->disk_read_bytes, now->disk_read_bytes, disk_seconds);
    meters->disk_written_kib =
        kib_per_second(before->disk_written_bytes, now->disk_written_bytes, disk_seconds);
    meters->received_kib =
        kib_per_second(before->received_bytes, now->received_bytes, network_seconds);
    meters->sent_kib = kib_per_second(before->sent_bytes, now->sent_bytes, network_seconds);
    int r = update_processors(meters, before, now);
    if (r == 0)
        remember(meters);
    return r;
}
