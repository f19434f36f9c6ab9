/*
 * events: what happens in processes' lives, as it happens.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"
#include "reaptop/base/text.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/event_json.h"
#include "reaptop/cli/event_text.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/model/life.h"
#include "reaptop/model/tree.h"
#include "reaptop/source/connector.h"
#include "reaptop/source/live.h"
#include "reaptop/source/recording.h"
#include "reaptop/source/trace.h"
#include "reaptop/source/watch.h"

const struct option_info events_options[] = {
    {"kind", 'k', N_("LIST"), N_("only these kinds: fork,exec,exit … (explain events)")},
    {"from", '\0', N_("FILE"), N_("of a recording, or - for one that comes down a pipe")},
    {"signals", '\0', NULL, N_("who signals whom, why, and what becomes of it, too (root)")},
    {NULL, '\0', NULL, NULL},
};

enum own_option {
    OWN_KIND,
    OWN_FROM,
    OWN_SIGNALS
};

enum {
    EVENTS_KEPT = 1 << 16,
    LIVES_KEPT = 1 << 14,
    BATCH = 256,
    WATCHED_MOST = 256,
    SETTLE_MS = 20
};

#define AWAITED_NS (200 * NS_PER_MS) /* longer than life takes a delivery to be prompt */
#define TURN_NS    (500 * NS_PER_MS)

struct listener {
    const struct options *options;
    struct live *live; /* NULL: a recording is read */
    struct recording *recording;
    pid_t operand;
    const pid_t *roots; /* the PIDs asked for */
    size_t root_count;
    struct life *life;
    struct connector *connector; /* NULL: not granted here */
    struct trace *trace;         /* NULL: not asked for */
    struct watch *watch;         /* of the PIDs asked for; NULL: none were */
    struct snapshot snapshots[2];
    int newest;
    uint64_t reported;          /* serial of the next event to print */
    struct identity_set family; /* of the PID asked for; empty: all are told */
    bool has_family;
    bool is_waiting; /* the next event's fate is not known yet */
    uint32_t kinds;  /* a bit for each that is told */
    int signal_fd;
};

static void listener_done(struct listener *listener)
{
    identity_set_done(&listener->family);
    snapshot_done(&listener->snapshots[0]);
    snapshot_done(&listener->snapshots[1]);
    connector_close(listener->connector);
    trace_close(listener->trace);
    watch_free(listener->watch);
    life_free(listener->life);
    live_free(listener->live);
    recording_close(listener->recording);
    listener->signal_fd = fd_close(listener->signal_fd);
}

/* ---- whose events are told ---- */

static bool is_family(const struct listener *listener, pid_t pid)
{
    const struct history *history = life_find_pid(listener->life, pid);
    return history && identity_set_has(&listener->family, history->id);
}

/* A child of the family joins it at its birth and stays, whoever adopts it. */
static bool is_of_family(struct listener *listener, const struct event *event)
{
    if (!listener->has_family)
        return true;
    if (event->kind == EVENT_FORK && is_family(listener, event->ppid)) {
        const struct history *history = life_find_pid(listener->life, event->id.pid);
        if (history)
            (void)identity_set_add(&listener->family, history->id);
        return true;
    }
    bool is_sent = event->kind == EVENT_SIGNAL && delivery_is_by_process(event->cause);
    return is_family(listener, event->id.pid) || (is_sent && is_family(listener, event->sender));
}

/* Effective users; who was never seen with one is not told. */
static bool is_of_user(const struct listener *listener, const struct event *event)
{
    const struct options *options = listener->options;
    const struct history *history = life_find_pid(listener->life, event->id.pid);
    for (size_t i = 0; i < options->uid_count; i++)
        if (history && history->has_uid && history->uid == options->uids[i])
            return true;
    return options->uid_count == 0;
}

