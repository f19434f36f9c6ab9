/*
 * palette_screen: draws the palette of actions.
 */
#include <stdio.h>

#include "modal_place.h"
#include "palette.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"

enum {
    KEYS_COL = 22,
    HELP_COL = 34
};

static void draw_entry(const struct canvas *canvas, struct rect row,
                       const struct palette_entry *entry)
{
    _cleanup_(strbuf_done) struct strbuf keys = STRBUF_INIT;
    if (entry->action)
        action_keys(&canvas->ui->settings, entry->action, &keys);
    int name = grid_puts(canvas->grid, row.row, row.col, row.cols,
                         entry->refusal ? STYLE_DIM : STYLE_STRONG, entry->name);
    int keys_col = name < KEYS_COL ? KEYS_COL : name + 1;
    int end = keys_col + grid_puts(canvas->grid, row.row, row.col + keys_col, row.cols - keys_col,
                                   STYLE_KEY, strbuf_text(&keys));
    int help_col = end < HELP_COL ? HELP_COL : end + 1;
    draw_cut(canvas, row.row, row.col + help_col, row.cols - help_col,
             entry->refusal ? STYLE_UNKNOWN : STYLE_NORMAL,
             entry->refusal ? entry->refusal : entry->help);
}

void draw_palette(const struct canvas *canvas, const struct modal *modal)
{
    const struct ui *ui = canvas->ui;
    struct rect rect = modal_rect(ui, canvas->scene, modal);
    struct rect list = modal_list_rect(ui, canvas->scene, modal);
    uint16_t numbers[PALETTE_MOST];
    size_t count = palette_list(ui, numbers);
    draw_frame(canvas, rect,
               canvas->scene->replay ? _("Action, or a time: 14:03, +30s, -5m") : _("Action"));
    int row = rect.row + 1;
    int col = list.col + grid_puts(canvas->grid, row, list.col, list.cols, STYLE_LABEL, ":");
    int cursor_col =
        edit_draw(&ui->prompt, canvas->grid, row, col, list.col + list.cols - col, STYLE_NORMAL);
    if (count == 0)
        (void)grid_puts(canvas->grid, list.row, list.col, list.cols, STYLE_DIM,
                        _("No action has this name"));
    for (int i = 0; i < list.rows && modal->list.top + (size_t)i < count; i++) {
        size_t at = modal->list.top + (size_t)i;
        struct rect line = {list.row + i, list.col, 1, list.cols};
        struct palette_entry entry = palette_get(ui, canvas->scene, numbers[at]);
        draw_entry(canvas, line, &entry);
        draw_list_row(canvas, line, at == modal->list.at);
    }
    canvas->grid->cursor_row = row;
    canvas->grid->cursor_col = cursor_col;
}
