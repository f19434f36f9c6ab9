#include "reaptop/view/layout.h"

enum {
    HEADER_ROWS = 3,
    EVENTS_ROWS_LEAST = 3,
    EVENTS_ROWS_MOST = 12,
    TREE_ROWS_LEAST = 3,
};

/* Rows for the events with their title, of what header and footer leave. */
static int events_rows(int rows, const struct layout_wishes *wishes)
{
    if (!wishes->has_events)
        return 0;
    int wanted = wishes->events_focused ? rows / 2 : rows / 4;
    if (!wishes->events_focused && wanted > EVENTS_ROWS_MOST)
        wanted = EVENTS_ROWS_MOST;
    if (wanted < EVENTS_ROWS_LEAST)
        wanted = EVENTS_ROWS_LEAST;
    return rows - wanted >= TREE_ROWS_LEAST + 1 ? wanted : 0;
}

/* Where rows are few the machine's figures go first. */
static int header_rows(int rows, int notices)
{
    int figures = rows >= 16 ? HEADER_ROWS : rows >= 12 ? 2 : 1;
    int room = rows / 4 - 1;
    if (notices > room)
        notices = room > 0 ? room : 0;
    return figures + notices;
}

static void place_inspector(struct layout *layout, struct rect within)
{
    layout->tabs = (struct rect){within.row, within.col, 1, within.cols};
    layout->subject = (struct rect){within.row + 1, within.col, 1, within.cols};
    layout->inspector = (struct rect){within.row + 2, within.col, within.rows - 2, within.cols};
}

static void place_rows(struct rect within, struct rect *ret_headings, struct rect *ret_rows)
{
    *ret_headings = (struct rect){within.row, within.col, 1, within.cols};
    *ret_rows = (struct rect){within.row + 1, within.col, within.rows - 1, within.cols};
}

/* The tree and what stands beside it; returns where that is. */
static struct rect divide(struct layout *layout, struct rect whole, int tree_cols)
{
    struct rect tree = {whole.row, whole.col, whole.rows, tree_cols - 1};
    place_rows(tree, &layout->headings, &layout->tree);
    layout->divider = (struct rect){whole.row, tree_cols, whole.rows, 1};
    return (struct rect){whole.row, tree_cols + 2, whole.rows, whole.cols - tree_cols - 2};
}

struct layout layout_compute(int rows, int cols, const struct layout_wishes *wishes)
{
    struct layout layout = {0};
    if (rows < LAYOUT_ROWS_LEAST || cols < LAYOUT_COLS_LEAST) {
        layout.is_too_small = true;
        return layout;
    }
    int header = header_rows(rows, wishes->notices);
    int middle = rows - header - 1;
    int events = events_rows(middle, wishes);
    middle -= events;

    layout.header = (struct rect){0, 0, header, cols};
    layout.footer = (struct rect){rows - 1, 0, 1, cols};
    if (events > 0) {
        layout.events_title = (struct rect){header + middle, 0, 1, cols};
        layout.events = (struct rect){header + middle + 1, 0, events - 1, cols};
    }

    struct rect whole = {header, 0, middle, cols};
    layout.is_beside = cols >= LAYOUT_COLS_BESIDE;
    if (wishes->has_lineage && !wishes->has_inspector)
        place_rows(divide(&layout, whole, cols / 2), &layout.lineage_headings, &layout.lineage);
    else if (layout.is_beside)
        place_inspector(&layout, divide(&layout, whole, cols / 2 + cols / 20));
    else if (wishes->has_inspector)
        place_inspector(&layout, whole);
    else
        place_rows(whole, &layout.headings, &layout.tree);
    return layout;
}

bool rect_has(struct rect rect, int row, int col)
{
    return row >= rect.row && row < rect.row + rect.rows && col >= rect.col &&
           col < rect.col + rect.cols;
}

struct rect rect_centre(struct rect within, int rows, int cols)
{
    if (rows > within.rows)
        rows = within.rows;
    if (cols > within.cols)
        cols = within.cols;
    return (struct rect){within.row + (within.rows - rows) / 2,
                         within.col + (within.cols - cols) / 2, rows, cols};
}
