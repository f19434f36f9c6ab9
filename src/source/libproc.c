#include "libproc.h"

#include <errno.h>
#include <libproc2/meminfo.h>
#include <libproc2/pids.h>
#include <libproc2/stat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/source/parse_stat.h"

/* Positions in libproc2's result; each comes from stat, or from its directory's owner. */
enum {
    ITEM_PID,
    ITEM_TGID,
    ITEM_PPID,
    ITEM_PGID,
    ITEM_SID,
    ITEM_TPGID,
    ITEM_TTY,
    ITEM_STATE,
    ITEM_FLAGS,
    ITEM_COMM,
    ITEM_THREADS,
    ITEM_NICE,
    ITEM_PRIORITY,
    ITEM_RT_PRIORITY,
    ITEM_POLICY,
    ITEM_PROCESSOR,
    ITEM_UTIME,
    ITEM_STIME,
    ITEM_VIRTUAL,
    ITEM_RSS,
    ITEM_MINOR_FAULTS,
    ITEM_MAJOR_FAULTS,
    ITEM_START,
    ITEM_UID,
    ITEM_COUNT
};

static const enum pids_item process_items[ITEM_COUNT] = {
    [ITEM_PID] = PIDS_ID_PID,
    [ITEM_TGID] = PIDS_ID_TGID,
    [ITEM_PPID] = PIDS_ID_PPID,
    [ITEM_PGID] = PIDS_ID_PGRP,
    [ITEM_SID] = PIDS_ID_SESSION,
    [ITEM_TPGID] = PIDS_ID_TPGID,
    [ITEM_TTY] = PIDS_TTY,
    [ITEM_STATE] = PIDS_STATE,
    [ITEM_FLAGS] = PIDS_FLAGS,
    [ITEM_COMM] = PIDS_CMD,
    [ITEM_THREADS] = PIDS_NLWP,
    [ITEM_NICE] = PIDS_NICE,
    [ITEM_PRIORITY] = PIDS_PRIORITY,
    [ITEM_RT_PRIORITY] = PIDS_PRIORITY_RT,
    [ITEM_POLICY] = PIDS_SCHED_CLASS,
    [ITEM_PROCESSOR] = PIDS_PROCESSOR,
    [ITEM_UTIME] = PIDS_TICS_USER,
    [ITEM_STIME] = PIDS_TICS_SYSTEM,
    [ITEM_VIRTUAL] = PIDS_VSIZE_BYTES,
    [ITEM_RSS] = PIDS_RSS,
    [ITEM_MINOR_FAULTS] = PIDS_FLT_MIN,
    [ITEM_MAJOR_FAULTS] = PIDS_FLT_MAJ,
    [ITEM_START] = PIDS_TICS_BEGAN,
    [ITEM_UID] = PIDS_ID_EUID,
};

/* /proc/stat's first line: guest time is within user time already. */
enum {
    CPU_USER,
    CPU_NICE,
    CPU_SYSTEM,
    CPU_IRQ,
    CPU_SOFTIRQ,
    CPU_IOWAIT,
    CPU_IDLE,
    CPU_STOLEN,
    CPU_COUNT
};

static const enum stat_item cpu_items[CPU_COUNT] = {
    [CPU_USER] = STAT_TIC_USER, [CPU_NICE] = STAT_TIC_NICE,       [CPU_SYSTEM] = STAT_TIC_SYSTEM,
    [CPU_IRQ] = STAT_TIC_IRQ,   [CPU_SOFTIRQ] = STAT_TIC_SOFTIRQ, [CPU_IOWAIT] = STAT_TIC_IOWAIT,
    [CPU_IDLE] = STAT_TIC_IDLE, [CPU_STOLEN] = STAT_TIC_STOLEN,
};

enum {
    MEMORY_TOTAL,
    MEMORY_AVAILABLE,
    MEMORY_SWAP_TOTAL,
    MEMORY_SWAP_FREE,
    MEMORY_COUNT
};

