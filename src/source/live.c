#include "reaptop/source/live.h"
#include "cursor.h"
#include "reaptop/model/process.h"
#include "reaptop/source/parse_status.h"
#include "sigchld.h"

#include <errno.h>
#include <fcntl.h>
#include <libproc2/meminfo.h>
#include <libproc2/pids.h>
#include <libproc2/stat.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "arguments.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"
#include "sweep_thread.h"
#include "tty_names.h"
#include "users.h"
#include "visibility.h"

#define FLAG_FORK_NO_EXEC 0x00000040UL

/* What was read from a task's own line is read anew once in so many sweeps. */
enum {
    STATM_LIMIT = 256,
    LINE_TURNS = 8,
    ROWS_A_LOOK = 64 /* at the clock */
};

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

/* The sweep that is under way. */
struct sweep {
    struct snapshot *next; /* NULL: none is */
    bool is_in_thread;
    enum pids_fetch_type pass;
    struct pids_fetch *fetch; /* NULL: it failed with `error`; libproc2's until the next pass */
    int error;
    int taken;
};

struct live {
    struct pids_info *pids;
    struct sweep_thread sweep_thread; /* while busy it has `pids` and `sweep` */
    struct sweep sweep;
    struct stat_info *stat;       /* NULL: no /proc/stat */
    struct meminfo_info *meminfo; /* NULL: no /proc/meminfo */
    struct users *users;
    struct arguments *arguments;
    struct tty_names ttys;
    struct strbuf text;
    int proc_fd;
    long ticks_per_second;
    uint64_t page_kib;
    /* Identities and counters, for snapshot_cpu(); comm only where libproc2 garbles it. */
    struct snapshot previous;
    struct parents parents; /* whose children may have ended since */
    uint64_t sweeps;
    uint64_t cpu_ticks[CPU_COUNT];
    bool has_cpu_ticks;
};

/* libproc2's PIDS_VAL and its kin changed their arguments between 4.0.2 and 4.0.3: not used. */
#define VALUE(stack, item, type) ((stack)->head[item].result.type)

static int open_libproc(struct live *live)
{
    enum pids_item items[ITEM_COUNT];
    memcpy(items, process_items, sizeof(items));
    int r = procps_pids_new(&live->pids, items, ITEM_COUNT);
    if (r < 0)
        return r;

    /* A /proc mounted with subset=pid has neither; the totals are unknown then. */
    if (procps_stat_new(&live->stat) < 0)
        live->stat = NULL;
    if (procps_meminfo_new(&live->meminfo) < 0)
        live->meminfo = NULL;
    return 0;
}

int live_new(struct live **ret_live, struct error *error)
{
    int r = procfs_check(error);
    if (r < 0)
        return r;

    struct live *live = calloc(1, sizeof(*live));
    if (!live)
        return error_set_errno(error, -ENOMEM, "/proc");
    live->sweep_thread = SWEEP_THREAD_INIT;
    live->ticks_per_second = sysconf(_SC_CLK_TCK);
    live->page_kib = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
    live->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    live->users = users_new();
    live->arguments = arguments_new();
    r = live->proc_fd < 0 ? -errno : 0;
    if (r == 0)
        r = live->users && live->arguments ? open_libproc(live) : -ENOMEM;
    if (r < 0) {
        live_free(live);
        return error_set_errno(error, r, "/proc");
    }
    *ret_live = live;
    return 0;
}

void live_free(struct live *live)
{
    if (!live)
        return;
    sweep_thread_done(&live->sweep_thread);
    if (live->pids)
        (void)procps_pids_unref(&live->pids);
    if (live->stat)
        (void)procps_stat_unref(&live->stat);
    if (live->meminfo)
        (void)procps_meminfo_unref(&live->meminfo);
    users_free(live->users);
    arguments_free(live->arguments);
    strbuf_done(&live->text);
    snapshot_done(&live->previous);
    live->proc_fd = fd_close(live->proc_fd);
    free(live);
}

/* ---- one process ---- */

