/*
 * signal: from the dialog to the kernel and back. The handles are opened when
 * the dialog opens and live in a batch (control/send.h) whose targets stand in
 * the order of ui->signal_dialog.targets; nothing is ever sent by bare PID. Of
 * other machines the handles are there (remote_signal.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/source/feed_hosts.h"
#include "remote_signal.h"
#include "state.h"

/* How long an outcome is waited for before what is seen is what is reported. */
#define WATCH_NS (5 * NS_PER_SEC)
/* Another machine watches that long itself; it may be slow to say so. */
#define REMOTE_WATCH_NS (3 * WATCH_NS)

static void drop_batch(struct app *app)
{
    send_free(app->batch);
    remote_signal_free(app->remote);
    free(app->is_reported);
    app->batch = NULL;
    app->remote = NULL;
    app->is_reported = NULL;
    app->reported_count = 0;
    app->order = (struct send_order){0};
    app->zombie_count = 0;
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

/* The place of batch[index] among the dialog's targets; its count where it is not there. */
static size_t dialog_place(const struct app *app, size_t index)
{
    size_t at = 0;
    while (at < app->ui.signal_dialog.count &&
           !identity_is_same(app->ui.signal_dialog.targets[at].id, send_at(app->batch, index)->id))
        at++;
    return at;
}

/* Nothing was sent yet, and some cannot be held there. */
static void report_not_held(struct app *app)
{
    for (size_t i = 0; i < send_count(app->batch); i++) {
        const struct send_target *target = send_at(app->batch, i);
        if (target->result != SEND_GONE && target->result != SEND_FAILED &&
            target->result != SEND_REFUSED)
            continue;
        ui_target_gone(&app->ui, dialog_place(app, i),
                       target->result == SEND_FAILED ? _("its machine does not hold it")
                                                     : _("it is gone"));
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), "%s: %s", target->host,
                   target->error.message);
    }
}

/* A PID of a machine that does not report stands for no process: it is not held. */
static int hold_remote(struct app *app, size_t index)
{
    const struct dialog_target *target = &app->ui.signal_dialog.targets[index];
    const struct process *process = snapshot_find_identity(app_snapshot(app), target->id);
    uint64_t start_ticks = hosts_start_ticks(target->id);
    if (target->verdict == SIGNAL_REFUSED)
        return 0;
    if (!app->remote)
        app->remote = remote_signal_new();
    if (!app->remote)
        return -ENOMEM;
    int r = -ESRCH;
    if (process && start_ticks > 0)
        r = remote_signal_add(app->remote, app->batch, process, start_ticks);
    if (r == -ESRCH)
        ui_target_gone(&app->ui, index, _("it is gone"));
    return r == -ESRCH ? 0 : r;
}

void signal_hold(struct app *app)
{
    drop_batch(app);
    /* The second yes that PID 1, reaptop and its parent need is the dialog's to ask for. */
    int r = send_new(true, &app->batch);
    for (size_t i = 0; r == 0 && i < app->ui.signal_dialog.count; i++) {
        struct identity id = app->ui.signal_dialog.targets[i].id;
        r = app->replay ? hold_remote(app, i) : send_add(app->batch, id, app_snapshot(app));
    }
    if (r == 0) {
        app->is_reported = calloc(app->ui.signal_dialog.count + 1, sizeof(*app->is_reported));
        r = app->is_reported ? 0 : -ENOMEM;
    }
    if (r < 0) {
        drop_batch(app);
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), _("the targets cannot be held: %s"),
                   strerror(-r));
        return;
    }
    if (!app->remote)
        report_held(app);
}

/* The signal, in the life of each that got it; another machine's has its clock. */
static void note_sent(struct app *app, size_t index)
{
    struct event event;
    const struct send_target *target = send_at(app->batch, index);
    send_event(target, app->order.signal, &event);
    if (target->host) {
        event.mono_ns = app_snapshot(app)->mono_ns;
        event.time_ns = app_snapshot(app)->time_ns;
        event.sender = 0;
        event.ppid = 0;
    }
    life_note(app_life(app), &event);
}

void signal_send(struct app *app, int signal)
{
    if (!app->batch || app->scene.is_readonly) {
        ui_report(&app->ui, SEVERITY_ERROR, said_ns(app), _("nothing was sent: %s"),
                  app->scene.is_readonly ? _("reaptop runs read-only") : _("no target is held"));
        return;
    }
    bool is_again = app->order.signal != 0;
    app->order = (struct send_order){.signal = signal, .waits_for_end = send_asks_for_end(signal)};
    for (size_t i = 0; i < send_count(app->batch); i++)
        if (send_is_due(send_at(app->batch, i), is_again) && app->is_reported[i]) {
            app->is_reported[i] = false;
            app->reported_count--;
        }
    send_deliver(app->batch, &app->order, is_again);
    if (app->remote)
        remote_signal_send(app->remote, app->batch, signal);
    for (size_t i = 0; i < send_count(app->batch); i++)
        if (!app->is_reported[i] && send_at(app->batch, i)->was_sent)
            note_sent(app, i);
    app->send_deadline_ns = clock_boot_ns() + (app->remote ? REMOTE_WATCH_NS : WATCH_NS);
    app->send_step_ns = 0;
    app->is_stale = true;
}

