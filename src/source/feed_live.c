#include "reaptop/source/feed_live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/ending.h"
#include "reaptop/source/connector.h"
#include "reaptop/source/trace.h"

enum {
    BATCH = 256,
    EVENTS = 2 * BATCH,
    WATCHED_MOST = 256
};

/* Between two steps of a sweep events have their turn. */
#define STEP_NS (10 * NS_PER_MS)

/* A storm of events that never ends does not hold up a snapshot for longer. */
#define SETTLE_NS NS_PER_SEC

enum stage {
    STAGE_NONE,
    STAGE_WANTED,   /* a sweep was asked for */
    STAGE_READING,  /* by steps */
    STAGE_SETTLING, /* it is whole; events of before it may not be read yet */
};

struct machine_source {
    struct live *live;
    struct connector *connector; /* NULL: not granted, or not wanted */
    struct trace *trace;         /* NULL: not wanted */
    struct watch *watch;         /* NULL: none */
    struct event *events; /* room for EVENTS, not cleared: what is not written takes no memory */
    enum stage stage;
    bool with_threads;
    struct snapshot *next;
    uint64_t step_ns;   /* when the next step of a sweep is due whatever comes */
    uint64_t settle_ns; /* when a snapshot is given whatever comes */
    bool has_changed;   /* a notice is due */
    char notice[256];
};

/* ---- events ---- */

static size_t read_connector(struct machine_source *machine, struct event events[static BATCH])
{
    int count = machine->connector ? connector_read(machine->connector, events, BATCH) : 0;
    for (int i = 0; i < count; i++)
        if (events[i].kind == EVENT_FORK)
            live_note_parent(machine->live, events[i].ppid);
    if (count >= 0)
        return (size_t)count;
    connector_close(machine->connector);
    machine->connector = NULL;
    machine->has_changed = true;
    (void)snprintf(machine->notice, sizeof(machine->notice),
                   _("the kernel's process events ended: %s"), strerror(-count));
    return 0;
}

static size_t read_trace(struct machine_source *machine, struct event events[static BATCH])
{
    int count = machine->trace ? trace_read(machine->trace, events, BATCH) : 0;
    if (count >= 0)
        return (size_t)count;
    trace_close(machine->trace);
    machine->trace = NULL;
    machine->has_changed = true;
    (void)snprintf(machine->notice, sizeof(machine->notice),
                   _("the kernel's signal tracepoints ended: %s"), strerror(-count));
    return 0;
}

/* Both in the order of time: a signal before the end that it brought. */
static void merge(const struct event *a, size_t a_count, const struct event *b, size_t b_count,
                  struct event *ret_events)
{
    while (a_count > 0 || b_count > 0) {
        bool is_b = a_count == 0 || (b_count > 0 && b->mono_ns < a->mono_ns);
        *ret_events++ = is_b ? *b++ : *a++;
        *(is_b ? &b_count : &a_count) -= 1;
    }
}

/* The connector is read second: it then has all that was before the signals. */
static size_t read_kernel(struct machine_source *machine)
{
    if (!machine->trace)
        return read_connector(machine, machine->events);
    struct event traced[BATCH], events[BATCH];
    size_t traced_count = read_trace(machine, traced), count = read_connector(machine, events);
    merge(traced, traced_count, events, count, machine->events);
    return traced_count + count;
}

static size_t read_events(struct machine_source *machine)
{
    size_t count = read_kernel(machine);
    return count == 0 && machine->watch ? watch_read(machine->watch, machine->events, BATCH)
                                        : count;
}

/* ---- a sweep ---- */

static void sweep(void *source, bool with_threads, struct snapshot *next)
{
    struct machine_source *machine = source;
    machine->stage = STAGE_WANTED;
    machine->with_threads = with_threads;
    machine->next = next;
}

/* Those whose first thread had ended before the connector was opened, or while events were lost. */
static void note_leaderless(struct machine_source *machine)
{
    pid_t pid;
    for (size_t at = 0;
         machine->connector && (pid = ending_next_leaderless(machine->next, &at)) > 0;)
        connector_note_leaderless(machine->connector, pid);
}

static int step(struct machine_source *machine, bool waits, struct error *error)
{
    int r;
    if (waits) {
        r = live_sweep(machine->live, machine->with_threads, machine->next, error);
    } else {
        if (machine->stage == STAGE_WANTED)
            live_sweep_begin(machine->live, machine->with_threads, machine->next);
        machine->stage = STAGE_READING;
        r = live_sweep_step(machine->live, clock_boot_ns() + STEP_NS, error);
    }
    uint64_t now_ns = clock_boot_ns();
    machine->step_ns = now_ns + STEP_NS;
    machine->settle_ns = now_ns + SETTLE_NS;
    if (r <= 0)
        machine->stage = r < 0 ? STAGE_NONE : STAGE_SETTLING;
    if (r == 0)
        note_leaderless(machine);
    return r;
}

static int take_notice(struct machine_source *machine, struct feed_input *input)
{
    struct recording_header *header = &input->header;
    header->ticks_per_second = sysconf(_SC_CLK_TCK);
    header->has_kernel_events = header->has_all_events = machine->connector != NULL;
    header->has_signals = machine->trace != NULL;
    memcpy(input->notice, machine->notice, sizeof(input->notice));
    machine->has_changed = false;
    machine->notice[0] = '\0';
    return FEED_NOTICE;
}

