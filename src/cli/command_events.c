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

#include "extra_fill.h"
#include "filter_users.h"
#include "interrupt.h"
#include "journal.h"
#include "operand.h"
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
#include "reaptop/model/filter.h"
#include "reaptop/model/process.h"
#include "reaptop/model/tree.h"
#include "reaptop/source/feed_hosts.h"
#include "reaptop/source/feed_live.h"
#include "reaptop/source/feed_recording.h"
#include "recorded.h"

const struct option_info events_options[] = {
    {"kind", 'k', N_("LIST"), N_("only these kinds: fork,exec,exit … (explain events)")},
    {"from", '\0', N_("FILE"), N_("of a recording, or - for one that comes down a pipe")},
    {"signals", '\0', NULL, N_("who signals whom, why, and what becomes of it, too (root)")},
    {"filter", 'f', N_("EXPR"), N_("only of processes that match it, such as user=root (FILTERS)")},
    {"journal", '\0', NULL,
     N_("into journald, with fields: journalctl -t reaptop REAPTOP_PID=812")},
    {NULL, '\0', NULL, NULL},
};

enum own_option {
    OWN_KIND,
    OWN_FROM,
    OWN_SIGNALS,
    OWN_FILTER,
    OWN_JOURNAL
};

enum {
    EVENTS_KEPT = 1 << 16,
    LIVES_KEPT = 1 << 14,
    SETTLE_MS = 20
};

#define AWAITED_NS (200 * NS_PER_MS) /* longer than life takes a delivery to be prompt */
#define TURN_NS    (500 * NS_PER_MS)

struct listener {
    const struct options *options;
    struct feed *feed;
    bool is_recorded;
    pid_t operand;
    const pid_t *roots; /* the PIDs asked for */
    size_t root_count;
    uint64_t reported;          /* serial of the next event to print */
    struct identity_set family; /* of the PID asked for; empty: all are reported */
    bool has_family;
    bool has_swept;
    bool is_over;     /* nothing is waited for any more */
    bool is_waiting;  /* the next event's fate is not known yet */
    uint32_t kinds;   /* a bit for each that is told */
    uint64_t printed; /* events so far, for --iterations */
    struct filter *filter;
    struct reader *reader; /* NULL: the filter asks for nothing that is to be read */
    int signal_fd;
};

static void listener_done(struct listener *listener)
{
    filter_free(listener->filter);
    reader_free(listener->reader);
    identity_set_done(&listener->family);
    feed_close(listener->feed);
    listener->signal_fd = fd_close(listener->signal_fd);
}

/* ---- whose events are reported ---- */

static bool is_family(const struct listener *listener, pid_t pid)
{
    const struct history *history = life_find_pid(feed_life(listener->feed), pid);
    return history && identity_set_has(&listener->family, history->id);
}

/* A child of the family joins it at its birth and stays, whoever adopts it. */
static bool is_of_family(struct listener *listener, const struct event *event)
{
    if (!listener->has_family)
        return true;
    if (event->kind == EVENT_FORK && is_family(listener, event->ppid)) {
        const struct history *history = life_find_pid(feed_life(listener->feed), event->id.pid);
        if (history)
            (void)identity_set_add(&listener->family, history->id);
        return true;
    }
    bool is_sent = event->kind == EVENT_SIGNAL && delivery_is_by_process(event->cause);
    return is_family(listener, event->id.pid) || (is_sent && is_family(listener, event->sender));
}

/* Effective users; who was never seen with one is not reported. */
static bool is_of_user(const struct listener *listener, const struct event *event)
{
    const struct options *options = listener->options;
    const struct history *history = life_find_pid(feed_life(listener->feed), event->id.pid);
    for (size_t i = 0; i < options->uid_count; i++)
        if (history && history->has_uid && history->uid == options->uids[i])
            return true;
    return options->uid_count == 0;
}

static bool passes_when_read(const struct listener *listener, struct process *process)
{
    struct live *live = feed_live(listener->feed);
    struct snapshot *snapshot = feed_snapshot(listener->feed);
    while (listener->reader &&
           live_fill_filter_row(live, listener->reader, snapshot, listener->filter, process) > 0)
        live_await_extra(live, listener->reader);
    return filter_passes(listener->filter, process);
}

