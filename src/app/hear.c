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
    if (watch_new(&app->watch, WATCHED_MOST) < 0)
        app->watch = NULL;
    app->scene.event_source =
        app->connector ? _("kernel (proc connector)") : _("polling: short lives may be missed");
}

void hear_done(struct app *app)
{
    connector_close(app->connector);
    watch_free(app->watch);
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
