#include "reaptop/model/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "reaptop/base/array.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/text.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/event.h"
#include "reaptop/model/process.h"
#include "reaptop/model/signals.h"
#include "reaptop/model/snapshot.h"

enum family {
    FAMILY_BUILD,
    FAMILY_SEES_ALL,
    FAMILY_PROCESSES,
    FAMILY_THREADS,
    FAMILY_ZOMBIES,
    FAMILY_ZOMBIE_AGE,
    FAMILY_BLOCKED,
    FAMILY_BLOCKED_AGE,
    FAMILY_FROZEN,
    FAMILY_FROZEN_AGE,
    FAMILY_FORKS,
    FAMILY_EXITS,
    FAMILY_LOST,
    FAMILY_OOM,
    FAMILY_TASKS,
    FAMILY_PID_MAX,
    FAMILY_FILES,
    FAMILY_FILES_MAX,
    FAMILY_COUNT
};

const struct metrics_family metrics_families[] = {
    [FAMILY_BUILD] = {"reaptop_build_info", "gauge", NULL, "The reaptop that wrote this.",
                      "version"},
    [FAMILY_SEES_ALL] = {"reaptop_sees_all_processes", "gauge", NULL,
                         "0 where /proc hides other users' processes (hidepid), else 1.", NULL},
    [FAMILY_PROCESSES] = {"reaptop_processes", "gauge", NULL,
                          "Processes by state, field 3 of /proc/PID/stat.", "state"},
    [FAMILY_THREADS] = {"reaptop_threads", "gauge", NULL, "Threads of all processes.", NULL},
    [FAMILY_ZOMBIES] = {"reaptop_zombies", "gauge", NULL,
                        "Zombies by the process that must wait for them.",
                        "waiter_pid, waiter, relation"},
    [FAMILY_ZOMBIE_AGE] = {"reaptop_zombies_longest_seconds", "gauge", "seconds",
                           "How long the oldest zombie has been seen as one, at least.",
                           "waiter_pid, waiter, relation"},
    [FAMILY_BLOCKED] = {"reaptop_uninterruptible", "gauge", NULL,
                        "Processes in state D by where the kernel holds them.", "wchan"},
    [FAMILY_BLOCKED_AGE] = {"reaptop_uninterruptible_longest_seconds", "gauge", "seconds",
                            "How long one has been seen in state D at every look, at least.",
                            "wchan"},
    [FAMILY_FROZEN] = {"reaptop_frozen", "gauge", NULL, "Processes that their cgroup freezes.",
                       "cgroup"},
    [FAMILY_FROZEN_AGE] = {"reaptop_frozen_longest_seconds", "gauge", "seconds",
                           "How long the cgroup has been seen frozen at every look, at least.",
                           "cgroup"},
    [FAMILY_FORKS] = {"reaptop_forks", "counter", NULL, "Processes and threads born since boot.",
                      NULL},
    [FAMILY_EXITS] = {"reaptop_exits", "counter", NULL,
                      "Processes that ended since this reaptop began, by the signal that killed "
                      "them.",
                      "signal"},
    [FAMILY_LOST] = {"reaptop_events_lost", "counter", NULL,
                     "Events that did not reach this reaptop.", NULL},
    [FAMILY_OOM] = {"reaptop_oom_kills", "counter", NULL,
                    "Processes that the OOM killer ended since boot.", NULL},
    [FAMILY_TASKS] = {"reaptop_pids_used", "gauge", NULL, "PIDs in use by processes and threads.",
                      NULL},
    [FAMILY_PID_MAX] = {"reaptop_pids_max", "gauge", NULL, "PIDs that there are (pid_max).", NULL},
    [FAMILY_FILES] = {"reaptop_files_open", "gauge", NULL, "Open files of the machine.", NULL},
    [FAMILY_FILES_MAX] = {"reaptop_files_max", "gauge", NULL, "Open files that there may be.",
                          NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

_Static_assert(ELEMENTS(metrics_families) == FAMILY_COUNT + 1, "a row for each family");

void metrics_done(struct metrics *metrics)
{
    free(metrics->waits);
    free(metrics->frozen);
    *metrics = METRICS_INIT;
}

void metrics_receive(struct metrics *metrics, const struct event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct event *event = &events[i];
        if (event->kind == EVENT_LOST)
            metrics->lost += event->count;
        if (event->kind != EVENT_EXIT)
            continue;
        if (event->exit_status == EXIT_UNKNOWN)
            metrics->exits_unknown++;
        else if (!WIFSIGNALED(event->exit_status))
            metrics->exits[0]++;
        else if (WTERMSIG(event->exit_status) < METRICS_SIGNALS)
            metrics->exits[WTERMSIG(event->exit_status)]++;
    }
}

/* ---- the text ---- */

static void begin_family(enum family family, struct strbuf *out)
{
    const struct metrics_family *row = &metrics_families[family];
    strbuf_printf(out, "# TYPE %s %s\n", row->name, row->type);
    if (row->unit)
        strbuf_printf(out, "# UNIT %s %s\n", row->name, row->unit);
    strbuf_printf(out, "# HELP %s %s\n", row->name, row->help);
}

/* A label's value is UTF-8 in which \, " and a newline are escaped. */
static void add_label(const char *name, const char *value, bool is_first, struct strbuf *out)
{
    struct strbuf text = STRBUF_INIT;
    text_append_escaped(&text, value, strlen(value));
    strbuf_printf(out, "%s%s=\"", is_first ? "{" : ",", name);
    for (const char *at = strbuf_text(&text); *at; at++) {
        if (*at == '\n')
            strbuf_puts(out, "\\n");
        else if (*at == '\\' || *at == '"')
            strbuf_printf(out, "\\%c", *at);
        else
            strbuf_putc(out, *at);
    }
    strbuf_putc(out, '"');
    if (text.error < 0)
        out->error = text.error;
    strbuf_done(&text);
}

static void add_name(enum family family, struct strbuf *out)
{
    bool is_counter = strcmp(metrics_families[family].type, "counter") == 0;
    strbuf_printf(out, "%s%s", metrics_families[family].name, is_counter ? "_total" : "");
}

static void add_plain(enum family family, int64_t value, struct strbuf *out)
{
    if (value < 0)
        return;
    begin_family(family, out);
    add_name(family, out);
    strbuf_printf(out, " %lld\n", (long long)value);
}

static void add_labelled(enum family family, const char *label, const char *value, uint64_t number,
                         struct strbuf *out)
{
    add_name(family, out);
    add_label(label, value, true, out);
    strbuf_printf(out, "} %llu\n", (unsigned long long)number);
}

/* ---- bounded groups ---- */

/* Processes that wait for the same. */
struct group {
    pid_t pid; /* who must act; 0: `name` alone tells */
    bool is_tracer;
    const char *name; /* borrowed */
    size_t count;
    uint64_t longest_ns;
};

struct groups {
    struct group *groups;
    size_t count;
};

static int compare_groups(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    int names = strcmp(a->name, b->name);
    return names != 0 ? names : (a->pid > b->pid) - (a->pid < b->pid);
}

static bool is_same_group(const struct group *a, const struct group *b)
{
    return a->pid == b->pid && a->is_tracer == b->is_tracer && strcmp(a->name, b->name) == 0;
}

static int compare_members(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    if (a->pid != b->pid)
        return a->pid < b->pid ? -1 : 1;
    if (a->is_tracer != b->is_tracer)
        return a->is_tracer ? 1 : -1;
    return strcmp(a->name, b->name);
}

/* Members become groups; all but the largest become one, "other". */
static void join_groups(struct groups *groups)
{
    size_t joined = 0;
    if (groups->count > 1)
        qsort(groups->groups, groups->count, sizeof(*groups->groups), compare_members);
    for (size_t i = 0; i < groups->count; i++) {
        struct group *group = &groups->groups[i];
        struct group *last = joined > 0 ? &groups->groups[joined - 1] : NULL;
        if (!last || !is_same_group(last, group)) {
            groups->groups[joined++] = *group;
            continue;
        }
        last->count += group->count;
        if (group->longest_ns > last->longest_ns)
            last->longest_ns = group->longest_ns;
    }
    groups->count = joined;
    if (joined > 1)
        qsort(groups->groups, joined, sizeof(*groups->groups), compare_groups);
    for (size_t i = METRICS_LABELS_MOST; i < joined; i++) {
        struct group *rest = &groups->groups[METRICS_LABELS_MOST];
        size_t count = i > METRICS_LABELS_MOST ? rest->count : 0;
        uint64_t longest_ns = rest->longest_ns > groups->groups[i].longest_ns
                                  ? rest->longest_ns
                                  : groups->groups[i].longest_ns;
        *rest = (struct group){
            .name = "other", .count = count + groups->groups[i].count, .longest_ns = longest_ns};
        groups->count = METRICS_LABELS_MOST + 1;
    }
}

static void add_group_labels(enum family family, const struct group *group, struct strbuf *out)
{
    if (family != FAMILY_ZOMBIES && family != FAMILY_ZOMBIE_AGE) {
        add_label(metrics_families[family].labels, group->name, true, out);
        return;
    }
    char pid[16] = "";
    if (group->pid > 0)
        (void)snprintf(pid, sizeof(pid), "%d", (int)group->pid);
    add_label("waiter_pid", pid, true, out);
    add_label("waiter", group->name, false, out);
    add_label("relation", group->is_tracer ? "tracer" : "parent", false, out);
}

static void add_groups(enum family family, const struct groups *groups, struct strbuf *out)
{
    begin_family(family, out);
    for (size_t i = 0; i < groups->count; i++) {
        add_name(family, out);
        add_group_labels(family, &groups->groups[i], out);
        strbuf_printf(out, "} %zu\n", groups->groups[i].count);
    }
}

static void add_ages(enum family family, const struct groups *groups, struct strbuf *out)
{
    begin_family(family, out);
    for (size_t i = 0; i < groups->count; i++) {
        uint64_t ms = groups->groups[i].longest_ns / NS_PER_MS;
        add_name(family, out);
        add_group_labels(family, &groups->groups[i], out);
        strbuf_printf(out, "} %llu.%03llu\n", (unsigned long long)(ms / MS_PER_SEC),
                      (unsigned long long)(ms % MS_PER_SEC));
    }
}

/* ---- since when ---- */

static bool is_waiting(const struct process *process, const struct ending *ending)
{
    return process->state == 'D' || ending->kind == ENDING_ZOMBIE;
}

static int keep_waits(struct metrics *metrics, const struct snapshot *snapshot)
{
    size_t count = 0, old = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        struct ending ending = ending_of(&snapshot->processes[i]);
        count += is_waiting(&snapshot->processes[i], &ending);
    }
    struct metrics_wait *waits = calloc(count > 0 ? count : 1, sizeof(*waits));
    if (!waits)
        return -ENOMEM;
    size_t kept = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        struct ending ending = ending_of(process);
        if (!is_waiting(process, &ending))
            continue;
        while (old < metrics->wait_count && metrics->waits[old].id.pid < process->id.pid)
            old++;
        bool is_known = old < metrics->wait_count && metrics->waits[old].state == process->state &&
                        identity_is_same(metrics->waits[old].id, process->id);
        waits[kept++] = (struct metrics_wait){
            .id = process->id,
            .state = process->state,
            .since_ns = is_known ? metrics->waits[old].since_ns : snapshot->mono_ns,
        };
    }
    free(metrics->waits);
    metrics->waits = waits;
    metrics->wait_count = kept;
    return 0;
}

