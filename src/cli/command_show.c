#include "reaptop/base/clock.h"
#include "reaptop/base/text.h"
#include "reaptop/model/process.h"
#include "reaptop/model/tuning.h"
#include "reaptop/source/read_details.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "life_json.h"
#include "operand.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/cli/process_json.h"
#include "reaptop/model/capability.h"
#include "reaptop/source/live.h"
#include "reaptop/view/life_tab.h"
#include "reaptop/view/show_tab.h"
#include "recorded.h"

const struct option_info show_options[] = {
    {"from", '\0', N_("FILE"), N_("of a recording: what it holds of the process, and its life")},
    {"at", '\0', N_("TIME"), N_("in the recording: as it was at 14:03:07, or +30s from its begin")},
    {NULL, '\0', NULL, NULL},
};

enum own_option {
    SHOW_FROM,
    SHOW_AT
};

/* ---- JSON ---- */

static void put_text(json_t *object, const struct details *details, enum details_part part)
{
    enum access access = details->access[part];
    json_put_access(object, details_parts[part].key, access,
                    access_has_value(access) ? json_text(details->text[part], details->length[part])
                                             : NULL);
}

static void put_number_text(json_t *object, const struct details *details, enum details_part part)
{
    enum access access = details->access[part];
    json_put_access(object, details_parts[part].key, access,
                    access_has_value(access) ? json_integer(strtoll(details->text[part], NULL, 10))
                                             : NULL);
}

static json_t *json_relatives(const struct relative *relatives, uint32_t count)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) {
        json_t *object = json_object();
        json_put(object, "pid", json_integer(relatives[i].pid));
        json_put(object, "comm", json_string_or_null(relatives[i].comm));
        json_put(object, "state", json_text(&relatives[i].state, 1));
        json_add(list, object);
    }
    return list;
}

/* What its control group does to it. */
static void put_holds(json_t *doc, const struct details *details)
{
    if (details->is_recorded) {
        json_unavailable(doc, "frozen", ACCESS_UNRECORDED);
        json_unavailable(doc, "cpu_quota", ACCESS_UNRECORDED);
        return;
    }
    json_put(doc, "frozen", json_boolean(details->frozen != CGROUP_NOT_FROZEN));
    json_put(doc, "cpu_quota", quota_json(&details->quota));
}

static void put_process(json_t *doc, const struct details *details)
{
    uint64_t then_ns = details->started_ns + details->process.age_ns;
    process_json_put(doc, &details->process, then_ns, details->ticks_per_second);
    enum access ids =
        details->is_recorded ? ACCESS_OK : details_status_access(details, STATUS_HAS_IDS);
    if (!access_has_value(ids))
        json_unavailable(doc, "uid", ids);
    json_put(doc, "is_kernel_thread", json_boolean(details->process.is_kernel));
    if (details->is_recorded)
        json_unavailable(doc, "exit_signal", ACCESS_UNRECORDED);
    else
        json_put(doc, "exit_signal",
                 details->exit_signal >= 0 ? json_integer(details->exit_signal) : json_null());
    put_holds(doc, details);
    if (details->read_of > 0)
        json_put(doc, "living_thread", json_integer(details->read_of));
    else if (details->process.state == 'Z')
        json_put_access(
            doc, "exit_status", details->process.exit_status >= 0 ? ACCESS_OK : ACCESS_DENIED,
            details->process.exit_status >= 0 ? json_integer(details->process.exit_status) : NULL);
    put_text(doc, details, PART_EXE);
    put_text(doc, details, PART_CWD);
    put_text(doc, details, PART_ROOT);
    put_text(doc, details, PART_CGROUP);
    json_put(doc, "ancestors", json_relatives(details->ancestors, details->ancestor_count));
    uint32_t kept = details->child_count < CHILDREN_KEPT ? details->child_count : CHILDREN_KEPT;
    json_put(doc, "children", json_relatives(details->children, kept));
    json_put(doc, "child_count", json_integer(details->child_count));
}

