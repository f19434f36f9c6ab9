#include "reaptop/model/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"

_Static_assert(sizeof(struct process) <= PROCESS_BYTES, "the size that is documented");

void snapshot_clear(struct snapshot *snapshot)
{
    arena_clear(&snapshot->strings);
    snapshot->count = 0;
    snapshot->notice = NULL;
    snapshot->has_threads = false;
    snapshot->mono_ns = 0;
    snapshot->time_ns = 0;
}

void snapshot_done(struct snapshot *snapshot)
{
    arena_done(&snapshot->strings);
    free(snapshot->processes);
    *snapshot = SNAPSHOT_INIT;
}

struct process *snapshot_add(struct snapshot *snapshot)
{
    if (array_reserve(&snapshot->processes, &snapshot->capacity, snapshot->count + 1) < 0)
        return NULL;
    struct process *process = &snapshot->processes[snapshot->count++];
    *process = (struct process){.cpu_percent = CPU_UNKNOWN, .exit_status = -1, .tpgid = -1};
    return process;
}

static int compare_pids(const void *a, const void *b)
{
    const struct process *left = a, *right = b;
    return (left->id.pid > right->id.pid) - (left->id.pid < right->id.pid);
}

static bool is_finished(const struct snapshot *snapshot)
{
    for (size_t i = 1; i < snapshot->count; i++)
        if (snapshot->processes[i - 1].id.pid >= snapshot->processes[i].id.pid)
            return false;
    return true;
}

void snapshot_finish(struct snapshot *snapshot)
{
    if (snapshot->count == 0 || is_finished(snapshot))
        return;
    qsort(snapshot->processes, snapshot->count, sizeof(*snapshot->processes), compare_pids);

    size_t kept = 1;
    for (size_t i = 1; i < snapshot->count; i++)
        if (snapshot->processes[i].id.pid != snapshot->processes[kept - 1].id.pid)
            snapshot->processes[kept++] = snapshot->processes[i];
    snapshot->count = kept;
}

struct process *snapshot_find(const struct snapshot *snapshot, pid_t pid)
{
    if (snapshot->count == 0)
        return NULL;
    const struct process wanted = {.id.pid = pid};
    return bsearch(&wanted, snapshot->processes, snapshot->count, sizeof(wanted), compare_pids);
}

const char *snapshot_comm(const struct snapshot *snapshot, pid_t pid)
{
    const struct process *process = pid > 0 ? snapshot_find(snapshot, pid) : NULL;
    return process && process->comm ? process->comm : "";
}

pid_t snapshot_next_in_state(const struct snapshot *snapshot, char state, size_t *at)
{
    while (*at < snapshot->count) {
        const struct process *process = &snapshot->processes[(*at)++];
        if (process->state == state)
            return process->id.pid;
    }
    return 0;
}

void snapshot_mark_unrecorded(struct snapshot *snapshot)
{
    static struct extra unrecorded;
    memset(unrecorded.access, ACCESS_UNRECORDED, sizeof(unrecorded.access));
    for (size_t i = 0; i < snapshot->count; i++)
        snapshot->processes[i].extra = &unrecorded;
}

const char *process_command_line(const struct process *process)
{
    bool is_known = access_has_value(process->argv_access) && process->argv;
    return is_known && *process->argv ? process->argv : NULL;
}

void snapshot_count_states(const struct snapshot *snapshot, size_t counts[static STATE_LETTERS])
{
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        if (process_is_thread(process) || process->is_ended)
            continue;
        counts[0]++;
        if (ending_of(process).kind == ENDING_FIRST_THREAD)
            counts[STATE_LIVES_ON]++;
        else if (process->state > 0)
            counts[(unsigned char)process->state]++;
    }
}

struct process *snapshot_find_identity(const struct snapshot *snapshot, struct identity id)
{
    struct process *process = snapshot_find(snapshot, id.pid);
    return process && identity_is_same(process->id, id) ? process : NULL;
}