/* The stat file of that very task, read by ourselves; false where it is gone. */
static bool read_stat(struct live *live, const struct process *process, struct stat_line *ret_line)
{
    char path[64];
    if (process_is_thread(process))
        (void)snprintf(path, sizeof(path), "%d/task/%d/stat", process->tgid, process->id.pid);
    else
        (void)snprintf(path, sizeof(path), "%d/stat", process->id.pid);
    return procfs_read(live->proc_fd, path, STAT_TEXT_LIMIT, &live->text) == 0 &&
           parse_stat(live->text.data, live->text.length, ret_line) == 0 &&
           ret_line->start_ticks == process->id.start_ticks;
}

/* libproc2 has '.' or '?' for each byte that it takes for unprintable. */
static bool is_ambiguous(const char *comm)
{
    return strpbrk(comm, ".?") != NULL;
}

static bool could_be_shown_as(const char *raw, const char *shown)
{
    for (; *raw != '\0' && *shown != '\0'; raw++, shown++)
        if (*raw != *shown && *shown != '.' && *shown != '?')
            return false;
    return *raw == *shown;
}

static bool is_dead(char state)
{
    return state == 'Z' || state == 'X';
}

/*
 * libproc2 tells neither an ambiguous name's bytes nor the exit status of the
 * dead: those come from the line itself. A task whose answer is known from the
 * sweep before is read again only when its turn comes.
 */
static bool needs_line(const struct live *live, const struct process *process, const char *shown,
                       const struct process *old)
{
    if (!is_ambiguous(shown) && !is_dead(process->state))
        return false;
    if (!old || (live->sweeps + (uint64_t)process->id.pid) % LINE_TURNS == 0)
        return true;
    if (is_ambiguous(shown) && (!old->comm || !could_be_shown_as(old->comm, shown)))
        return true;
    /* A tracer may come and go, and what lives on may grow. */
    return is_dead(process->state) &&
           (!is_dead(old->state) || process->threads > 1 || old->threads > 1 || old->tracer);
}

/* What a living thread of it has resident, as its first one has let go of the memory. */
static void read_living_rss(const struct live *live, int dir_fd, struct process *process)
{
    char path[64];
    uint64_t pages;
    pid_t tid = procfs_living_thread(dir_fd);
    (void)snprintf(path, sizeof(path), "task/%d/statm", tid);
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (tid == 0 || procfs_read(dir_fd, path, STATM_LIMIT, &text) < 0)
        return;
    struct cursor rest = cursor_of(strbuf_text(&text), text.length);
    if (cursor_number(&rest, 10, &pages))
        process->virtual_kib = pages * live->page_kib;
    if (cursor_number(&rest, 10, &pages))
        process->rss_kib = pages * live->page_kib;
}

/* Who holds a zombie is in its status; few are dead, so it costs a sweep little. */
static void read_tracer(int dir_fd, struct process *process)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct status status;
    if (procfs_read(dir_fd, "status", STATUS_TEXT_LIMIT, &text) == 0 &&
        parse_status(strbuf_text(&text), text.length, &status) == 0 &&
        (status.known & STATUS_HAS_TRACER))
        process->tracer = status.tracer_pid;
}

static void complete_dead(const struct live *live, struct process *process)
{
    if (process_is_thread(process))
        return;
    _cleanup_close_ int dir_fd = procfs_open_process(process->id.pid, 0);
    if (dir_fd < 0)
        return;
    read_tracer(dir_fd, process);
    if (process->threads > 1)
        read_living_rss(live, dir_fd, process);
}

static int complete_from_stat(struct live *live, const char *shown, struct process *process,
                              struct arena *strings)
{
    const struct process *old = NULL;
    const char *comm = shown;
    struct stat_line line;
    if (is_ambiguous(shown) || is_dead(process->state))
        old = snapshot_find_identity(&live->previous, process->id);

    if (needs_line(live, process, shown, old) && read_stat(live, process, &line)) {
        comm = line.comm;
        process->state = line.state;
        process->exit_status = line.exit_status;
        if (is_dead(process->state))
            complete_dead(live, process);
    } else if (old) {
        process->tracer = is_dead(process->state) ? old->tracer : 0;
        comm = is_ambiguous(shown) && old->comm ? old->comm : shown;
        process->exit_status = is_dead(process->state) ? old->exit_status : -1;
    }
    process->comm = arena_strdup(strings, comm);
    return process->comm ? 0 : -ENOMEM;
}

