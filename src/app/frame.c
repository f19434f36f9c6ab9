#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/debug.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/term/term.h"
#include "reaptop/view/life_tab.h"
#include "state.h"

enum {
    LAYOUT_ROWS_MOST = 1024,
    LINGER_SWEEPS = 3, /* how many refreshes the new and the dead stay marked */
};

/* An ended one may stay on the screen so long. */
#define HELPERS_LINGER_NS (10 * NS_PER_SEC)

/* Then the keys have their turn. */
#define TURN_NS (15 * NS_PER_MS)

uint64_t frame_linger_ns(const struct app *app)
{
    return LINGER_SWEEPS *
           (app->replay ? feed_header(app->feed)->interval_ns : app->ui.settings.delay_ns);
}

/* The clock of what is shown. */
static uint64_t shown_ns(const struct app *app)
{
    return app->replay ? feed_snapshot(app->feed)->mono_ns : clock_boot_ns();
}

static void keep_status(struct app *app, const char *what, int r)
{
    if (r < 0)
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), "%s: %s", what, strerror(-r));
}

static void watch_one(struct app *app, struct identity id)
{
    const struct snapshot *snapshot = app_snapshot(app);
    if (snapshot_find_identity(snapshot, id))
        (void)watch_add(feed_watch(app->feed), id, snapshot_comm(snapshot, id.pid));
}

/* Who is selected, tagged or ours is watched from here on. */
static void watch_more(struct app *app)
{
    if (!feed_watch(app->feed))
        return;
    watch_one(app, app->ui.cursor);
    for (size_t i = 0; i < app->ui.tagged.count; i++)
        watch_one(app, app->ui.tagged.ids[i]);
    for (size_t i = 0; i < child_count(app->children); i++)
        watch_one(app, child_at(app->children, i)->handle.id);
}

/* What came is drawn then at the latest, not at once. */
static void draw_by(struct app *app, uint64_t at_ns)
{
    if (!app->has_news || at_ns < app->draw_ns)
        app->draw_ns = at_ns;
    app->has_news = true;
}

/* The inspector's answer, which comes in a moment, is drawn in the same frame. */
static void share_frame(struct app *app)
{
    pane_note(&app->pane, snapshot_motion(app_snapshot(app), app->pane.wanted.id));
    frame_tend_pane(app);
    if (!app->pane.is_asked || !app->pane.has_document)
        return;
    app->is_stale = false;
    draw_by(app, clock_boot_ns() + ANSWERS_NS);
}

/* Only while they are shown; what a recording was made of is not here to be read. */
static void read_meters(struct app *app)
{
    app->scene.meters = NULL;
    if (!app->ui.settings.shows_meters) {
        meter_source_done(&app->meter_source);
        return;
    }
    if (!app->replay && meters_read(&app->meter_source, &app->meters) == 0)
        app->scene.meters = &app->meters;
}

/* The lives have the snapshot; the screen follows. */
static void take_snapshot(struct app *app)
{
    bool was_stale = app->is_stale;

    debug(DEBUG_VIEW, "sweep is taken in");
    keep_status(app, _("the ended"),
                life_add_ended(app_life(app), app_snapshot(app), frame_linger_ns(app)));
    if (app->batch && !signal_is_watching(app))
        send_refresh(app->batch);
    app->sweeps++;
    const struct live *live = feed_live(app->feed);
    app->scene.sweep_source = live && live_is_iterated(live) ? _("kernel iterator") : NULL;
    read_meters(app);
    children_adopt(app);
    watch_more(app);
    frame_rebuild(app);
    if (!was_stale && !app->replay)
        share_frame(app);
}

static void end_sweep(struct app *app)
{
    app->is_sweeping = false;
    app->next_sweep_ns = clock_boot_ns() + app->ui.settings.delay_ns;
}

void frame_begin_sweep(struct app *app)
{
    app->wants_sweep = false;
    app->is_sweeping = true;
    debug(DEBUG_VIEW, "sweep begins");
    feed_sweep(app->feed, ui_shows_threads(&app->ui));
}

