#include "reaptop/view/show_tab.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/model/capability.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/event.h"
#include "reaptop/model/signals.h"
#include "reaptop/model/tuning.h"
#include "reaptop/view/columns.h"
#include "show_uses.h"

enum {
    LABEL_COLS = SHOW_LABEL_COLS,
    ARGV_SHOWN = 2048
};

static void add_label(struct document *doc, const char *label)
{
    document_field(doc, 0, LABEL_COLS, label, STYLE_NORMAL, "%s", "");
}

/* "label: reason" for what could not be read. What no recording holds is reported once, in the end.
 */
static void add_reason(struct document *doc, const struct details *details, const char *label,
                       enum details_part part)
{
    _cleanup_(strbuf_done) struct strbuf reason = STRBUF_INIT;
    if (details->access[part] == ACCESS_UNRECORDED && part != PART_ARGV)
        return;
    details_describe_access(details, part, &reason);
    document_field(doc, 0, LABEL_COLS, label, STYLE_UNKNOWN, "%s", strbuf_text(&reason));
}

/* A group of status: absent though status was read means that the process has none of it. */
static bool add_status_reason(struct document *doc, const struct details *details,
                              const char *label, uint32_t bits)
{
    enum access access = details_status_access(details, bits);
    if (access_has_value(access))
        return false;
    if (!access_has_value(details->access[PART_STATUS]))
        add_reason(doc, details, label, PART_STATUS);
    else
        document_field(doc, 0, LABEL_COLS, label, STYLE_UNKNOWN, "%s", access_sentence(access));
    return true;
}

/* A part that is a line of text, as the kernel gave it. */
static void add_text_part(struct document *doc, const struct details *details,
                          enum details_part part)
{
    const char *label = _(details_parts[part].label);
    if (!access_has_value(details->access[part])) {
        add_reason(doc, details, label, part);
        return;
    }
    add_label(doc, label);
    document_add_text(doc, STYLE_NORMAL, details->text[part], details->length[part]);
    if (details->access[part] == ACCESS_TRUNCATED)
        document_add(doc, STYLE_UNKNOWN, " (%s)", access_sentence(ACCESS_TRUNCATED));
}

static void add_argv(struct document *doc, const struct details *details)
{
    const char *label = _(details_parts[PART_ARGV].label);
    if (!access_has_value(details->access[PART_ARGV])) {
        add_reason(doc, details, label, PART_ARGV);
        return;
    }
    _cleanup_(strbuf_done) struct strbuf joined = STRBUF_INIT;
    size_t length = text_trim_nuls(details->text[PART_ARGV], details->length[PART_ARGV]);
    bool is_cut = length > ARGV_SHOWN || details->access[PART_ARGV] == ACCESS_TRUNCATED;
    text_join_arguments(details->text[PART_ARGV], length > ARGV_SHOWN ? ARGV_SHOWN : length,
                        &joined);
    add_label(doc, label);
    document_add_text(doc, STYLE_NORMAL, strbuf_text(&joined), joined.length);
    if (is_cut)
        document_add(doc, STYLE_UNKNOWN, " (%s)", access_sentence(ACCESS_TRUNCATED));
}

/* ---- who it is ---- */

/* Below its name only what is more than that: that it is no ordinary process. */
static void add_name(struct document *doc, const struct details *details, bool is_named)
{
    bool is_thread = process_is_thread(&details->process);
    if (is_named && !details->process.is_kernel && !is_thread)
        return;
    document_begin(doc, 0);
    document_add(doc, STYLE_STRONG, "%d ", (int)pid_local(details->process.id.pid));
    document_add_text(doc, STYLE_STRONG, details->process.comm, strlen(details->process.comm));
    document_add(doc, style_of_state(details->process.state), "  %c %s", details->process.state,
                 process_state_word(&details->process));
    if (details->process.is_kernel)
        document_add(doc, STYLE_DIM, "  %s", _("kernel thread"));
    if (is_thread)
        document_add(doc, STYLE_WARNING, _("  a thread of %d"), (int)details->process.tgid);
}

