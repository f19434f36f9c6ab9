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
    if (!pane->choices || !pane->notes || score_board_init(&pane->board) < 0)
        return -ENOMEM;
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

/* "best 2 of 3" behind the experiments that have one. */
static void note_scores(struct app *app)
{
    struct lab_pane *pane = &app->lab;
    for (size_t i = 0; i < app->scene.experiment_count; i++) {
        struct score score = score_find(&pane->board, pane->choices[i].name);
        (void)snprintf(pane->notes[i], sizeof(pane->notes[i]), _("best %u of %u"), score.right,
                       score.made);
        bool is_shown = score.made > 0 && app->ui.settings.keeps_score;
        pane->choices[i].note = is_shown ? pane->notes[i] : NULL;
    }
}

void lab_pane_settings(struct app *app)
{
    struct error error = ERROR_INIT;
    if (app->ui.settings.keeps_score && score_load(&app->lab.board, &error) < 0)
        ui_message(&app->ui, SEVERITY_ERROR, clock_boot_ns(), "%s", error.message);
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
        ui_message(&app->ui, SEVERITY_ERROR, clock_boot_ns(), _("the score is not kept: %s"),
                   error.message);
    note_scores(app);
}

void lab_pane_end(struct app *app)
{
    struct lab_pane *pane = &app->lab;
    play_pane_end(app);
    pane->lab = lab_stop(pane->lab);
    pane->message_count = 0;
    pane->follow_pid = 0;
    pane->waits = pane->is_finished = false;
    app->scene.lab = NULL;
    app->scene.lab_waits = false;
    app->is_stale = true;
    app->wants_sweep = true;
}

void lab_pane_done(struct app *app)
{
    lab_pane_end(app);
    document_done(&app->lab.document);
    free(app->lab.choices);
    free(app->lab.notes);
    score_board_done(&app->lab.board);
    free(app->lab.messages);
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
        ui_message(&app->ui, SEVERITY_ERROR, clock_boot_ns(), "%s", error.message);
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

static void take_message(struct app *app, const struct lab_message *message)
{
    struct lab_pane *pane = &app->lab;
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
        play_pane_take(app);
        return;
    }
    while (pane->lab && (r = lab_read(pane->lab, &message)) > 0)
        take_message(app, &message);
    if (r < 0 && !pane->is_finished) {
        ui_message(&app->ui, SEVERITY_ERROR, clock_boot_ns(), _("the experiment broke off"));
        pane->is_finished = true;
        pane->waits = true;
    }
    app->is_stale = true;
}

int lab_pane_fd(const struct app *app)
{
    if (app->play.play)
        return play_fd(app->play.play);
    return app->lab.lab && !app->lab.is_finished ? lab_fd(app->lab.lab) : -1;
}