static const enum meminfo_item memory_items[MEMORY_COUNT] = {
    [MEMORY_TOTAL] = MEMINFO_MEM_TOTAL,
    [MEMORY_AVAILABLE] = MEMINFO_MEM_AVAILABLE,
    [MEMORY_SWAP_TOTAL] = MEMINFO_SWAP_TOTAL,
    [MEMORY_SWAP_FREE] = MEMINFO_SWAP_FREE,
};

struct libproc {
    struct pids_info *pids;
    struct pids_fetch *fetch;     /* libproc2's until the next harvest */
    struct stat_info *stat;       /* NULL: no /proc/stat */
    struct meminfo_info *meminfo; /* NULL: no /proc/meminfo */
    uint64_t page_kib;
    uint64_t cpu_ticks[CPU_COUNT];
    bool has_cpu_ticks;
};

/* libproc2's PIDS_VAL and its kin changed their arguments between 4.0.2 and 4.0.3: not used. */
#define VALUE(stack, item, type) ((stack)->head[item].result.type)

static int open_table(struct libproc *libproc)
{
    enum pids_item items[ITEM_COUNT];
    memcpy(items, process_items, sizeof(items));
    return libproc->pids ? 0 : procps_pids_new(&libproc->pids, items, ITEM_COUNT);
}

int libproc_new(struct libproc **ret_libproc)
{
    struct libproc *libproc = calloc(1, sizeof(*libproc));
    if (!libproc)
        return -ENOMEM;
    int r = open_table(libproc);
    if (r < 0) {
        free(libproc);
        return r;
    }
    libproc->page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;

    /* A /proc mounted with subset=pid has neither; the totals are unknown then. */
    if (procps_stat_new(&libproc->stat) < 0)
        libproc->stat = NULL;
    if (procps_meminfo_new(&libproc->meminfo) < 0)
        libproc->meminfo = NULL;
    *ret_libproc = libproc;
    return 0;
}

void libproc_free(struct libproc *libproc)
{
    if (!libproc)
        return;
    libproc_forget_table(libproc);
    if (libproc->stat)
        (void)procps_stat_unref(&libproc->stat);
    if (libproc->meminfo)
        (void)procps_meminfo_unref(&libproc->meminfo);
    free(libproc);
}

/* ---- the table ---- */

void libproc_forget_table(struct libproc *libproc)
{
    libproc->fetch = NULL;
    if (libproc->pids)
        (void)procps_pids_unref(&libproc->pids);
    libproc->pids = NULL;
}

int libproc_harvest(struct libproc *libproc, bool of_threads)
{
    int r = open_table(libproc);
    if (r < 0)
        return r;
    errno = 0;
    libproc->fetch = procps_pids_reap(libproc->pids,
                                      of_threads ? PIDS_FETCH_THREADS_TOO : PIDS_FETCH_TASKS_ONLY);
    if (!libproc->fetch)
        return errno > 0 ? -errno : -EIO;
    return libproc->fetch->counts->total;
}

/*
 * Its parent has waited for it, and the kernel is taking it apart: what stat
 * shows then is PPID 0, and group and session -1.
 */
static bool is_being_released(const struct pids_stack *stack)
{
    return VALUE(stack, ITEM_PGID, s_int) == -1;
}

