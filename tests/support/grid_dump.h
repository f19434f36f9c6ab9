/*
 * grid_dump: a grid as lines of UTF-8, trailing blanks cut.
 */
#ifndef TESTS_SUPPORT_GRID_DUMP_H
#define TESTS_SUPPORT_GRID_DUMP_H

#include "reaptop/base/strbuf.h"
#include "reaptop/view/grid.h"

void grid_dump(const struct grid *grid, struct strbuf *out);

#endif
