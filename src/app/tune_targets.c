/*
 * tune_targets: from the dialog of nice value, processors, I/O priority and policy to
 * the kernel and back. The handles are open from when the dialog opens.
 */
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/control/tune.h"
#include "state.h"

void tune_close(struct app *app)
{
    for (size_t i = 0; i < app->tuned_count; i++)
        handle_done(&app->tuned[i]);
    free(app->tuned);
    app->tuned = NULL;
    app->tuned_count = 0;
}

void tune_open(struct app *app)
{
    const struct tune_dialog *dialog = &app->ui.tune;
    struct tuning_facts facts;
    struct error error = ERROR_INIT;
    tune_close(app);
    app->tuned = calloc(dialog->count + 1, sizeof(*app->tuned));
    for (size_t i = 0; app->tuned && i < dialog->count; i++) {
        struct error why = ERROR_INIT;
        if (handle_open(dialog->targets[i], &app->tuned[app->tuned_count], &why) == 0)
            app->tuned_count++;
        else
            error = why;
    }
    int r = app->tuned_count > 0 ? tune_read(&app->tuned[0], &facts) : -ESRCH;
    if (r == 0) {
        ui_tune_ready(&app->ui, &facts);
        return;
    }
    ui_tune_close(&app->ui);
    ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), "%s",
               error.code ? error.message : strerror(-r));
    tune_close(app);
}

void tune_set(struct app *app)
{
    const struct tune_dialog *dialog = &app->ui.tune;
    _cleanup_(strbuf_done) struct strbuf was = STRBUF_INIT, now = STRBUF_INIT;
    struct error error = ERROR_INIT;
    size_t done = 0;
    if (app->scene.is_readonly)
        return;
    for (size_t i = 0; i < app->tuned_count; i++) {
        size_t changed = 0;
        if (tune_apply(&app->tuned[i], dialog->kind, &dialog->want, dialog->all_threads, &changed,
                       &error) == 0)
            done++;
    }
    app->wants_sweep = true;
    tuning_describe(dialog->kind, &dialog->facts.now, &was);
    tuning_describe(dialog->kind, &dialog->want, &now);
    if (done < app->tuned_count || app->tuned_count == 0) {
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), _("%zu of %zu changed: %s"), done,
                   app->tuned_count, error.message);
        return;
    }
    if (done == 1)
        ui_message(&app->ui, SEVERITY_GOOD, said_ns(app), _("%d %s: %s %s, was %s"),
                   (int)app->tuned[0].id.pid, dialog->comm, tuning_title(dialog->kind),
                   strbuf_text(&now), strbuf_text(&was));
    else
        ui_message(&app->ui, SEVERITY_GOOD, said_ns(app), _("%zu processes: %s %s"), done,
                   tuning_title(dialog->kind), strbuf_text(&now));
    ui_tune_close(&app->ui);
    tune_close(app);
}
