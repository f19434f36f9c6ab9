/*
 * intents: what a key asked for that reaches beyond the screen.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "manual.h"
#include "own_file.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/own_path.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/base/text.h"
#include "reaptop/term/term.h"
#include "reaptop/view/explain.h"
#include "reaptop/view/maps_tab.h"
#include "state.h"

struct term_options app_term_options(struct app *app)
{
    const struct settings *settings = &app->ui.settings;
    const struct term_options options = {.color = settings->color,
                                         .theme = settings->theme,
                                         .own_styles = settings->own_styles,
                                         .ascii = settings->ascii || text_is_ascii_only(),
                                         .mouse = settings->mouse};
    if (options.ascii)
        gettext_end();
    return options;
}

static void apply_settings(struct app *app)
{
    const struct settings *settings = &app->ui.settings;
    const struct term_options options = app_term_options(app);
    term_set_options(&options);
    term_redraw();
    app->next_sweep_ns = clock_boot_ns() + settings->delay_ns;
    frame_set_trace(app);
    lab_pane_settings(app);
    if (settings->is_subreaper != child_is_subreaper()) {
        int r = child_set_subreaper(settings->is_subreaper);
        if (r < 0)
            ui_message(&app->ui, SEVERITY_ERROR, said_ns(app),
                       _("reaptop cannot become a subreaper: %s"), strerror(-r));
    }
}

static void save_settings(struct app *app)
{
    struct error error = ERROR_INIT;
    if (config_save(&app->ui.settings, &error) < 0)
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), _("not saved: %s"), error.message);
    else
        ui_message(&app->ui, SEVERITY_GOOD, said_ns(app), _("the settings are saved"));
}

static void show_manual(struct app *app, const char *page)
{
    struct error error = ERROR_INIT;
    if (manual_show(page, app->scene.is_readonly, &error) < 0)
        ui_message(&app->ui, SEVERITY_WARNING, said_ns(app), "%s", error.message);
    app->wants_sweep = true;
}

/* Enter on a mapping shows its pages. */
static void follow_line(struct app *app, const struct intent *intent)
{
    if (intent->tab != TAB_MAPS || intent->mark == 0)
        return;
    app->mapping = maps_tab_address(intent->mark);
    app->mapping_of = app->ui.cursor;
    app->ui.tab = TAB_PAGES;
}

bool act_explain(const char *topic, struct document *doc)
{
    struct reference entry;
    if (explain_find(topic, &entry) < 0)
        return false;
    explain_entry(doc, &entry);
    if (entry.kind == REFERENCE_STATE)
        explain_diagram(doc, topic[0]); /* with the place where the process stands */
    return true;
}

static void copy_text(struct app *app, const char *text)
{
    int r = term_copy(text, strlen(text));
    if (r < 0)
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), _("not copied: %s"),
                   r == -E2BIG ? _("too long for the clipboard: z, then file, writes it to a file")
                               : strerror(-r));
    else
        ui_message(&app->ui, SEVERITY_GOOD, said_ns(app),
                   _("copied, where the terminal lets programs copy (OSC 52): %.60s"), text);
}

static void copy_to_file(struct app *app, const char *text)
{
    _cleanup_free_ char *path = own_path("XDG_STATE_HOME", ".local/state", "pane.txt");
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    strbuf_puts(&out, text);
    int r = path ? own_file_write(path, &out) : -ENOENT;
    if (r < 0)
        ui_message(&app->ui, SEVERITY_ERROR, said_ns(app), _("not written: %s"), strerror(-r));
    else
        ui_message(&app->ui, SEVERITY_GOOD, said_ns(app), _("written to %s"), path);
}

static void sweep(struct app *app)
{
    app->wants_sweep = true;
}

static void quit(struct app *app)
{
    app->is_quitting = true;
}

static void redraw(struct app *app)
{
    term_redraw();
    app->wants_sweep = true;
}

static void suspend(struct app *app)
{
    (void)app;
    (void)kill(getpid(), SIGTSTP);
}

static void go_to_time(struct app *app, const char *text)
{
    if (app->replay && replay_go_to(app, text) < 0)
        ui_message(&app->ui, SEVERITY_WARNING, said_ns(app), _("Expected %s"),
                   recording_time_forms());
}

/* What needs nothing but the kind. */
static void (*const simple[])(struct app *app) = {
    [INTENT_REBUILD] = frame_rebuild,
    [INTENT_SWEEP] = sweep,
    [INTENT_QUIT] = quit,
    [INTENT_REDRAW] = redraw,
    [INTENT_SUSPEND] = suspend,
    [INTENT_HOLD] = signal_hold,
    [INTENT_RELEASE] = signal_release,
    [INTENT_TUNE_OPEN] = tune_open,
    [INTENT_TUNE] = tune_set,
    [INTENT_TUNE_CLOSE] = tune_close,
    [INTENT_LAB_END] = lab_pane_end,
    [INTENT_SAVE] = save_settings,
    [INTENT_SETTINGS] = apply_settings,
};

void intent_act(struct app *app, const struct intent *intent)
{
    if ((size_t)intent->kind < ELEMENTS(simple) && simple[intent->kind]) {
        simple[intent->kind](app);
        return;
    }
    switch (intent->kind) {
    case INTENT_SEND:
        signal_send(app, intent->signal);
        break;
    case INTENT_COPY:
        copy_text(app, intent->text);
        break;
    case INTENT_COPY_TO_FILE:
        copy_to_file(app, intent->text);
        break;
    case INTENT_SPAWN:
        children_spawn(app, intent->text);
        break;
    case INTENT_CHILD:
        children_spawn_specimen(app, intent->index);
        break;
    case INTENT_REAP:
        children_reap(app, intent->pid);
        break;
    case INTENT_LAB:
        lab_pane_start(app, intent->index);
        break;
    case INTENT_LAB_STEP:
        lab_pane_step(app, intent->index);
        break;
    case INTENT_LAB_KEY:
        if (app->play.play)
            play_pane_key(app, (char)intent->index, intent->pid);
        else
            program_pane_key(app, (char)intent->index);
        break;
    case INTENT_LINE:
        follow_line(app, intent);
        break;
    case INTENT_MANUAL:
        show_manual(app, intent->text);
        break;
    case INTENT_REPLAY:
        replay_act(app, (enum action)intent->index);
        break;
    case INTENT_TIME:
        go_to_time(app, intent->text);
        break;
    default:
        break;
    }
}