static int take_snapshot(struct machine_source *machine, struct feed_input *input)
{
    machine->stage = STAGE_NONE;
    input->header.utc_offset_s = clock_utc_offset_s(machine->next->time_ns);
    input->header.has_threads = machine->with_threads;
    return FEED_SNAPSHOT;
}

/* What a sweep shows is among the kernel's events by then: they are taken in first. */
static int next(void *source, struct feed_input *input, bool waits, struct error *error)
{
    struct machine_source *machine = source;
    if (machine->has_changed)
        return take_notice(machine, input);
    size_t count = read_events(machine);
    input->events = machine->events;
    input->count = count;
    bool is_sweeping = machine->stage == STAGE_WANTED || machine->stage == STAGE_READING;
    if (is_sweeping && (count < BATCH || clock_boot_ns() >= machine->step_ns)) {
        int r = step(machine, waits, error);
        if (r < 0)
            return r;
        if (count == 0 && machine->stage == STAGE_SETTLING)
            return next(source, input, waits, error);
    }
    if (count > 0 && (machine->stage != STAGE_SETTLING || clock_boot_ns() < machine->settle_ns))
        return FEED_EVENTS;
    if (machine->has_changed)
        return take_notice(machine, input);
    return machine->stage == STAGE_SETTLING ? take_snapshot(machine, input) : FEED_NOTHING;
}

static size_t fds(const void *source, struct pollfd *fds, bool *ret_is_due)
{
    const struct machine_source *machine = source;
    int sweep_fd = machine->stage == STAGE_READING ? live_sweep_fd(machine->live) : -1;
    const int all[FEED_FDS_MOST] = {
        machine->connector ? connector_fd(machine->connector) : -1,
        machine->trace ? trace_fd(machine->trace) : -1,
        machine->watch ? watch_fd(machine->watch) : -1,
        sweep_fd,
    };
    size_t count = 0;
    for (size_t i = 0; i < FEED_FDS_MOST; i++)
        if (all[i] >= 0)
            fds[count++] = (struct pollfd){.fd = all[i], .events = POLLIN};
    *ret_is_due = machine->has_changed || (machine->stage != STAGE_NONE && sweep_fd < 0);
    return count;
}

/* ---- opening ---- */

static void close_source(void *source)
{
    struct machine_source *machine = source;
    connector_close(machine->connector);
    trace_close(machine->trace);
    watch_free(machine->watch);
    live_free(machine->live);
    free(machine->events);
    free(machine);
}

static const struct feed_operations operations = {
    .next = next, .fds = fds, .close = close_source, .sweep = sweep};

static void open_events(struct machine_source *machine)
{
    struct error error = ERROR_INIT;
    if (connector_open(&machine->connector, &error) < 0) {
        machine->connector = NULL;
        debug(DEBUG_EVENTS, "connector: %s", error.message);
        memcpy(machine->notice, error.message, sizeof(machine->notice));
    }
    if (watch_new(&machine->watch, WATCHED_MOST) < 0)
        machine->watch = NULL;
}

int feed_live_open(const struct feed_live_options *options, struct feed **ret_feed,
                   struct error *error)
{
    struct machine_source *machine = calloc(1, sizeof(*machine));
    struct event *events = malloc(EVENTS * sizeof(*events));
    int r = machine && events ? live_new(&machine->live, error)
                              : error_set_errno(error, -ENOMEM, "%s", "feed");
    if (r < 0) {
        free(machine);
        free(events);
        return r;
    }
    machine->events = events;
    if (options->has_events)
        open_events(machine);
    r = feed_new(&operations, machine, &options->memory, ret_feed, error);
    if (r < 0)
        return r;
    machine->has_changed = true;
    (void)feed_next(*ret_feed, false, error);
    return 0;
}

int feed_trace(struct feed *feed, bool is_wanted, struct error *error)
{
    struct machine_source *machine = feed_source(feed, &operations);
    if (!machine || is_wanted == (machine->trace != NULL))
        return 0;
    int r = is_wanted ? trace_open(&machine->trace, error) : 0;
    if (r < 0 || !is_wanted) {
        if (r == 0)
            trace_close(machine->trace);
        machine->trace = NULL;
    }
    machine->has_changed = true;
    return r;
}

struct live *feed_live(const struct feed *feed)
{
    const struct machine_source *machine = feed_source(feed, &operations);
    return machine ? machine->live : NULL;
}

struct watch *feed_watch(const struct feed *feed)
{
    const struct machine_source *machine = feed_source(feed, &operations);
    return machine ? machine->watch : NULL;
}

void feed_receive(struct feed *feed, const struct event *events, size_t count)
{
    struct machine_source *machine = feed_source(feed, &operations);
    uint64_t deadline_ns = clock_boot_ns() + STEP_NS;
    size_t before;
    while (machine && clock_boot_ns() < deadline_ns && (before = read_kernel(machine)) > 0)
        life_receive(feed_life(feed), machine->events, before);
    life_receive(feed_life(feed), events, count);
}
