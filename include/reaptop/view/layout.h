/*
 * layout: rows and columns in, rectangles out. A region that is not shown has
 * no rows.
 */
#ifndef REAPTOP_VIEW_LAYOUT_H
#define REAPTOP_VIEW_LAYOUT_H

#include "reaptop/view/grid.h"

enum {
    LAYOUT_ROWS_LEAST = 10,
    LAYOUT_COLS_LEAST = 40,
    LAYOUT_COLS_BESIDE = 140, /* from here the inspector stands beside the tree */
};

struct layout_wishes {
    int notices;        /* lines of them */
    bool has_inspector; /* opened over the tree; beside it, it is always there */
    bool has_lineage; /* the tree by birth beside the tree; the inspector, once opened, hides it */
    bool has_events;
    bool events_focused; /* they then take half of the rows */
};

struct layout {
    bool is_too_small;
    bool is_beside;
    struct rect header;
    struct rect headings; /* the columns' titles, one row */
    struct rect tree;     /* rows of processes */
    struct rect divider;  /* the rule between the tree and what stands beside it */
    struct rect lineage_headings;
    struct rect lineage; /* rows of the same processes, by birth */
    struct rect tabs;    /* the inspector's tabs, one row */
    struct rect subject; /* whom it inspects, one row */
    struct rect inspector;
    struct rect events_title;
    struct rect events;
    struct rect footer; /* keys, prompt or message, one row */
};

struct layout layout_compute(int rows, int cols, const struct layout_wishes *wishes);

/* The cell lies inside. */
bool rect_has(struct rect rect, int row, int col);

/* A rectangle of that size (shrunk to what is there) in the middle of `within`. */
struct rect rect_centre(struct rect within, int rows, int cols);

#endif
