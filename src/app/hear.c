/*
 * hear: events that the kernel tells, taken into the lives at once.
 */
#include <string.h>

#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "state.h"

enum {
    BATCH = 256,
    WATCHED_MOST = 256
};

/* Then the keys have their turn. */
#define TURN_NS (15 * NS_PER_MS)

void receive_start(struct app *app)
{
    struct error error = ERROR_INIT;
    if (!app->scene.is_readonly)
        trace_clean();
    if (connector_open(&app->connector, &error) < 0) {
        app->connector = NULL;
        debug(DEBUG_EVENTS, "connector: %s", error.message);
    }
    life_set_kernel_reports(app->life, app->connector != NULL);
    if (watch_new(&app->watch, WATCHED_MOST) < 0)
        app->watch = NULL;
    app->scene.event_source =
        app->connector ? _("kernel (proc connector)") : _("polling: short lives may be missed");
}

void receive_done(struct app *app)
{
    connector_close(app->connector);
    watch_free(app->watch);
    trace_close(app->trace);
    app->trace = NULL;
    app->connector = NULL;
    app->watch = NULL;
}

static size_t read_connector(struct app *app, struct event events[static BATCH])
{
    int count = app->connector ? connector_read(app->connector, events, BATCH) : 0;
    if (count < 0) {
        connector_close(app->connector);
        app->connector = NULL;
        life_set_kernel_reports(app->life, false);
        app->scene.event_source = _("polling: the kernel's events ended");
    }
    return count > 0 ? (size_t)count : 0;
}

static size_t read_trace(struct app *app, struct event events[static BATCH])
{
    int count = app->trace ? trace_read(app->trace, events, BATCH) : 0;
    if (count < 0) {
        app->ui.settings.traces_signals = false;
        receive_trace_as_set(app);
        ui_message(&app->ui, SEVERITY_WARNING, clock_boot_ns(),
                   _("the kernel's signal tracepoints ended: %s"), strerror(-count));
    }
    return count > 0 ? (size_t)count : 0;
}

bool receive_kernel(struct app *app)
{
    struct event traced[BATCH], events[BATCH];
    uint64_t deadline_ns = clock_boot_ns() + TURN_NS;
    while (clock_boot_ns() < deadline_ns) {
        /* Signals first: the connector has then told all that was before them. */
        size_t traced_count = read_trace(app, traced);
        size_t count = read_connector(app, events);
        if (traced_count + count == 0)
            return false;
        life_receive_both(app->life, traced, traced_count, events, count);
        app->has_news = true;
    }
    return app->connector != NULL || app->trace != NULL;
}

void receive_watch(struct app *app)
{
    struct event events[BATCH];
    size_t count;
    while ((count = watch_read(app->watch, events, BATCH)) > 0) {
        life_receive(app->life, events, count);
        app->has_news = true;
    }
}

void receive_trace_as_set(struct app *app)
{
    bool is_wanted = app->ui.settings.traces_signals;
    struct error error = ERROR_INIT;
    if (!is_wanted) {
        trace_close(app->trace);
        app->trace = NULL;
    } else if (!app->trace && trace_open(&app->trace, &error) < 0) {
        app->trace = NULL;
        app->ui.settings.traces_signals = false;
        ui_message(&app->ui, SEVERITY_WARNING, clock_boot_ns(), "%s", error.message);
    }
}

static void watch_one(struct app *app, struct identity id)
{
    const struct process *process = snapshot_find_identity(app_snapshot(app), id);
    if (process && !process->is_ended && !process_is_thread(process))
        (void)watch_add(app->watch, process->id, process->comm);
}

void receive_watch_more(struct app *app)
{
    if (!app->watch)
        return;
    watch_one(app, app->ui.cursor);
    for (size_t i = 0; i < app->ui.tagged.count; i++)
        watch_one(app, app->ui.tagged.ids[i]);
    for (size_t i = 0; i < child_count(app->children); i++)
        watch_one(app, child_at(app->children, i)->handle.id);
    receive_watch(app); /* kernels before 6.9 wake nobody for a reaping */
}
