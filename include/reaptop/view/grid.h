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

/*
 * Four bytes, as there are ten thousand of them in each copy of a large screen. A character with
 * combining marks is in the grid's table of these: grid_chars() tells both.
 */
struct grid_cell {
    uint32_t point : 24; /* 0: right half of a wide one; from GRID_MARKED on: in `marked` */
    uint32_t style : 8;  /* enum style */
};

enum {
    GRID_MARKED = 0x110000 /* behind the last character of Unicode */
};

struct grid_marked {
    wchar_t chars[1 + TEXT_COMBINING_MAX];
};

struct grid {
    int rows, cols;
    struct grid_cell *cells; /* rows × cols, row by row */
    size_t capacity;
    struct grid_marked *marked; /* written since the grid was last cleared */
    size_t marked_count, marked_capacity;
    int cursor_row, cursor_col; /* the hardware cursor; row -1: hidden */
};

#define GRID_INIT ((struct grid){.cursor_row = -1})

/* Makes it that size and blank. -ENOMEM leaves it as it was. */
int grid_resize(struct grid *grid, int rows, int cols);
void grid_clear(struct grid *grid);
void grid_done(struct grid *grid);

/* NULL outside. */
struct grid_cell *grid_at(const struct grid *grid, int row, int col);

/* The character of one of its cells, then its combining marks; 0 ends them early. */
struct grid_marked grid_chars(const struct grid *grid, const struct grid_cell *cell);

/* Whether the same is to be seen in both, which have that cell, or that row. */
bool grid_is_same_cell(const struct grid *a, const struct grid *b, int row, int col);
bool grid_is_same_row(const struct grid *a, const struct grid *b, int row);

/* Makes `to` like `from`. -ENOMEM: what is in it is of no use. */
int grid_copy(struct grid *to, const struct grid *from);

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