/* A loss is told whatever was asked for: it may have been that. */
static bool is_reported(struct listener *listener, const struct event *event)
{
    if (event->kind == EVENT_LOST)
        return true;
    bool is_ours = is_of_family(listener, event); /* every birth counts, told or not */
    return is_ours && (listener->kinds & 1U << event->kind) && is_of_user(listener, event);
}

static int join_family(struct listener *listener, const pid_t *roots, size_t count)
{
    struct tree tree = TREE_INIT;
    const struct snapshot *snapshot = &listener->snapshots[listener->newest];
    const struct tree_options options = {
        .sort = FIELD_PID, .shows_kernel = true, .roots = roots, .root_count = count};
    int r = tree_build(&tree, snapshot, NULL, &options);
    for (size_t i = 0; r == 0 && i < tree.count; i++)
        r = identity_set_add(&listener->family, snapshot->processes[tree.rows[i].process].id);
    tree_done(&tree);
    return r;
}

static bool is_family_over(const struct listener *listener)
{
    const struct snapshot *snapshot = &listener->snapshots[listener->newest];
    for (size_t i = 0; i < listener->family.count; i++)
        if (snapshot_find_identity(snapshot, listener->family.ids[i]))
            return false;
    return true;
}

/* ---- printing ---- */

static int print_text(const struct listener *listener, const struct event *event)
{
    _cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;
    if (listener->recording)
        event_text_at(event, recording_header(recording_reader(listener->recording))->utc_offset_s,
                      &line);
    else
        event_text(event, &line);
    return output_text(&line);
}

/*
 * What becomes of a signal follows its sending within microseconds, unless it
 * is blocked or its target does not run: until then the line waits, and what
 * came after it with it.
 */
static bool is_awaited(const struct listener *listener, const struct event *event, uint64_t now_ns)
{
    return listener->trace && event->kind == EVENT_SIGNAL && event->source == EVENT_FROM_TRACE &&
           delivery_is_open(event->fate) && event->mono_ns + AWAITED_NS > now_ns;
}

static int print_news(struct listener *listener)
{
    const struct event_log *log = life_log(listener->life);
    uint64_t oldest = log->total - log->count;
    int status = EXIT_DONE;
    uint64_t now_ns = clock_boot_ns();
    listener->is_waiting = false;
    if (listener->reported < oldest)
        listener->reported = oldest;
    for (; status == EXIT_DONE && listener->reported < log->total; listener->reported++) {
        const struct event *event = event_log_get(log, (size_t)(listener->reported - oldest));
        if (is_awaited(listener, event, now_ns)) {
            listener->is_waiting = true;
            break;
        }
        if (!is_reported(listener, event))
            continue;
        status =
            listener->options->json ? json_output(event_json(event)) : print_text(listener, event);
    }
    return status;
}

/* ---- the stream ---- */

static size_t read_connector(struct listener *listener, struct event events[static BATCH])
{
    int count = listener->connector ? connector_read(listener->connector, events, BATCH) : 0;
    if (count < 0) {
        connector_close(listener->connector);
        listener->connector = NULL;
        life_set_kernel_reports(listener->life, false);
    }
    return count > 0 ? (size_t)count : 0;
}

static size_t read_trace(struct listener *listener, struct event events[static BATCH])
{
    int count = listener->trace ? trace_read(listener->trace, events, BATCH) : 0;
    if (count < 0) {
        (void)command_fail(EXIT_DONE, _("events: the kernel's signal tracepoints ended: %s"),
                           strerror(-count));
        trace_close(listener->trace);
        listener->trace = NULL;
    }
    return count > 0 ? (size_t)count : 0;
}

/*
 * Takes in what the kernel told; true where there was something. The connector
 * comes second: it has then told all that was before the signals.
 */