bool libproc_row(const struct libproc *libproc, int index, struct process *process,
                 const char **ret_comm)
{
    const struct pids_stack *stack = libproc->fetch->stacks[index];
    if (is_being_released(stack))
        return false;
    process->id.pid = VALUE(stack, ITEM_PID, s_int);
    process->id.start_ticks = VALUE(stack, ITEM_START, ull_int);
    process->tgid = VALUE(stack, ITEM_TGID, s_int);
    process->ppid = VALUE(stack, ITEM_PPID, s_int);
    process->pgid = VALUE(stack, ITEM_PGID, s_int);
    process->sid = VALUE(stack, ITEM_SID, s_int);
    process->tpgid = VALUE(stack, ITEM_TPGID, s_int);
    process->tty = (uint32_t)VALUE(stack, ITEM_TTY, s_int);
    process->state = (char)VALUE(stack, ITEM_STATE, s_ch);
    process->has_execed = (VALUE(stack, ITEM_FLAGS, ul_int) & STAT_FORK_NO_EXEC) == 0;
    process->is_kernel = (VALUE(stack, ITEM_FLAGS, ul_int) & STAT_KERNEL_THREAD) != 0;
    process->threads = (uint32_t)VALUE(stack, ITEM_THREADS, s_int);
    process->nice = VALUE(stack, ITEM_NICE, s_int);
    process->priority = VALUE(stack, ITEM_PRIORITY, s_int);
    process->rt_priority = VALUE(stack, ITEM_RT_PRIORITY, s_int);
    process->policy = VALUE(stack, ITEM_POLICY, s_int);
    process->processor = VALUE(stack, ITEM_PROCESSOR, s_int);
    process->utime_ticks = VALUE(stack, ITEM_UTIME, ull_int);
    process->stime_ticks = VALUE(stack, ITEM_STIME, ull_int);
    process->virtual_kib = VALUE(stack, ITEM_VIRTUAL, ul_int) / 1024;
    process->rss_kib = VALUE(stack, ITEM_RSS, ul_int) * libproc->page_kib;
    process->minor_faults = VALUE(stack, ITEM_MINOR_FAULTS, ul_int);
    process->major_faults = VALUE(stack, ITEM_MAJOR_FAULTS, ul_int);
    process->uid = VALUE(stack, ITEM_UID, u_int);
    const char *comm = VALUE(stack, ITEM_COMM, str);
    *ret_comm = comm ? comm : "";
    return true;
}

/* ---- the machine ---- */

/* A counter that went backwards (iowait does on some kernels) counts as no time. */
static void fill_cpu(struct libproc *libproc, struct machine *machine)
{
    machine->cpu_user_percent = CPU_UNKNOWN;
    machine->cpu_system_percent = CPU_UNKNOWN;
    machine->cpu_iowait_percent = CPU_UNKNOWN;

    enum stat_item items[CPU_COUNT];
    memcpy(items, cpu_items, sizeof(items));
    struct stat_stack *stack =
        libproc->stat ? procps_stat_select(libproc->stat, items, CPU_COUNT) : NULL;
    if (!stack) {
        libproc->has_cpu_ticks = false;
        return;
    }

    uint64_t spent[CPU_COUNT], total = 0;
    for (int i = 0; i < CPU_COUNT; i++) {
        uint64_t now = VALUE(stack, i, ull_int);
        spent[i] = now > libproc->cpu_ticks[i] ? now - libproc->cpu_ticks[i] : 0;
        total += spent[i];
        libproc->cpu_ticks[i] = now;
    }
    if (libproc->has_cpu_ticks && total > 0) {
        double percent = 100.0 / (double)total;
        machine->cpu_user_percent = percent * (double)(spent[CPU_USER] + spent[CPU_NICE]);
        machine->cpu_system_percent =
            percent * (double)(spent[CPU_SYSTEM] + spent[CPU_IRQ] + spent[CPU_SOFTIRQ]);
        machine->cpu_iowait_percent = percent * (double)spent[CPU_IOWAIT];
    }
    libproc->has_cpu_ticks = true;
}

static void fill_memory(struct libproc *libproc, struct machine *machine)
{
    enum meminfo_item items[MEMORY_COUNT];
    memcpy(items, memory_items, sizeof(items));
    struct meminfo_stack *stack =
        libproc->meminfo ? procps_meminfo_select(libproc->meminfo, items, MEMORY_COUNT) : NULL;
    if (!stack)
        return;
    machine->memory_total_kib = VALUE(stack, MEMORY_TOTAL, ul_int);
    machine->memory_available_kib = VALUE(stack, MEMORY_AVAILABLE, ul_int);
    machine->swap_total_kib = VALUE(stack, MEMORY_SWAP_TOTAL, ul_int);
    machine->swap_free_kib = VALUE(stack, MEMORY_SWAP_FREE, ul_int);
}

void libproc_fill_machine(struct libproc *libproc, struct machine *machine)
{
    fill_cpu(libproc, machine);
    fill_memory(libproc, machine);
}