static int copy_strings(struct process *process, struct arena *strings)
{
    const char **texts[] = {&process->comm, &process->tty_name, &process->user, &process->argv,
                            &process->host};
    process->arguments = NULL;
    process->extra = NULL;
    for (size_t i = 0; i < ELEMENTS(texts); i++) {
        if (!*texts[i])
            continue;
        *texts[i] = arena_strdup(strings, *texts[i]);
        if (!*texts[i])
            return -ENOMEM;
    }
    return 0;
}

static bool has_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

size_t snapshot_users(const struct snapshot *snapshot, const char **ret_names, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < snapshot->count && count < most; i++) {
        const char *user = snapshot->processes[i].user;
        if (user && !has_name(ret_names, count, user))
            ret_names[count++] = user;
    }
    return count;
}

bool snapshot_find_user(const struct snapshot *snapshot, const char *name, uid_t *ret_uid)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        if (!process->user || strcmp(process->user, name) != 0)
            continue;
        *ret_uid = process->uid;
        return true;
    }
    return false;
}

struct identity snapshot_identity(const struct snapshot *snapshot, pid_t pid)
{
    const struct process *process = snapshot_find(snapshot, pid);
    return process ? process->id : NOBODY;
}

const struct identity *snapshot_next_child(const struct snapshot *snapshot, pid_t ppid, size_t *at)
{
    while (*at < snapshot->count) {
        const struct process *process = &snapshot->processes[(*at)++];
        if (process->ppid == ppid && !process_is_thread(process) && !process->is_ended)
            return &process->id;
    }
    return NULL;
}

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x100000001b3); /* FNV-1a's prime */
}

uint64_t snapshot_motion(const struct snapshot *snapshot, struct identity id)
{
    const struct process *process = snapshot_find_identity(snapshot, id);
    if (!process)
        return 0;
    uint64_t sum = mix((uint64_t)process->ppid, (uint64_t)process->state);
    sum = mix(mix(sum, process->utime_ticks), process->stime_ticks);
    sum = mix(mix(sum, process->minor_faults), process->major_faults);
    sum = mix(mix(sum, process->rss_kib), process->virtual_kib);
    sum = mix(mix(sum, process->threads), (uint64_t)process->pgid);
    sum = mix(mix(sum, (uint64_t)process->sid), (uint64_t)process->tpgid);
    sum = mix(mix(sum, (uint64_t)process->nice), (uint64_t)process->policy);
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *child = &snapshot->processes[i];
        if (child->ppid == id.pid)
            sum = mix(mix(sum, (uint64_t)child->id.pid), (uint64_t)child->state);
    }
    return sum;
}

static size_t text_bytes(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

size_t snapshot_size(const struct snapshot *snapshot)
{
    size_t bytes = snapshot->capacity * sizeof(*snapshot->processes);
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        bytes += text_bytes(process->comm) + text_bytes(process->user) + text_bytes(process->argv) +
                 text_bytes(process->tty_name);
    }
    return bytes;
}

void snapshot_drop_ended(struct snapshot *snapshot)
{
    size_t kept = 0;
    for (size_t i = 0; i < snapshot->count; i++)
        if (!snapshot->processes[i].is_ended)
            snapshot->processes[kept++] = snapshot->processes[i];
    snapshot->count = kept;
}

int snapshot_copy(const struct snapshot *snapshot, struct snapshot *ret_copy)
{
    struct snapshot copy = SNAPSHOT_INIT;
    int r = array_reserve(&copy.processes, &copy.capacity, snapshot->count);
    for (size_t i = 0; r == 0 && i < snapshot->count; i++) {
        copy.processes[i] = snapshot->processes[i];
        r = copy_strings(&copy.processes[i], &copy.strings);
    }
    copy.notice = arena_strdup(&copy.strings, snapshot->notice);
    if (snapshot->notice && !copy.notice)
        r = -ENOMEM;
    if (r < 0) {
        snapshot_done(&copy);
        return r;
    }

    copy.count = snapshot->count;
    copy.machine = snapshot->machine;
    copy.mono_ns = snapshot->mono_ns;
    copy.time_ns = snapshot->time_ns;
    copy.has_threads = snapshot->has_threads;
    *ret_copy = copy;
    return 0;
}