static json_t *json_memory(const struct details *details)
{
    json_t *memory = json_object();
    if (details->is_recorded) {
        json_put(memory, "virtual_kib", json_unsigned(details->process.virtual_kib));
        json_put(memory, "rss_kib", json_unsigned(details->process.rss_kib));
    }
    for (const struct status_figure *figure = status_memory; figure->key; figure++)
        if (!json_object_get(memory, figure->key))
            json_put_access(memory, figure->key, details_status_access(details, figure->group),
                            json_unsigned(status_value(&details->status, figure)));
    json_put(memory, "minor_faults", json_unsigned(details->process.minor_faults));
    json_put(memory, "major_faults", json_unsigned(details->process.major_faults));
    put_number_text(memory, details, PART_OOM_SCORE);
    put_number_text(memory, details, PART_OOM_ADJUST);
    return memory;
}

static json_t *json_signal_sets(const struct details *details)
{
    const struct status *s = &details->status;
    json_t *object = json_object();
    enum access access = details_status_access(details, STATUS_HAS_SIGNALS);
    for (const struct status_figure *figure = status_signal_sets; figure->key; figure++)
        json_put_access(object, figure->key, access, json_signals(status_value(s, figure)));
    json_put_access(object, "queued", access, json_unsigned(s->sig_queued));
    json_put_access(object, "queue_limit", access, json_unsigned(s->sig_queue_limit));
    return object;
}

static json_t *json_capabilities(uint64_t set)
{
    json_t *names = json_array();
    for (unsigned bit = 0; bit < 64; bit++) {
        const char *name = capability_name(bit);
        if (set >> bit & 1)
            json_add(names, name ? json_string(name) : json_integer(bit));
    }
    return names;
}

static json_t *json_ids(const uint32_t id[4])
{
    static const char *const keys[] = {"real", "effective", "saved", "file_system"};
    json_t *object = json_object();
    for (int i = 0; i < 4; i++)
        json_put(object, keys[i], json_integer(id[i]));
    return object;
}

static json_t *json_groups(const struct status *status)
{
    json_t *groups = json_array();
    for (uint32_t i = 0; i < status->group_count && i < STATUS_GROUPS_MAX; i++)
        json_add(groups, json_integer(status->groups[i]));
    return groups;
}

static void put_capabilities(json_t *object, const struct details *details)
{
    enum access access = details_status_access(details, STATUS_HAS_CAPS);
    for (const struct status_figure *figure = status_capabilities; figure->key; figure++)
        json_put_access(object, figure->key, access,
                        json_capabilities(status_value(&details->status, figure)));
}

/* A value of status: null with its reason where its group is not known. */
static void put_status(json_t *object, const struct details *details, const char *key,
                       uint32_t bits, json_t *value)
{
    json_put_access(object, key, details_status_access(details, bits), value);
}

static json_t *json_credentials(const struct details *details)
{
    const struct status *s = &details->status;
    json_t *object = json_object();
    put_status(object, details, "uid", STATUS_HAS_IDS, json_ids(s->uid));
    put_status(object, details, "gid", STATUS_HAS_IDS, json_ids(s->gid));
    enum access groups = details_status_access(details, STATUS_HAS_GROUPS);
    if (groups == ACCESS_OK && s->group_count > STATUS_GROUPS_MAX)
        groups = ACCESS_TRUNCATED;
    json_put_access(object, "groups", groups, json_groups(s));
    put_capabilities(object, details);
    put_status(object, details, "no_new_privs", STATUS_HAS_NO_NEW_PRIVS,
               json_boolean(s->no_new_privs));
    put_status(object, details, "seccomp", STATUS_HAS_SECCOMP, json_integer(s->seccomp));
    put_status(object, details, "umask", STATUS_HAS_UMASK, json_integer(s->umask));
    put_status(object, details, "tracer_pid", STATUS_HAS_TRACER, json_integer(s->tracer_pid));
    put_number_text(object, details, PART_LOGIN_UID);
    put_number_text(object, details, PART_AUDIT_SESSION);
    put_text(object, details, PART_LABEL);
    return object;
}