static void add_zombie(struct document *doc, const struct details *details)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct ending ending = ending_from(details->process.state, details->process.threads,
                                       details->process.ppid, details->status.tracer_pid);
    if (ending.kind == ENDING_NONE)
        return;
    if (ending.kind == ENDING_ZOMBIE) {
        exit_status_describe(details->process.exit_status, &text);
        strbuf_puts(&text, "; ");
    }
    ending_describe(&ending, &text);
    if (details->read_of > 0)
        strbuf_printf(&text, _("; what follows was read of thread %d"), details->read_of);
    document_field(doc, 0, LABEL_COLS, _("end"), STYLE_ZOMBIE, "%s", strbuf_text(&text));
    document_link(doc, ending.waiter);
}

/* The state's letter does not say it: S with version 2 of control groups, D with version 1. */
static void add_frozen(struct document *doc, const struct details *details)
{
    if (details->frozen == CGROUP_NOT_FROZEN)
        return;
    document_field(doc, 0, LABEL_COLS, _("frozen"), STYLE_WARNING, "%s",
                   details->frozen == CGROUP_FROZEN_V2
                       ? _("by its control group; until it is thawed only a fatal signal acts")
                       : _("by its control group; until it is thawed no signal acts"));
}

/* What is out of its quota shows R like what runs. */
static void add_quota(struct document *doc, const struct details *details)
{
    const struct cgroup_quota *quota = &details->quota;
    if (quota->period_us == 0)
        return;
    document_field(doc, 0, LABEL_COLS, _("quota"),
                   quota->throttled > 0 ? STYLE_WARNING : STYLE_NORMAL,
                   _("its control group may run for %" PRIu64 " us in each %" PRIu64
                     " us; it was out of that in %" PRIu64 " of %" PRIu64 " periods so far"),
                   quota->quota_us, quota->period_us, quota->throttled, quota->periods);
}

static void add_start(struct document *doc, const struct details *details)
{
    char when[64] = "", age[COLUMN_TEXT_SIZE];
    time_t seconds = (time_t)(details->started_ns / NS_PER_SEC) + details->utc_offset_s;
    struct tm local;
    if (gmtime_r(&seconds, &local))
        (void)strftime(when, sizeof(when), "%F %T", &local);
    format_age(details->process.age_ns, age);
    document_field(doc, 0, LABEL_COLS, _("started"), STYLE_NORMAL,
                   details->is_recorded ? _("%s, %s before") : _("%s, %s ago"), when, age);
}

static void add_relative(struct document *doc, const struct relative *relative, const char *before)
{
    document_add(doc, STYLE_NORMAL, "%s%d ", before, (int)pid_local(relative->pid));
    if (relative->comm)
        document_add_text(doc, STYLE_NORMAL, relative->comm, strlen(relative->comm));
    if (relative->state == 'Z' || relative->state == 'T' || relative->state == 't')
        document_add(doc, style_of_state(relative->state), " %c", relative->state);
}

static void add_family(struct document *doc, const struct details *details)
{
    add_label(doc, _("ancestors"));
    if (details->ancestor_count == 0)
        document_add(doc, STYLE_NORMAL, "%s",
                     details->process.ppid == 0 ? _("none in this PID namespace") : _("not seen"));
    for (uint32_t i = 0; i < details->ancestor_count; i++)
        add_relative(doc, &details->ancestors[i], i > 0 ? " ← " : "");
    document_link(doc, details->process.ppid);
    if (!details->is_related)
        return;
    add_label(doc, _("children"));
    if (details->child_count == 0)
        document_add(doc, STYLE_NORMAL, "%s", _("none"));
    for (uint32_t i = 0; i < details->child_count && i < CHILDREN_KEPT; i++)
        add_relative(doc, &details->children[i], i > 0 ? ", " : "");
    if (details->child_count > CHILDREN_KEPT)
        document_add(doc, STYLE_DIM, _(" and %u more"), details->child_count - CHILDREN_KEPT);
}

