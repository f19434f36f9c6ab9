#include "task_iterator.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/process.h"
#include "reaptop/source/parse_stat.h"

/* The kernel's own, none of which is in a header of its. */
enum {
    TASK_UNINTERRUPTIBLE = 0x0002,
    TASK_REPORT = 0x007f,
    TASK_NOLOAD = 0x0400,
    TASK_RTLOCK_WAIT = 0x1000,
    TASK_FROZEN = 0x8000,
    TASK_IDLE = TASK_UNINTERRUPTIBLE | TASK_NOLOAD,
    REALTIME_PRIORITIES = 100, /* MAX_RT_PRIO */
    DEFAULT_PRIORITY = 120     /* DEFAULT_PRIO: nice 0 */
};

/* get_task_state(): the highest bit tells; what is idle, frozen or waits for a lock is not as its
   bits say. */
static char state_letter(const struct task_record *record)
{
    static const char letters[] = "RSDTtXZP";
    unsigned state = (record->state | record->exit_state) & TASK_REPORT;
    if ((record->state & TASK_IDLE) == TASK_IDLE)
        return 'I';
    if (record->state & (TASK_RTLOCK_WAIT | TASK_FROZEN))
        state = TASK_UNINTERRUPTIBLE;
    return letters[state == 0 ? 0 : 32 - __builtin_clz(state)];
}

/* part * whole / sum, for a part that is below the sum. */
static uint64_t share(uint64_t part, uint64_t whole, uint64_t sum)
{
#ifdef __SIZEOF_INT128__
    return (uint64_t)((__extension__(unsigned __int128) part * whole) / sum);
#else
    /* 32-bit machines: bit by bit; nanoseconds are far from 2^62, where the rest would not fit. */
    uint64_t result = 0, rest = 0;
    for (int bit = 63; bit >= 0; bit--) {
        rest = rest * 2 + ((whole >> bit) & 1 ? part : 0);
        result *= 2;
        for (; rest >= sum; rest -= sum)
            result++;
    }
    return result;
#endif
}

/*
 * cputime_adjust(): the run time is exact, and divided as the ticks found the
 * task in user or in kernel mode; neither part goes back behind what was shown.
 */
static void divide_time(const struct task_record *record, uint64_t *ret_utime_ns,
                        uint64_t *ret_stime_ns)
{
    uint64_t run = record->runtime_ns, stime = record->stime_ns, utime = record->utime_ns;
    *ret_utime_ns = record->shown_utime_ns;
    *ret_stime_ns = record->shown_stime_ns;
    if (*ret_utime_ns + *ret_stime_ns >= run)
        return;
    if (stime != 0 && utime == 0)
        stime = run;
    else if (stime != 0)
        stime = share(stime, run, stime + utime);
    if (stime < *ret_stime_ns)
        stime = *ret_stime_ns;
    utime = run - stime;
    if (utime < *ret_utime_ns) {
        utime = *ret_utime_ns;
        stime = run - utime;
    }
    *ret_utime_ns = utime;
    *ret_stime_ns = stime;
}

static uint64_t positive(int64_t pages)
{
    return pages > 0 ? (uint64_t)pages : 0;
}

/* As parse_stat(): 0 of a process some of whose threads live is no status. */
static int32_t exit_status(const struct task_record *record, const struct process *process)
{
    if (!state_is_dead(process->state))
        return -1;
    bool has_ended = process_is_thread(process) || process->threads < 2;
    return record->exit_code != 0 || has_ended ? record->exit_code : -1;
}

static void fill_times(const struct task_record *record, const struct task_units *units,
                       struct process *process)
{
    uint64_t tick_ns = NS_PER_SEC / (uint64_t)units->ticks_per_second;
    uint64_t utime_ns, stime_ns;
    divide_time(record, &utime_ns, &stime_ns);
    process->utime_ticks = utime_ns / tick_ns;
    process->stime_ticks = stime_ns / tick_ns;
    process->id.start_ticks = (record->start_ns + (uint64_t)units->boottime_offset_ns) / tick_ns;
}

void task_record_fill(const struct task_record *record, const struct task_units *units,
                      struct process *process, const char **ret_comm)
{
    process->id.pid = record->tid;
    process->tgid = record->tgid;
    process->ppid = record->ppid;
    process->pgid = record->pgid;
    process->sid = record->sid;
    process->tpgid = record->tpgid;
    process->tty = record->tty;
    process->state = state_letter(record);
    process->has_execed = (record->flags & STAT_FORK_NO_EXEC) == 0;
    process->is_kernel = (record->flags & STAT_KERNEL_THREAD) != 0;
    process->threads = (uint32_t)record->threads;
    process->nice = record->static_priority - DEFAULT_PRIORITY;
    process->priority = record->priority - REALTIME_PRIORITIES;
    process->rt_priority = (int32_t)record->rt_priority;
    process->policy = (int32_t)record->policy;
    process->processor = (int32_t)record->processor;
    fill_times(record, units, process);
    process->virtual_kib = record->virtual_pages * units->page_kib;
    process->rss_kib = (positive(record->file_pages) + positive(record->anonymous_pages) +
                        positive(record->shared_pages)) *
                       units->page_kib;
    process->minor_faults = record->minor_faults;
    process->major_faults = record->major_faults;
    process->uid = record->uid;
    process->real_uid = record->real_uid;
    process->has_real_uid = true;
    process->exit_status = exit_status(record, process);
    process->tracer = state_is_dead(process->state) ? record->tracer : 0;
    *ret_comm = record->size > offsetof(struct task_record, name) ? record->name : record->comm;
}

struct task_units task_units(void)
{
    struct task_units units = {.ticks_per_second = sysconf(_SC_CLK_TCK),
                               .page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024};
    _cleanup_file_ FILE *file = fopen("/proc/self/timens_offsets", "re");
    char line[128];
    while (file && fgets(line, sizeof(line), file)) {
        int64_t seconds, nanoseconds;
        if (sscanf(line, "boottime %" SCNd64 " %" SCNd64, &seconds, &nanoseconds) == 2)
            units.boottime_offset_ns = seconds * (int64_t)NS_PER_SEC + nanoseconds;
    }
    return units;
}
