#include "live_private.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "cursor.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/number.h"
#include "reaptop/model/process.h"
#include "reaptop/source/procfs.h"

/* Tasks from which on loading the program costs less than it saves: in the one sweep that may be
   all, and in those that follow. */
enum {
    TASKS_FOR_ONE_SWEEP = 1000,
    TASKS_FOR_SWEEPS = 50,
    LOADAVG_LIMIT = 256
};

/* Tasks of the whole machine, or 0: the last number but one of /proc/loadavg, "2/12345". */
static uint64_t count_tasks(struct live *live)
{
    uint64_t tasks = 0;
    if (procfs_read(live->proc_fd, "loadavg", LOADAVG_LIMIT, &live->text) < 0)
        return 0;
    const char *text = strbuf_text(&live->text), *slash = strchr(text, '/');
    if (!slash)
        return 0;
    struct cursor rest = cursor_of(slash + 1, strlen(slash + 1));
    return cursor_number(&rest, 10, &tasks) ? tasks : 0;
}

static void load(struct live *live)
{
    bool is_first = live->previous.count == 0;
    if (live->iterator || live->way != WAY_BY_ITSELF ||
        (is_first ? count_tasks(live) < TASKS_FOR_ONE_SWEEP
                  : live->previous.count < TASKS_FOR_SWEEPS))
        return;
    struct error error = ERROR_INIT;
    if (task_iterator_new(&live->iterator, &error) < 0) {
        debug(DEBUG_SOURCE, "sweep: %s", error.message);
        live->way = WAY_PROC;
        return;
    }
    libproc_free(live->libproc);
    live->libproc = NULL;
}

/* For good. */
static void give_up(struct live *live, int error)
{
    debug(DEBUG_SOURCE, "sweep: the kernel's task iterator ended: %s", strerror(-error));
    task_iterator_free(live->iterator);
    live->iterator = NULL;
    live->way = WAY_PROC;
}

bool live_begin_iterator(struct live *live, bool with_threads)
{
    load(live);
    if (!live->iterator)
        return false;
    /* The iterator would not notice that there is no /proc any more. */
    int r = procfs_check(NULL);
    if (r == 0)
        r = task_iterator_begin(live->iterator, with_threads);
    if (r < 0)
        give_up(live, r);
    return r == 0;
}

static void forget_left_out(struct live *live, size_t at)
{
    live->left_out_count--;
    memmove(&live->left_out[at], &live->left_out[at + 1],
            (live->left_out_count - at) * sizeof(live->left_out[0]));
}

/* Those that come before `tid`, so that rows are in the order of PIDs. */
static int add_left_out(struct live *live, pid_t tid)
{
    struct sweep *sweep = &live->sweep;
    while (sweep->left_out_taken < live->left_out_count) {
        pid_t pid = live->left_out[sweep->left_out_taken];
        size_t before = sweep->next->count;
        if (pid > tid)
            break;
        int r = pid < tid ? live_add_from_proc(live, pid, sweep->next) : 0;
        if (r < 0)
            return r;
        if (sweep->next->count > before)
            sweep->left_out_taken++;
        else
            forget_left_out(live, sweep->left_out_taken);
    }
    return 0;
}

/*
 * Adds one that the iterator did not have. If it is not just born it will not
 * have it the next time either: it is kept in mind. -E2BIG: it leaves out too many.
 */
static int add_missing(struct live *live, pid_t pid, struct snapshot *next)
{
    size_t before = next->count, at = live->left_out_count;
    int r = live_add_from_proc(live, pid, next);
    if (r < 0 || next->count == before ||
        next->processes[before].start_ns + NS_PER_SEC > next->mono_ns)
        return r;
    if (at == LEFT_OUT_MOST)
        return -E2BIG;
    for (; at > 0 && live->left_out[at - 1] > pid; at--)
        live->left_out[at] = live->left_out[at - 1];
    live->left_out[at] = pid;
    live->left_out_count++;
    return 0;
}

/* A kernel may keep processes from BPF programs that it shows in /proc: once all are compared. */
static int add_listed(struct live *live, struct snapshot *next)
{
    const struct snapshot swept = *next; /* sorted, while rows are added behind them */
    _cleanup_dir_ DIR *listing = live->is_compared ? NULL : opendir("/proc");
    const struct dirent *entry;
    int64_t pid;
    int r = 0;
    live->is_compared = true;
    while (listing && r == 0 && (entry = readdir(listing)))
        if (number_parse(entry->d_name, 1, INT_MAX, &pid) == 0) {
            const struct snapshot now = {.processes = next->processes, .count = swept.count};
            r = snapshot_find(&now, (pid_t)pid) ? 0 : add_missing(live, (pid_t)pid, next);
        }
    return r;
}

/* And in each sweep those that others name as their parent. */
static int add_parents(struct live *live, struct snapshot *next)
{
    size_t count = next->count;
    pid_t seen = 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        pid_t ppid = next->processes[i].ppid;
        const struct snapshot swept = {.processes = next->processes, .count = count};
        if (ppid <= 0 || ppid == seen)
            continue;
        seen = ppid;
        r = snapshot_find(&swept, ppid) ? 0 : add_missing(live, ppid, next);
    }
    return r;
}

static int add_threads(struct live *live, struct snapshot *next)
{
    int r = 0;
    for (size_t i = 0; next->has_threads && r == 0 && i < live->left_out_count; i++)
        r = live_add_threads_from_proc(live, live->left_out[i], next);
    return r;
}

static int complete(struct live *live, struct snapshot *next)
{
    snapshot_finish(next);
    int r = add_listed(live, next);
    snapshot_finish(next);
    if (r == 0)
        r = add_parents(live, next);
    return r < 0 ? r : add_threads(live, next);
}

/* 0: took in all; 1: the time is over before. */
static int take(struct live *live, uint64_t deadline_ns)
{
    struct sweep *sweep = &live->sweep;
    const struct task_record *record;
    int r;
    while ((r = task_iterator_next(live->iterator, &record)) > 0) {
        r = add_left_out(live, record->tid);
        if (r == 0)
            r = live_add_from_record(live, record, sweep->next);
        if (r < 0)
            return r;
        if (++sweep->taken % ROWS_A_LOOK == 0 && clock_boot_ns() >= deadline_ns)
            return 1;
    }
    if (r == 0)
        r = add_left_out(live, INT_MAX);
    return r < 0 ? r : complete(live, sweep->next);
}

int live_take_records(struct live *live, uint64_t deadline_ns)
{
    int r = take(live, deadline_ns);
    if (r < 0 && r != -ENOMEM)
        give_up(live, r);
    return r;
}
