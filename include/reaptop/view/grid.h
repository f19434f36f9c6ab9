/*
 * grid: a screen as cells. Views write into it, term/ copies it out, tests
 * read it. Writing outside is ignored, so a view never needs to clip.
 */
#ifndef REAPTOP_VIEW_GRID_H
#define REAPTOP_VIEW_GRID_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/base/text.h"
#include "reaptop/view/style.h"

/* Rows and columns count from 0 at the top left. */
struct rect {
    int row, col, rows, cols;
};

struct grid_cell {
    wchar_t chars[1 + TEXT_COMBINING_MAX]; /* chars[0] 0: the right half of a wide character */
    uint8_t style;                         /* enum style */
};

struct grid {
    int rows, cols;
    struct grid_cell *cells; /* rows × cols, row by row */
    size_t capacity;
    int cursor_row, cursor_col; /* the hardware cursor; row -1: hidden */
};

#define GRID_INIT ((struct grid){.cursor_row = -1})

/* Makes it that size and blank. -ENOMEM leaves it as it was. */
int grid_resize(struct grid *grid, int rows, int cols);
void grid_clear(struct grid *grid);
void grid_done(struct grid *grid);

/* NULL outside. */
struct grid_cell *grid_at(const struct grid *grid, int row, int col);

/*
 * Writes untrusted bytes (see base/text.h) from (row, col), at most `cols`
 * columns; bad cells are shown in STYLE_BAD unless the style is SELECTED or
 * UNFOCUSED. A wide character that does not fit whole leaves a blank. Returns
 * the columns written.
 */
int grid_text(struct grid *grid, int row, int col, int cols, enum style style, const char *bytes,
              size_t length);

/* As grid_text for a NUL-terminated string that is ours. */
int grid_puts(struct grid *grid, int row, int col, int cols, enum style style, const char *string);
int grid_printf(struct grid *grid, int row, int col, int cols, enum style style, const char *format,
                ...) __attribute__((format(printf, 6, 7)));

/* Fills the rectangle with one character. */
void grid_fill(struct grid *grid, struct rect rect, enum style style, wchar_t c);

/* Gives the cells of the rectangle a style; characters stay. */
void grid_restyle(struct grid *grid, struct rect rect, enum style style);

#endif
