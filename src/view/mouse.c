#include "modal.h"
#include "modal_place.h"
#include "move.h"
#include "places.h"
#include "signal_dialog.h"

#include "reaptop/model/field.h"

enum {
    WHEEL_ROWS = 3
};

static struct intent press_footer(struct ui *ui, struct key key, const struct scene *scene)
{
    struct footer_item items[FOOTER_ITEMS_MAX];
    size_t count = footer_items(ui, scene->replay != NULL, ui->cols, items);
    for (size_t i = 0; i < count; i++)
        if (key.col >= items[i].col && key.col < items[i].col + items[i].cols)
            return ui_action(ui, items[i].action, scene);
    return NO_INTENT;
}

/* Sorts by the column pressed; pressed again it turns the order round. */
static struct intent press_heading(struct ui *ui, struct key key, const struct scene *scene)
{
    struct column_place places[COLUMN_COUNT];
    size_t count = tree_columns(ui, scene, places);
    for (size_t i = 0; i < count; i++) {
        if (key.col < places[i].col || key.col >= places[i].col + places[i].cols)
            continue;
        enum field field = columns[places[i].column].field;
        if (ui->settings.sort == field)
            ui->settings.is_inverted = !ui->settings.is_inverted;
        ui->settings.sort = field;
        return INTENT(.kind = INTENT_REBUILD);
    }
    return NO_INTENT;
}

/* True where the column is left of the name, in the tree's lines. */
static bool is_on_guides(const struct ui *ui, const struct scene *scene, uint32_t row, int col)
{
    struct column_place places[COLUMN_COUNT];
    size_t count = tree_columns(ui, scene, places);
    const struct column_place *command = &places[count - 1];
    uint32_t depth = scene->tree->rows[row].depth;
    int guides = (int)guide_levels(depth, command->cols) * GUIDE_COLS;
    return ui->left == 0 && col >= command->col && col < command->col + guides;
}

static struct intent press_tree(struct ui *ui, struct key key, const struct scene *scene,
                                struct rect rect)
{
    uint32_t row = ui->top + (uint32_t)(key.row - rect.row);
    if (row >= scene->tree->count)
        return NO_INTENT;
    ui->focus = REGION_TREE;
    move_tree_to(ui, scene, row);
    const struct tree_row *tree_row = &scene->tree->rows[row];
    if (tree_row->has_children && is_on_guides(ui, scene, row, key.col))
        return ui_action(ui, tree_row->is_folded ? ACTION_UNFOLD : ACTION_FOLD, scene);
    if (key.mouse == KEY_MOUSE_DOUBLE)
        return ui_action(ui, ACTION_INSPECT, scene);
    return NO_INTENT;
}

static struct intent press_tabs(struct ui *ui, struct key key, const struct scene *scene,
                                struct rect rect)
{
    for (int tab = 0; tab < TAB_COUNT; tab++) {
        int col, cols;
        tab_place(ui, scene, rect, (enum tab)tab, &col, &cols);
        if (key.col < col || key.col >= col + cols)
            continue;
        ui->tab = (enum tab)tab;
        ui->lab_is_shown = false;
    }
    return NO_INTENT;
}

static struct intent press_inspector(struct ui *ui, struct key key, const struct scene *scene,
                                     struct rect rect)
{
    const struct document *doc = shown_document(ui, scene);
    const struct pane_state *pane = shown_pane(ui);
    size_t line = pane->top + (size_t)(key.row - rect.row);
    ui->has_inspector = true;
    ui->focus = REGION_INSPECTOR;
    if (!doc || line >= doc->line_count)
        return NO_INTENT;
    move_pane(ui, scene, (int64_t)line - (int64_t)pane->line);
    return key.mouse == KEY_MOUSE_DOUBLE ? ui_action(ui, ACTION_INSPECT, scene) : NO_INTENT;
}

