/*
 * scan: what the filter, the order and the columns ask of processes is read in
 * short steps, so that keys are answered between them and what is known so far
 * is shown.
 */

#include "reaptop/base/clock.h"
#include "reaptop/source/feed_live.h"
#include "state.h"

#define STEP_NS (8 * NS_PER_MS)

/* A new table: what it costs is counted anew. */
static void begin(struct app *app)
{
    if (app->scanned == app->sweeps)
        return;
    app->scanned = app->sweeps;
    app->scene.scan = (struct scan){0};
}

static void note(struct app *app, const struct live_progress *progress, uint64_t cost_ns, int r)
{
    struct scan *scan = &app->scene.scan;
    scan->cost_ns += cost_ns;
    scan->what =
        r > 0 && progress->parts != 0 ? extra_part_origin(extra_cheapest(progress->parts)) : NULL;
    scan->known = progress->known;
    scan->rows = progress->rows;
    scan->denied = progress->denied;
}

void scan_step(struct app *app)
{
    struct live *live = feed_live(app->feed);
    struct snapshot *snapshot = app_snapshot(app);
    struct live_progress progress = {0};
    uint64_t begin_ns = clock_boot_ns();
    int r = 0;
    begin(app);
    app->is_scanning = false;
    if (app->replay || !live) {
        snapshot_mark_unrecorded(snapshot);
        return;
    }
    uint32_t sorted = ui_sort_parts(&app->ui), filtered = filter_parts(app->ui.filter);
    if (filtered != 0)
        r = live_fill_filter(live, app->reader, snapshot, app->ui.filter, begin_ns + STEP_NS,
                             &progress);
    if (r == 0 && sorted != 0)
        r = live_fill_extra(live, app->reader, snapshot, NULL, 0, sorted, begin_ns + STEP_NS,
                            &progress);
    uint64_t end_ns = clock_boot_ns();
    app->is_scanning = r > 0;
    app->scan_waits = r > 0 && end_ns < begin_ns + STEP_NS;
    if (sorted != 0 || filtered != 0)
        note(app, &progress, end_ns - begin_ns, r);
}

void scan_visible(struct app *app, const uint32_t *indexes, size_t count)
{
    struct live *live = feed_live(app->feed);
    struct live_progress progress;
    uint64_t begin_ns = clock_boot_ns();
    uint32_t parts = ui_shown_parts(&app->ui, &app->scene);
    if (parts == 0 || !live)
        return;
    app->lacks_cells = live_fill_extra(live, app->reader, app_snapshot(app), indexes, count, parts,
                                       begin_ns + STEP_NS, &progress) > 0;
    app->scene.scan.cost_ns += clock_boot_ns() - begin_ns;
}

bool scan_is_due(const struct app *app)
{
    return app->is_scanning && (!app->scan_waits || app->has_answers);
}
