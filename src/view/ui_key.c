#include <string.h>

#include "modal.h"
#include "move.h"
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
    if (ui->focus == REGION_INSPECTOR && key.code != '0') {
        ui->tab = (enum tab)(key.code - '1');
        ui->lab_is_shown = false;
    } else if (ui->focus == REGION_TREE) {
        type_pid(ui, scene, key.code);
    }
    return NO_INTENT;
}

static bool is_bench_key(const struct ui *ui, struct key key, const struct scene *scene)
{
    return ui->focus == REGION_INSPECTOR && lab_is_visible(ui, scene) && scene->lab_keys &&
           key.kind == KEY_CHARACTER && key.code > 0 && key.code < 0x80 &&
           strchr(scene->lab_keys, (int)key.code);
}

/* The puppet of the selected line; on any other line, the tree's cursor. */
static struct intent bench_key(const struct ui *ui, struct key key, const struct scene *scene)
{
    const struct pane_state *pane = shown_pane(ui);
    pid_t pid = pane->line < scene->lab->line_count ? scene->lab->lines[pane->line].link : 0;
    return INTENT(.kind = INTENT_LAB_KEY, .index = key.code, .pid = pid > 0 ? pid : ui->cursor.pid);
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
    return ui_action(ui, action_of_key(ui->settings.profile, key), scene);
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
    if (!is_digit(key))
        ui->typed_pid = 0;
    struct intent intent = take_key(ui, key, scene);
    if (ui_sync(ui, scene) && intent.kind == INTENT_NONE)
        intent.kind = INTENT_REBUILD;
    return intent;
}
