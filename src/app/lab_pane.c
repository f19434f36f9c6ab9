/*
 * lab_pane: an experiment on the screen. The experiment runs in processes of
 * its own (lab/lab.h); here is what it said so far, as a document.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/narration.h"
#include "state.h"

static struct choice heading(const char *title)
{
    return (struct choice){.name = title, .is_heading = true};
}

int lab_pane_init(struct app *app)
{
    struct lab_pane *pane = &app->lab;
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);
    const char *refusal = app->scene.is_readonly ? _("reaptop runs read-only") : NULL;
    size_t listed = 0;
    size_t most = count + LAB_CHAPTER_COUNT + 2;
    pane->choices = calloc(most, sizeof(*pane->choices));
    pane->notes = calloc(most, sizeof(*pane->notes));
    pane->results = calloc(most, sizeof(*pane->results));
    if (!pane->choices || !pane->notes || !pane->results || score_board_init(&pane->board) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < most; i++)
        pane->results[i] = LAB_NOT_REACHED;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || experiments[i]->chapter != experiments[i - 1]->chapter)
            pane->choices[listed++] = heading(lab_chapter_title(experiments[i]->chapter));
        pane->choices[listed++] = (struct choice){
            .name = experiments[i]->name,
            .summary = _(experiments[i]->title),
            .refusal = refusal,
        };
    }
    pane->choices[listed++] = heading(_("By hand"));
    pane->choices[listed++] = (struct choice){
        .name = "play",
        .summary = _("Free play: fork, exec, stop, kill, wait by hand"),
        .refusal = refusal,
    };
    app->scene.experiments = pane->choices;
    app->scene.experiment_count = listed;
    lab_pane_settings(app);
    return 0;
}

/* "best 2 of 3" behind the experiments that have a score, how it came out behind those just done.
 */
static void note_scores(struct app *app)
{
    struct lab_pane *pane = &app->lab;
    for (size_t i = 0; i < app->scene.experiment_count; i++) {
        struct score score = score_find(&pane->board, pane->choices[i].name);
        (void)snprintf(pane->notes[i], sizeof(pane->notes[i]), _("best %u of %u"), score.right,
                       score.made);
        bool is_shown = score.made > 0 && app->ui.settings.keeps_score;
        pane->choices[i].note = is_shown ? pane->notes[i] : NULL;
        if (!is_shown && pane->results[i] != LAB_NOT_REACHED)
            pane->choices[i].note = lab_result_text(pane->results[i]);
    }
}

void lab_pane_settings(struct app *app)
{
    struct error error = ERROR_INIT;
    if (app->ui.settings.keeps_score && score_load(&app->lab.board, &error) < 0)
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), "%s", error.message);
    note_scores(app);
}

static void keep_score(struct app *app)
{
    struct lab_pane *pane = &app->lab;
    struct error error = ERROR_INIT;
    struct score score;
    lab_score(pane->lab, &score.made, &score.right);
    if (!app->ui.settings.keeps_score || score.made == 0)
        return;
    if (score_keep(&pane->board, lab_experiment(pane->lab)->name, score, &error) < 0)
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), _("the score is not kept: %s"),
                   error.message);
    note_scores(app);
}

void lab_pane_end(struct app *app)
{
    struct lab_pane *pane = &app->lab;
    play_pane_end(app);
    program_pane_end(app);
    pane->lab = lab_leave(pane->lab);
    pane->message_count = 0;
    pane->follow_pid = 0;
    memset(pane->plumbing, 0, sizeof(pane->plumbing));
    pane->waits = pane->is_finished = false;
    app->scene.lab = NULL;
    app->scene.lab_waits = false;
    app->scene.lab_end = 0;
    app->ui.lab_has_threads = false;
    app->is_stale = true;
    app->wants_sweep = true;
}

void lab_pane_done(struct app *app)
{
    lab_pane_end(app);
    document_done(&app->lab.document);
    free(app->lab.choices);
    free(app->lab.notes);
    free(app->lab.results);
    score_board_done(&app->lab.board);
    free(app->lab.messages);
    free(app->lab.roots);
}