static bool receive(struct listener *listener)
{
    struct event traced[BATCH], events[BATCH];
    uint64_t deadline_ns = clock_boot_ns() + TURN_NS; /* what never ends must be printed, too */
    bool has_news = false;
    do {
        size_t traced_count = read_trace(listener, traced);
        size_t count = read_connector(listener, events);
        life_receive_both(listener->life, traced, traced_count, events, count);
        if (traced_count + count == 0)
            break;
        has_news = true;
    } while (!listener->trace || clock_boot_ns() < deadline_ns);
    return has_news;
}

/* As hear(), of the ends of those that were asked for. */
static bool receive_watch(struct listener *listener)
{
    struct event events[BATCH];
    bool has_news = false;
    size_t count;
    while (listener->watch && (count = watch_read(listener->watch, events, BATCH)) > 0) {
        life_receive(listener->life, events, count);
        has_news = true;
    }
    return has_news;
}

static int sweep(struct listener *listener)
{
    struct error error = ERROR_INIT;
    const struct snapshot *previous = &listener->snapshots[listener->newest];
    struct snapshot *next = &listener->snapshots[!listener->newest];
    if (live_sweep(listener->live, false, next, &error) < 0)
        return command_fail(EXIT_FAULT, "events: %s", error.message);
    (void)receive(listener); /* what this sweep shows is in the kernel's account by now */
    (void)receive_watch(listener);
    int r = life_update(listener->life, previous, next, NULL, 0);
    if (r < 0)
        return command_fail(EXIT_FAULT, "events: %s", strerror(-r));
    listener->newest = !listener->newest;
    return EXIT_DONE;
}

/* Waits until the time and tells what is heard meanwhile; *ret_ends where a signal ends us. */
static int wait_until(struct listener *listener, uint64_t ns, bool *ret_ends)
{
    uint64_t now;
    int status = EXIT_DONE;
    while (status == EXIT_DONE && (now = clock_boot_ns()) < ns) {
        struct pollfd fds[] = {
            {.fd = listener->signal_fd, .events = POLLIN},
            {.fd = listener->connector ? connector_fd(listener->connector) : -1, .events = POLLIN},
            {.fd = listener->trace ? trace_fd(listener->trace) : -1, .events = POLLIN},
            {.fd = listener->watch ? watch_fd(listener->watch) : -1, .events = POLLIN},
        };
        int left_ms = (int)((ns - now + NS_PER_MS - 1) / NS_PER_MS);
        if (listener->is_waiting && left_ms > SETTLE_MS)
            left_ms = SETTLE_MS;
        (void)poll(fds, ELEMENTS(fds), left_ms);
        if (fds[0].revents) {
            *ret_ends = true;
            break;
        }
        bool has_news = receive(listener);
        has_news = receive_watch(listener) || has_news;
        if (has_news || listener->is_waiting)
            status = print_news(listener);
    }
    return status;
}

static int stream(struct listener *listener)
{
    uint64_t rounds = listener->options->iterations;
    bool ends = false;
    for (uint64_t i = 0; !ends && (rounds == 0 || i < rounds); i++) {
        int status = wait_until(listener, clock_boot_ns() + listener->options->delay_ns, &ends);
        if (status == EXIT_DONE)
            status = sweep(listener);
        if (status == EXIT_DONE)
            status = print_news(listener);
        if (status != EXIT_DONE)
            return status;
        if (listener->has_family && is_family_over(listener))
            return EXIT_DONE;
    }
    return EXIT_DONE;
}

/* ---- a recording ---- */

static bool is_found(const struct listener *listener, pid_t root)
{
    for (size_t i = 0; i < listener->family.count; i++)
        if (listener->family.ids[i].pid == root)
            return true;
    return false;
}

/* In a recording a process may be born later, or have lived between two refreshes only. */
static int look_for_roots(struct listener *listener)
{
    const struct snapshot *snapshot = &listener->snapshots[listener->newest];
    int r = 0;
    for (size_t i = 0; r == 0 && i < listener->root_count; i++) {
        const pid_t *root = &listener->roots[i];
        const struct history *history = life_find_pid(listener->life, *root);
        if (is_found(listener, *root))
            continue;
        if (snapshot_find(snapshot, *root))
            r = join_family(listener, root, 1);
        else if (history)
            r = identity_set_add(&listener->family, history->id);
    }
    return r;
}

