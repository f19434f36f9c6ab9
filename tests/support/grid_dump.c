#include "support/grid_dump.h"

#include "reaptop/base/text.h"

void grid_dump(const struct grid *grid, struct strbuf *out)
{
    for (int row = 0; row < grid->rows; row++) {
        int end = grid->cols;
        while (end > 0 && grid_at(grid, row, end - 1)->point == L' ')
            end--;
        for (int col = 0; col < end; col++) {
            struct grid_marked text = grid_chars(grid, grid_at(grid, row, col));
            for (int i = 0; i <= TEXT_COMBINING_MAX && text.chars[i]; i++) {
                char bytes[TEXT_BYTES_MAX];
                strbuf_append(out, bytes, text_encode((uint32_t)text.chars[i], bytes));
            }
        }
        strbuf_putc(out, '\n');
    }
}
