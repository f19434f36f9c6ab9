#include "reaptop/view/screen.h"

#include "canvas.h"
#include "reaptop/base/gettext.h"

static void draw_too_small(const struct canvas *canvas)
{
    (void)grid_printf(canvas->grid, 0, 0, canvas->grid->cols, STYLE_WARNING,
                      _("too small: %dx%d, needs %dx%d"), canvas->grid->cols, canvas->grid->rows,
                      LAYOUT_COLS_LEAST, LAYOUT_ROWS_LEAST);
}

int screen_compose(const struct ui *ui, const struct scene *scene, struct grid *grid)
{
    int r = grid_resize(grid, ui->rows, ui->cols);
    if (r < 0)
        return r;
    struct canvas canvas = {ui, scene, grid, ui_layout(ui, scene)};
    if (canvas.layout.is_too_small) {
        draw_too_small(&canvas);
        return 0;
    }
    draw_header(&canvas);
    draw_tree(&canvas);
    draw_inspector(&canvas);
    draw_events(&canvas);
    for (size_t i = 0; i < ui->modal_count; i++) {
        /* What is behind a dialog would be read on the same lines. */
        if (scene->linear && ui->modals[i].kind != MODAL_PROMPT)
            grid_fill(grid, (struct rect){0, 0, ui->rows - 1, ui->cols}, STYLE_NORMAL, L' ');
        draw_modal(&canvas, &ui->modals[i]);
    }
    draw_footer(&canvas);
    return 0;
}