void frame_name_source(struct app *app)
{
    bool has_ended = !app->replay && feed_snapshot_count(app->feed) > 0;
    app->scene.event_source = feed_header(app->feed)->has_kernel_events
                                  ? _("kernel (proc connector)")
                              : has_ended ? _("polling: the kernel's events ended")
                                          : _("polling: short lives may be missed");
}

static void take_notice(struct app *app)
{
    const struct recording_header *header = feed_header(app->feed);
    frame_name_source(app);
    if (!app->ui.settings.traces_signals || header->has_signals)
        return;
    app->ui.settings.traces_signals = false;
    ui_message(&app->ui, SEVERITY_WARNING, said_ns(app), "%s", feed_notice(app->feed));
}

static void take_item(struct app *app, int item, const struct error *error)
{
    size_t event_count;
    (void)feed_events(app->feed, &event_count);
    if (event_count > 0)
        draw_by(app, app->drawn_ns + NEWS_NS);
    if (item == FEED_NOTICE)
        take_notice(app);
    if (item == FEED_SNAPSHOT)
        take_snapshot(app);
    if (item == FEED_SNAPSHOT || item < 0)
        end_sweep(app);
    if (item >= 0)
        return;
    ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), "%s", error->message);
    app->is_stale = true;
}

void frame_receive(struct app *app)
{
    struct error error = ERROR_INIT;
    uint64_t deadline_ns = clock_boot_ns() + TURN_NS;
    int item;
    do {
        item = feed_next(app->feed, false, &error);
        take_item(app, item, &error);
    } while (item > FEED_NOTHING && item != FEED_SNAPSHOT && clock_boot_ns() < deadline_ns);
}

void frame_set_trace(struct app *app)
{
    struct error error = ERROR_INIT;
    bool is_wanted = app->ui.settings.traces_signals;
    if (app->replay || feed_trace(app->feed, is_wanted, &error) == 0)
        return;
    app->ui.settings.traces_signals = false;
    ui_message(&app->ui, SEVERITY_WARNING, said_ns(app), "%s", error.message);
}

static void fill_scene(struct app *app)
{
    struct snapshot *snapshot = app_snapshot(app);
    struct scene *scene = &app->scene;
    app->notices[0] = snapshot->notice;
    scene->notices = app->notices;
    scene->notice_count = snapshot->notice ? 1 : 0;
    scene->snapshot = snapshot;
    scene->tree = &app->tree;
    scene->lineage = &app->lineage;
    scene->life = app_life(app);
    scene->events = life_log(app_life(app));
    scene->has_notes = app->replay && feed_header(app->feed)->has_notes;
    scene->linger_ns = frame_linger_ns(app);
    scene->utc_offset_s = feed_header(app->feed)->utc_offset_s;
    children_show(app);
    scene->ascii = app->ui.settings.ascii || text_is_ascii_only();
    scene->linear = app->ui.settings.linear;
}

/* Tier two: the rest of the columns, for the rows on the screen and no others. */
static void fill_visible(struct app *app)
{
    uint32_t indexes[LAYOUT_ROWS_MOST], first, count;
    if (app->replay)
        return; /* all that there is was recorded */
    ui_visible(&app->ui, &app->scene, &first, &count);
    if (count > LAYOUT_ROWS_MOST)
        count = LAYOUT_ROWS_MOST;
    for (uint32_t i = 0; i < count; i++)
        indexes[i] = app->tree.rows[first + i].process;
    keep_status(app, _("command lines"),
                live_fill(feed_live(app->feed), app->reader, app_snapshot(app), indexes, count));
    scan_visible(app, indexes, count);
}

/* Of the rows that are not shown, where a search or the filter looks at them. */
static void fill_unshown(struct app *app)
{
    bool is_wanted = ui_wants_argv(&app->ui) && !app->replay;
    int r = is_wanted ? live_fill_unshown(feed_live(app->feed), app->reader, app_snapshot(app)) : 0;
    keep_status(app, _("command lines"), r < 0 ? r : 0);
    app->scene.lacks_argv = is_wanted ? r > 0 : !app->replay;
    app->has_answers = false;
}

