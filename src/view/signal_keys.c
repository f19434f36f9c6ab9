/*
 * signal_keys: what keys do in the signal dialog.
 */
#include "modal_place.h"
#include "move.h"
#include "reaptop/base/gettext.h"
#include "signal_dialog.h"

enum {
    SIGNAL_TERM = 15
};

static struct intent change_scope(struct ui *ui, const struct scene *scene, int step)
{
    int scope = (int)ui->signal_dialog.scope;
    do
        scope = (scope + SCOPE_COUNT + step) % SCOPE_COUNT;
    while (!signal_dialog_has_scope(ui, (enum signal_scope)scope));
    signal_dialog_fill(ui, scene, (enum signal_scope)scope);
    return INTENT(.kind = INTENT_HOLD);
}

static bool needs_yes(const struct signal_dialog *dialog)
{
    for (size_t i = 0; i < dialog->count; i++)
        if (dialog->targets[i].verdict == SIGNAL_ASKS_AGAIN)
            return true;
    return dialog->scope != SCOPE_ONE && signal_dialog_ready_count(dialog) > 1;
}

static struct intent confirm(struct ui *ui)
{
    ui->signal_dialog.phase = SIGNAL_DIALOG_WATCHING;
    document_clear(&ui->signal_dialog.report);
    return INTENT(.kind = INTENT_SEND, .signal = ui->signal_dialog.signal);
}

static struct intent choose(struct ui *ui, const struct scene *scene)
{
    struct signal_dialog *dialog = &ui->signal_dialog;
    if (dialog->signal == 0) {
        ui_notice(ui, scene, SEVERITY_WARNING, _("No signal has this name or number"));
        return NO_INTENT;
    }
    if (signal_dialog_ready_count(dialog) == 0) {
        const char *reason = dialog->count > 0 ? dialog->targets[0].reason : NULL;
        ui_notice(ui, scene, SEVERITY_ERROR, _("Nothing is sent: %s"),
                  reason ? reason : _("nobody is left to send to"));
        return NO_INTENT;
    }
    if (!needs_yes(dialog))
        return confirm(ui);
    dialog->phase = SIGNAL_DIALOG_CONFIRMING;
    return NO_INTENT;
}

static struct intent leave(struct ui *ui)
{
    ui_pop(ui);
    return INTENT(.kind = INTENT_RELEASE);
}

static struct intent choosing_key(struct ui *ui, struct key key, const struct scene *scene)
{
    struct signal_dialog *dialog = &ui->signal_dialog;
    const struct signal_info *list[SIGNAL_MAX];
    size_t rows = modal_list_rows(ui, scene, ui_modal(ui));
    if (key_is_same(key, KEY_NAMED(KEY_IS_ENTER)))
        return choose(ui, scene);
    if (key_is_same(key, KEY_NAMED(KEY_IS_TAB)))
        return change_scope(ui, scene, 1);
    if (key_is_same(key, KEY_NAMED(KEY_IS_BACK_TAB)))
        return change_scope(ui, scene, -1);
    if (list_key(&dialog->list, key, signal_dialog_list(dialog, list), rows)) {
        signal_dialog_settle(dialog);
        return NO_INTENT;
    }
    if (edit_key(&dialog->filter, key))
        signal_dialog_select(dialog,
                             dialog->filter.text.length == 0 ? SIGNAL_TERM : dialog->signal);
    return NO_INTENT;
}

static struct intent confirming_key(struct ui *ui, struct key key)
{
    if (key.kind == KEY_CHARACTER && (key.code == 'y' || key.code == 'Y'))
        return confirm(ui);
    ui->signal_dialog.phase = SIGNAL_DIALOG_CHOOSING;
    return NO_INTENT;
}

bool signal_dialog_passes_on(const struct ui *ui, struct key key)
{
    enum action action = action_of_key(&ui->settings, 0, key);
    return ui->signal_dialog.phase == SIGNAL_DIALOG_WATCHING && action != ACTION_SIGNAL &&
           action != ACTION_QUIT && !key_is_same(key, KEY_NAMED(KEY_IS_ENTER)) &&
           !key_is_same(key, KEY_NAMED(KEY_IS_ESCAPE));
}

static struct intent watching_key(struct ui *ui, struct key key)
{
    if (action_of_key(&ui->settings, 0, key) != ACTION_SIGNAL)
        return leave(ui);
    ui->signal_dialog.phase = SIGNAL_DIALOG_CHOOSING;
    return NO_INTENT;
}

struct intent signal_dialog_key(struct ui *ui, struct key key, const struct scene *scene)
{
    if (key_is_same(key, KEY_NAMED(KEY_IS_ESCAPE)) &&
        ui->signal_dialog.phase != SIGNAL_DIALOG_CONFIRMING)
        return leave(ui);
    switch (ui->signal_dialog.phase) {
    case SIGNAL_DIALOG_CONFIRMING:
        return confirming_key(ui, key);
    case SIGNAL_DIALOG_WATCHING:
        return watching_key(ui, key);
    case SIGNAL_DIALOG_CHOOSING:
        break;
    }
    return choosing_key(ui, key, scene);
}