static void add_user(struct document *doc, const struct details *details)
{
    if (!details->is_recorded && add_status_reason(doc, details, _("user"), STATUS_HAS_IDS))
        return;
    const uid_t *uid = details->status.uid;
    add_label(doc, _("user"));
    if (details->process.user)
        document_add_text(doc, STYLE_NORMAL, details->process.user, strlen(details->process.user));
    else
        document_add(doc, STYLE_NORMAL, "%u", (unsigned)uid[0]);
    if (!details->is_recorded && uid[1] != uid[0])
        document_add(doc, STYLE_WARNING, _(", acts as %u (effective)"), (unsigned)uid[1]);
}

static void add_groups_of_processes(struct document *doc, const struct details *details)
{
    document_field(doc, 0, LABEL_COLS, _("process group"), STYLE_NORMAL, "%d%s",
                   (int)details->process.pgid,
                   details->process.pgid == details->process.id.pid ? _(" (its leader)") : "");
    document_field(doc, 0, LABEL_COLS, _("session"), STYLE_NORMAL, "%d%s",
                   (int)details->process.sid,
                   details->process.sid == details->process.id.pid ? _(" (its leader)") : "");
    add_label(doc, _("terminal"));
    if (details->process.tty == 0)
        document_add(doc, STYLE_NORMAL, "%s", _("none"));
    else if (details->process.tty_name)
        document_add_text(doc, STYLE_NORMAL, details->process.tty_name,
                          strlen(details->process.tty_name));
    else
        document_add(doc, STYLE_NORMAL, _("device %u"), details->process.tty);
    if (details->process.tty != 0)
        document_add(doc, STYLE_NORMAL, "%s",
                     details->process.tpgid == details->process.pgid ? _(", foreground")
                                                                     : _(", background"));
}

/* ---- limits ---- */

static void format_limit(uint64_t value, char text[static 32])
{
    if (value == LIMIT_NONE)
        (void)snprintf(text, 32, "%s", _("unlimited"));
    else
        (void)snprintf(text, 32, "%llu", (unsigned long long)value);
}

static void add_limit(struct document *doc, const struct details *details, enum limit_kind kind)
{
    const struct limit_info *info = &limit_infos[kind];
    const struct limit *limit = &details->limits.values[kind];
    uint64_t used = 0;
    bool has_use = details_limit_use(details, kind, &used);
    if (!(details->limits.known >> kind & 1))
        return;
    char soft[32], hard[32];
    format_limit(limit->soft, soft);
    format_limit(limit->hard, hard);
    /* The kernel's own name, without "Max ". */
    document_field(doc, 0, LABEL_COLS, info->kernel + strlen("Max "), STYLE_NORMAL, "%s", soft);
    if (limit->hard != limit->soft)
        document_add(doc, STYLE_DIM, _(", at most %s"), hard);
    if (limit->soft != LIMIT_NONE || limit->hard != LIMIT_NONE)
        document_add(doc, STYLE_DIM, " %s", info->unit);
    if (has_use) {
        bool is_near =
            limit->soft != LIMIT_NONE && limit->soft > 0 && used >= limit->soft - limit->soft / 10;
        document_add(doc, is_near ? STYLE_WARNING : STYLE_NORMAL, _("; %llu in use"),
                     (unsigned long long)used);
    }
}

static void add_limits(struct document *doc, const struct details *details)
{
    document_heading(doc, "%s", _("Limits"));
    if (!access_has_value(details->access[PART_LIMITS])) {
        add_reason(doc, details, _("limits"), PART_LIMITS);
        return;
    }
    for (int kind = 0; kind < LIMIT_COUNT; kind++)
        add_limit(doc, details, (enum limit_kind)kind);
}