static const char *place_of(const struct metrics_input *input, pid_t pid)
{
    for (size_t i = 0; i < input->place_count; i++)
        if (input->places[i].pid == pid)
            return input->places[i].name[0] ? input->places[i].name : "unknown";
    return "unknown";
}

static struct group group_of_zombie(const struct snapshot *snapshot, const struct process *process)
{
    struct ending ending = ending_of(process);
    const struct process *waiter = snapshot_find(snapshot, ending.waiter);
    return (struct group){.pid = ending.waiter,
                          .is_tracer = ending.is_tracer,
                          .name = waiter && waiter->comm ? waiter->comm : "unknown"};
}

/* Groups of those that wait: in state D, or zombies. */
static int group_waits(const struct metrics *metrics, const struct metrics_input *input,
                       bool is_zombies, struct groups *ret)
{
    ret->count = 0;
    ret->groups = calloc(metrics->wait_count + 1, sizeof(*ret->groups));
    if (!ret->groups)
        return -ENOMEM;
    for (size_t i = 0; i < metrics->wait_count; i++) {
        const struct metrics_wait *wait = &metrics->waits[i];
        const struct process *process = snapshot_find(input->snapshot, wait->id.pid);
        if (!process || is_zombies == (wait->state == 'D'))
            continue;
        struct group *group = &ret->groups[ret->count++];
        *group = is_zombies ? group_of_zombie(input->snapshot, process)
                            : (struct group){.name = place_of(input, process->id.pid)};
        group->count = 1;
        group->longest_ns = input->snapshot->mono_ns - wait->since_ns;
    }
    join_groups(ret);
    return 0;
}

