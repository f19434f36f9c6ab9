/*
 * places: where things stand on a line, for drawing and for the mouse.
 */
#ifndef REAPTOP_VIEW_PLACES_H
#define REAPTOP_VIEW_PLACES_H

#include "ui_private.h"

struct footer_item {
    enum action action;
    const char *label; /* translated */
    int col, cols;
};
enum {
    FOOTER_ITEMS_MAX = 32
};
size_t footer_items(const struct ui *ui, bool in_replay, int cols, struct footer_item *ret_items);
/* The key that the footer names: a letter rather than an F-key. */
struct key footer_key(const struct settings *settings, enum action action);

/* Columns of each tab's title in the tab line: [first, last). */
void tab_place(const struct ui *ui, const struct scene *scene, struct rect tabs, enum tab tab,
               int *ret_col, int *ret_cols);

enum {
    GUIDE_COLS = 3,
    GUIDES_MOST = 64,
};
/* How many levels of the tree's lines a row gets, so that its name stays in sight. */
uint32_t guide_levels(uint32_t depth, int cols);

#endif
