#include "columns_dialog.h"

#include <string.h>

#include "act.h"
#include "modal_place.h"
#include "move.h"
#include "reaptop/base/gettext.h"

/* What is shown, as a list of its own, also where the width alone chose it. */
static struct column_set shown_set(const struct ui *ui, const struct scene *scene)
{
    struct column_set set = ui->settings.columns;
    struct column_place places[COLUMN_COUNT];
    if (set.count > 0)
        return set;
    size_t count = tree_columns(ui, scene, places);
    for (size_t i = 0; i + 1 < count; i++)
        set.choices[set.count++].column = (unsigned char)places[i].column;
    return set;
}

size_t columns_dialog_list(const struct ui *ui, const struct scene *scene,
                           enum column ret_columns[static COLUMNS_DIALOG_COUNT])
{
    struct column_set set = shown_set(ui, scene);
    size_t count = 0;
    for (; count < set.count; count++)
        ret_columns[count] = (enum column)set.choices[count].column;
    for (int i = 0; i < COLUMNS_DIALOG_COUNT; i++)
        if (column_set_find(&set, (enum column)i) < 0)
            ret_columns[count++] = (enum column)i;
    return set.count;
}

static void select_column(struct ui *ui, const struct scene *scene, struct modal *modal,
                          enum column column)
{
    enum column list[COLUMNS_DIALOG_COUNT];
    (void)columns_dialog_list(ui, scene, list);
    for (size_t i = 0; i < COLUMNS_DIALOG_COUNT; i++)
        if (list[i] == column)
            modal->list.at = i;
    list_clamp(&modal->list, COLUMNS_DIALOG_COUNT, modal_list_rows(ui, scene, modal));
}

void columns_dialog_open(struct ui *ui, const struct scene *scene, enum column column)
{
    struct modal *modal = ui_push(ui, MODAL_COLUMNS);
    if (modal)
        select_column(ui, scene, modal, column);
}

/* How wide it is now, shown or not. */
static int width_of(const struct ui *ui, const struct scene *scene, enum column column)
{
    const struct column_set *set = &ui->settings.columns;
    int at = column_set_find(set, column);
    return at >= 0 && set->choices[at].width > 0 ? set->choices[at].width
                                                 : column_width(column, scene_pid_max(scene));
}

/* What the key changes; false: it is none for that. */
static bool change(const struct ui *ui, const struct scene *scene, struct key key,
                   enum column column, struct column_set *set)
{
    int step = key_is_same(key, KEY_NAMED(KEY_IS_RIGHT)) ? 1 : -1;
    if (key_is_same(key, KEY_NAMED(KEY_IS_ENTER)) || key_is_same(key, KEY_CHAR(' ')))
        column_set_toggle(set, column);
    else if (key_is_same(key, KEY_NAMED(KEY_IS_LEFT)) || key_is_same(key, KEY_NAMED(KEY_IS_RIGHT)))
        column_set_move(set, column, step);
    else if (key_is_same(key, KEY_CHAR('+')) || key_is_same(key, KEY_CHAR('=')))
        column_set_widen(set, column, width_of(ui, scene, column), 1);
    else if (key_is_same(key, KEY_CHAR('-')))
        column_set_widen(set, column, width_of(ui, scene, column), -1);
    else
        return false;
    return true;
}

/* An entry_matches of a list of columns: by the heading. */
static bool title_matches(const void *context, size_t at, const char *typed, bool anywhere)
{
    const enum column *list = context;
    const char *title = columns[list[at]].title;
    return anywhere ? strcasestr(title, typed) != NULL
                    : strncasecmp(title, typed, strlen(typed)) == 0;
}

static void find_column(struct ui *ui, const struct scene *scene, struct modal *modal,
                        const enum column *list, uint32_t letter)
{
    list_typed(&modal->list, modal->typed, sizeof(modal->typed), COLUMNS_DIALOG_COUNT, letter,
               title_matches, list);
    list_clamp(&modal->list, COLUMNS_DIALOG_COUNT, modal_list_rows(ui, scene, modal));
}

struct intent columns_dialog_key(struct ui *ui, struct key key, const struct scene *scene)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    enum action action = action_of_key(&ui->settings, ui_conditions(ui, scene), key);
    enum column list[COLUMNS_DIALOG_COUNT];
    if (action == ACTION_LEAVE || action == ACTION_COLUMNS || key_is_same(key, KEY_FN(10)) ||
        key_is_same(key, KEY_FN(2))) {
        ui_pop(ui);
        return NO_INTENT;
    }
    if (list_key(&modal->list, key, COLUMNS_DIALOG_COUNT, modal_list_rows(ui, scene, modal))) {
        modal->typed[0] = '\0';
        return NO_INTENT;
    }
    (void)columns_dialog_list(ui, scene, list);
    enum column column = list[modal->list.at < COLUMNS_DIALOG_COUNT ? modal->list.at : 0];
    struct column_set set = shown_set(ui, scene);
    if (key_is_same(key, KEY_NAMED(KEY_IS_TAB)) || key_is_same(key, KEY_NAMED(KEY_IS_BACK_TAB))) {
        column_set_step(&ui->settings.columns, key_is_same(key, KEY_NAMED(KEY_IS_TAB)) ? 1 : -1);
        select_column(ui, scene, modal, column);
    } else if (change(ui, scene, key, column, &set)) {
        ui->settings.columns = set;
        modal->typed[0] = '\0';
        select_column(ui, scene, modal, column);
    } else if (key.kind == KEY_CHARACTER) {
        find_column(ui, scene, modal, list, key.code);
    }
    return NO_INTENT;
}

/* ---- the actions ---- */

ACT_FUNCTION(act_columns)
{
    columns_dialog_open(ui, scene, ui->column);
    return NO_INTENT;
}

ACT_FUNCTION(act_preset)
{
    enum column_preset preset = (enum column_preset)(action - ACTION_PRESET_OVERVIEW);
    ui->settings.columns = column_preset(preset);
    ui_notice(ui, scene, SEVERITY_INFO, _("columns: %s"), column_preset_name(preset));
    return NO_INTENT;
}
