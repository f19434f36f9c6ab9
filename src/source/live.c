#include "live_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "arguments.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/visibility.h"

static const struct {
    const char *word;
    enum way way;
} ways[] = {{"iterator", WAY_ITERATOR}, {"stat", WAY_PROC}, {"libproc2", WAY_LIBPROC}};

/* REAPTOP_SWEEP says which of the sweeps is to be used, for tests and measuring. */
static int way_of_environment(enum way *ret_way, struct error *error)
{
    const char *word = getenv("REAPTOP_SWEEP");
    *ret_way = WAY_BY_ITSELF;
    if (!word || *word == '\0')
        return 0;
    for (size_t i = 0; i < ELEMENTS(ways); i++)
        if (strcmp(word, ways[i].word) == 0) {
            *ret_way = ways[i].way;
            return 0;
        }
    return error_set(error, -EINVAL,
                     _("REAPTOP_SWEEP: '%.40s': iterator, stat or libproc2 is meant"), word);
}

int live_check_environment(struct error *error)
{
    enum way way;
    return way_of_environment(&way, error);
}

static int choose_way(struct live *live, struct error *error)
{
    int r = way_of_environment(&live->way, error);
    if (r == 0 && live->way == WAY_ITERATOR)
        r = task_iterator_new(&live->iterator, error);
    return r;
}

static int fill_new(struct live *live, struct error *error)
{
    live->units = task_units();
    live->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (live->proc_fd < 0)
        return error_set_errno(error, -errno, "/proc");
    live->users = users_new();
    live->arguments = arguments_new();
    live->extras = extras_new();
    if (!live->users || !live->arguments || !live->extras)
        return error_set_errno(error, -ENOMEM, "/proc");
    return choose_way(live, error);
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
    r = fill_new(live, error);
    if (r < 0) {
        live_free(live);
        return r;
    }
    *ret_live = live;
    return 0;
}

void live_free(struct live *live)
{
    if (!live)
        return;
    sweep_thread_done(&live->sweep_thread);
    task_iterator_free(live->iterator);
    libproc_free(live->libproc);
    users_free(live->users);
    arguments_free(live->arguments);
    extras_free(live->extras);
    strbuf_done(&live->text);
    snapshot_done(&live->previous);
    stat_files_done(&live->files);
    live->proc_fd = fd_close(live->proc_fd);
    free(live);
}

/* ---- the machine ---- */

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
    totals_fill(&live->totals, live->proc_fd, &live->text, machine);
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

bool live_is_iterated(const struct live *live)
{
    return live->iterator != NULL;
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
            .tracer = process->tracer,
            .sid = process->sid,
            .uid = process->uid,
            .state = process->state,
            .ignores_sigchld = process->ignores_sigchld,
            .exit_status = process->exit_status,
            .threads = process->threads,
            .utime_ticks = process->utime_ticks,
            .stime_ticks = process->stime_ticks,
            .minor_faults = process->minor_faults,
            .major_faults = process->major_faults,
            .virtual_kib = process->virtual_kib,
        };
        if (is_garbled(process->comm))
            previous->processes[i].comm = arena_strdup(&previous->strings, process->comm);
    }
    previous->count = next->count;
    previous->mono_ns = next->mono_ns;
    return 0;
}

/* ---- libproc2's sweep ---- */

/* libproc2's part of a pass. It may run aside, and touches nothing but what is named here. */
static void harvest(void *data)
{
    struct live *live = data;
    live->sweep.count = libproc_harvest(live->libproc, live->sweep.of_threads);
}

static void begin_pass(struct live *live, bool of_threads)
{
    struct sweep *sweep = &live->sweep;
    sweep->of_threads = of_threads;
    sweep->is_of_stat = false;
    sweep->taken = 0;
    sweep->count = live->libproc ? 0 : libproc_new(&live->libproc);
    if (sweep->count < 0)
        return;
    if (!sweep->is_in_thread || sweep_thread_start(&live->sweep_thread, harvest, live) < 0)
        harvest(live);
}