static int take_recorded(struct listener *listener)
{
    struct snapshot *next = &listener->snapshots[!listener->newest];
    snapshot_done(next);
    int r = snapshot_copy(recording_snapshot(recording_reader(listener->recording)), next);
    if (r == 0)
        r = life_update(listener->life, &listener->snapshots[listener->newest], next, NULL, 0);
    listener->newest = !listener->newest;
    if (r == 0)
        r = look_for_roots(listener);
    return r < 0 ? command_fail(EXIT_FAULT, "events: %s", strerror(-r)) : print_news(listener);
}

static int stream_recording(struct listener *listener)
{
    struct error error = ERROR_INIT;
    int item, status = EXIT_DONE;
    uint64_t rounds = listener->options->iterations, taken = 0;
    while ((item = recording_read(listener->recording, true, &error)) > 0 &&
           item != RECORDING_END) {
        const struct recording_reader *reader = recording_reader(listener->recording);
        if (item == RECORDING_HEADER)
            life_set_kernel_reports(listener->life, recording_header(reader)->has_all_events);
        if (item == RECORDING_EVENTS) {
            size_t count;
            const struct event *events = recording_events(reader, &count);
            life_receive(listener->life, events, count);
        }
        if (item == RECORDING_SNAPSHOT) {
            status = take_recorded(listener);
            taken++;
        }
        if (status != EXIT_DONE || (rounds > 0 && taken > rounds))
            return status;
    }
    int r = look_for_roots(listener);
    status = r < 0 ? command_fail(EXIT_FAULT, "events: %s", strerror(-r)) : print_news(listener);
    if (item < 0)
        return command_fail(EXIT_FAULT, "events: %s", error.message);
    if (status == EXIT_DONE && listener->has_family && listener->family.count == 0)
        return command_fail(EXIT_NO_MATCH, _("events: there is no process %d in it"),
                            (int)listener->roots[0]);
    return status;
}

/* ---- beginning ---- */

static int take_kinds(struct listener *listener, const char *list)
{
    _cleanup_free_ char *words = strdup(list);
    char *rest = words, *word;
    if (!words)
        return command_fail(EXIT_FAULT, "events: %s", strerror(ENOMEM));
    listener->kinds = 0;
    while ((word = strsep(&rest, ","))) {
        int kind = event_kind_from_name(word);
        if (kind < 0)
            return command_usage_error(
                "events", _("--kind: '%s' is wrong: it takes %s"), word,
                _("kinds joined by commas, such as fork,exec,exit (explain events)"));
        listener->kinds |= 1U << kind;
    }
    return EXIT_DONE;
}

/* What the stream could not hold, in the end: nobody should take it for whole. */
static void report_gaps(const struct listener *listener)
{
    struct life_losses losses = life_losses(listener->life);
    if (losses.times > 0)
        (void)command_fail(EXIT_DONE, _("events: lost: %llu at least, in %llu gaps"),
                           (unsigned long long)losses.events, (unsigned long long)losses.times);
    bool was_reported =
        listener->recording
            ? recording_header(recording_reader(listener->recording))->has_kernel_events
            : listener->connector != NULL;
    if (listener->recording && listener->options->own[OWN_SIGNALS] &&
        !recording_header(recording_reader(listener->recording))->has_signals)
        (void)command_fail(EXIT_DONE,
                           _("events: it was recorded without --signals: nobody's are in it"));
    if (!was_reported)
        (void)command_fail(EXIT_DONE,
                           _("events: sweeps alone: lives shorter than the delay may be missed"));
}