/* Answers come one by one: not each of them is worth a frame, and one that says nothing new none.
 */
void frame_take_answers(struct app *app)
{
    size_t awaited;
    reader_pump(app->reader);
    if (!live_collect(feed_live(app->feed), app->reader, &awaited) && !app->has_answers)
        return;
    uint64_t now = clock_boot_ns();
    bool is_search = app->scene.lacks_argv && ui_wants_argv(&app->ui);
    app->has_answers = true;
    draw_by(app, is_search ? app->drawn_ns + NEWS_NS : awaited > 0 ? now + ANSWERS_NS : now);
}

/* Sentences wrap at the pane's edge; tables are cut there and can be moved sideways. */
static bool is_prose(enum tab tab)
{
    return tab == TAB_LIFE || tab == TAB_WHY || tab == TAB_SIGNALS || tab == TAB_KERNEL ||
           tab == TAB_ENVIRONMENT;
}

/* The Life tab is both: what the lives remember stands behind who it is, which the worker read. */
static void make_prose(struct app *app)
{
    const struct pane_source *source = &app->pane;
    _cleanup_(document_done) struct document whole = DOCUMENT_INIT;
    const struct document *read = &source->document;
    bool has_life = !app->replay && source->wanted.tab == TAB_LIFE;
    size_t head = has_life && source->has_document ? document_head(read) : 0;
    document_append_lines(&whole, read, 0, head);
    if (head > 0)
        document_begin(&whole, 0);
    if (app->replay)
        replay_pane(app, source->wanted.tab, source->wanted.id, &whole);
    else if (has_life)
        life_tab(&whole, life_find(app_life(app), source->wanted.id), shown_ns(app),
                 app->scene.utc_offset_s);
    if (source->has_document && whole.line_count > 0 && head == 0)
        document_begin(&whole, 0);
    if (source->has_document)
        document_append_lines(&whole, read, head, SIZE_MAX);
    document_clear(&app->prose);
    document_wrap(&whole, (size_t)ui_layout(&app->ui, &app->scene).inspector.cols, &app->prose);
}

static void show_pane(struct app *app)
{
    const struct pane_source *source = &app->pane;
    const struct document *document = source->has_document ? &source->document : NULL;
    if (app->replay || is_prose(source->wanted.tab)) {
        make_prose(app);
        document = app->prose.line_count > 0 ? &app->prose : NULL;
    }
    app->scene.inspected = source->wanted.id;
    app->scene.panes[source->wanted.tab] = (struct pane){
        .document = document,
        .access = source->access,
        .note = source->access == ACCESS_DENIED && !document
                    ? access_need_sentence(ACCESS_NEED_PTRACE)
                    : NULL,
    };
}

void frame_tend_pane(struct app *app)
{
    struct pane_request request = {0};
    uint64_t now = clock_boot_ns();
    char left[HELPER_TEXT_SIZE];
    if (helper_take_left(left))
        ui_message(&app->ui, SEVERITY_WARNING, now, "%s", left);
    if (app->replay) {
        struct pane_request *wanted = &app->pane.wanted;
        if (ui_wants_tab(&app->ui, &app->scene, &wanted->tab, &wanted->id) && app->is_stale)
            show_pane(app);
        return;
    }
    if (!ui_wants_tab(&app->ui, &app->scene, &request.tab, &request.id)) {
        pane_rest(&app->pane);
        (void)pane_take(&app->pane, now); /* what was asked for before */
        pane_ask(&app->pane, now);        /* ends a long collection that nobody waits for */
        app->scene.inspected = NOBODY;
        return;
    }
    request.selected = app->ui.panes[request.tab].mark;
    request.columns = (size_t)ui_layout(&app->ui, &app->scene).inspector.cols;
    if (request.tab == TAB_MAPS)
        request.sort = app->ui.maps_sort;
    if (request.tab == TAB_THREADS && identity_is_same(app->ui.stacks_of, request.id))
        request.stacks_ns = app->ui.stacks_ns;
    if (request.tab == TAB_PAGES)
        request.peer = ui_compared(&app->ui);
    if (request.tab == TAB_PAGES && identity_is_same(app->mapping_of, request.id))
        request.address = app->mapping;
    pane_look(&app->pane, &request);
    if (pane_take(&app->pane, now))
        app->is_stale = true;
    if (app->pane.left[0] != '\0') {
        ui_message(&app->ui, SEVERITY_WARNING, now, "%s", app->pane.left);
        app->pane.left[0] = '\0';
        app->is_stale = true;
    }
    if (!ui_is_paused(&app->ui) || !app->pane.has_document)
        pane_ask(&app->pane, now);
    if (app->is_stale || app->has_news)
        show_pane(app);
}