static struct intent press(struct ui *ui, struct key key, const struct scene *scene,
                           const struct layout *layout)
{
    if (rect_has(layout->footer, key.row, key.col))
        return press_footer(ui, key, scene);
    if (rect_has(layout->headings, key.row, key.col))
        return press_heading(ui, key, scene);
    if (rect_has(layout->tree, key.row, key.col))
        return press_tree(ui, key, scene, layout->tree);
    if (rect_has(layout->tabs, key.row, key.col))
        return press_tabs(ui, key, scene, layout->tabs);
    if (rect_has(layout->inspector, key.row, key.col))
        return press_inspector(ui, key, scene, layout->inspector);
    if (layout->is_split && rect_has(layout->divider, key.row, key.col))
        ui->is_dragging = true;
    if (rect_has(layout->events_title, key.row, key.col) ||
        rect_has(layout->events, key.row, key.col))
        ui->focus = REGION_EVENTS;
    return NO_INTENT;
}

static struct intent wheel(struct ui *ui, struct key key, const struct scene *scene,
                           const struct layout *layout)
{
    int step = key.mouse == KEY_MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;
    if (rect_has(layout->inspector, key.row, key.col))
        move_pane(ui, scene, step);
    else if (rect_has(layout->events, key.row, key.col))
        move_events(ui, scene, step);
    else
        move_tree(ui, scene, step);
    return NO_INTENT;
}

/* Over a dialog: the wheel moves its list, a press chooses, one outside leaves. */
static struct intent press_modal(struct ui *ui, struct key key, const struct scene *scene)
{
    struct modal *modal = &ui->modals[ui->modal_count - 1];
    struct rect rect = modal_list_rect(ui, scene, modal);
    if (key.mouse == KEY_MOUSE_WHEEL_UP || key.mouse == KEY_MOUSE_WHEEL_DOWN)
        return modal_key(ui, KEY_NAMED(key.mouse == KEY_MOUSE_WHEEL_UP ? KEY_IS_UP : KEY_IS_DOWN),
                         scene);
    if (!rect_has(modal_rect(ui, scene, modal), key.row, key.col))
        return modal_key(ui, KEY_NAMED(KEY_IS_ESCAPE), scene);
    if (!rect_has(rect, key.row, key.col) ||
        (modal->kind == MODAL_SIGNAL && ui->signal_dialog.phase != SIGNAL_DIALOG_CHOOSING))
        return NO_INTENT;
    struct list_state *list = modal->kind == MODAL_SIGNAL ? &ui->signal_dialog.list : &modal->list;
    size_t at = list->top + (size_t)(key.row - rect.row);
    if (modal->kind == MODAL_HELP || modal->kind == MODAL_TEXT ||
        at >= modal_length(ui, scene, modal))
        return NO_INTENT;
    list->at = at;
    if (modal->kind == MODAL_SIGNAL)
        signal_dialog_settle(&ui->signal_dialog);
    if (modal->kind == MODAL_CHOICE)
        choice_settle(ui, scene, modal, 1);
    if (key.mouse != KEY_MOUSE_DOUBLE)
        return NO_INTENT;
    return modal_key(ui, KEY_NAMED(KEY_IS_ENTER), scene);
}

/* The divider goes where it was let go. */
static struct intent release(struct ui *ui, struct key key, const struct layout *layout)
{
    int tree = layout->is_below ? key.row - layout->headings.row : key.col;
    int whole = layout->is_below
                    ? layout->inspector.row + layout->inspector.rows - layout->headings.row
                    : ui->cols;
    if (ui->is_dragging && layout->is_split && whole > 0)
        set_divider(ui, layout, (tree * 100 + whole / 2) / whole);
    ui->is_dragging = false;
    return NO_INTENT;
}

struct intent mouse_key(struct ui *ui, struct key key, const struct scene *scene)
{
    struct layout layout = ui_layout(ui, scene);
    if (layout.is_too_small)
        return NO_INTENT;
    if (key.mouse == KEY_MOUSE_RELEASE)
        return release(ui, key, &layout);
    ui->is_dragging = false;
    if (ui->modal_count > 0)
        return press_modal(ui, key, scene);
    if (key.mouse == KEY_MOUSE_WHEEL_UP || key.mouse == KEY_MOUSE_WHEEL_DOWN)
        return wheel(ui, key, scene, &layout);
    return press(ui, key, scene, &layout);
}
