/*
 * hear: events that the kernel tells, taken into the lives at once.
 */
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "state.h"

enum {
    BATCH = 256,
    BATCHES_A_TURN = 64, /* then the keys have their turn */
    WATCHED_MOST = 256
};

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

void hear_connector(struct app *app)
{
    struct event events[BATCH];
    for (int i = 0; app->connector && i < BATCHES_A_TURN; i++) {
        int count = connector_read(app->connector, events, BATCH);
        if (count == 0)
            return;
        if (count < 0) {
            connector_close(app->connector);
            app->connector = NULL;
            app->scene.event_source = _("polling: the kernel's events ended");
            return;
        }
        life_hear(app->life, events, (size_t)count);
        app->has_news = true;
    }
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
