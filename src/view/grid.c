#include "reaptop/view/grid.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"

static struct grid_cell make_cell(wchar_t point, enum style style)
{
    return (struct grid_cell){.point = (uint32_t)point & 0xffffff, .style = (uint32_t)style & 0xff};
}

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
        grid->cells[i] = make_cell(L' ', STYLE_NORMAL);
    grid->marked_count = 0;
    grid->cursor_row = -1;
    grid->cursor_col = 0;
}

void grid_done(struct grid *grid)
{
    free(grid->cells);
    free(grid->marked);
    *grid = GRID_INIT;
}

struct grid_cell *grid_at(const struct grid *grid, int row, int col)
{
    if (row < 0 || col < 0 || row >= grid->rows || col >= grid->cols)
        return NULL;
    return &grid->cells[(size_t)row * (size_t)grid->cols + (size_t)col];
}

struct grid_marked grid_chars(const struct grid *grid, const struct grid_cell *cell)
{
    size_t place = cell->point - (size_t)GRID_MARKED;
    if (cell->point >= GRID_MARKED && place < grid->marked_count)
        return grid->marked[place];
    return (struct grid_marked){{(wchar_t)cell->point}};
}

static bool is_same(const struct grid *a, const struct grid *b, size_t at)
{
    const struct grid_cell *x = &a->cells[at], *y = &b->cells[at];
    if (x->point < GRID_MARKED || y->point < GRID_MARKED)
        return x->point == y->point && x->style == y->style;
    struct grid_marked first = grid_chars(a, x), second = grid_chars(b, y);
    return x->style == y->style && memcmp(&first, &second, sizeof(first)) == 0;
}

bool grid_is_same_cell(const struct grid *a, const struct grid *b, int row, int col)
{
    return is_same(a, b, (size_t)row * (size_t)a->cols + (size_t)col);
}

bool grid_is_same_row(const struct grid *a, const struct grid *b, int row)
{
    size_t cols = (size_t)a->cols, at = (size_t)row * cols, end = at + cols;
    if (cols > 0 && a->marked_count == 0 && b->marked_count == 0)
        return memcmp(a->cells + at, b->cells + at, cols * sizeof(*a->cells)) == 0;
    while (at < end && is_same(a, b, at))
        at++;
    return at == end;
}

int grid_copy(struct grid *to, const struct grid *from)
{
    size_t count = (size_t)from->rows * (size_t)from->cols;
    int r = array_reserve(&to->cells, &to->capacity, count);
    if (r == 0)
        r = array_reserve(&to->marked, &to->marked_capacity, from->marked_count);
    if (r < 0)
        return r;
    to->rows = from->rows;
    to->cols = from->cols;
    to->cursor_row = from->cursor_row;
    to->cursor_col = from->cursor_col;
    to->marked_count = from->marked_count;
    if (count > 0)
        memcpy(to->cells, from->cells, count * sizeof(*to->cells));
    if (from->marked_count > 0)
        memcpy(to->marked, from->marked, from->marked_count * sizeof(*to->marked));
    return 0;
}

static void make_blank(struct grid_cell *cell)
{
    if (cell)
        cell->point = L' ';
}

/* What the text's character is in a cell; '?' where there is no memory for one with marks. */
static wchar_t point_of(struct grid *grid, const struct text_cell *text)
{
    if (text->chars[1] == L'\0')
        return text->chars[0];
    if (grid->marked_count > 0xffffff - GRID_MARKED ||
        array_reserve(&grid->marked, &grid->marked_capacity, grid->marked_count + 1) < 0)
        return L'?';
    memcpy(grid->marked[grid->marked_count].chars, text->chars, sizeof(text->chars));
    return (wchar_t)(GRID_MARKED + grid->marked_count++);
}

/* What is left of a wide character when one half of it is written over is a blank. */
static void split_wide(struct grid *grid, int row, int first, int last)
{
    struct grid_cell *cell = grid_at(grid, row, first);
    if (cell && cell->point == 0)
        make_blank(grid_at(grid, row, first - 1));
    cell = grid_at(grid, row, last + 1);
    if (cell && cell->point == 0)
        make_blank(cell);
}

static void put_text_cell(struct grid *grid, int row, int col, enum style style,
                          const struct text_cell *text)
{
    split_wide(grid, row, col, col + text->width - 1);
    struct grid_cell *cell = grid_at(grid, row, col);
    struct grid_cell *half = text->width == 2 ? grid_at(grid, row, col + 1) : NULL;
    if (cell && text->width == 2 && !half) {
        *cell = make_cell(L' ', style);
        return;
    }
    if (cell)
        *cell = make_cell(point_of(grid, text), style);
    if (half)
        *half = make_cell(cell ? L'\0' : L' ', style);
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
        bool is_split =
            cells[i].point == 0 || (!(reaches_edge && i + 1 == cols) && cells[i + 1].point == 0);
        if (c < 0x20 || c >= 0x7f || is_followed || is_split)
            return i;
        cells[i] = make_cell((wchar_t)c, style);
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
            *grid_at(grid, row, col) = make_cell(c, style);
    }
}

void grid_restyle(struct grid *grid, struct rect rect, enum style style)
{
    rect = clip(grid, rect);
    for (int row = rect.row; row < rect.row + rect.rows; row++)
        for (int col = rect.col; col < rect.col + rect.cols; col++)
            grid_at(grid, row, col)->style = (uint32_t)style & 0xff;
}