static void add_identity(struct document *doc, const struct details *details, bool is_named)
{
    add_name(doc, details, is_named);
    add_zombie(doc, details);
    add_frozen(doc, details);
    add_quota(doc, details);
    add_user(doc, details);
    add_argv(doc, details);
    show_add_uses(doc, details);
    add_start(doc, details);
    show_add_unit(doc, details);
    add_family(doc, details);
    add_text_part(doc, details, PART_EXE);
    add_text_part(doc, details, PART_CWD);
    add_groups_of_processes(doc, details);
}

/* ---- the rest, by topic ---- */

static void add_kib(struct document *doc, const char *label, uint64_t kib)
{
    char size[32];
    show_format_size(kib, size);
    document_field(doc, 0, LABEL_COLS, label, STYLE_NORMAL, "%s", size);
}

static void add_memory(struct document *doc, const struct details *details)
{
    document_heading(doc, "%s", _("Memory"));
    if (!add_status_reason(doc, details, _("memory"), STATUS_HAS_MEMORY))
        for (const struct status_figure *figure = status_memory; figure->key; figure++)
            if (details->status.known & figure->group)
                add_kib(doc, _(figure->label), status_value(&details->status, figure));
    if (details->is_recorded) {
        add_kib(doc, _("virtual"), details->process.virtual_kib);
        add_kib(doc, _("resident"), details->process.rss_kib);
    }
    document_field(doc, 0, LABEL_COLS, _("page faults"), STYLE_NORMAL, _("%llu minor, %llu major"),
                   (unsigned long long)details->process.minor_faults,
                   (unsigned long long)details->process.major_faults);
    add_text_part(doc, details, PART_OOM_SCORE);
    add_text_part(doc, details, PART_OOM_ADJUST);
}

static void add_signal_set(struct document *doc, const char *label, signal_set set)
{
    _cleanup_(strbuf_done) struct strbuf names = STRBUF_INIT;
    signal_set_describe(set, &names);
    document_field(doc, 0, LABEL_COLS, label, STYLE_NORMAL, "%s",
                   set ? strbuf_text(&names) : _("none"));
}

static void add_signals(struct document *doc, const struct details *details)
{
    const struct status *status = &details->status;
    document_heading(doc, "%s",
                     details->read_of > 0 ? _("Signals (of a living thread)")
                                          : _("Signals (of its first thread)"));
    if (add_status_reason(doc, details, _("signals"), STATUS_HAS_SIGNALS))
        return;
    for (const struct status_figure *figure = status_signal_sets; figure->key; figure++)
        add_signal_set(doc, _(figure->label), status_value(status, figure));
    document_field(doc, 0, LABEL_COLS, _("queued, of its user"), STYLE_NORMAL, _("%llu of %llu"),
                   (unsigned long long)status->sig_queued,
                   (unsigned long long)status->sig_queue_limit);
    if (details->exit_signal > 0)
        document_field(doc, 0, LABEL_COLS, _("exit signal"), STYLE_NORMAL, "SIG%s",
                       signal_name(details->exit_signal));
}

static void add_ids(struct document *doc, const char *label, const uint32_t id[4])
{
    document_field(doc, 0, LABEL_COLS, label, STYLE_NORMAL,
                   _("real %u, effective %u, saved %u, file system %u"), id[0], id[1], id[2],
                   id[3]);
}

static void add_supplementary_groups(struct document *doc, const struct status *status)
{
    add_label(doc, _("other groups"));
    if (status->group_count == 0)
        document_add(doc, STYLE_NORMAL, "%s", _("none"));
    for (uint32_t i = 0; i < status->group_count && i < STATUS_GROUPS_MAX; i++)
        document_add(doc, STYLE_NORMAL, "%s%u", i > 0 ? " " : "", (unsigned)status->groups[i]);
    if (status->group_count > STATUS_GROUPS_MAX)
        document_add(doc, STYLE_DIM, _(" and %u more"), status->group_count - STATUS_GROUPS_MAX);
}

static void add_capabilities(struct document *doc, const char *label, uint64_t set)
{
    _cleanup_(strbuf_done) struct strbuf names = STRBUF_INIT;
    capability_describe(set, &names);
    document_field(doc, 0, LABEL_COLS, label, STYLE_NORMAL, "%s", strbuf_text(&names));
}

