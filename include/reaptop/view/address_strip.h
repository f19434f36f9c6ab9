/*
 * address_strip: an address space drawn into one row of cells, low addresses
 * first. It is not linear, or a program's code would not be seen beside a
 * terabyte's reserve: a mapping's width grows with the logarithm of its size,
 * a gap's with an eighth of that. Where several fall into one cell, the one
 * that fills most of it is shown.
 */
#ifndef REAPTOP_VIEW_ADDRESS_STRIP_H
#define REAPTOP_VIEW_ADDRESS_STRIP_H

#include <stddef.h>

#include "reaptop/model/mapping.h"
#include "reaptop/view/document.h"

#define STRIP_GAP '.'

enum {
    STRIP_COLUMNS_MAX = 1024
};

struct strip {
    size_t columns;
    char cells[STRIP_COLUMNS_MAX];     /* mapping_kinds[].letter, or STRIP_GAP; no NUL */
    bool is_marked[STRIP_COLUMNS_MAX]; /* the selected mapping lies here */
};

/*
 * Draws the list into `columns` cells (at most STRIP_COLUMNS_MAX). `selected`
 * is an index in the list, or SIZE_MAX. The selected one always has a cell.
 * O(count + columns).
 */
void address_strip(const struct mapping_list *list, size_t columns, size_t selected,
                   struct strip *ret_strip);

/* The strip with its legend and what its scale is, as lines of a document. */
void address_strip_add(const struct mapping_list *list, size_t columns, size_t selected,
                       struct document *doc);

#endif
