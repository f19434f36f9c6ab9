#include <string.h>

#include "reaptop/view/screen.h"

#include "parts.h"
#include "reaptop/base/gettext.h"

const char *ellipsis(const struct scene *scene)
{
    return scene->ascii ? ".." : "…";
}

void draw_cut(const struct canvas *canvas, int row, int col, int cols, enum style style,
              const char *text)
{
    (void)grid_puts(canvas->grid, row, col, cols, style, text);
    const char *mark = ellipsis(canvas->scene);
    int width = (int)text_width(mark, strlen(mark));
    if (cols > width && text_width(text, strlen(text)) > (size_t)cols)
        (void)grid_puts(canvas->grid, row, col + cols - width, width, style, mark);
}

wchar_t rule_char(const struct scene *scene)
{
    return scene->ascii ? L'-' : L'─';
}

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
    for (size_t i = 0; i < ui->modal_count; i++)
        draw_modal(&canvas, &ui->modals[i]);
    draw_footer(&canvas);
    return 0;
}
