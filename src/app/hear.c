/*
 * hear: events that the kernel tells, taken into the lives at once.
 */
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "state.h"

enum {
    BATCH = 256,
    WATCHED_MOST = 256
};

/* Then the keys have their turn. */
#define TURN_NS (15 * NS_PER_MS)

void hear_start(struct app *app)
{
    struct error error = ERROR_INIT;
    if (connector_open(&app->connector, &error) < 0) {
        app->connector = NULL;
        debug(DEBUG_EVENTS, "connector: %s", error.message);
    }
    life_set_told(app->life, app->connector != NULL);
    if (watch_new(&app->watch, WATCHED_MOST) < 0)
        app->watch = NULL;
    app->scene.event_source =
        app->connector ? _("kernel (proc connector)") : _("polling: short lives may be missed");
}

void hear_done(struct app *app)
{
    connector_close(app->connector);
    watch_free(app->watch);
    trace_close(app->trace);
    app->trace = NULL;
    app->connector = NULL;
    app->watch = NULL;
}

bool hear_connector(struct app *app)
{
    struct event events[BATCH];
    uint64_t deadline_ns = clock_boot_ns() + TURN_NS;
    while (app->connector && clock_boot_ns() < deadline_ns) {
        int count = connector_read(app->connector, events, BATCH);
        if (count == 0)
            return false;
        if (count < 0) {
            connector_close(app->connector);
            app->connector = NULL;
            life_set_told(app->life, false);
            app->scene.event_source = _("polling: the kernel's events ended");
            return false;
        }
        life_hear(app->life, events, (size_t)count);
        app->has_news = true;
    }
    return app->connector != NULL;
}

void hear_watch(struct app *app)
{
    struct event events[BATCH];
    size_t count;
    while ((count = watch_read(app->watch, events, BATCH)) > 0) {
        life_hear(app->life, events, count);
        app->has_news = true;
    }
}

void hear_trace_as_set(struct app *app)
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

void hear_trace(struct app *app)
{
    struct event events[BATCH];
    uint64_t deadline_ns = clock_boot_ns() + TURN_NS;
    while (app->trace && clock_boot_ns() < deadline_ns) {
        int count = trace_read(app->trace, events, BATCH);
        if (count == 0)
            return;
        if (count < 0) {
            app->ui.settings.traces_signals = false;
            hear_trace_as_set(app);
            return;
        }
        life_hear(app->life, events, (size_t)count);
        app->has_news = true;
    }
}

static void watch_one(struct app *app, struct identity id)
{
    const struct process *process = snapshot_find_identity(app_snapshot(app), id);
    if (process && !process->is_ended && !process_is_thread(process))
        (void)watch_add(app->watch, process->id, process->comm);
}

void hear_watch_more(struct app *app)
{
    if (!app->watch)
        return;
    watch_one(app, app->ui.cursor);
    for (size_t i = 0; i < app->ui.tagged.count; i++)
        watch_one(app, app->ui.tagged.ids[i]);
    for (size_t i = 0; i < child_count(app->children); i++)
        watch_one(app, child_at(app->children, i)->handle.id);
    hear_watch(app); /* kernels before 6.9 wake nobody for a reaping */
}