void lab_pane_step(struct app *app, size_t choice)
{
    struct lab_pane *pane = &app->lab;
    if (!pane->lab || !pane->waits)
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

/* The newest process of the experiment is the one to look at, once a sweep has it. */
void lab_pane_follow(struct app *app)
{
    const struct process *process =
        app->lab.follow_pid > 0 ? snapshot_find(app_snapshot(app), app->lab.follow_pid) : NULL;
    if (!process)
        return;
    ui_select(&app->ui, process->id);
    app->lab.follow_pid = 0;
}

/* ---- the document ---- */

static void add_choices(struct document *doc, const struct lab_step *step)
{
    document_begin(doc, 2);
    document_add(doc, STYLE_TITLE, "%s", _(step->question));
    for (size_t i = 0; i < lab_choice_count(step); i++) {
        document_begin(doc, 4);
        document_add(doc, STYLE_KEY, "%zu", i + 1);
        document_add(doc, STYLE_NORMAL, " %s", _(step->choices[i]));
    }
    document_begin(doc, 4);
    document_add(doc, STYLE_KEY, "Enter");
    document_add(doc, STYLE_DIM, " %s", _("go on without a prediction"));
}

static void add_prediction(struct document *doc, const struct lab_step *step, int made)
{
    if (made <= 0)
        return;
    bool is_right = made - 1 == step->right;
    document_begin(doc, 2);
    document_add(doc, is_right ? STYLE_GOOD : STYLE_WARNING, "%s",
                 is_right ? _("Your prediction was right: ")
                          : _("You predicted otherwise; it is: "));
    document_add(doc, STYLE_NORMAL, "%s", _(step->choices[step->right]));
}

static enum style style_of_result(enum lab_result result)
{
    return result == LAB_SEEN ? STYLE_GOOD : result == LAB_NOT_SEEN ? STYLE_ERROR : STYLE_WARNING;
}

static void add_sight(struct document *doc, const struct lab_sight *sight,
                      const struct lab_message *message)
{
    document_begin(doc, 2);
    document_add(doc, style_of_result(message->result), "%s: ", lab_result_text(message->result));
    document_add(doc, STYLE_NORMAL, "%s", _(sight->claim));
    document_begin(doc, 6);
    document_add(doc, STYLE_DIM, "%s: ", sight->evidence);
    document_add_text(doc, STYLE_NORMAL, message->text, strlen(message->text));
}

static void add_result(struct document *doc, const struct lab_step *step,
                       const struct lab_message *message, int prediction)
{
    if (message->result == LAB_SKIPPED) {
        document_begin(doc, 2);
        document_add(doc, STYLE_WARNING, "%s: ", lab_result_text(message->result));
        document_add_text(doc, STYLE_NORMAL, message->text, strlen(message->text));
    }
    add_prediction(doc, step, prediction);
    document_begin(doc, 2);
    document_add(doc, STYLE_STRONG, "%s", _(step->explains));
    if (step->manual)
        document_add(doc, STYLE_DIM, " [%s]", step->manual);
}

static void add_finish(struct document *doc, const struct app *app,
                       const struct lab_message *message)
{
    unsigned made, right;
    lab_score(app->lab.lab, &made, &right);
    document_heading(doc, "%s", _("The experiment as a whole"));
    document_begin(doc, 0);
    document_add(doc, style_of_result(message->result), "%s", lab_result_text(message->result));
    if (made > 0)
        document_add(doc, STYLE_NORMAL, _(". Right predictions: %u of %u"), right, made);
    document_begin(doc, 0);
    document_add(doc, STYLE_DIM, _("read on: %s"), lab_experiment(app->lab.lab)->reading);
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
    const struct lab_experiment *experiment = lab_experiment(pane->lab);
    const struct lab_step *step = &experiment->steps[message->step];
    switch (message->kind) {
    case LAB_STEP:
        document_heading(doc, _("Step %u of %zu"), message->step + 1, lab_step_count(experiment));
        document_begin(doc, 0);
        document_add(doc, STYLE_NORMAL, "%s", _(step->does));
        if (pane->waits && !pane->is_finished && message->step == pane->step)
            add_choices(doc, step);
        break;
    case LAB_PROCESS:
        document_begin(doc, 2);
        document_add(doc, STYLE_NEW, "%d ", (int)message->pid);
        document_add_text(doc, STYLE_STRONG, message->role, strlen(message->role));
        document_link(doc, message->pid);
        break;
    case LAB_SIGHT:
        add_sight(doc, &step->sees[message->sight], message);
        break;
    case LAB_RESULT:
        add_result(doc, step, message, pane->predictions[message->step]);
        break;
    case LAB_FINISHED:
        add_finish(doc, app, message);
        break;
    case LAB_MESSAGE_KIND_COUNT:
        break;
    }
}

void lab_pane_show(struct app *app)
{
    struct lab_pane *pane = &app->lab;
    if (!pane->lab)
        return;
    _cleanup_(document_done) struct document whole = DOCUMENT_INIT;
    document_begin(&whole, 0);
    document_add(&whole, STYLE_STRONG, "%s", _(lab_experiment(pane->lab)->question));
    for (size_t i = 0; i < pane->message_count; i++)
        add_message(&whole, app, &pane->messages[i]);
    document_clear(&pane->document);
    document_wrap(&whole, (size_t)ui_layout(&app->ui, &app->scene).inspector.cols, &pane->document);
    app->scene.lab_waits = pane->waits;
    app->scene.lab_choice_count =
        pane->waits && !pane->is_finished
            ? lab_choice_count(&lab_experiment(pane->lab)->steps[pane->step])
            : 0;
}
