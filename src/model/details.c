#include "reaptop/model/details.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"

const struct details_part_info details_parts[PART_COUNT] = {
    [PART_STATUS] = {"status", "status", N_("status"), ACCESS_NEED_ENTRY},
    [PART_ARGV] = {"argv", "cmdline", N_("command line"), ACCESS_NEED_ENTRY},
    [PART_EXE] = {"exe", "exe", N_("program"), ACCESS_NEED_PTRACE},
    [PART_CWD] = {"cwd", "cwd", N_("directory"), ACCESS_NEED_PTRACE},
    [PART_ROOT] = {"root", "root", N_("root directory"), ACCESS_NEED_PTRACE},
    [PART_CGROUP] = {"cgroup", "cgroup", N_("control group"), ACCESS_NEED_ENTRY},
    [PART_LIMITS] = {"limits", "limits", N_("limits"), ACCESS_NEED_ENTRY},
    [PART_IO] = {"io", "io", N_("input and output"), ACCESS_NEED_PTRACE},
    [PART_OOM_SCORE] = {"oom_score", "oom_score", N_("OOM score"), ACCESS_NEED_ENTRY},
    [PART_OOM_ADJUST] = {"oom_score_adj", "oom_score_adj", N_("OOM adjustment"), ACCESS_NEED_ENTRY},
    [PART_AUTOGROUP] = {"autogroup", "autogroup", N_("autogroup"), ACCESS_NEED_ENTRY},
    [PART_LOGIN_UID] = {"login_uid", "loginuid", N_("login user ID"), ACCESS_NEED_ENTRY},
    [PART_AUDIT_SESSION] = {"audit_session", "sessionid", N_("audit session"), ACCESS_NEED_ENTRY},
    [PART_LABEL] = {"label", "attr/current", N_("security label"), ACCESS_NEED_ENTRY},
    [PART_PERSONALITY] = {"personality", "personality", N_("personality"), ACCESS_NEED_ATTACH},
    [PART_TIMER_SLACK] = {"timer_slack_ns", "timerslack_ns", N_("timer slack (ns)"),
                          ACCESS_NEED_NICE},
    [PART_SCHEDSTAT] = {"schedstat", "schedstat", N_("scheduler statistics"), ACCESS_NEED_ENTRY},
    [PART_CPUS] = {"cpus_allowed", "status Cpus_allowed_list", N_("processors allowed"),
                   ACCESS_NEED_ENTRY},
    [PART_MEMORY_NODES] = {"memory_nodes_allowed", "status Mems_allowed_list",
                           N_("memory nodes allowed"), ACCESS_NEED_ENTRY},
    [PART_DESCRIPTORS] = {"descriptors", "fd", N_("open descriptors"), ACCESS_NEED_PTRACE},
    [PART_NAMESPACES] = {"namespaces", "ns", N_("namespaces"), ACCESS_NEED_PTRACE},
};

const struct limit_info limit_infos[LIMIT_COUNT] = {
    [LIMIT_CPU_TIME] = {"cpu_time", "Max cpu time", "seconds"},
    [LIMIT_FILE_SIZE] = {"file_size", "Max file size", "bytes"},
    [LIMIT_DATA] = {"data_size", "Max data size", "bytes"},
    [LIMIT_STACK] = {"stack_size", "Max stack size", "bytes"},
    [LIMIT_CORE] = {"core_file_size", "Max core file size", "bytes"},
    [LIMIT_RESIDENT] = {"resident_set", "Max resident set", "bytes"},
    [LIMIT_PROCESSES] = {"processes", "Max processes", "processes"},
    [LIMIT_OPEN_FILES] = {"open_files", "Max open files", "files"},
    [LIMIT_LOCKED] = {"locked_memory", "Max locked memory", "bytes"},
    [LIMIT_ADDRESS_SPACE] = {"address_space", "Max address space", "bytes"},
    [LIMIT_FILE_LOCKS] = {"file_locks", "Max file locks", "locks"},
    [LIMIT_PENDING_SIGNALS] = {"pending_signals", "Max pending signals", "signals"},
    [LIMIT_MESSAGE_QUEUES] = {"message_queues", "Max msgqueue size", "bytes"},
    [LIMIT_NICE] = {"nice_priority", "Max nice priority", ""},
    [LIMIT_RT_PRIORITY] = {"realtime_priority", "Max realtime priority", ""},
    [LIMIT_RT_TIME] = {"realtime_timeout", "Max realtime timeout", "us"},
};

void details_done(struct details *details)
{
    arena_done(&details->strings);
    *details = DETAILS_INIT;
}

void details_describe_access(const struct details *details, enum details_part part,
                             struct strbuf *out)
{
    strbuf_puts(out, access_sentence(details->access[part]));
    if (details->access[part] == ACCESS_DENIED && details_parts[part].need != ACCESS_NEED_NONE)
        strbuf_printf(out, ": %s", access_need_sentence(details_parts[part].need));
}