/* As the last sweep saw it; of what lived between two of them, what the kernel reported. */
static bool passes(const struct listener *listener, const struct event *event)
{
    if (!listener->filter)
        return true;
    struct process *process = snapshot_find_identity(feed_snapshot(listener->feed), event->id);
    const struct process *before = snapshot_find_identity(feed_previous(listener->feed), event->id);
    const struct history *history = life_find_pid(feed_life(listener->feed), event->id.pid);
    if (process)
        return passes_when_read(listener, process);
    if (before)
        return filter_passes(listener->filter, before);
    struct process reported = {
        .id = event->id,
        .tgid = event->id.pid,
        .ppid = event->ppid,
        .state = event->kind == EVENT_EXIT ? 'Z' : 'R',
        .comm = event->comm,
        .uid = history && history->has_uid ? history->uid : (uid_t)-1,
        .cpu_percent = CPU_UNKNOWN,
        .argv_access = ACCESS_UNREAD,
    };
    return passes_when_read(listener, &reported);
}

static bool is_enough(const struct listener *listener)
{
    return listener->options->iterations > 0 && listener->printed >= listener->options->iterations;
}

/* A loss is reported whatever was asked for: it may have been that. */
static bool is_reported(struct listener *listener, const struct event *event)
{
    if (event->kind == EVENT_LOST)
        return true;
    if (event->kind == EVENT_NOTE) /* it tells of all */
        return (listener->kinds & 1U << event->kind) != 0;
    bool is_ours = is_of_family(listener, event); /* every birth counts, told or not */
    return is_ours && (listener->kinds & 1U << event->kind) && is_of_user(listener, event) &&
           passes(listener, event);
}

static int join_family(struct listener *listener, const pid_t *roots, size_t count)
{
    _cleanup_free_ uint32_t *found = NULL;
    size_t found_count = 0;
    const struct snapshot *snapshot = feed_snapshot(listener->feed);
    int r = tree_descendants(snapshot, roots, count, &found, &found_count);
    for (size_t i = 0; r == 0 && i < found_count; i++)
        r = identity_set_add(&listener->family, snapshot->processes[found[i]].id);
    return r;
}

static bool is_family_over(const struct listener *listener)
{
    const struct snapshot *snapshot = feed_snapshot(listener->feed);
    for (size_t i = 0; i < listener->family.count; i++)
        if (snapshot_find_identity(snapshot, listener->family.ids[i]))
            return false;
    return true;
}

/* ---- printing ---- */

/* Of several machines, the one where it happened. */
static const char *host_of(const struct listener *listener, const struct event *event)
{
    pid_t host = pid_host(event->id.pid);
    const struct process *row =
        host > 0 ? snapshot_find(feed_snapshot(listener->feed), host) : NULL;
    return row ? row->host : NULL;
}

static int print_json(const struct listener *listener, const struct event *event)
{
    const struct event local = event_with_local_pids(event);
    const char *host = host_of(listener, event);
    json_t *object = event_json(&local);
    if (host)
        json_put(object, "host", json_string_or_null(host));
    return json_output(object);
}

static int print_text(const struct listener *listener, const struct event *event)
{
    _cleanup_(strbuf_done) struct strbuf line = STRBUF_INIT;
    const char *host = host_of(listener, event);
    if (host)
        strbuf_printf(&line, "%s ", host);
    event_text(event, feed_header(listener->feed)->utc_offset_s, &line);
    return output_text(&line);
}

/*
 * What becomes of a signal follows its sending within microseconds, unless it
 * is blocked or its target does not run: until then the line waits, and what
 * came after it with it.
 */
static bool is_awaited(const struct listener *listener, const struct event *event, uint64_t now_ns)
{
    return !listener->is_recorded && !listener->is_over &&
           feed_header(listener->feed)->has_signals && event->kind == EVENT_SIGNAL &&
           event->source == EVENT_FROM_TRACE && delivery_is_open(event->fate) &&
           event->mono_ns + AWAITED_NS > now_ns;
}

static int print(const struct listener *listener, const struct event *event)
{
    if (!listener->options->own[OWN_JOURNAL])
        return listener->options->json ? print_json(listener, event) : print_text(listener, event);
    int r = journal_send(event, host_of(listener, event));
    return r < 0 ? command_fail(EXIT_FAULT, "events: --journal: %s", strerror(-r)) : EXIT_DONE;
}

static int print_news(struct listener *listener)
{
    const struct event_log *log = life_log(feed_life(listener->feed));
    uint64_t oldest = log->total - log->count;
    int status = EXIT_DONE;
    uint64_t now_ns = clock_boot_ns();
    listener->is_waiting = false;
    if (listener->reported < oldest)
        listener->reported = oldest;
    for (; status == EXIT_DONE && listener->reported < log->total && !is_enough(listener);
         listener->reported++) {
        const struct event *event = event_log_get(log, (size_t)(listener->reported - oldest));
        if (is_awaited(listener, event, now_ns)) {
            listener->is_waiting = true;
            break;
        }
        if (!is_reported(listener, event))
            continue;
        listener->printed += event->kind != EVENT_LOST;
        status = print(listener, event);
    }
    return status;
}