void lab_pane_start(struct app *app, size_t index)
{
    struct error error = ERROR_INIT;
    struct lab_pane *pane = &app->lab;
    lab_pane_end(app);
    if (index + 1 == app->scene.experiment_count) {
        play_pane_start(app);
        return;
    }
    if (lab_start(app->scene.experiments[index].name, NULL, &pane->lab, &error) < 0) {
        pane->lab = NULL;
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), "%s", error.message);
        return;
    }
    pane->index = index;
    app->scene.lab = &pane->document;
    app->scene.lab_title = _(lab_experiment(pane->lab)->title);
    memset(pane->predictions, 0, sizeof(pane->predictions));
    ui_show_lab(&app->ui);
    app->wants_sweep = true;
}

/* ---- what it says ---- */

static void keep_message(struct app *app, const struct lab_message *message)
{
    struct lab_pane *pane = &app->lab;
    if (array_reserve(&pane->messages, &pane->message_capacity, pane->message_count + 1) < 0)
        return;
    pane->messages[pane->message_count++] = *message;
}

/* Guard and host are shown nowhere: they are how it runs, not what it shows. */
static bool is_plumbing(struct lab_pane *pane, const struct lab_message *message)
{
    bool is_host = strcmp(message->role, "lab-host") == 0;
    if (message->kind != LAB_PROCESS || (!is_host && strcmp(message->role, "lab-guard") != 0))
        return false;
    pane->plumbing[is_host] = message->pid;
    return true;
}

static void take_message(struct app *app, const struct lab_message *message)
{
    struct lab_pane *pane = &app->lab;
    if (is_plumbing(pane, message))
        return;
    keep_message(app, message);
    pane->has_news = true;
    switch (message->kind) {
    case LAB_STEP:
        pane->step = message->step;
        pane->waits = true;
        break;
    case LAB_PROCESS:
        pane->follow_pid = message->pid;
        break;
    case LAB_FINISHED:
        pane->is_finished = true;
        pane->waits = true;
        pane->results[pane->index] = message->result;
        note_scores(app);
        keep_score(app);
        break;
    default:
        break;
    }
    app->wants_sweep = true; /* what it did should be in the tree too */
}

void lab_pane_take(struct app *app)
{
    struct lab_pane *pane = &app->lab;
    struct lab_message message;
    int r = 0;
    if (app->play.play) {
        if (!play_pane_take(app))
            lab_pane_end(app);
        return;
    }
    if (app->program.run && !app->program.has_ended)
        program_pane_take(app);
    while (pane->lab && (r = lab_read(pane->lab, &message)) > 0)
        take_message(app, &message);
    if (r < 0 && !pane->is_finished) {
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), _("the experiment broke off"));
        pane->is_finished = true;
        pane->waits = true;
    }
    app->is_stale = true;
}

int lab_pane_fd(const struct app *app)
{
    if (app->play.play)
        return play_fd(app->play.play);
    if (app->program.run && !app->program.has_ended)
        return program_run_fd(app->program.run);
    return app->lab.lab && !app->lab.is_finished ? lab_fd(app->lab.lab) : -1;
}

void lab_pane_step(struct app *app, size_t choice)
{
    struct lab_pane *pane = &app->lab;
    if (!pane->lab || !pane->waits)
        return;
    bool is_back = program_pane_is_shown(app);
    program_pane_end(app);
    if (is_back)
        return;
    if (pane->is_finished) {
        lab_pane_start(app, pane->index);
        return;
    }
    const struct lab_step *step = &lab_experiment(pane->lab)->steps[pane->step];
    int prediction = choice < lab_choice_count(step) ? (int)choice : LAB_NO_PREDICTION;
    pane->predictions[pane->step] = prediction + 1;
    pane->waits = false;
    (void)lab_next(pane->lab, prediction);
    app->is_stale = true;
}

pid_t lab_pane_root(const struct app *app)
{
    if (!app->ui.lab_is_shown)
        return 0;
    return app->lab.lab     ? lab_guard_pid(app->lab.lab)
           : app->play.play ? play_root(app->play.play)
                            : 0;
}