static json_t *json_scheduling(const struct details *details)
{
    const struct status *s = &details->status;
    const char *policy = policy_name(details->process.policy);
    json_t *object = json_object();
    json_put(object, "policy",
             policy ? json_string(policy) : json_integer(details->process.policy));
    json_put(object, "nice", json_integer(details->process.nice));
    json_put(object, "priority", json_integer(details->process.priority));
    json_put(object, "realtime_priority", json_integer(details->process.rt_priority));
    json_put(object, "processor", json_integer(details->process.processor));
    put_text(object, details, PART_CPUS);
    put_text(object, details, PART_MEMORY_NODES);
    put_text(object, details, PART_AUTOGROUP);
    put_number_text(object, details, PART_TIMER_SLACK);
    json_put(object, "utime_ticks", json_unsigned(details->process.utime_ticks));
    json_put(object, "stime_ticks", json_unsigned(details->process.stime_ticks));
    enum access children = details->is_recorded ? ACCESS_UNRECORDED : ACCESS_OK;
    json_put_access(object, "child_utime_ticks", children,
                    json_unsigned(details->child_utime_ticks));
    json_put_access(object, "child_stime_ticks", children,
                    json_unsigned(details->child_stime_ticks));
    enum access schedstat = details->access[PART_SCHEDSTAT];
    json_put_access(object, "run_ns", schedstat, json_unsigned(details->run_ns));
    json_put_access(object, "wait_ns", schedstat, json_unsigned(details->wait_ns));
    put_status(object, details, "voluntary_switches", STATUS_HAS_SWITCHES,
               json_unsigned(s->voluntary_switches));
    put_status(object, details, "involuntary_switches", STATUS_HAS_SWITCHES,
               json_unsigned(s->involuntary_switches));
    return object;
}

static json_t *json_namespace(const struct namespace *ns)
{
    json_t *object = json_object();
    json_put_access(object, "inode", ns->access, json_unsigned(ns->inode));
    if (!access_has_value(ns->access))
        return object;
    json_put(object, "is_ours", json_boolean(ns->is_ours));
    json_put(object, "sharers", json_integer(ns->sharers));
    json_t *first = json_array();
    for (uint32_t i = 0; i < ns->sharers && i < SHARERS_KEPT; i++)
        json_add(first, json_integer(ns->first_sharers[i]));
    json_put(object, "first_sharers", first);
    json_put(object, "not_looked_into", json_integer(ns->not_looked_into));
    return object;
}

static json_t *json_namespaces(const struct details *details)
{
    json_t *object = json_object();
    for (uint32_t i = 0; i < details->namespace_count; i++)
        json_put(object, details->namespaces[i].type, json_namespace(&details->namespaces[i]));
    return object;
}

static json_t *json_ns_pids(const struct status *status)
{
    json_t *pids = json_array();
    for (uint32_t i = 0; i < status->ns_pid_count; i++)
        json_add(pids, json_integer(status->ns_pid[i]));
    return pids;
}

static json_t *json_limit(uint64_t value)
{
    return value == LIMIT_NONE ? json_string("unlimited") : json_unsigned(value);
}

static json_t *json_limits(const struct details *details)
{
    json_t *object = json_object();
    for (unsigned kind = 0; kind < LIMIT_COUNT; kind++) {
        const struct limit *limit = &details->limits.values[kind];
        if (!(details->limits.known >> kind & 1))
            continue;
        json_t *entry = json_object();
        uint64_t used;
        json_put(entry, "soft", json_limit(limit->soft));
        json_put(entry, "hard", json_limit(limit->hard));
        if (details_limit_use(details, (enum limit_kind)kind, &used))
            json_put(entry, "used", json_unsigned(used));
        json_put(object, limit_infos[kind].key, entry);
    }
    return object;
}