/* ---- the stream ---- */

/* Takes in what has come; true where events were among it. */
static bool receive(struct listener *listener)
{
    struct error error = ERROR_INIT;
    uint64_t deadline_ns = clock_boot_ns() + TURN_NS; /* what never ends must be printed, too */
    bool has_news = false;
    int item;
    while ((item = feed_next(listener->feed, false, &error)) > FEED_NOTHING && item != FEED_END &&
           clock_boot_ns() < deadline_ns) {
        has_news |= item == FEED_EVENTS;
        if (item == FEED_NOTICE && feed_notice(listener->feed)[0] != '\0')
            (void)command_fail(EXIT_DONE, "events: %s", feed_notice(listener->feed));
    }
    return has_news;
}

/* What the filter asks of processes is read while they live: their ends come later. */
static int sweep(struct listener *listener)
{
    struct error error = ERROR_INIT;
    if (feed_refresh(listener->feed, false, &error) < 0)
        return command_fail(EXIT_FAULT, "events: %s", error.message);
    const char *command = listener->has_swept ? NULL : "events";
    listener->has_swept = true;
    int r = extra_fill_filter(command, listener->feed, listener->reader, listener->filter, NULL);
    return r < 0 ? command_fail(EXIT_FAULT, "events: %s", strerror(-r)) : EXIT_DONE;
}

/* Waits until the time and prints what comes meanwhile; *ret_ends where a signal ends us. */
static int wait_until(struct listener *listener, uint64_t ns, bool *ret_ends)
{
    uint64_t now;
    int status = EXIT_DONE;
    while (status == EXIT_DONE && !is_enough(listener) && (now = clock_boot_ns()) < ns) {
        struct pollfd fds[1 + FEED_FDS_MOST] = {{.fd = listener->signal_fd, .events = POLLIN}};
        bool is_due;
        size_t count = feed_fds(listener->feed, &fds[1], &is_due);
        int left_ms = is_due ? 0 : (int)((ns - now + NS_PER_MS - 1) / NS_PER_MS);
        if (listener->is_waiting && left_ms > SETTLE_MS)
            left_ms = SETTLE_MS;
        if (poll(fds, 1 + count, left_ms) < 0 && errno != EINTR)
            return command_fail(EXIT_FAULT, "events: %s", strerror(errno));
        if (fds[0].revents) {
            *ret_ends = true;
            break;
        }
        if (receive(listener) || listener->is_waiting)
            status = print_news(listener);
    }
    return status;
}

static int stream(struct listener *listener)
{
    bool ends = false;
    while (!ends && !is_enough(listener)) {
        int status = wait_until(listener, clock_boot_ns() + listener->options->delay_ns, &ends);
        if (status == EXIT_DONE && !is_enough(listener))
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
    const struct snapshot *snapshot = feed_snapshot(listener->feed);
    int r = 0;
    for (size_t i = 0; r == 0 && i < listener->root_count; i++) {
        const pid_t *root = &listener->roots[i];
        const struct history *history = life_find_pid(feed_life(listener->feed), *root);
        if (is_found(listener, *root))
            continue;
        if (snapshot_find(snapshot, *root))
            r = join_family(listener, root, 1);
        else if (history)
            r = identity_set_add(&listener->family, history->id);
    }
    return r;
}

static int stream_recording(struct listener *listener)
{
    struct error error = ERROR_INIT;
    int item, r, status = EXIT_DONE;
    while ((item = feed_refresh(listener->feed, false, &error)) == FEED_SNAPSHOT) {
        r = look_for_roots(listener);
        status =
            r < 0 ? command_fail(EXIT_FAULT, "events: %s", strerror(-r)) : print_news(listener);
        if (status != EXIT_DONE || is_enough(listener))
            return status;
    }
    r = look_for_roots(listener);
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
                "events", _("--kind: invalid value '%s': expected %s"), word,
                _("kinds joined by commas, such as fork,exec,exit (explain events)"));
        listener->kinds |= 1U << kind;
    }
    return EXIT_DONE;
}

/* What the stream could not hold, in the end: nobody should take it for whole. */
static void report_gaps(const struct listener *listener)
{
    struct life_losses losses = feed_losses(listener->feed);
    const struct recording_header *header = feed_header(listener->feed);
    if (losses.times > 0)
        (void)command_fail(EXIT_DONE, _("events: lost: %llu at least, in %llu gaps"),
                           (unsigned long long)losses.events, (unsigned long long)losses.times);
    if (listener->is_recorded && listener->options->own[OWN_SIGNALS] && !header->has_signals)
        (void)command_fail(EXIT_DONE,
                           _("events: it was recorded without --signals: nobody's are in it"));
    if (!header->has_kernel_events)
        (void)command_fail(EXIT_DONE,
                           _("events: sweeps alone: lives shorter than the delay may be missed"));
}