static const char *seccomp_word(int32_t mode)
{
    switch (mode) {
    case 0:
        return _("off");
    case 1:
        return _("strict: read, write, exit and sigreturn only");
    case 2:
        return _("a filter decides on each system call");
    default:
        return "?";
    }
}

static void add_login(struct document *doc, const struct details *details)
{
    static const char unset[] = "4294967295";
    const char *text = details->text[PART_LOGIN_UID];
    if (text && strcmp(text, unset) == 0)
        document_field(doc, 0, LABEL_COLS, _(details_parts[PART_LOGIN_UID].label), STYLE_NORMAL,
                       "%s", _("not set (no login session)"));
    else
        add_text_part(doc, details, PART_LOGIN_UID);
    const char *session = details->text[PART_AUDIT_SESSION];
    if (!session || strcmp(session, unset) != 0)
        add_text_part(doc, details, PART_AUDIT_SESSION);
}

static void add_credentials(struct document *doc, const struct details *details)
{
    const struct status *status = &details->status;
    document_heading(doc, "%s", _("Credentials"));
    if (!add_status_reason(doc, details, _("user IDs"), STATUS_HAS_IDS)) {
        add_ids(doc, _("user IDs"), status->uid);
        add_ids(doc, _("group IDs"), status->gid);
    }
    if (!add_status_reason(doc, details, _("other groups"), STATUS_HAS_GROUPS))
        add_supplementary_groups(doc, status);
    if (!add_status_reason(doc, details, _("capabilities"), STATUS_HAS_CAPS))
        for (const struct status_figure *figure = status_capabilities; figure->key; figure++)
            add_capabilities(doc, _(figure->label), status_value(status, figure));
    if (!add_status_reason(doc, details, _("no new privileges"), STATUS_HAS_NO_NEW_PRIVS))
        document_field(doc, 0, LABEL_COLS, _("no new privileges"), STYLE_NORMAL, "%s",
                       status->no_new_privs ? _("yes: exec gives none") : _("no"));
    if (!add_status_reason(doc, details, "seccomp", STATUS_HAS_SECCOMP))
        document_field(doc, 0, LABEL_COLS, "seccomp", STYLE_NORMAL, "%s",
                       seccomp_word(status->seccomp));
    if (!add_status_reason(doc, details, "umask", STATUS_HAS_UMASK))
        document_field(doc, 0, LABEL_COLS, "umask", STYLE_NORMAL, "%04o", status->umask);
    add_login(doc, details);
    add_text_part(doc, details, PART_LABEL);
    if (!add_status_reason(doc, details, _("tracer"), STATUS_HAS_TRACER)) {
        if (status->tracer_pid > 0)
            document_field(doc, 0, LABEL_COLS, _("tracer"), STYLE_WARNING, "%d",
                           (int)pid_local(status->tracer_pid));
        else
            document_field(doc, 0, LABEL_COLS, _("tracer"), STYLE_NORMAL, "%s", _("none"));
        document_link(doc, status->tracer_pid);
    }
}

static double seconds(uint64_t ticks, long per_second)
{
    return per_second > 0 ? (double)ticks / (double)per_second : 0;
}