static int add_process(struct live *live, const struct pids_stack *stack, struct snapshot *next)
{
    struct process *process = snapshot_add(next);
    if (!process)
        return -ENOMEM;

    process->id.pid = VALUE(stack, ITEM_PID, s_int);
    process->id.start_ticks = VALUE(stack, ITEM_START, ull_int);
    process->tgid = VALUE(stack, ITEM_TGID, s_int);
    process->ppid = VALUE(stack, ITEM_PPID, s_int);
    process->pgid = VALUE(stack, ITEM_PGID, s_int);
    process->sid = VALUE(stack, ITEM_SID, s_int);
    process->tpgid = VALUE(stack, ITEM_TPGID, s_int);
    process->tty = (uint32_t)VALUE(stack, ITEM_TTY, s_int);
    process->state = (char)VALUE(stack, ITEM_STATE, s_ch);
    process->has_execed = (VALUE(stack, ITEM_FLAGS, ul_int) & FLAG_FORK_NO_EXEC) == 0;
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
    process->rss_kib = VALUE(stack, ITEM_RSS, ul_int) * live->page_kib;
    process->minor_faults = VALUE(stack, ITEM_MINOR_FAULTS, ul_int);
    process->major_faults = VALUE(stack, ITEM_MAJOR_FAULTS, ul_int);
    process->uid = VALUE(stack, ITEM_UID, u_int);
    process->exit_status = -1;
    process->cpu_percent = CPU_UNKNOWN;

    process->start_ns =
        (uint64_t)((double)process->id.start_ticks * 1e9 / (double)live->ticks_per_second);
    process->age_ns = next->mono_ns > process->start_ns ? next->mono_ns - process->start_ns : 0;
    process->tty_name = tty_name(&live->ttys, process->tty, &next->strings);
    process->user = users_name(live->users, process->uid);
    if (!process->user)
        return -ENOMEM;

    const char *comm = VALUE(stack, ITEM_COMM, str);
    return complete_from_stat(live, comm ? comm : "", process, &next->strings);
}

/* ---- the machine ---- */

/* A counter that went backwards (iowait does on some kernels) counts as no time. */
static void fill_cpu(struct live *live, struct machine *machine)
{
    machine->cpu_user_percent = CPU_UNKNOWN;
    machine->cpu_system_percent = CPU_UNKNOWN;
    machine->cpu_iowait_percent = CPU_UNKNOWN;

    enum stat_item items[CPU_COUNT];
    memcpy(items, cpu_items, sizeof(items));
    struct stat_stack *stack = live->stat ? procps_stat_select(live->stat, items, CPU_COUNT) : NULL;
    if (!stack) {
        live->has_cpu_ticks = false;
        return;
    }

    uint64_t spent[CPU_COUNT], total = 0;
    for (int i = 0; i < CPU_COUNT; i++) {
        uint64_t now = VALUE(stack, i, ull_int);
        spent[i] = now > live->cpu_ticks[i] ? now - live->cpu_ticks[i] : 0;
        total += spent[i];
        live->cpu_ticks[i] = now;
    }
    if (live->has_cpu_ticks && total > 0) {
        double percent = 100.0 / (double)total;
        machine->cpu_user_percent = percent * (double)(spent[CPU_USER] + spent[CPU_NICE]);
        machine->cpu_system_percent =
            percent * (double)(spent[CPU_SYSTEM] + spent[CPU_IRQ] + spent[CPU_SOFTIRQ]);
        machine->cpu_iowait_percent = percent * (double)spent[CPU_IOWAIT];
    }
    live->has_cpu_ticks = true;
}

static void fill_memory(struct live *live, struct machine *machine)
{
    enum meminfo_item items[MEMORY_COUNT];
    memcpy(items, memory_items, sizeof(items));
    struct meminfo_stack *stack =
        live->meminfo ? procps_meminfo_select(live->meminfo, items, MEMORY_COUNT) : NULL;
    if (!stack)
        return;
    machine->memory_total_kib = VALUE(stack, MEMORY_TOTAL, ul_int);
    machine->memory_available_kib = VALUE(stack, MEMORY_AVAILABLE, ul_int);
    machine->swap_total_kib = VALUE(stack, MEMORY_SWAP_TOTAL, ul_int);
    machine->swap_free_kib = VALUE(stack, MEMORY_SWAP_FREE, ul_int);
}

