#include <string.h>

#include "modal.h"
#include "move.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/view/htop_keys.h"
#include "signal_dialog.h"
#include "ui_private.h"

static bool is_digit(struct key key)
{
    return key.kind == KEY_CHARACTER && key.code >= '0' && key.code <= '9';
}

static struct intent digit_key(struct ui *ui, struct key key, const struct scene *scene)
{
    size_t choice = key.code - '1'; /* huge for 0 */
    if (lab_is_visible(ui, scene) && scene->lab_waits && choice < scene->lab_choice_count)
        return INTENT(.kind = INTENT_LAB_STEP, .index = choice);
    bool is_shown = ui_layout(ui, scene).inspector.rows > 0;
    bool is_tab = is_shown && ui->focus != REGION_EVENTS && !ui->is_typing_pid;
    if (!is_tab || (ui->focus == REGION_TREE && key.code == '0')) {
        ui->is_typing_pid = true;
        type_pid(ui, scene, key.code);
    } else if (key.code == '0') {
        ui_notice(ui, scene, SEVERITY_INFO, _("There is no pane 0: 1 to 9 choose one"));
    } else {
        ui->tab = (enum tab)(key.code - '1');
        ui->lab_is_shown = false;
    }
    return NO_INTENT;
}

static bool is_bench_key(const struct ui *ui, struct key key, const struct scene *scene)
{
    return ui->focus == REGION_INSPECTOR && lab_is_visible(ui, scene) && scene->lab_keys &&
           key.kind == KEY_CHARACTER && key.code > 0 && key.code < 0x80 &&
           strchr(scene->lab_keys, (int)key.code);
}

/* The play child of the selected line; on any other line, the tree's cursor. */
static struct intent bench_key(const struct ui *ui, struct key key, const struct scene *scene)
{
    const struct pane_state *pane = shown_pane(ui);
    pid_t pid = pane->line < scene->lab->line_count ? scene->lab->lines[pane->line].link : 0;
    return INTENT(.kind = INTENT_LAB_KEY, .index = key.code, .pid = pid > 0 ? pid : ui->cursor.pid);
}

/* No key is silent: what it does elsewhere, and what does it here. */
static void explain_unbound(struct ui *ui, const struct scene *scene, struct key key)
{
    _cleanup_(strbuf_done) struct strbuf keys = STRBUF_INIT;
    const struct htop_key *known = htop_key_find(key);
    char name[KEY_NAME_SIZE];
    if (*key_label(key, name) == '\0')
        return;
    if (known && known->action)
        action_keys(&ui->settings, known->action, &keys);
    if (keys.length > 0)
        ui_notice(ui, scene, SEVERITY_INFO, _("%s is htop's key to %s: here %s does it"), name,
                  _(known->meaning), strbuf_text(&keys));
    else if (known)
        ui_notice(ui, scene, SEVERITY_INFO, _("%s is htop's key to %s: here %s"), name,
                  _(known->meaning),
                  known->instead ? _(known->instead) : actions[known->action].name);
    else
        ui_notice(ui, scene, SEVERITY_INFO,
                  _("%s has no meaning here: ? lists the keys, : all actions"), name);
}

static struct intent take_key(struct ui *ui, struct key key, const struct scene *scene)
{
    if (key.kind == KEY_MOUSE_EVENT)
        return mouse_key(ui, key, scene);
    if (key.kind == KEY_CONTROL && (key.code == 'L' || key.code == 'Z'))
        return ui_action(ui, key.code == 'L' ? ACTION_REDRAW : ACTION_SUSPEND, scene);
    if (ui_has_signal_dialog(ui) && signal_dialog_passes_on(ui, key))
        ui_close_signal_dialog(ui);
    if (ui->modal_count > 0)
        return modal_key(ui, key, scene);
    if (is_bench_key(ui, key, scene))
        return bench_key(ui, key, scene);
    if (is_digit(key))
        return digit_key(ui, key, scene);
    enum action action = action_of_key(&ui->settings, ui_conditions(ui, scene), key);
    if (action == ACTION_NONE)
        explain_unbound(ui, scene, key);
    return ui_action(ui, action, scene);
}

struct intent ui_key(struct ui *ui, struct key key, const struct scene *scene)
{
    if (key.kind == KEY_NONE)
        return NO_INTENT;
    if (key.kind == KEY_RESIZED) {
        ui_resize(ui, key.row, key.col);
        (void)ui_sync(ui, scene);
        return NO_INTENT;
    }
    ui->message[0] = '\0';
    if (!is_digit(key)) {
        ui->typed_pid = 0;
        ui->is_typing_pid = false;
    }
    struct intent intent = take_key(ui, key, scene);
    if (ui_sync(ui, scene) && intent.kind == INTENT_NONE)
        intent.kind = INTENT_REBUILD;
    return intent;
}