static void add_scheduling(struct document *doc, const struct details *details)
{
    const struct status *status = &details->status;
    const char *policy = policy_name(details->process.policy);
    const long rate = details->ticks_per_second;
    document_heading(doc, "%s", _("Scheduling"));
    add_label(doc, _("policy"));
    if (policy)
        document_add(doc, STYLE_NORMAL, "%s", policy);
    else
        document_add(doc, STYLE_NORMAL, "%d", details->process.policy);
    if (details->process.rt_priority > 0)
        document_add(doc, STYLE_WARNING, _(", real-time priority %d"),
                     details->process.rt_priority);
    document_field(doc, 0, LABEL_COLS, _("nice"), STYLE_NORMAL, "%d", details->process.nice);
    document_field(doc, 0, LABEL_COLS, _("priority"), STYLE_NORMAL, "%d",
                   details->process.priority);
    document_field(doc, 0, LABEL_COLS, _("last on processor"), STYLE_NORMAL, "%d",
                   details->process.processor);
    add_text_part(doc, details, PART_CPUS);
    add_text_part(doc, details, PART_MEMORY_NODES);
    add_text_part(doc, details, PART_AUTOGROUP);
    add_text_part(doc, details, PART_TIMER_SLACK);
    document_field(doc, 0, LABEL_COLS, _("threads"), STYLE_NORMAL, "%u", details->process.threads);
    document_field(doc, 0, LABEL_COLS, _("processor time"), STYLE_NORMAL,
                   _("%.2f s user, %.2f s system"), seconds(details->process.utime_ticks, rate),
                   seconds(details->process.stime_ticks, rate));
    if (!details->is_recorded)
        document_add(doc, STYLE_NORMAL, _("; of children waited for %.2f s and %.2f s"),
                     seconds(details->child_utime_ticks, rate),
                     seconds(details->child_stime_ticks, rate));
    if (access_has_value(details->access[PART_SCHEDSTAT]))
        document_field(doc, 0, LABEL_COLS, _("first thread"), STYLE_NORMAL,
                       _("%.3f s on a processor, %.3f s waiting for one"),
                       clock_seconds(details->run_ns), clock_seconds(details->wait_ns));
    else
        add_reason(doc, details, _("first thread"), PART_SCHEDSTAT);
    if (!add_status_reason(doc, details, _("context switches"), STATUS_HAS_SWITCHES))
        document_field(doc, 0, LABEL_COLS, _("context switches"), STYLE_NORMAL,
                       _("%llu voluntary, %llu involuntary (first thread)"),
                       (unsigned long long)status->voluntary_switches,
                       (unsigned long long)status->involuntary_switches);
}

static void add_namespace(struct document *doc, const struct namespace *ns)
{
    if (!access_has_value(ns->access)) {
        document_field(doc, 0, LABEL_COLS, ns->type, STYLE_UNKNOWN, "%s",
                       access_sentence(ns->access));
        return;
    }
    document_field(doc, 0, LABEL_COLS, ns->type, STYLE_NORMAL, "%llu%s",
                   (unsigned long long)ns->inode, ns->is_ours ? "" : _(", not reaptop's"));
    if (!ns->has_sharers)
        return;
    if (ns->sharers == 0)
        document_add(doc, STYLE_NORMAL, "%s", _("; nobody else"));
    else
        document_add(doc, STYLE_NORMAL,
                     ngettext("; with %u other process", "; with %u other processes", ns->sharers),
                     ns->sharers);
    if (ns->sharers > 0 && ns->sharers <= SHARERS_KEPT && !ns->is_ours)
        for (uint32_t i = 0; i < ns->sharers; i++)
            document_add(doc, STYLE_NORMAL, "%s%d", i > 0 ? " " : ": ", (int)ns->first_sharers[i]);
    if (ns->not_looked_into > 0)
        document_add(doc, STYLE_UNKNOWN, _(" (%u more could not be looked into)"),
                     ns->not_looked_into);
}

static void add_namespaces(struct document *doc, const struct details *details)
{
    document_heading(doc, "%s", _("Namespaces"));
    if (!access_has_value(details->access[PART_NAMESPACES]))
        add_reason(doc, details, _("namespaces"), PART_NAMESPACES);
    for (uint32_t i = 0; i < details->namespace_count; i++)
        add_namespace(doc, &details->namespaces[i]);
    if (access_has_value(details_status_access(details, STATUS_HAS_NSPID))) {
        add_label(doc, _("its PIDs, outermost first"));
        for (uint32_t i = 0; i < details->status.ns_pid_count; i++)
            document_add(doc, STYLE_NORMAL, "%s%d", i > 0 ? " " : "",
                         (int)details->status.ns_pid[i]);
    }
    add_text_part(doc, details, PART_ROOT);
}