static int add_waits(const struct metrics *metrics, const struct metrics_input *input,
                     struct strbuf *out)
{
    for (int is_zombies = 1; is_zombies >= 0; is_zombies--) {
        struct groups groups;
        if (group_waits(metrics, input, is_zombies, &groups) < 0)
            return -ENOMEM;
        add_groups(is_zombies ? FAMILY_ZOMBIES : FAMILY_BLOCKED, &groups, out);
        if (metrics->rounds > 0)
            add_ages(is_zombies ? FAMILY_ZOMBIE_AGE : FAMILY_BLOCKED_AGE, &groups, out);
        free(groups.groups);
    }
    return 0;
}

static int compare_frozen(const void *left, const void *right)
{
    const struct metrics_frozen_wait *a = left, *b = right;
    return strcmp(a->cgroup, b->cgroup);
}

static int keep_frozen(struct metrics *metrics, const struct metrics_input *input)
{
    struct metrics_frozen_wait *frozen = calloc(input->frozen_count + 1, sizeof(*frozen));
    if (!frozen)
        return -ENOMEM;
    for (size_t i = 0; i < input->frozen_count; i++) {
        memcpy(frozen[i].cgroup, input->frozen[i].cgroup, sizeof(frozen[i].cgroup));
        const struct metrics_frozen_wait *before =
            metrics->frozen_count == 0 ? NULL
                                       : bsearch(&frozen[i], metrics->frozen, metrics->frozen_count,
                                                 sizeof(*frozen), compare_frozen);
        frozen[i].since_ns = before ? before->since_ns : input->snapshot->mono_ns;
    }
    qsort(frozen, input->frozen_count, sizeof(*frozen), compare_frozen);
    free(metrics->frozen);
    metrics->frozen = frozen;
    metrics->frozen_count = input->frozen_count;
    return 0;
}

