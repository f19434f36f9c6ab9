/*
 * screen_layout: rows and columns in, rectangles out. A region that is not shown has
 * no rows.
 */
#ifndef REAPTOP_VIEW_SCREEN_LAYOUT_H
#define REAPTOP_VIEW_SCREEN_LAYOUT_H

#include "reaptop/view/grid.h"

enum {
    LAYOUT_ROWS_LEAST = 10,
    LAYOUT_COLS_LEAST = 40,
    LAYOUT_COMMAND_COLS = 60,  /* what COMMAND keeps where the inspector stands beside by itself */
    LAYOUT_PERCENT_LEAST = 20, /* of the tree's share */
    LAYOUT_PERCENT_MOST = 80,
};

/* Where the inspector stands. */
enum inspector_place {
    PLACE_AUTO, /* beside the tree where that leaves COMMAND its columns, else over it */
    PLACE_BESIDE,
    PLACE_BELOW,
    PLACE_OVER, /* in the tree's place, once opened */
    PLACE_OFF,
    PLACE_COUNT
};

struct layout_wishes {
    int notices; /* lines of them */
    int meters;  /* rows of them, where there is room */
    enum inspector_place place;
    int tree_cols;      /* what the tree's columns and LAYOUT_COMMAND_COLS take, for PLACE_AUTO */
    int beside_percent; /* of the columns are the tree's; 0: as the layout thinks fit */
    int below_percent;  /* of the rows, likewise */
    bool has_inspector; /* opened over the tree; beside or below it, it is always there */
    bool has_lineage; /* the tree by birth beside the tree; the inspector, once opened, hides it */
    bool has_events;
    bool events_focused; /* they then take half of the rows */
    bool has_notes;      /* likewise, as much is to be read in them */
    bool is_linear;      /* nothing beside anything else; the events are one line unless focused */
};

struct layout {
    bool is_too_small;
    bool is_split; /* tree and inspector are both shown */
    bool is_below; /* the inspector under the tree; else, where both are shown, beside it */
    struct rect header;
    struct rect meters;   /* below it */
    struct rect headings; /* the columns' titles, one row */
    struct rect tree;     /* rows of processes */
    struct rect divider;  /* the rule between the tree and what stands beside or below it */
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

/* The tree's share of the screen now, in percent; 0: there is no inspector beside or below. */
int layout_percent(const struct layout *layout);

/* The cell lies inside. */
bool rect_has(struct rect rect, int row, int col);

/* A rectangle of that size (shrunk to what is there) in the middle of `within`. */
struct rect rect_centre(struct rect within, int rows, int cols);

#endif
