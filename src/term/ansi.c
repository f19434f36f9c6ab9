#include "reaptop/term/ansi.h"

#include <string.h>

#include "reaptop/base/text.h"
#include "themes.h"

/* "0;1;38;5;81": all that was set before is off. */
static void add_attributes(unsigned attributes, struct strbuf *out)
{
    strbuf_puts(out, "0");
    if (attributes & LOOK_BOLD)
        strbuf_puts(out, ";1");
    if (attributes & LOOK_DIM)
        strbuf_puts(out, ";2");
    if (attributes & LOOK_UNDERLINE)
        strbuf_puts(out, ";4");
    if (attributes & LOOK_REVERSE)
        strbuf_puts(out, ";7");
}

static void add_style(const struct term_options *options, enum style style, struct strbuf *out)
{
    const struct look *look = theme_look(options->theme, false, style);
    bool has_colors = options->color != COLOR_MODE_MONO && options->theme != THEME_MONO;
    int front = look->in_256, back = look->background_256;
    unsigned attributes = has_colors ? look->attributes : theme_mono(style);
    if (options->own_styles && options->own_styles[style].is_set) {
        front = options->own_styles[style].front;
        back = options->own_styles[style].background;
        attributes = options->own_styles[style].attributes;
    }
    strbuf_puts(out, "\033[");
    add_attributes(attributes, out);
    if (has_colors && front >= 0)
        strbuf_printf(out, ";38;5;%d", front);
    if (has_colors && back >= 0)
        strbuf_printf(out, ";48;5;%d", back);
    strbuf_putc(out, 'm');
}

static void add_cell(const struct term_options *options, const struct grid *grid,
                     const struct grid_cell *cell, struct strbuf *out)
{
    char bytes[TEXT_BYTES_MAX];
    struct grid_marked text = grid_chars(grid, cell);
    for (size_t i = 0; i < 1 + TEXT_COMBINING_MAX && text.chars[i]; i++) {
        uint32_t point = (uint32_t)text.chars[i];
        char ascii = options->ascii && point >= 0x80 ? text_ascii_for(point) : '\0';
        size_t length = text_encode(ascii ? (uint32_t)ascii : point, bytes);
        strbuf_append(out, bytes, length);
    }
}

/* The cells of a row from the first to the last that differ, wide characters whole. */
static void draw_row(const struct term_options *options, const struct grid *grid, int row,
                     const struct grid *drawn, struct strbuf *out)
{
    const struct grid_cell *cell = grid_at(grid, row, 0);
    int first = 0, last = grid->cols - 1, style = -1;
    while (drawn && first <= last && grid_is_same_cell(grid, drawn, row, first))
        first++;
    while (drawn && last > first && grid_is_same_cell(grid, drawn, row, last))
        last--;
    if (first > last)
        return;
    while (first > 0 &&
           (cell[first].point == 0 || (drawn && grid_at(drawn, row, first)->point == 0)))
        first--;
    strbuf_printf(out, "\033[%d;%dH", row + 1, first + 1);
    for (int col = first; col <= last; col++) {
        if (cell[col].point == 0)
            continue; /* the right half of the wide character before it */
        if ((int)cell[col].style != style) {
            style = (int)cell[col].style;
            add_style(options, (enum style)style, out);
        }
        add_cell(options, grid, &cell[col], out);
    }
}

void ansi_draw(const struct term_options *options, const struct grid *grid,
               const struct grid *drawn, struct strbuf *out)
{
    bool is_whole = !drawn || drawn->rows != grid->rows || drawn->cols != grid->cols;
    size_t before = out->length;
    if (is_whole)
        strbuf_puts(out, "\033[?25l\033[0m\033[2J");
    for (int row = 0; row < grid->rows; row++)
        draw_row(options, grid, row, is_whole ? NULL : drawn, out);
    if (out->length > before)
        strbuf_puts(out, "\033[0m");
}