static uint64_t frozen_ns(const struct metrics *metrics, const struct metrics_input *input,
                          const char *cgroup)
{
    struct metrics_frozen_wait wanted = {.since_ns = 0};
    (void)snprintf(wanted.cgroup, sizeof(wanted.cgroup), "%s", cgroup);
    const struct metrics_frozen_wait *wait =
        bsearch(&wanted, metrics->frozen, metrics->frozen_count, sizeof(wanted), compare_frozen);
    return wait ? input->snapshot->mono_ns - wait->since_ns : 0;
}

static int add_frozen(const struct metrics *metrics, const struct metrics_input *input,
                      struct strbuf *out)
{
    struct groups groups = {.groups = calloc(input->frozen_count + 1, sizeof(*groups.groups))};
    if (!groups.groups)
        return -ENOMEM;
    for (size_t i = 0; i < input->frozen_count; i++)
        groups.groups[groups.count++] =
            (struct group){.name = input->frozen[i].cgroup,
                           .count = input->frozen[i].processes,
                           .longest_ns = frozen_ns(metrics, input, input->frozen[i].cgroup)};
    join_groups(&groups);
    add_groups(FAMILY_FROZEN, &groups, out);
    if (metrics->rounds > 0)
        add_ages(FAMILY_FROZEN_AGE, &groups, out);
    free(groups.groups);
    return 0;
}