/* Their ends are told at once, and so is state X where it is caught: as far as it goes. */
static void watch_roots(struct listener *listener)
{
    const struct snapshot *snapshot = &listener->snapshots[listener->newest];
    if (watch_new(&listener->watch, WATCHED_MOST) < 0)
        listener->watch = NULL;
    for (size_t i = 0; listener->watch && i < listener->root_count; i++) {
        const struct process *process = snapshot_find(snapshot, listener->roots[i]);
        if (process)
            (void)watch_add(listener->watch, process->id, process->comm);
    }
}

static int set_up(struct listener *listener, int argc, char **argv)
{
    struct error error = ERROR_INIT;
    int64_t pid = 0;
    listener->kinds = UINT32_MAX;
    if (listener->options->own[OWN_KIND]) {
        int wrong = take_kinds(listener, listener->options->own[OWN_KIND]);
        if (wrong != EXIT_DONE)
            return wrong;
    }
    if (argc > 2)
        return command_usage_error("events", _("it takes one PID at most, not %d"), argc - 1);
    if (argc == 2 && number_parse(argv[1], 1, INT_MAX, &pid) < 0)
        return command_usage_error("events", _("'%s' is not a PID: a number from 1 on"), argv[1]);
    if (argc == 2 && listener->options->pid_count > 0)
        return command_usage_error("events", _("give a PID or --pid, not both"));
    const char *from = listener->options->own[OWN_FROM];
    if ((from ? recording_open(from, &listener->recording, &error)
              : live_new(&listener->live, &error)) < 0)
        return command_fail(EXIT_FAULT, "events: %s", error.message);

    listener->life = life_new(EVENTS_KEPT, LIVES_KEPT);
    listener->operand = (pid_t)pid;
    listener->roots = pid > 0 ? &listener->operand : listener->options->pids;
    listener->root_count = pid > 0 ? 1 : listener->options->pid_count;
    listener->has_family = from && listener->root_count > 0;
    if (from)
        return listener->life ? EXIT_DONE
                              : command_fail(EXIT_FAULT, "events: %s", strerror(ENOMEM));
    listener->signal_fd = interrupt_open();
    if (connector_open(&listener->connector, &error) < 0) {
        listener->connector = NULL;
        (void)command_fail(EXIT_DONE, "events: %s", error.message);
    }
    if (listener->options->own[OWN_SIGNALS] && trace_open(&listener->trace, &error) < 0)
        return command_fail(EXIT_FAULT, "events: %s", error.message);
    if (!listener->life || listener->signal_fd < 0)
        return command_fail(EXIT_FAULT, "events: %s", strerror(ENOMEM));
    life_set_kernel_reports(listener->life, listener->connector != NULL);
    int status = sweep(listener);
    const pid_t *roots = listener->roots;
    size_t root_count = listener->root_count;
    if (status != EXIT_DONE || root_count == 0)
        return status;

    listener->has_family = true;
    for (size_t i = 0; i < root_count; i++)
        if (!snapshot_find(&listener->snapshots[listener->newest], roots[i]))
            return command_fail(EXIT_NO_MATCH, _("events: there is no process %d"), (int)roots[i]);
    watch_roots(listener);
    int r = join_family(listener, roots, root_count);
    return r < 0 ? command_fail(EXIT_FAULT, "events: %s", strerror(-r)) : EXIT_DONE;
}

int command_events(const struct options *options, int argc, char **argv)
{
    _cleanup_(listener_done) struct listener listener = {.options = options, .signal_fd = -EBADF};
    int status = set_up(&listener, argc, argv);
    if (status != EXIT_DONE)
        return status;
    status = listener.recording ? stream_recording(&listener) : stream(&listener);
    trace_close(listener.trace);
    listener.trace = NULL; /* nothing is waited for any more */
    if (status == EXIT_DONE && !listener.recording)
        status = print_news(&listener);
    report_gaps(&listener);
    return status;
}