static void fill_machine(struct live *live, struct machine *machine, uint64_t uptime_ns)
{
    *machine = (struct machine){.uptime_ns = uptime_ns, .load = {-1, -1, -1}};
    struct utsname name;
    if (uname(&name) == 0) {
        (void)snprintf(machine->host, sizeof(machine->host), "%s", name.nodename);
        (void)snprintf(machine->kernel, sizeof(machine->kernel), "%s", name.release);
    }
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    machine->processors = processors > 0 ? (uint32_t)processors : 1;

    double load[ELEMENTS(machine->load)];
    if (getloadavg(load, ELEMENTS(load)) == (int)ELEMENTS(load))
        memcpy(machine->load, load, sizeof(load));
    fill_cpu(live, machine);
    fill_memory(live, machine);
}

/* ---- the sweep ---- */

static int fill_notice(struct snapshot *next)
{
    _cleanup_(strbuf_done) struct strbuf notice = STRBUF_INIT;
    visibility_describe(snapshot_find(next, 1) != NULL, &notice);
    if (notice.length == 0)
        return 0;
    next->notice = arena_strdup(&next->strings, strbuf_text(&notice));
    return next->notice ? 0 : -ENOMEM;
}

static bool is_garbled(const char *comm)
{
    for (; *comm != '\0'; comm++)
        if (*comm < ' ' || *comm > '~' || *comm == '.' || *comm == '?')
            return true;
    return false;
}

void live_note_parent(struct live *live, pid_t pid)
{
    parents_add(&live->parents, pid);
}

/* Keeps what the next sweep compares with. */
static int remember(struct live *live, const struct snapshot *next)
{
    struct snapshot *previous = &live->previous;
    snapshot_clear(previous);
    int r = array_reserve(&previous->processes, &previous->capacity, next->count);
    if (r < 0)
        return r;
    for (size_t i = 0; i < next->count; i++) {
        const struct process *process = &next->processes[i];
        previous->processes[i] = (struct process){
            .id = process->id,
            .tgid = process->tgid,
            .ppid = process->ppid,
            .state = process->state,
            .ignores_sigchld = process->ignores_sigchld,
            .exit_status = process->exit_status,
            .threads = process->threads,
            .utime_ticks = process->utime_ticks,
            .stime_ticks = process->stime_ticks,
        };
        if (is_garbled(process->comm))
            previous->processes[i].comm = arena_strdup(&previous->strings, process->comm);
    }
    previous->count = next->count;
    previous->mono_ns = next->mono_ns;
    return 0;
}

/* libproc2's part of a pass. It may run aside, and touches nothing but what is named here. */
static void harvest(void *data)
{
    struct live *live = data;
    struct sweep *sweep = &live->sweep;
    errno = 0;
    sweep->fetch = procps_pids_reap(live->pids, sweep->pass);
    sweep->error = errno > 0 ? -errno : -EIO;
}

static void begin_pass(struct live *live, enum pids_fetch_type pass)
{
    struct sweep *sweep = &live->sweep;
    sweep->pass = pass;
    sweep->taken = 0;
    if (!sweep->is_in_thread || sweep_thread_start(&live->sweep_thread, harvest, live) < 0)
        harvest(live);
}

/*
 * Its parent has waited for it, and the kernel is taking it apart: what stat
 * shows then is PPID 0, and group and session -1.
 */
static bool is_being_released(const struct pids_stack *stack)
{
    return VALUE(stack, ITEM_PGID, s_int) == -1;
}

/* The pass with threads leaves out leaders: the one before has them as whole processes. */
static bool is_wanted(const struct sweep *sweep, const struct pids_stack *stack)
{
    bool is_double = sweep->pass == PIDS_FETCH_THREADS_TOO &&
                     VALUE(stack, ITEM_PID, s_int) == VALUE(stack, ITEM_TGID, s_int);
    return !is_double && !is_being_released(stack);
}

/* 0: took in all of the pass; 1: the time is over before. */
static int take_rows(struct live *live, uint64_t deadline_ns)
{
    struct sweep *sweep = &live->sweep;
    if (!sweep->fetch)
        return sweep->error;
    while (sweep->taken < sweep->fetch->counts->total) {
        const struct pids_stack *stack = sweep->fetch->stacks[sweep->taken++];
        int r = is_wanted(sweep, stack) ? add_process(live, stack, sweep->next) : 0;
        if (r < 0)
            return r;
        if (sweep->taken % ROWS_A_LOOK == 0 && clock_boot_ns() >= deadline_ns)
            return 1;
    }
    return 0;
}