/* What a task can use at most: a processor for each of its threads, as far as there are any. */
static double cpu_most(const struct process *process, uint32_t processors)
{
    uint32_t threads = process_is_thread(process) || process->threads == 0 ? 1 : process->threads;
    return 100.0 * (processors > 0 && processors < threads ? processors : threads);
}

static double cpu_percent(const struct process *before, const struct process *now, double seconds,
                          long ticks_per_second, uint32_t processors)
{
    uint64_t then = before->utime_ticks + before->stime_ticks;
    uint64_t ticks = now->utime_ticks + now->stime_ticks;
    if (ticks < then)
        return CPU_UNKNOWN;

    double percent = 100.0 * (double)(ticks - then) / (double)ticks_per_second / seconds;
    double most = cpu_most(now, processors);
    return percent < most ? percent : most;
}

static float memory_percent(const struct process *process, const struct machine *machine)
{
    uint64_t total_kib = machine->memory_total_kib;
    return total_kib > 0 ? (float)(100.0 * (double)process->rss_kib / (double)total_kib) : 0;
}

void snapshot_cpu(const struct snapshot *previous, struct snapshot *next, long ticks_per_second)
{
    bool is_comparable = next->mono_ns > previous->mono_ns && previous->count > 0;
    double seconds = clock_seconds(next->mono_ns - previous->mono_ns);

    /* Both are sorted by PID: one walk through the two. */
    size_t old = 0;
    for (size_t i = 0; i < next->count; i++) {
        struct process *now = &next->processes[i];
        now->cpu_percent = CPU_UNKNOWN;
        now->memory_percent = memory_percent(now, &next->machine);
        while (old < previous->count && previous->processes[old].id.pid < now->id.pid)
            old++;
        if (is_comparable && old < previous->count &&
            identity_is_same(previous->processes[old].id, now->id))
            now->cpu_percent = (float)cpu_percent(&previous->processes[old], now, seconds,
                                                  ticks_per_second, next->machine.processors);
    }
}

/* ---- sums of branches ---- */

static void add_to_parent(const struct process *process, struct process *parent)
{
    float before = parent->subtree_cpu_percent >= 0 ? parent->subtree_cpu_percent : 0;
    parent->subtree_rss_kib += process->subtree_rss_kib;
    parent->subtree_count += process->subtree_count;
    if (process->subtree_cpu_percent >= 0)
        parent->subtree_cpu_percent = before + process->subtree_cpu_percent;
}

static struct process *summed_parent(const struct snapshot *snapshot, const struct process *process)
{
    struct process *parent = process->ppid > 0 && !process_is_thread(process)
                                 ? snapshot_find(snapshot, process->ppid)
                                 : NULL;
    return parent && parent != process && !process_is_thread(parent) ? parent : NULL;
}

/* A process that has ended counts as one that uses nothing. */
static void begin_sum(struct process *process)
{
    process->subtree_count = 1;
    process->subtree_rss_kib = process->is_ended ? 0 : (float)process->rss_kib;
    process->subtree_cpu_percent = (float)(process->is_ended ? CPU_UNKNOWN : process->cpu_percent);
}

/* From the leaves upward: one is added to its parent when all its children were added to it. */
int snapshot_subtrees(struct snapshot *snapshot)
{
    struct process *processes = snapshot->processes;
    _cleanup_free_ uint32_t *missing = calloc(snapshot->count + 1, sizeof(*missing));
    _cleanup_free_ uint32_t *ready = calloc(snapshot->count + 1, sizeof(*ready));
    size_t count = 0;
    if (!missing || !ready)
        return -ENOMEM;
    for (size_t i = 0; i < snapshot->count; i++) {
        begin_sum(&processes[i]);
        const struct process *parent = summed_parent(snapshot, &processes[i]);
        if (parent)
            missing[parent - processes]++;
    }
    for (uint32_t i = 0; i < snapshot->count; i++)
        if (missing[i] == 0)
            ready[count++] = i;
    for (size_t at = 0; at < count; at++) {
        struct process *parent = summed_parent(snapshot, &processes[ready[at]]);
        if (!parent)
            continue;
        add_to_parent(&processes[ready[at]], parent);
        if (--missing[parent - processes] == 0)
            ready[count++] = (uint32_t)(parent - processes);
    }
    return 0;
}