static json_t *json_io(const struct io_counters *io)
{
    json_t *object = json_object();
    json_put(object, "read_chars", json_unsigned(io->read_chars));
    json_put(object, "written_chars", json_unsigned(io->written_chars));
    json_put(object, "read_calls", json_unsigned(io->read_calls));
    json_put(object, "write_calls", json_unsigned(io->write_calls));
    json_put(object, "read_bytes", json_unsigned(io->read_bytes));
    json_put(object, "written_bytes", json_unsigned(io->written_bytes));
    json_put(object, "cancelled_bytes", json_unsigned(io->cancelled_bytes));
    return object;
}

static void put_details(json_t *doc, const struct details *details)
{
    put_process(doc, details);
    json_put(doc, "memory", json_memory(details));
    json_put(doc, "signals", json_signal_sets(details));
    json_put(doc, "credentials", json_credentials(details));
    json_put(doc, "scheduling", json_scheduling(details));
    json_put_access(doc, "namespaces", details->access[PART_NAMESPACES], json_namespaces(details));
    put_status(doc, details, "ns_pids", STATUS_HAS_NSPID, json_ns_pids(&details->status));
    json_put_access(doc, "limits", details->access[PART_LIMITS], json_limits(details));
    json_put_access(doc, "io", details->access[PART_IO], json_io(&details->io));
    json_put_access(doc, "descriptors", details->access[PART_DESCRIPTORS],
                    json_integer(details->descriptor_count));
    put_text(doc, details, PART_PERSONALITY);
}

static int print_json(const struct details *details)
{
    json_t *doc = json_document("show");
    put_details(doc, details);
    return json_output(doc);
}

/* ---- of a recording ---- */

/* What is reported of a process: its row, if a refresh saw it, and its life. */
struct reported {
    const struct recorded *recorded;
    const struct snapshot *snapshot;
    const struct history *history; /* NULL: a circle of numbers let it go */
    struct details details;        /* is_recorded false: no refresh saw it */
    pid_t pid;
};

static json_t *json_where(const struct reported *reported)
{
    const struct recording_header *header = feed_header(reported->recorded->feed);
    json_t *object = json_object();
    json_put(object, "host", json_string_or_null(header->host));
    json_put(object, "kernel", json_string_or_null(header->kernel));
    json_put(object, "time", json_real(clock_seconds(reported->snapshot->time_ns)));
    json_put(object, "mono_ns", json_unsigned(reported->snapshot->mono_ns));
    json_put(object, "is_ended",
             json_boolean(reported->history && reported->history->ended_ns > 0));
    json_put(object, "kernel_events", json_boolean(header->has_kernel_events));
    return object;
}

/* Between two refreshes it came and went: the events are all that there is. */
static void put_unseen(json_t *doc, const struct history *history)
{
    static const char *const keys[] = {"state",   "argv",    "uid",         "user",
                                       "threads", "rss_kib", "start_ticks", "cpu_percent"};
    json_put(doc, "pid", json_integer(history->id.pid));
    json_put(doc, "ppid", json_integer(history->born_of.id.pid));
    json_put(doc, "comm", json_text(history->comm, strlen(history->comm)));
    for (size_t i = 0; i < ELEMENTS(keys); i++)
        json_unavailable(doc, keys[i], ACCESS_UNRECORDED);
}

static int print_reported_json(const struct reported *reported)
{
    json_t *doc = json_document("show");
    json_put(doc, "recorded", json_where(reported));
    if (reported->details.is_recorded)
        put_details(doc, &reported->details);
    else
        put_unseen(doc, reported->history);
    json_put(doc, "life",
             reported->history ? life_json(reported->history, recorded_until_ns(reported->recorded))
                               : json_null());
    return json_output(doc);
}

static void add_where(struct document *doc, const struct reported *reported)
{
    const struct feed *feed = reported->recorded->feed;
    char clock[CLOCK_TEXT_SIZE];
    const char *host = feed_header(feed)->host;
    document_begin(doc, 0);
    document_add(doc, STYLE_DIM, "%s", _("recorded on "));
    document_add_text(doc, STYLE_DIM, host, strlen(host));
    document_add(doc, STYLE_DIM,
                 reported->recorded->is_lost ? _(", last seen at %s") : _(", at %s"),
                 recorded_clock(feed, reported->snapshot->time_ns, clock));
}