const pid_t *lab_pane_roots(struct app *app, size_t *ret_count)
{
    struct lab_pane *pane = &app->lab;
    const struct snapshot *snapshot = app_snapshot(app);
    static const pid_t nobody = -1;
    if (!app->ui.lab_is_shown || !pane->lab)
        return NULL;
    pane->root_count = 0;
    const struct identity *child;
    for (size_t at = 0;
         pane->plumbing[1] && (child = snapshot_next_child(snapshot, pane->plumbing[1], &at));)
        if (array_reserve(&pane->roots, &pane->root_capacity, pane->root_count + 1) == 0)
            pane->roots[pane->root_count++] = child->pid;
    *ret_count = pane->root_count > 0 ? pane->root_count : 1;
    return pane->root_count > 0 ? pane->roots : &nobody;
}

/* The newest process of the experiment is the one to look at, once a sweep has it. */
void lab_pane_follow(struct app *app)
{
    struct identity id = snapshot_identity(app_snapshot(app), app->lab.follow_pid);
    if (identity_is_nobody(id))
        return;
    ui_select(&app->ui, id);
    app->lab.follow_pid = 0;
}

void lab_pane_note_threads(struct app *app)
{
    if (app->lab_root == 0 || app->ui.lab_has_threads)
        return;
    app->ui.lab_has_threads = tree_has_threads(&app->tree, app_snapshot(app));
    app->wants_sweep |= app->ui.lab_has_threads;
}

/* ---- the document ---- */

static void add_keys(struct document *doc)
{
    document_begin(doc, 4);
    document_add(doc, STYLE_KEY, "Enter");
    document_add(doc, STYLE_DIM, " %s", _("go on without a prediction"));
}

static void add_score(struct document *doc, const struct app *app)
{
    unsigned made, right;
    lab_score(app->lab.lab, &made, &right);
    if (made > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_NORMAL, _("Right predictions: %u of %u"), right, made);
    }
    document_begin(doc, 0);
    document_add(doc, STYLE_KEY, "Enter");
    document_add(doc, STYLE_NORMAL, " %s  ", _("again"));
    document_add(doc, STYLE_KEY, "Esc");
    document_add(doc, STYLE_NORMAL, " %s", _("leave"));
}

static void add_message(struct document *doc, const struct app *app,
                        const struct lab_message *message)
{
    const struct lab_pane *pane = &app->lab;
    bool asks = pane->waits && !pane->is_finished && message->kind == LAB_STEP &&
                message->step == pane->step;
    int made = pane->predictions[message->step];

    narration_message(doc, lab_experiment(pane->lab), message,
                      made > 0 ? made - 1 : LAB_NO_PREDICTION, asks);
    if (asks)
        add_keys(doc);
    if (message->kind == LAB_FINISHED)
        add_score(doc, app);
}

/* The first sight of a step. */
static bool begins_sights(const struct lab_pane *pane, size_t index)
{
    return pane->messages[index].kind == LAB_SIGHT &&
           (index == 0 || pane->messages[index - 1].kind != LAB_SIGHT);
}

void lab_pane_show(struct app *app)
{
    struct lab_pane *pane = &app->lab;
    if (!pane->lab)
        return;
    _cleanup_(document_done) struct document whole = DOCUMENT_INIT;
    document_begin(&whole, 0);
    document_add(&whole, STYLE_STRONG, "%s", _(lab_experiment(pane->lab)->question));
    size_t cols = (size_t)ui_layout(&app->ui, &app->scene).inspector.cols;
    app->scene.lab_anchor = 0;
    for (size_t i = 0; i < pane->message_count; i++) {
        if (begins_sights(pane, i)) {
            document_clear(&pane->document);
            document_wrap(&whole, cols, &pane->document);
            app->scene.lab_anchor = pane->document.line_count;
        }
        add_message(&whole, app, &pane->messages[i]);
    }
    document_clear(&pane->document);
    document_wrap(&whole, cols, &pane->document);
    app->scene.lab_end = pane->document.line_count;
    narration_program(&whole, lab_experiment(pane->lab), pane->step);
    document_clear(&pane->document);
    document_wrap(&whole, cols, &pane->document);
    app->scene.lab_waits = pane->waits;
    app->scene.lab_choice_count =
        pane->waits && !pane->is_finished
            ? lab_choice_count(&lab_experiment(pane->lab)->steps[pane->step])
            : 0;
    program_pane_show(app);
}