static bool status_has(const struct details *details, uint32_t bits)
{
    return access_has_value(details->access[PART_STATUS]) && (details->status.known & bits) == bits;
}

bool details_limit_use(const struct details *details, enum limit_kind kind, uint64_t *ret_used)
{
    const struct status *status = &details->status;
    const bool has_memory = status_has(details, STATUS_HAS_MEMORY);
    switch (kind) {
    case LIMIT_CPU_TIME:
        *ret_used = (details->process.utime_ticks + details->process.stime_ticks) /
                    (uint64_t)details->ticks_per_second;
        return true;
    case LIMIT_OPEN_FILES:
        *ret_used = details->descriptor_count;
        return access_has_value(details->access[PART_DESCRIPTORS]);
    case LIMIT_PROCESSES:
        *ret_used = details->user_tasks;
        return details->is_related;
    case LIMIT_PENDING_SIGNALS:
        *ret_used = status->sig_queued;
        return status_has(details, STATUS_HAS_SIGNALS);
    case LIMIT_STACK:
        *ret_used = status->vm_stack_kib * 1024;
        return has_memory;
    case LIMIT_LOCKED:
        *ret_used = status->vm_locked_kib * 1024;
        return has_memory;
    case LIMIT_ADDRESS_SPACE:
        *ret_used = status->vm_size_kib * 1024;
        return has_memory;
    case LIMIT_DATA:
        *ret_used = status->vm_data_kib * 1024;
        return has_memory;
    default:
        return false;
    }
}

/* ---- status ---- */

enum access details_status_access(const struct details *details, uint32_t groups)
{
    enum access access = details->access[PART_STATUS];
    if (!access_has_value(access) || (details->status.known & groups) == groups)
        return access;
    return details->process.state == 'Z' && details->read_of == 0 ? ACCESS_ZOMBIE
           : details->process.is_kernel                           ? ACCESS_EMPTY
                                                                  : ACCESS_UNSUPPORTED;
}

#define FIGURE(key, label, member, group)                                                          \
    {                                                                                              \
        key, label, offsetof(struct status, member), group                                         \
    }

const struct status_figure status_memory[] = {
    FIGURE("virtual_kib", N_("virtual"), vm_size_kib, STATUS_HAS_MEMORY),
    FIGURE("virtual_peak_kib", N_("peak virtual"), vm_peak_kib, STATUS_HAS_MEMORY),
    FIGURE("rss_kib", N_("resident"), vm_rss_kib, STATUS_HAS_MEMORY),
    FIGURE("rss_peak_kib", N_("peak resident"), vm_hwm_kib, STATUS_HAS_MEMORY),
    FIGURE("rss_anon_kib", N_("  anonymous"), rss_anon_kib, STATUS_HAS_MEMORY),
    FIGURE("rss_file_kib", N_("  of files"), rss_file_kib, STATUS_HAS_MEMORY),
    FIGURE("rss_shmem_kib", N_("  shared memory"), rss_shmem_kib, STATUS_HAS_MEMORY),
    FIGURE("swap_kib", N_("swapped"), vm_swap_kib, STATUS_HAS_MEMORY),
    FIGURE("hugetlb_kib", N_("huge pages (hugetlbfs)"), hugetlb_kib, STATUS_HAS_HUGETLB),
    FIGURE("data_kib", N_("data"), vm_data_kib, STATUS_HAS_MEMORY),
    FIGURE("stack_kib", N_("stack"), vm_stack_kib, STATUS_HAS_MEMORY),
    FIGURE("program_kib", N_("program"), vm_exe_kib, STATUS_HAS_MEMORY),
    FIGURE("libraries_kib", N_("libraries"), vm_lib_kib, STATUS_HAS_MEMORY),
    FIGURE("page_tables_kib", N_("page tables"), vm_pte_kib, STATUS_HAS_MEMORY),
    FIGURE("locked_kib", N_("locked"), vm_locked_kib, STATUS_HAS_MEMORY),
    FIGURE("pinned_kib", N_("pinned"), vm_pinned_kib, STATUS_HAS_MEMORY),
    {NULL, NULL, 0},
};

const struct status_figure status_signal_sets[] = {
    FIGURE("pending", N_("pending, thread"), pending, STATUS_HAS_SIGNALS),
    FIGURE("shared_pending", N_("pending, process"), shared_pending, STATUS_HAS_SIGNALS),
    FIGURE("blocked", N_("blocked"), blocked, STATUS_HAS_SIGNALS),
    FIGURE("ignored", N_("ignored"), ignored, STATUS_HAS_SIGNALS),
    FIGURE("caught", N_("caught"), caught, STATUS_HAS_SIGNALS),
    {NULL, NULL, 0},
};

const struct status_figure status_capabilities[] = {
    FIGURE("cap_effective", N_("effective"), cap_effective, STATUS_HAS_CAPS),
    FIGURE("cap_permitted", N_("permitted"), cap_permitted, STATUS_HAS_CAPS),
    FIGURE("cap_inheritable", N_("inheritable"), cap_inheritable, STATUS_HAS_CAPS),
    FIGURE("cap_bounding", N_("bounding"), cap_bounding, STATUS_HAS_CAPS),
    FIGURE("cap_ambient", N_("ambient"), cap_ambient, STATUS_HAS_CAPS),
    {NULL, NULL, 0},
};

