#include "canvas.h"

#include <string.h>

#include "reaptop/base/array.h"

enum {
    FRAME_TITLE_COL = 2
};

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
    return scene->linear ? L' ' : scene->ascii ? L'-' : L'─';
}

/* A clean patch of screen in a box, with a title in its upper edge; linear: no lines. */
void draw_frame(const struct canvas *canvas, struct rect rect, const char *title)
{
    const struct scene *scene = canvas->scene;
    const wchar_t *marks = scene->linear ? L"     " : scene->ascii ? L"|++++" : L"│┌┐└┘";
    int bottom = rect.row + rect.rows - 1, right = rect.col + rect.cols - 1;
    wchar_t rule = rule_char(scene);
    const struct {
        struct rect rect;
        wchar_t mark;
    } parts[] = {
        {{rect.row, rect.col, 1, rect.cols}, rule},     {{bottom, rect.col, 1, rect.cols}, rule},
        {{rect.row, rect.col, rect.rows, 1}, marks[0]}, {{rect.row, right, rect.rows, 1}, marks[0]},
        {{rect.row, rect.col, 1, 1}, marks[1]},         {{rect.row, right, 1, 1}, marks[2]},
        {{bottom, rect.col, 1, 1}, marks[3]},           {{bottom, right, 1, 1}, marks[4]},
    };
    grid_fill(canvas->grid, rect, STYLE_NORMAL, L' ');
    for (size_t i = 0; i < ELEMENTS(parts); i++)
        grid_fill(canvas->grid, parts[i].rect, STYLE_DIM, parts[i].mark);
    (void)grid_printf(canvas->grid, rect.row, rect.col + FRAME_TITLE_COL, rect.cols - 4,
                      STYLE_TITLE, " %s ", title);
    canvas->grid->cursor_row = -1;
}

void draw_list_row(const struct canvas *canvas, struct rect row, bool is_selected)
{
    if (!is_selected)
        return;
    struct rect wide = {row.row, row.col - 1, 1, row.cols + 2};
    grid_restyle(canvas->grid, wide, STYLE_SELECTED);
    canvas->grid->cursor_row = row.row;
    canvas->grid->cursor_col = row.col;
}
