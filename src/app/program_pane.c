/*
 * program_pane: an experiment's program run on the screen (lab/program_run.h), and then its lines
 * stepped through as its processes have executed them.
 */
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/trace_narration.h"
#include "state.h"

enum {
    KEY_RUN = 'r',
    KEY_ON = 'n',
    KEY_BACK = 'p',
};

static const char keys_to_run[] = {KEY_RUN, '\0'};
static const char keys_to_step[] = {KEY_RUN, KEY_ON, KEY_BACK, '\0'};

static const char *name_of(const struct app *app)
{
    return lab_experiment(app->lab.lab)->name;
}

bool program_pane_is_shown(const struct app *app)
{
    return app->program.run && app->program.has_ended;
}

void program_pane_end(struct app *app)
{
    struct program_pane *pane = &app->program;
    pane->run = program_run_leave(pane->run);
    pane->has_ended = false;
    pane->at = 0;
    app->scene.lab_is_program = false;
    app->is_stale = true;
}

static void start(struct app *app)
{
    struct error error = ERROR_INIT;
    program_pane_end(app);
    if (program_run_start(name_of(app), &app->program.run, &error) < 0) {
        app->program.run = NULL;
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), "%s", error.message);
        return;
    }
    ui_message(&app->ui, SEVERITY_INFO, said_ns(app), _("the program runs"));
}

void program_pane_key(struct app *app, char key)
{
    struct program_pane *pane = &app->program;
    if (!app->lab.lab || !app->lab.waits)
        return;
    if (key == KEY_RUN) {
        start(app);
        return;
    }
    if (!program_pane_is_shown(app))
        return;
    if (key == KEY_ON && pane->at + 1 < program_run_trace(pane->run)->count)
        pane->at++;
    if (key == KEY_BACK && pane->at > 0)
        pane->at--;
    app->ui.lab.line = app->ui.lab_followed; /* the marked line is followed again */
    app->is_stale = true;
}

void program_pane_take(struct app *app)
{
    struct program_pane *pane = &app->program;
    int r = program_run_take(pane->run);
    if (r == 0)
        return;
    if (r < 0 || program_run_trace(pane->run)->count == 0) {
        program_pane_end(app);
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), _("the program's run broke off"));
        return;
    }
    app->ui.message[0] = '\0';
    pane->has_ended = true;
    app->ui.lab.line = app->ui.lab_followed;
    app->is_stale = true;
}

void program_pane_show(struct app *app)
{
    struct program_pane *pane = &app->program;
    bool is_shown = program_pane_is_shown(app);
    app->scene.lab_is_program = is_shown;
    app->scene.lab_keys = !app->lab.waits || !lab_program(name_of(app)) ? NULL
                          : is_shown                                    ? keys_to_step
                                                                        : keys_to_run;
    if (!is_shown)
        return;
    _cleanup_(document_done) struct document whole = DOCUMENT_INIT;
    struct rect rect = ui_layout(&app->ui, &app->scene).inspector;
    size_t line = 0;
    trace_narration_step(&whole, name_of(app), program_run_trace(pane->run), pane->at,
                         rect.rows > 0 ? (size_t)rect.rows : 0, &line);
    document_clear(&app->lab.document);
    document_wrap(&whole, (size_t)rect.cols, &app->lab.document);
    app->scene.lab_anchor = 0;
    app->scene.lab_end = line + 1;
    app->scene.lab_choice_count = 0;
}