/* 0: took in all of the pass; 1: the time is over before. */
static int take_rows(struct live *live, uint64_t deadline_ns)
{
    struct sweep *sweep = &live->sweep;
    if (sweep->count < 0)
        return sweep->count;
    while (sweep->taken < sweep->count) {
        int r = live_add_from_libproc(live, sweep->taken++, sweep->next);
        if (r < 0)
            return r;
        if (sweep->taken % ROWS_A_LOOK == 0 && clock_boot_ns() >= deadline_ns)
            return 1;
    }
    if (!sweep->next->has_threads || sweep->of_threads)
        return 0;
    begin_pass(live, true);
    return 1;
}

static int finish(struct live *live, struct snapshot *next)
{
    if (next->count == 0)
        return -ENODEV;
    snapshot_finish(next);
    snapshot_cpu(&live->previous, next, live->units.ticks_per_second);
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

/* libproc2 is loaded where it is needed, and it needs much. */
static void begin_in_proc(struct live *live)
{
    bool is_of_stat = live->way != WAY_LIBPROC && !live->sweep.next->has_threads;
    if (!is_of_stat || live_begin_stat(live) < 0)
        begin_pass(live, false);
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
    if (!live_begin_iterator(live, with_threads))
        begin_in_proc(live);
}

static int take(struct live *live, uint64_t deadline_ns)
{
    return live->iterator           ? live_take_records(live, deadline_ns)
           : live->sweep.is_of_stat ? live_take_stat(live, deadline_ns)
                                    : take_rows(live, deadline_ns);
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
    bool is_iterated = live->iterator != NULL;
    int r = take(live, deadline_ns);
    if (is_iterated && !live->iterator) {
        next->count = 0;
        begin_in_proc(live);
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

bool live_collect(struct live *live, struct reader *reader, size_t *ret_awaited)
{
    bool has_changed = arguments_collect(live->arguments, live->users, reader);
    has_changed |= extras_collect(live->extras, reader);
    *ret_awaited = arguments_awaited(live->arguments) + extras_awaited(live->extras);
    return has_changed;
}

int live_fill_unshown(struct live *live, struct reader *reader, struct snapshot *snapshot)
{
    (void)arguments_collect(live->arguments, live->users, reader);
    bool lacks_some = false;
    for (size_t i = 0; i < snapshot->count; i++) {
        int r = arguments_fill_unshown(live->arguments, reader, snapshot, &snapshot->processes[i]);
        if (r < 0)
            return r;
        lacks_some |= r > 0;
    }
    arguments_ask(live->arguments, live->users, reader);
    return lacks_some;
}

/* Without `indexes`: every row. */
static int fill_rows(struct live *live, struct reader *reader, struct snapshot *snapshot,
                     const uint32_t *indexes, size_t count)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        size_t at = indexes ? indexes[i] : i;
        if (at < snapshot->count)
            r = arguments_fill(live->arguments, live->users, reader, snapshot,
                               &snapshot->processes[at]);
    }
    arguments_ask(live->arguments, live->users, reader);
    return r;
}

int live_fill(struct live *live, struct reader *reader, struct snapshot *snapshot,
              const uint32_t *indexes, size_t count)
{
    (void)arguments_collect(live->arguments, live->users, reader);
    return fill_rows(live, reader, snapshot, indexes, count);
}

int live_fill_all(struct live *live, struct reader *reader, struct snapshot *snapshot,
                  const uint32_t *indexes, size_t count, uint64_t timeout_ns)
{
    if (!indexes)
        count = snapshot->count;
    int r = fill_rows(live, reader, snapshot, indexes, count);
    if (r < 0)
        return r;
    arguments_wait(live->arguments, live->users, reader, clock_boot_ns() + timeout_ns);
    return fill_rows(live, reader, snapshot, indexes, count);
}
