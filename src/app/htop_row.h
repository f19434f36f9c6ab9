/*
 * htop_row: keys that do something else here than in htop, for the manual page and the
 * README.
 */
#ifndef REAPTOP_APP_HTOP_ROW_H
#define REAPTOP_APP_HTOP_ROW_H

#include <stdbool.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/view/htop_keys.h"

struct htop_row {
    struct strbuf keys, here; /* the keys that differ, and what they do here */
    struct strbuf does_it;    /* what does here what they do in htop */
};

/* Adds to the row, which is empty before. False: all its keys do the same in both. */
bool htop_row(const struct htop_key *known, struct htop_row *row);
void htop_row_done(struct htop_row *row);

#endif