/* A line for each hierarchy of version 1, one line in all for version 2. */
static void add_cgroup(struct document *doc, const struct details *details)
{
    document_heading(doc, "%s", _("Control groups"));
    if (!access_has_value(details->access[PART_CGROUP])) {
        add_reason(doc, details, _("control group"), PART_CGROUP);
        return;
    }
    const char *at = details->text[PART_CGROUP], *end = at + details->length[PART_CGROUP];
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        document_begin(doc, 0);
        document_add_text(doc, STYLE_NORMAL, at, (size_t)(stop - at));
        at = newline ? newline + 1 : end;
    }
    if (details->access[PART_CGROUP] == ACCESS_TRUNCATED)
        document_add(doc, STYLE_UNKNOWN, " (%s)", access_sentence(ACCESS_TRUNCATED));
}

static void add_io(struct document *doc, const struct details *details)
{
    const struct io_counters *io = &details->io;
    document_heading(doc, "%s", _("Files"));
    if (access_has_value(details->access[PART_DESCRIPTORS]))
        document_field(doc, 0, LABEL_COLS, _(details_parts[PART_DESCRIPTORS].label), STYLE_NORMAL,
                       "%u", details->descriptor_count);
    else
        add_reason(doc, details, _(details_parts[PART_DESCRIPTORS].label), PART_DESCRIPTORS);
    if (!access_has_value(details->access[PART_IO])) {
        add_reason(doc, details, _("input and output"), PART_IO);
        return;
    }
    document_field(doc, 0, LABEL_COLS, _("read"), STYLE_NORMAL,
                   _("%llu bytes in %llu calls; %llu bytes from storage"),
                   (unsigned long long)io->read_chars, (unsigned long long)io->read_calls,
                   (unsigned long long)io->read_bytes);
    document_field(doc, 0, LABEL_COLS, _("written"), STYLE_NORMAL,
                   _("%llu bytes in %llu calls; %llu bytes to storage, %llu of them cancelled"),
                   (unsigned long long)io->written_chars, (unsigned long long)io->write_calls,
                   (unsigned long long)io->written_bytes, (unsigned long long)io->cancelled_bytes);
}

void show_tab(struct document *doc, const struct details *details, bool is_named)
{
    add_identity(doc, details, is_named);
    add_memory(doc, details);
    add_signals(doc, details);
    add_credentials(doc, details);
    add_scheduling(doc, details);
    add_limits(doc, details);
    add_io(doc, details);
    add_namespaces(doc, details);
    add_cgroup(doc, details);
}

/* ---- of a recording ---- */

static void add_processor_use(struct document *doc, const struct details *details)
{
    if (details->process.cpu_percent >= 0)
        document_field(doc, 0, LABEL_COLS, _("of one processor"), STYLE_NORMAL, "%.1f%%",
                       details->process.cpu_percent);
}

static void add_unrecorded(struct document *doc, const struct details *details)
{
    document_heading(doc, "%s", _("Not recorded"));
    document_begin(doc, 0);
    for (int part = 0; part < PART_COUNT; part++) {
        if (details->access[part] != ACCESS_UNRECORDED)
            continue;
        document_add(doc, STYLE_UNKNOWN, "%s, ",
                     part == PART_STATUS ? _("signals, user IDs, groups, capabilities")
                                         : _(details_parts[part].label));
    }
    document_add(doc, STYLE_UNKNOWN, "%s", _("what is in its memory, what it waits for"));
}

void show_recorded(struct document *doc, const struct details *details, bool is_named,
                   const struct document *life)
{
    add_identity(doc, details, is_named);
    if (life) {
        document_heading(doc, "%s", _("Its life as far as it was recorded"));
        document_append(doc, life);
    }
    add_memory(doc, details);
    add_scheduling(doc, details);
    add_processor_use(doc, details);
    add_unrecorded(doc, details);
}
