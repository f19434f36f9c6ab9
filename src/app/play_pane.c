/*
 * play_pane: the free bench (lab/play.h) on the screen. Keys make one system
 * call each; what was called, and what it returned, is shown as C.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/process.h"
#include "state.h"

enum {
    REPORTS_KEPT = 200
};

void play_pane_start(struct app *app)
{
    struct error error = ERROR_INIT;
    struct play_pane *pane = &app->play;
    if (play_start(&pane->play, &error) < 0) {
        pane->play = NULL;
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), "%s", error.message);
        return;
    }
    for (size_t i = 0; i < PLAY_ACTION_COUNT; i++)
        pane->keys[i] = play_actions[i].key;
    app->scene.lab = &pane->document;
    app->scene.lab_title = _("Free play");
    app->scene.lab_keys = pane->keys;
    app->scene.lab_waits = false;
    app->scene.lab_choice_count = 0;
    ui_show_lab(&app->ui);
    app->wants_sweep = true;
}

void play_pane_end(struct app *app)
{
    struct play_pane *pane = &app->play;
    pane->play = play_leave(pane->play);
    pane->report_count = 0;
    app->scene.lab_keys = NULL;
}

void play_pane_done(struct app *app)
{
    play_pane_end(app);
    document_done(&app->play.document);
    free(app->play.reports);
}

static void keep_report(struct play_pane *pane, const struct play_report *report)
{
    if (pane->report_count == REPORTS_KEPT)
        memmove(&pane->reports[0], &pane->reports[1],
                --pane->report_count * sizeof(*pane->reports));
    if (array_reserve(&pane->reports, &pane->report_capacity, pane->report_count + 1) == 0)
        pane->reports[pane->report_count++] = *report;
}

bool play_pane_take(struct app *app)
{
    struct play_pane *pane = &app->play;
    struct play_report report;
    int r;
    while ((r = play_read(pane->play, &report)) > 0) {
        keep_report(pane, &report);
        if (pane->report_count == 1)
            app->lab.follow_pid = report.born;
    }
    if (r < 0)
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), _("the free-play process has ended"));
    app->wants_sweep = true;
    return r >= 0;
}

/* Whoever is selected; before the first look at the play children, the first: it will be selected
 * then.
 */
static pid_t child_meant(const struct play_pane *pane, pid_t selected)
{
    pid_t first = 0;
    for (size_t i = 0; i < pane->report_count; i++) {
        if (pane->reports[i].born == selected)
            return selected;
        if (first == 0)
            first = pane->reports[i].born;
    }
    return first > 0 ? first : selected;
}

void play_pane_key(struct app *app, char key, pid_t pid)
{
    pid = child_meant(&app->play, pid);
    for (int i = 0; i < PLAY_ACTION_COUNT; i++)
        if (app->play.play && play_actions[i].key == key)
            (void)play_do(app->play.play, pid, (enum play_action)i);
}

/* ---- the document ---- */

static void add_children(struct document *doc, const struct app *app)
{
    const struct snapshot *snapshot = app->scene.snapshot;
    for (size_t i = 0; i < app->tree.count; i++) {
        const struct tree_row *row = &app->tree.rows[i];
        const struct process *process = &snapshot->processes[row->process];
        if (process->is_ended || row->depth < 2) /* guard and host are none of them */
            continue;
        document_begin(doc, (int)(2 * row->depth - 2));
        document_add(doc, STYLE_STRONG, "%d ", (int)process->id.pid);
        document_add_text(doc, STYLE_NORMAL, process->comm, strlen(process->comm));
        document_add(doc, style_of_state(process->state), "  %c %s", process->state,
                     process_state_word(process));
        document_mark(doc, (uint64_t)process->id.pid);
        document_link(doc, process->id.pid);
    }
}

/* All on a line or a few, for a small screen. */
static void add_key_names(struct document *doc)
{
    document_begin(doc, 0);
    for (size_t i = 0; i < PLAY_ACTION_COUNT; i++) {
        document_add(doc, STYLE_KEY, "%s%c", i > 0 ? "  " : "", play_actions[i].key);
        document_add(doc, STYLE_NORMAL, " %s", play_actions[i].name);
    }
}

static void add_reports(struct document *doc, const struct play_pane *pane)
{
    for (size_t i = pane->report_count; i-- > 0;) {
        const struct play_report *report = &pane->reports[i];
        document_begin(doc, 0);
        document_add(doc, STYLE_DIM, "%d  ", (int)report->pid);
        document_add(doc, STYLE_STRONG, "%s", report->call);
        document_begin(doc, 4);
        document_add(doc, report->is_done ? STYLE_NORMAL : STYLE_WARNING, "%s", report->outcome);
    }
}

void play_pane_show(struct app *app)
{
    struct play_pane *pane = &app->play;
    if (!pane->play)
        return;
    _cleanup_(document_done) struct document whole = DOCUMENT_INIT;
    document_begin(&whole, 0);
    document_add(&whole, STYLE_STRONG, "%s",
                 _("Make processes by hand: select one, here or in the tree, and press a key."));
    add_key_names(&whole);
    document_begin(&whole, 0);
    document_add(&whole, STYLE_DIM, "%s", _("reaptop-lab(7) tells what each does."));
    document_heading(&whole, "%s", _("Its processes"));
    add_children(&whole, app);
    document_heading(&whole, "%s", _("Its calls, the latest first"));
    add_reports(&whole, pane);
    document_clear(&pane->document);
    document_wrap(&whole, (size_t)ui_layout(&app->ui, &app->scene).inspector.cols, &pane->document);
}