/* Their ends are reported at once, and so is state X where it is caught: as far as it goes. */
static void watch_roots(struct listener *listener)
{
    struct watch *watch = feed_watch(listener->feed);
    for (size_t i = 0; watch && i < listener->root_count; i++) {
        const struct process *process =
            snapshot_find(feed_snapshot(listener->feed), listener->roots[i]);
        if (process)
            (void)watch_add(watch, process->id, process->comm);
    }
}

static int take_filter(struct listener *listener)
{
    struct error error = ERROR_INIT;
    const char *typed = listener->options->own[OWN_FILTER];
    if (!typed)
        return EXIT_DONE;
    int r = filter_parse(typed, &listener->filter, &error);
    if (r == 0) /* a recording's users are those of its machine */
        r = listener->options->own[OWN_FROM] || listener->options->remote
                ? extra_check_recorded(listener->filter, listener->options->remote, &error)
                : filter_check_users(listener->filter, &error);
    if (r < 0)
        return command_usage_error("events", "--filter: %s", error.message);
    if (filter_parts(listener->filter) != 0 && reader_new(&listener->reader, &error) < 0)
        return command_fail(EXIT_FAULT, "events: %s", error.message);
    return EXIT_DONE;
}

static int take_arguments(struct listener *listener, int argc, char **argv)
{
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
    listener->operand = (pid_t)pid;
    listener->roots = pid > 0 ? &listener->operand : listener->options->pids;
    listener->root_count = pid > 0 ? 1 : listener->options->pid_count;
    listener->has_family = listener->root_count > 0;
    return EXIT_DONE;
}

/* Whatever was there before it began is no event. */
static int begin_live(struct listener *listener)
{
    struct error error = ERROR_INIT;
    listener->signal_fd = interrupt_open();
    if (listener->signal_fd < 0)
        return command_fail(EXIT_FAULT, "events: %s", strerror(-listener->signal_fd));
    if (feed_notice(listener->feed)[0] != '\0')
        (void)command_fail(EXIT_DONE, "events: %s", feed_notice(listener->feed));
    if (listener->options->own[OWN_SIGNALS] && feed_trace(listener->feed, true, &error) < 0)
        return command_fail(EXIT_FAULT, "events: %s", error.message);
    int status = sweep(listener);
    if (status != EXIT_DONE || !listener->has_family)
        return status;
    for (size_t i = 0; i < listener->root_count; i++)
        if (!snapshot_find(feed_snapshot(listener->feed), listener->roots[i]))
            return operand_absent("events", listener->roots[i]);
    watch_roots(listener);
    int r = join_family(listener, listener->roots, listener->root_count);
    return r < 0 ? command_fail(EXIT_FAULT, "events: %s", strerror(-r)) : EXIT_DONE;
}

static int set_up(struct listener *listener, int argc, char **argv)
{
    struct error error = ERROR_INIT;
    const char *from;
    const struct feed_live_options live = {.memory = {.events = EVENTS_KEPT,
                                                      .ended = LIVES_KEPT,
                                                      .interval_ns = listener->options->delay_ns},
                                           .has_events = true};
    bool names_pids = argc > 1 || listener->options->pid_count > 0; /* of one machine */
    int status = recorded_from(listener->options, "events", listener->options->own[OWN_FROM], NULL,
                               names_pids ? 1 : HOSTS_MOST, &from);
    if (status == EXIT_DONE)
        status = take_arguments(listener, argc, argv);
    if (status == EXIT_DONE)
        status = take_filter(listener);
    if (status != EXIT_DONE)
        return status;
    if (listener->options->own[OWN_JOURNAL] && journal_open(&error) < 0)
        return command_fail(EXIT_FAULT, "events: %s", error.message);
    listener->is_recorded = from != NULL;
    if ((from ? feed_open_from(from, &live.memory, &listener->feed, &error)
              : feed_live_open(&live, &listener->feed, &error)) < 0)
        return command_fail(EXIT_FAULT, "events: %s", error.message);
    return from ? EXIT_DONE : begin_live(listener);
}

int command_events(const struct options *options, int argc, char **argv)
{
    _cleanup_(listener_done) struct listener listener = {.options = options, .signal_fd = -EBADF};
    int status = set_up(&listener, argc, argv);
    if (status != EXIT_DONE)
        return status;
    status = listener.is_recorded ? stream_recording(&listener) : stream(&listener);
    listener.is_over = true;
    if (status == EXIT_DONE && !listener.is_recorded)
        status = print_news(&listener);
    report_gaps(&listener);
    return status;
}