static void add_unseen(struct document *doc, const struct reported *reported,
                       const struct document *life)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_STRONG, "%d ", (int)reported->pid);
    document_add_text(doc, STYLE_STRONG, reported->history->comm, strlen(reported->history->comm));
    document_add(doc, STYLE_UNKNOWN, "  %s", _("no refresh saw it: only events tell of its life"));
    document_append(doc, life);
}

static int print_reported(const struct reported *reported)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    _cleanup_(document_done) struct document life = DOCUMENT_INIT;
    life_tab(&life, reported->history, recorded_until_ns(reported->recorded),
             feed_header(reported->recorded->feed)->utc_offset_s);
    add_where(&doc, reported);
    if (reported->details.is_recorded)
        show_recorded(&doc, &reported->details, false, &life);
    else
        add_unseen(&doc, reported, &life);
    return output_document(&doc);
}

static int report(const struct options *options, const struct recorded *recorded, pid_t pid)
{
    struct reported reported = {
        .recorded = recorded, .snapshot = recorded_snapshot(recorded), .pid = pid};
    const struct recording_header *header = feed_header(recorded->feed);
    const struct process *process = recorded_process(recorded, pid);
    /* The life of the one that had a row; where none had, the newest under that number. */
    reported.history = process ? life_find(feed_life(recorded->feed), process->id)
                               : life_find_pid(feed_life(recorded->feed), pid);
    if (!process && !reported.history)
        return recorded_status(recorded, "show", pid, false, EXIT_NO_MATCH);
    int r = process ? details_recorded(process, reported.snapshot, header->ticks_per_second,
                                       &reported.details)
                    : 0;
    if (r < 0)
        return command_fail(EXIT_FAULT, "show: %s", strerror(-r));
    reported.details.utc_offset_s = header->utc_offset_s;
    int status = options->json ? print_reported_json(&reported) : print_reported(&reported);
    details_done(&reported.details);
    return recorded_status(recorded, "show", pid, true, status);
}

static int show_from(const struct options *options, const char *from, int argc, char **argv)
{
    _cleanup_(recorded_done) struct recorded recorded = RECORDED_INIT;
    pid_t pid;
    int status = recorded_operand(argc, argv, &pid);
    if (status == EXIT_DONE)
        status = recorded_read(&recorded, "show", from, options->own[SHOW_AT], pid);
    return status == EXIT_DONE ? report(options, &recorded, pid) : status;
}

/* ---- the command ---- */

/* The family and the sharers; without them the panel says that they were not seen. */
static int relate(struct details *details, struct error *error)
{
    _cleanup_(cleanup_live) struct live *live = NULL;
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    int r = live_new(&live, error);
    if (r >= 0)
        r = live_sweep(live, false, &snapshot, error);
    if (r < 0)
        return r;
    /* It may be gone by now; what was read of it still stands. */
    r = details_relate(details, &snapshot);
    if (r == 0)
        details_count_sharers(details, &snapshot);
    return r == -ESRCH ? 0 : r;
}

int command_show(const struct options *options, int argc, char **argv)
{
    const char *from;
    int status =
        recorded_from(options, "show", options->own[SHOW_FROM], options->own[SHOW_AT], 1, &from);
    if (status != EXIT_DONE)
        return status;
    if (from)
        return show_from(options, from, argc, argv);
    struct identity id;
    _cleanup_(cleanup_reader) struct reader *reader = NULL;
    status = operand_with_reader(argc, argv, &id, &reader);
    if (status != EXIT_DONE)
        return status;

    struct error error = ERROR_INIT;
    _cleanup_(details_done) struct details details = DETAILS_INIT;
    int r = details_read(id, reader, &details);
    if (r < 0)
        return operand_failed("show", id.pid, r);
    r = relate(&details, &error);
    if (r < 0)
        return command_fail(EXIT_FAULT, "show: %s", error.code < 0 ? error.message : strerror(-r));
    if (options->json)
        return print_json(&details);

    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    show_tab(&doc, &details, false);
    return output_document(&doc);
}