static int finish(struct live *live, struct snapshot *next)
{
    if (next->count == 0)
        return -ENODEV;
    snapshot_finish(next);
    snapshot_cpu(&live->previous, next, live->ticks_per_second);
    parents_read(&live->parents, &live->previous, next);
    int r = fill_notice(next);
    return r < 0 ? r : remember(live, next);
}

static int fail(struct snapshot *next, int r, struct error *error)
{
    snapshot_clear(next);
    /* libproc2 succeeds with no tasks where /proc is not there any more. */
    int why = procfs_check(error);
    return why < 0 ? why : error_set_errno(error, r, _("reading the process table"));
}

static void begin(struct live *live, bool is_in_thread, bool with_threads, struct snapshot *next)
{
    sweep_thread_wait(&live->sweep_thread); /* a sweep that was begun and is given up */
    snapshot_clear(next);
    next->mono_ns = clock_boot_ns();
    next->time_ns = clock_real_ns();
    next->has_threads = with_threads;
    live->sweeps++;
    users_begin(live->users, &next->strings);
    fill_machine(live, &next->machine, next->mono_ns);
    live->sweep = (struct sweep){.next = next, .is_in_thread = is_in_thread};
    begin_pass(live, PIDS_FETCH_TASKS_ONLY);
}

void live_sweep_begin(struct live *live, bool with_threads, struct snapshot *next)
{
    begin(live, true, with_threads, next);
}

int live_sweep_fd(const struct live *live)
{
    return live->sweep_thread.is_busy ? live->sweep_thread.fd : -EBADF;
}

int live_sweep_step(struct live *live, uint64_t deadline_ns, struct error *error)
{
    struct sweep *sweep = &live->sweep;
    struct snapshot *next = sweep->next;
    if (!next)
        return 0;
    if (!sweep_thread_is_done(&live->sweep_thread))
        return 1;
    int r = take_rows(live, deadline_ns);
    if (r == 0 && next->has_threads && sweep->pass == PIDS_FETCH_TASKS_ONLY) {
        begin_pass(live, PIDS_FETCH_THREADS_TOO);
        return 1;
    }
    if (r > 0)
        return r;
    if (r == 0)
        r = finish(live, next);
    sweep->next = NULL;
    return r < 0 ? fail(next, r, error) : 0;
}

int live_sweep(struct live *live, bool with_threads, struct snapshot *next, struct error *error)
{
    int r;
    begin(live, false, with_threads, next);
    do
        r = live_sweep_step(live, UINT64_MAX, error);
    while (r > 0);
    return r;
}

/* ---- tier two ---- */

int live_fill(struct live *live, struct reader *reader, struct snapshot *snapshot,
              const uint32_t *indexes, size_t count)
{
    arguments_collect(live->arguments, live->users, reader);
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        if (indexes[i] < snapshot->count)
            r = arguments_fill(live->arguments, live->users, reader, snapshot,
                               &snapshot->processes[indexes[i]]);
    arguments_ask_users(live->arguments, live->users, reader);
    return r;
}

int live_fill_unshown(struct live *live, struct reader *reader, struct snapshot *snapshot)
{
    arguments_collect(live->arguments, live->users, reader);
    bool lacks_some = false;
    for (size_t i = 0; i < snapshot->count; i++) {
        int r = arguments_fill_unshown(live->arguments, reader, snapshot, &snapshot->processes[i]);
        if (r < 0)
            return r;
        lacks_some |= r > 0;
    }
    return lacks_some;
}

static int fill_every_row(struct live *live, struct reader *reader, struct snapshot *snapshot)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < snapshot->count; i++)
        r = arguments_fill(live->arguments, live->users, reader, snapshot, &snapshot->processes[i]);
    arguments_ask_users(live->arguments, live->users, reader);
    return r;
}

int live_fill_all(struct live *live, struct reader *reader, struct snapshot *snapshot,
                  uint64_t timeout_ns)
{
    int r = fill_every_row(live, reader, snapshot);
    if (r < 0)
        return r;
    arguments_wait(live->arguments, live->users, reader, clock_boot_ns() + timeout_ns);
    return fill_every_row(live, reader, snapshot);
}