/* ---- counts ---- */

static void add_states(const struct snapshot *snapshot, struct strbuf *out)
{
    static const char usual[] = "RSDTtZXI";
    size_t counts[ELEMENTS(usual)] = {0}; /* the last: of any other letter */
    uint64_t threads = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        const char *state = process->state ? strchr(usual, process->state) : NULL;
        counts[state ? (size_t)(state - usual) : ELEMENTS(usual) - 1]++;
        threads += process->threads;
    }
    begin_family(FAMILY_PROCESSES, out);
    for (size_t i = 0; i + 1 < ELEMENTS(counts); i++)
        add_labelled(FAMILY_PROCESSES, "state", (char[]){usual[i], '\0'}, counts[i], out);
    add_labelled(FAMILY_PROCESSES, "state", "other", counts[ELEMENTS(counts) - 1], out);
    add_plain(FAMILY_THREADS, (int64_t)threads, out);
}

static void add_exits(const struct metrics *metrics, struct strbuf *out)
{
    begin_family(FAMILY_EXITS, out);
    add_labelled(FAMILY_EXITS, "signal", "none", metrics->exits[0], out);
    for (int signal = 1; signal < METRICS_SIGNALS; signal++)
        if (metrics->exits[signal] > 0)
            add_labelled(FAMILY_EXITS, "signal", signal_name(signal), metrics->exits[signal], out);
    add_labelled(FAMILY_EXITS, "signal", "unknown", metrics->exits_unknown, out);
    add_plain(FAMILY_LOST, (int64_t)metrics->lost, out);
}

int metrics_print(struct metrics *metrics, const struct metrics_input *input, struct strbuf *out)
{
    const struct metrics_system *system = &input->system;
    if (keep_waits(metrics, input->snapshot) < 0 || keep_frozen(metrics, input) < 0)
        return -ENOMEM;
    begin_family(FAMILY_BUILD, out);
    add_labelled(FAMILY_BUILD, "version", REAPTOP_VERSION, 1, out);
    add_plain(FAMILY_SEES_ALL, input->snapshot->notice ? 0 : 1, out);
    add_states(input->snapshot, out);
    if (add_waits(metrics, input, out) < 0 || add_frozen(metrics, input, out) < 0)
        return -ENOMEM;
    add_plain(FAMILY_FORKS, system->forks, out);
    if (metrics->has_events)
        add_exits(metrics, out);
    add_plain(FAMILY_OOM, system->oom_kills, out);
    add_plain(FAMILY_TASKS, system->tasks, out);
    add_plain(FAMILY_PID_MAX, system->pid_max, out);
    add_plain(FAMILY_FILES, system->files_open, out);
    add_plain(FAMILY_FILES_MAX, system->files_max, out);
    strbuf_puts(out, "# EOF\n");
    metrics->rounds++;
    return out->error < 0 ? out->error : 0;
}
