/*
 * signal: from the dialog to the kernel and back. The handles are opened when
 * the dialog opens and live in a batch (control/send.h) whose targets stand in
 * the order of ui->signal_dialog.targets; nothing is ever sent by bare PID.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "state.h"

/* How long an outcome is waited for before what is seen is what is reported. */
#define WATCH_NS (5 * NS_PER_SEC)

static void drop_batch(struct app *app)
{
    send_free(app->batch);
    free(app->is_reported);
    app->batch = NULL;
    app->is_reported = NULL;
    app->reported_count = 0;
    app->sent_signal = 0;
}

void signal_done(struct app *app)
{
    drop_batch(app);
}

static void report_held(struct app *app)
{
    for (size_t i = 0; i < send_count(app->batch) && i < app->ui.signal_dialog.count; i++) {
        const struct send_target *target = send_at(app->batch, i);
        if (target->result == SEND_GONE || target->result == SEND_FAILED)
            ui_target_gone(&app->ui, i, _("it is gone"));
        else
            ui_target_held(&app->ui, i, target->id.inode);
    }
}

void signal_hold(struct app *app)
{
    drop_batch(app);
    /* The second yes that PID 1, reaptop and its parent need is the dialog's to ask for. */
    int r = send_new(true, &app->batch);
    for (size_t i = 0; r == 0 && i < app->ui.signal_dialog.count; i++)
        r = send_add(app->batch, app->ui.signal_dialog.targets[i].id, app_snapshot(app));
    if (r == 0) {
        app->is_reported = calloc(app->ui.signal_dialog.count + 1, sizeof(*app->is_reported));
        r = app->is_reported ? 0 : -ENOMEM;
    }
    if (r < 0) {
        drop_batch(app);
        ui_message(&app->ui, SEVERITY_ERROR, clock_boot_ns(), _("the targets cannot be held: %s"),
                   strerror(-r));
        return;
    }
    report_held(app);
}

void signal_send(struct app *app, int signal)
{
    if (!app->batch || app->scene.is_readonly) {
        ui_report(&app->ui, SEVERITY_ERROR, clock_boot_ns(), _("nothing was sent: %s"),
                  app->scene.is_readonly ? _("reaptop runs read-only") : _("no target is held"));
        return;
    }
    const struct send_order order = {.signal = signal, .waits_for_end = send_asks_for_end(signal)};
    send_deliver(app->batch, &order, false);
    for (size_t i = 0; i < send_count(app->batch); i++) {
        struct event event;
        if (!send_at(app->batch, i)->was_sent)
            continue;
        send_event(send_at(app->batch, i), signal, &event);
        life_note(app_life(app), &event);
    }
    app->sent_signal = signal;
    app->send_deadline_ns = clock_boot_ns() + WATCH_NS;
    app->send_step_ns = 0;
    app->is_stale = true;
}

bool signal_is_watching(const struct app *app)
{
    return app->batch && app->sent_signal != 0 && app->reported_count < send_count(app->batch);
}

static enum severity severity_of(const struct send_target *target)
{
    switch (target->result) {
    case SEND_FAILED:
    case SEND_REFUSED:
        return SEVERITY_ERROR;
    case SEND_GONE:
    case SEND_LEFT:
    case SEND_STUCK:
    case SEND_PENDING:
    case SEND_ZOMBIE:
        return SEVERITY_WARNING;
    default:
        return SEVERITY_GOOD;
    }
}

static void report(struct app *app, size_t index)
{
    const struct send_target *target = send_at(app->batch, index);
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    send_describe(target, app->sent_signal, &sentence);
    ui_report(&app->ui, severity_of(target), clock_boot_ns(), "%d %s: %s", target->id.pid,
              target->comm, strbuf_text(&sentence));
    life_note_outcome(app_life(app), target->id, app->sent_signal, strbuf_text(&sentence));
    app->is_reported[index] = true;
    app->reported_count++;
    app->is_stale = true;
    app->wants_sweep = true;
}

void signal_step(struct app *app)
{
    if (!signal_is_watching(app))
        return;
    uint64_t next_ns = NS_PER_SEC, now = clock_boot_ns();
    if (!send_step(app->batch, &next_ns) && now >= app->send_deadline_ns)
        send_finish(app->batch);
    app->send_step_ns = now + next_ns;
    for (size_t i = 0; i < send_count(app->batch); i++)
        if (!app->is_reported[i] && send_at(app->batch, i)->is_settled)
            report(app, i);
    if (!signal_is_watching(app) && !ui_has_signal_dialog(&app->ui))
        drop_batch(app);
}

void signal_release(struct app *app)
{
    if (!signal_is_watching(app))
        drop_batch(app);
}

void signal_forecast(const void *data, struct identity target, int signal, struct document *doc)
{
    const struct app *app = data;
    for (size_t i = 0; app->batch && i < send_count(app->batch); i++) {
        if (!identity_is_same(send_at(app->batch, i)->id, target))
            continue;
        _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
        const struct forecast forecast = send_forecast(app->batch, i, signal, false);
        forecast_sentence(&forecast, &sentence);
        document_begin(doc, 0);
        document_add_text(doc, forecast.certainty == CERTAINTY_SURE ? STYLE_NORMAL : STYLE_INFERRED,
                          strbuf_text(&sentence), sentence.length);
        return;
    }
}
