/*
 * ansi: a grid as the bytes that make an xterm-like terminal show it (ECMA-48), for a
 * terminal that is not there: a cast that is played later. No curses, no descriptor.
 */
#ifndef REAPTOP_TERM_ANSI_H
#define REAPTOP_TERM_ANSI_H

#include "reaptop/base/strbuf.h"
#include "reaptop/term/term.h"
#include "reaptop/view/grid.h"

/*
 * Appends what leads from `drawn` to `grid`: nothing where they are alike. `drawn` NULL, or of
 * another size: the screen is cleared and all is drawn. Colours are those of a
 * terminal with 256 of them and a dark background, as the options have it. UTF-8. A lack of
 * memory is in out->error.
 */
void ansi_draw(const struct term_options *options, const struct grid *grid,
               const struct grid *drawn, struct strbuf *out);

#endif
