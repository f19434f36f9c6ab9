#include "reaptop/view/grid.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"

int grid_resize(struct grid *grid, int rows, int cols)
{
    if (rows < 0 || cols < 0)
        rows = cols = 0;
    int r = array_reserve(&grid->cells, &grid->capacity, (size_t)rows * (size_t)cols);
    if (r < 0)
        return r;
    grid->rows = rows;
    grid->cols = cols;
    grid_clear(grid);
    return 0;
}

void grid_clear(struct grid *grid)
{
    size_t count = (size_t)grid->rows * (size_t)grid->cols;
    for (size_t i = 0; i < count; i++)
        grid->cells[i] = (struct grid_cell){.chars = {L' '}, .style = STYLE_NORMAL};
    grid->cursor_row = -1;
    grid->cursor_col = 0;
}

void grid_done(struct grid *grid)
{
    free(grid->cells);
    *grid = GRID_INIT;
}

struct grid_cell *grid_at(const struct grid *grid, int row, int col)
{
    if (row < 0 || col < 0 || row >= grid->rows || col >= grid->cols)
        return NULL;
    return &grid->cells[(size_t)row * (size_t)grid->cols + (size_t)col];
}

static void make_blank(struct grid_cell *cell)
{
    if (cell)
        memcpy(cell->chars, (wchar_t[1 + TEXT_COMBINING_MAX]){L' '}, sizeof(cell->chars));
}

/* What is left of a wide character when one half of it is written over is a blank. */
static void split_wide(struct grid *grid, int row, int first, int last)
{
    struct grid_cell *cell = grid_at(grid, row, first);
    if (cell && cell->chars[0] == L'\0')
        make_blank(grid_at(grid, row, first - 1));
    cell = grid_at(grid, row, last + 1);
    if (cell && cell->chars[0] == L'\0')
        make_blank(cell);
}

static void put_text_cell(struct grid *grid, int row, int col, enum style style,
                          const struct text_cell *text)
{
    split_wide(grid, row, col, col + text->width - 1);
    struct grid_cell *cell = grid_at(grid, row, col);
    struct grid_cell *half = text->width == 2 ? grid_at(grid, row, col + 1) : NULL;
    if (cell && text->width == 2 && !half) {
        make_blank(cell);
        cell->style = (uint8_t)style;
        return;
    }
    if (cell) {
        memcpy(cell->chars, text->chars, sizeof(cell->chars));
        cell->style = (uint8_t)style;
    }
    if (half && cell)
        *half = (struct grid_cell){.chars = {L'\0'}, .style = (uint8_t)style};
    else if (half) {
        make_blank(half);
        half->style = (uint8_t)style;
    }
}

/*
 * The printable ASCII that the bytes begin with, which is most of all text: one byte, one cell.
 * Stops before one that is followed by something else (a combining character may belong to it)
 * and where there is half of a wide character. Returns the columns, and bytes, written.
 */
static int put_plain(struct grid *grid, int row, int col, int cols, enum style style,
                     const char *bytes, size_t length)
{
    if (row < 0 || row >= grid->rows || col < 0 || col >= grid->cols)
        return 0;
    if (cols > grid->cols - col)
        cols = grid->cols - col;
    struct grid_cell *cells = grid_at(grid, row, col);
    bool reaches_edge = col + cols == grid->cols;
    for (int i = 0; i < cols; i++) {
        unsigned char c = (size_t)i < length ? (unsigned char)bytes[i] : '\0';
        bool is_followed = (size_t)i + 1 < length && (unsigned char)bytes[i + 1] >= 0x80;
        bool is_split = cells[i].chars[0] == L'\0' ||
                        (!(reaches_edge && i + 1 == cols) && cells[i + 1].chars[0] == L'\0');
        if (c < 0x20 || c >= 0x7f || is_followed || is_split)
            return i;
        cells[i] = (struct grid_cell){.chars = {(wchar_t)c}, .style = (uint8_t)style};
    }
    return cols > 0 ? cols : 0;
}

int grid_text(struct grid *grid, int row, int col, int cols, enum style style, const char *bytes,
              size_t length)
{
    int written = put_plain(grid, row, col, cols, style, bytes, length);
    size_t used;
    struct text_cell cell;
    bytes += written;
    length -= (size_t)written;
    enum style bad = style == STYLE_SELECTED || style == STYLE_UNFOCUSED ? style : STYLE_BAD;
    while (written < cols && (used = text_next(bytes, length, &cell)) > 0) {
        if (written + cell.width > cols)
            cell = (struct text_cell){.chars = {L' '}, .width = 1};
        put_text_cell(grid, row, col + written, cell.bad ? bad : style, &cell);
        written += cell.width;
        bytes += used;
        length -= used;
    }
    return written;
}

int grid_puts(struct grid *grid, int row, int col, int cols, enum style style, const char *string)
{
    return grid_text(grid, row, col, cols, style, string, strlen(string));
}

int grid_printf(struct grid *grid, int row, int col, int cols, enum style style, const char *format,
                ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length < 0)
        return 0;
    return grid_puts(grid, row, col, cols, style, line);
}

/* The part of the rectangle that lies on the grid. */
static struct rect clip(const struct grid *grid, struct rect rect)
{
    int bottom = rect.row + rect.rows < grid->rows ? rect.row + rect.rows : grid->rows;
    int right = rect.col + rect.cols < grid->cols ? rect.col + rect.cols : grid->cols;
    int row = rect.row > 0 ? rect.row : 0;
    int col = rect.col > 0 ? rect.col : 0;
    return (struct rect){row, col, bottom - row, right - col};
}

void grid_fill(struct grid *grid, struct rect rect, enum style style, wchar_t c)
{
    rect = clip(grid, rect);
    if (rect.cols <= 0)
        return;
    for (int row = rect.row; row < rect.row + rect.rows; row++) {
        split_wide(grid, row, rect.col, rect.col + rect.cols - 1);
        for (int col = rect.col; col < rect.col + rect.cols; col++)
            *grid_at(grid, row, col) = (struct grid_cell){.chars = {c}, .style = (uint8_t)style};
    }
}

void grid_restyle(struct grid *grid, struct rect rect, enum style style)
{
    rect = clip(grid, rect);
    for (int row = rect.row; row < rect.row + rect.rows; row++)
        for (int col = rect.col; col < rect.col + rect.cols; col++)
            grid_at(grid, row, col)->style = (uint8_t)style;
}
