#include "libproc.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <libproc2/pids.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/number.h"
#include "reaptop/model/process.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"

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

struct libproc {
    struct pids_info *pids;
    struct pids_fetch *fetch; /* libproc2's until the next harvest */
    uint64_t page_kib;
};

/* libproc2's PIDS_VAL and the like changed their arguments between 4.0.2 and 4.0.3: not used. */
#define VALUE(stack, item, type) ((stack)->head[item].result.type)

/* ---- loading ---- */

/*
 * Loaded at run time, when a table is read: on many systems it brings libsystemd and a handful of
 * others along, 0.7 MiB and half of what starting costs. LIBPROC2_SONAME is what the linker would
 * have noted.
 */
static struct {
    void *library;
    int (*new)(struct pids_info **, enum pids_item *, int);
    struct pids_fetch *(*reap)(struct pids_info *, enum pids_fetch_type);
    int (*unref)(struct pids_info **);
} libproc2;

#ifdef LIBPROC2_SONAME

/* `ret_function` is where a pointer to a function is, which ISO C does not make from a void *. */
static bool find(const char *name, void *ret_function)
{
    void *found = dlsym(libproc2.library, name);
    memcpy(ret_function, &found, sizeof(found));
    return found;
}

static int load(void)
{
    if (!libproc2.library)
        libproc2.library = dlopen(LIBPROC2_SONAME, RTLD_NOW | RTLD_LOCAL);
    return libproc2.library && find("procps_pids_new", &libproc2.new) &&
                   find("procps_pids_reap", &libproc2.reap) &&
                   find("procps_pids_unref", &libproc2.unref)
               ? 0
               : -ELIBACC;
}

#else

static int load(void)
{
    libproc2.new = procps_pids_new;
    libproc2.reap = procps_pids_reap;
    libproc2.unref = procps_pids_unref;
    return 0;
}

#endif

static int open_table(struct libproc *libproc)
{
    enum pids_item items[ITEM_COUNT];
    memcpy(items, process_items, sizeof(items));
    return libproc->pids ? 0 : libproc2.new(&libproc->pids, items, ITEM_COUNT);
}

int libproc_new(struct libproc **ret_libproc)
{
    struct libproc *libproc = calloc(1, sizeof(*libproc));
    int r = libproc ? load() : -ENOMEM;
    if (r == 0)
        r = open_table(libproc);
    if (r < 0) {
        free(libproc);
        return r;
    }
    libproc->page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
    *ret_libproc = libproc;
    return 0;
}

void libproc_free(struct libproc *libproc)
{
    if (!libproc)
        return;
    if (libproc->pids)
        (void)libproc2.unref(&libproc->pids);
    free(libproc);
}

/* ---- the table ---- */

static pid_t last_pid(const struct pids_fetch *fetch)
{
    pid_t last = 0;
    for (int i = 0; i < fetch->counts->total; i++)
        if (VALUE(fetch->stacks[i], ITEM_TGID, s_int) > last)
            last = VALUE(fetch->stacks[i], ITEM_TGID, s_int);
    return last;
}

/*
 * libproc2 takes an error of getdents(2) for the end of /proc, whose entries are in the order of
 * PIDs. A process behind its last one that is older than the harvest says so: -EIO.
 */
static int check_end(const struct pids_fetch *fetch, uint64_t begin_ns)
{
    _cleanup_dir_ DIR *proc = opendir("/proc");
    if (!proc)
        return -errno;
    pid_t last = last_pid(fetch);
    uint64_t begin_ticks = begin_ns / (NS_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
    for (;;) {
        int64_t pid;
        struct stat_line line;
        errno = 0;
        const struct dirent *entry = readdir(proc);
        if (!entry)
            return -errno;
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) == 0 && pid > last &&
            procfs_read_stat_of((pid_t)pid, &line) == 0 && line.pgid != -1 &&
            line.start_ticks + 1 < begin_ticks)
            return -EIO;
    }
}

int libproc_harvest(struct libproc *libproc, bool of_threads)
{
    uint64_t begin_ns = clock_boot_ns();
    errno = 0;
    libproc->fetch =
        libproc2.reap(libproc->pids, of_threads ? PIDS_FETCH_THREADS_TOO : PIDS_FETCH_TASKS_ONLY);
    if (!libproc->fetch)
        return errno > 0 ? -errno : -EIO;
    int r = check_end(libproc->fetch, begin_ns);
    return r < 0 ? r : libproc->fetch->counts->total;
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