/* ---- what a snapshot knows ---- */

/* A copy of a name; on lack of memory `*error` is set and the copy is NULL. */
static const char *keep(struct details *details, const char *text, int *error)
{
    const char *copy = arena_strdup(&details->strings, text);
    if (text && !copy)
        *error = -ENOMEM;
    return copy;
}

static struct relative relative_of(struct details *details, const struct process *process,
                                   int *error)
{
    return (struct relative){
        .pid = process->id.pid,
        .state = process->state,
        .comm = keep(details, process->comm, error),
        .user = keep(details, process->user, error),
    };
}

static bool is_among_ancestors(const struct details *details, pid_t pid)
{
    for (uint32_t i = 0; i < details->ancestor_count; i++)
        if (details->ancestors[i].pid == pid)
            return true;
    return pid == details->process.id.pid;
}

/* A circle, which only a recording can hold, is gone round once. */
static void add_ancestors(struct details *details, const struct snapshot *snapshot, int *error)
{
    pid_t pid = details->process.ppid;
    details->ancestor_count = 0;
    while (pid > 0 && details->ancestor_count < ANCESTORS_MAX) {
        const struct process *parent = snapshot_find(snapshot, pid);
        if (!parent || is_among_ancestors(details, pid))
            return;
        details->ancestors[details->ancestor_count++] = relative_of(details, parent, error);
        pid = parent->ppid;
    }
}

static void add_children(struct details *details, const struct snapshot *snapshot, int *error)
{
    details->child_count = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        if (process->ppid != details->process.id.pid || process_is_thread(process) ||
            process->is_ended)
            continue;
        if (details->child_count < CHILDREN_KEPT)
            details->children[details->child_count] = relative_of(details, process, error);
        details->child_count++;
    }
}

/* The name of a uid, if any process of the snapshot runs under it. */
static const char *user_name(const struct snapshot *snapshot, uid_t uid)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->processes[i].uid == uid)
            return snapshot->processes[i].user;
    return NULL;
}

static const char *name_or_number(struct details *details, const struct snapshot *snapshot,
                                  uid_t uid, int *error)
{
    char number[16];
    const char *name = user_name(snapshot, uid);
    (void)snprintf(number, sizeof(number), "%u", (unsigned)uid);
    return keep(details, name ? name : number, error);
}

static void add_users(struct details *details, const struct snapshot *snapshot,
                      const struct process *process, int *error)
{
    if (!status_has(details, STATUS_HAS_IDS)) {
        details->process.user = keep(details, process->user, error);
        return;
    }
    details->process.user = name_or_number(details, snapshot, details->status.uid[0], error);
}

static uint32_t tasks_of(const struct snapshot *snapshot, uid_t uid)
{
    uint32_t tasks = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        if (process->uid == uid && !process_is_thread(process))
            tasks += process->threads;
    }
    return tasks;
}

/* ---- of a recording ---- */

static void add_recorded_argv(struct details *details, const struct process *process, int *error)
{
    details->access[PART_ARGV] = process->argv_access;
    if (!access_has_value(process->argv_access))
        return;
    details->process.argv = details->text[PART_ARGV] = keep(details, process->argv, error);
    details->length[PART_ARGV] = details->text[PART_ARGV] ? strlen(process->argv) : 0;
}

int details_recorded(const struct process *process, const struct snapshot *snapshot,
                     long ticks_per_second, struct details *ret_details)
{
    struct details *details = ret_details;
    int error = 0;
    *details = (struct details){
        .process = *process,
        .exit_signal = -1,
        .started_ns = snapshot->time_ns > process->age_ns ? snapshot->time_ns - process->age_ns : 0,
        .ticks_per_second = ticks_per_second,
        .is_recorded = true,
    };
    for (int part = 0; part < PART_COUNT; part++)
        details->access[part] = ACCESS_UNRECORDED;
    details->process.comm = keep(details, process->comm, &error);
    details->process.arguments = NULL;
    add_recorded_argv(details, process, &error);
    int r = error == 0 ? details_relate(details, snapshot) : error;
    if (r < 0)
        details_done(details);
    return r;
}

int details_relate(struct details *details, const struct snapshot *snapshot)
{
    const struct process *process = snapshot_find_identity(snapshot, details->process.id);
    if (!process)
        return -ESRCH;

    int error = 0;
    add_ancestors(details, snapshot, &error);
    add_children(details, snapshot, &error);
    add_users(details, snapshot, process, &error);
    details->process.tty_name = keep(details, process->tty_name, &error);
    details->process.cpu_percent = process->cpu_percent;
    details->user_tasks = tasks_of(snapshot, process->uid);
    details->is_related = error == 0;
    return error;
}