/* An outcome is awaited; or, for as long, that a zombie is reaped. */
bool signal_is_watching(const struct app *app)
{
    if (!app->batch || app->order.signal == 0)
        return false;
    return app->reported_count < send_count(app->batch) ||
           (app->zombie_count > 0 && app->send_step_ns < app->send_deadline_ns);
}

/* What is said while the dialog is closed: one line for all. */
struct summary {
    struct app *app;
    struct strbuf text;
    enum send_standing worst;
};

static void add_report_line(void *data, enum send_standing standing, const char *text)
{
    static const enum severity severities[] = {[SEND_DONE] = SEVERITY_GOOD,
                                               [SEND_DOUBT] = SEVERITY_WARNING,
                                               [SEND_FAULT] = SEVERITY_ERROR};
    struct summary *summary = data;
    strbuf_printf(&summary->text, "%s%s", summary->text.length > 0 ? "; " : "", text);
    if (standing > summary->worst)
        summary->worst = standing;
    ui_report(&summary->app->ui, severities[summary->worst], said_ns(summary->app), "%s",
              ui_has_signal_dialog(&summary->app->ui) ? text : strbuf_text(&summary->text));
}

/* Everything anew: an outcome joins those that are alike, a zombie may be gone by now. */
static void report(struct app *app)
{
    struct summary summary = {.app = app, .text = STRBUF_INIT};
    bool is_complete = app->reported_count == send_count(app->batch);
    for (size_t i = 0; is_complete && i < send_count(app->batch); i++)
        is_complete = send_standing(send_at(app->batch, i), &app->order) == SEND_DONE;
    /* Done as it was asked for: nothing is left to decide in the dialog. */
    if (is_complete)
        ui_close_signal_dialog(&app->ui);
    ui_report_clear(&app->ui);
    (void)send_report(app->batch, &app->order, add_report_line, &summary);
    strbuf_done(&summary.text);
    app->is_stale = true;
    app->wants_sweep = true;
}

static void note_outcome(struct app *app, size_t index)
{
    const struct send_target *target = send_at(app->batch, index);
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    if (target->host && target->was_sent)
        note_sent(app, index);
    send_describe_outcome(target, app->order.signal, &sentence);
    life_note_outcome(app_life(app), target->id, app->order.signal, strbuf_text(&sentence));
    app->is_reported[index] = true;
    app->reported_count++;
}

static void drop_unwatched(struct app *app)
{
    if (app->batch && !signal_is_watching(app) && !ui_has_signal_dialog(&app->ui))
        drop_batch(app);
}

static void take_remote(struct app *app)
{
    if (!app->remote || !remote_signal_take(app->remote, app->batch))
        return;
    app->is_stale = true;
    if (app->order.signal == 0)
        report_not_held(app);
}

void signal_step(struct app *app)
{
    uint64_t next_ns = NS_PER_SEC, now = clock_boot_ns();
    size_t reported = app->reported_count;
    bool is_due = signal_is_watching(app) || now >= app->send_step_ns;
    take_remote(app);
    if (signal_is_watching(app)) {
        bool is_late = !send_step(app->batch, &next_ns) && now >= app->send_deadline_ns;
        if (is_late)
            send_finish(app->batch);
        if (app->remote && now >= app->send_deadline_ns)
            remote_signal_give_up(app->remote, app->batch);
        for (size_t i = 0; i < send_count(app->batch); i++)
            if (!app->is_reported[i] && send_at(app->batch, i)->is_settled)
                note_outcome(app, i);
    }
    if (app->batch && app->order.signal != 0 && is_due) {
        size_t zombies = send_look_at_zombies(app->batch);
        app->send_step_ns = now + next_ns;
        bool has_changed = app->reported_count != reported || app->zombie_count != zombies;
        app->zombie_count = zombies;
        if (has_changed)
            report(app);
    }
    drop_unwatched(app);
}

void signal_release(struct app *app)
{
    drop_unwatched(app);
}

void signal_forecast(const void *data, struct identity target, int signal, struct document *doc)
{
    const struct app *app = data;
    for (size_t i = 0; app->batch && i < send_count(app->batch); i++) {
        if (!identity_is_same(send_at(app->batch, i)->id, target))
            continue;
        _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
        struct forecast forecast;
        document_begin(doc, 0);
        if (!app->remote) {
            forecast = send_forecast(app->batch, i, signal, false);
        } else if (!remote_signal_forecast(app->remote, i, signal, clock_boot_ns(), &forecast)) {
            document_add(doc, STYLE_DIM, _("%s is asked"), send_at(app->batch, i)->host);
            return;
        }
        forecast_sentence(&forecast, &sentence);
        document_add_text(doc, forecast.certainty == CERTAINTY_SURE ? STYLE_NORMAL : STYLE_INFERRED,
                          strbuf_text(&sentence), sentence.length);
        return;
    }
}