static void order_tree(struct app *app)
{
    struct tree_options shape;
    ui_tree_options(&app->ui, &shape);
    shape.roots = app->options->pids;
    shape.root_count = app->options->pid_count;
    if (!app->replay && !app->ui.settings.shows_helpers) {
        shape.helpers = app->helpers;
        shape.helper_count = helper_pids(HELPERS_LINGER_NS, app->helpers);
        shape.self = getpid();
    }
    app->lab_root = lab_pane_root(app);
    if (app->lab_root > 0) {
        shape.roots = &app->lab_root;
        shape.root_count = 1;
    }
    app->scene.roots = shape.roots;
    app->scene.root_count = shape.root_count;
    size_t shown_count = 0;
    const pid_t *shown = lab_pane_roots(app, &shown_count);
    if (shown) {
        shape.roots = shown;
        shape.root_count = shown_count;
    }
    app->scene.plumbing = app->lab.plumbing;
    app->scene.plumbing_count = shown ? ELEMENTS(app->lab.plumbing) : 0;
    app->scene.roots_title = app->lab_root > 0      ? _("of the experiment")
                             : shape.root_count > 0 ? _("of those that -p names")
                                                    : NULL;
    struct snapshot *snapshot = app_snapshot(app);
    if (ui_wants_subtrees(&app->ui))
        keep_status(app, _("sums of branches"), snapshot_subtrees(snapshot));
    keep_status(app, _("the tree"), tree_build(&app->tree, snapshot, app_life(app), &shape));
    lab_pane_note_threads(app);
    if (!app->ui.has_lineage)
        return;
    shape.shape = TREE_BY_ORIGINAL_PARENT;
    keep_status(app, _("the tree"), tree_build(&app->lineage, snapshot, app_life(app), &shape));
}

void frame_rebuild(struct app *app)
{
    fill_unshown(app);
    scan_step(app);
    order_tree(app);
    fill_scene(app);
    lab_pane_follow(app);
    if (ui_sync(&app->ui, &app->scene)) {
        order_tree(app);
        (void)ui_sync(&app->ui, &app->scene);
    }
    app->is_stale = true;
}

void frame_scan(struct app *app)
{
    if (!scan_is_due(app))
        return;
    scan_step(app);
    app->has_scanned = true;
    draw_by(app, app->is_scanning ? app->drawn_ns + NEWS_NS : clock_boot_ns());
}

bool frame_compose(struct app *app)
{
    uint64_t now = clock_boot_ns();
    if (!app->is_stale && !(app->has_news && now >= app->draw_ns))
        return false;
    app->drawn_ns = now;
    app->scene.mono_ns = shown_ns(app);
    lab_pane_show(app);
    play_pane_show(app);
    bool is_more_known = app->has_answers && app->scene.lacks_argv && ui_wants_argv(&app->ui);
    if (ui_sync(&app->ui, &app->scene) || is_more_known || app->has_scanned)
        frame_rebuild(app);
    app->lacks_cells = app->has_scanned = false;
    fill_visible(app);
    app->is_stale = false;
    app->has_news = false;
    app->has_answers = false;
    if (app->lacks_cells)
        draw_by(app, now + NEWS_NS);
    return screen_compose(&app->ui, &app->scene, &app->grid) == 0;
}

void frame_draw(struct app *app)
{
    if (!frame_compose(app))
        return;
    term_draw(&app->grid);
    debug(DEBUG_VIEW, "drawn");
}
