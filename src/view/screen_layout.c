#include "reaptop/view/screen_layout.h"

enum {
    HEADER_ROWS = 3,
    METER_SHARE = 4, /* the meters have one row in so many */
    EVENTS_ROWS_LEAST = 3,
    EVENTS_ROWS_MOST = 12,
    TREE_ROWS_LEAST = 3,
    TREE_COLS_LEAST = 40,
    DIVIDER_COLS = 2, /* with the blank behind it */
    INSPECTOR_COLS_LEAST = 30,
    INSPECTOR_COLS_GOOD = 60,
    SPLIT_ROWS_LEAST = 5,
};

/* Rows for the events with their title, of what header and footer leave. */
static int events_rows(int rows, const struct layout_wishes *wishes)
{
    if (!wishes->has_events)
        return 0;
    bool is_half = wishes->events_focused || wishes->has_notes;
    int wanted = is_half ? rows / 2 : rows / 4;
    if (!is_half && wanted > EVENTS_ROWS_MOST)
        wanted = EVENTS_ROWS_MOST;
    if (wanted < EVENTS_ROWS_LEAST)
        wanted = EVENTS_ROWS_LEAST;
    return rows - wanted >= TREE_ROWS_LEAST + 1 ? wanted : 0;
}

/* Where rows are few the machine's figures go first. */
static int header_rows(int rows, int notices, bool is_linear)
{
    int figures = rows < 12 || is_linear ? 1 : rows >= 16 ? HEADER_ROWS : 2;
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

static int between(int value, int least, int most)
{
    return value > most ? most : value < least ? least : value;
}

/* The tree and what stands beside it; returns where that is. */
static struct rect divide(struct layout *layout, struct rect whole, int tree_cols)
{
    struct rect tree = {whole.row, whole.col, whole.rows, tree_cols - 1};
    place_rows(tree, &layout->headings, &layout->tree);
    layout->divider = (struct rect){whole.row, tree_cols, whole.rows, 1};
    return (struct rect){whole.row, tree_cols + 2, whole.rows, whole.cols - tree_cols - 2};
}

/* Likewise, with the rule between them as a row. */
static struct rect divide_rows(struct layout *layout, struct rect whole, int tree_rows)
{
    struct rect tree = {whole.row, whole.col, tree_rows, whole.cols};
    place_rows(tree, &layout->headings, &layout->tree);
    layout->divider = (struct rect){whole.row + tree_rows, whole.col, 1, whole.cols};
    return (struct rect){whole.row + tree_rows + 1, whole.col, whole.rows - tree_rows - 1,
                         whole.cols};
}

/* The tree's columns with the inspector beside it; 0: not beside. */
static int beside_cols(struct rect whole, const struct layout_wishes *wishes)
{
    int usual = whole.cols / 2 + whole.cols / 20;
    int wanted = wishes->tree_cols + 1; /* a blank before the rule */
    bool is_auto = wishes->place == PLACE_AUTO;
    if ((!is_auto && wishes->place != PLACE_BESIDE) ||
        whole.cols < TREE_COLS_LEAST + DIVIDER_COLS + INSPECTOR_COLS_LEAST ||
        (is_auto && whole.cols < wanted + DIVIDER_COLS + INSPECTOR_COLS_GOOD))
        return 0;
    int most = whole.cols - DIVIDER_COLS;
    if (wishes->beside_percent > 0)
        return between(whole.cols * wishes->beside_percent / 100, TREE_COLS_LEAST,
                       most - INSPECTOR_COLS_LEAST);
    if (is_auto && usual < wanted)
        return between(wanted, TREE_COLS_LEAST, most - INSPECTOR_COLS_GOOD);
    return between(usual, TREE_COLS_LEAST, most - INSPECTOR_COLS_LEAST);
}

/* The tree's rows, headings included, with the inspector below it; 0: not below. */
static int below_rows(struct rect whole, const struct layout_wishes *wishes)
{
    int percent = wishes->below_percent > 0 ? wishes->below_percent : 50;
    if (wishes->place != PLACE_BELOW || whole.rows < 2 * SPLIT_ROWS_LEAST + 1)
        return 0;
    return between(whole.rows * percent / 100, SPLIT_ROWS_LEAST, whole.rows - 1 - SPLIT_ROWS_LEAST);
}

static void place_middle(struct layout *layout, struct rect whole,
                         const struct layout_wishes *wishes)
{
    int beside = beside_cols(whole, wishes), below = below_rows(whole, wishes);
    bool has_lineage = wishes->has_lineage && !wishes->has_inspector;
    layout->is_below = below > 0 && !has_lineage;
    layout->is_split = beside > 0 || layout->is_below;
    if (has_lineage)
        place_rows(divide(layout, whole, whole.cols / 2), &layout->lineage_headings,
                   &layout->lineage);
    else if (beside > 0)
        place_inspector(layout, divide(layout, whole, beside));
    else if (below > 0)
        place_inspector(layout, divide_rows(layout, whole, below));
    else if (wishes->has_inspector)
        place_inspector(layout, whole);
    else
        place_rows(whole, &layout->headings, &layout->tree);
}

struct layout layout_compute(int rows, int cols, const struct layout_wishes *wishes)
{
    struct layout layout = {0};
    if (rows < LAYOUT_ROWS_LEAST || cols < LAYOUT_COLS_LEAST) {
        layout.is_too_small = true;
        return layout;
    }
    int header = header_rows(rows, wishes->notices, wishes->is_linear);
    int meters = wishes->meters < rows / METER_SHARE ? wishes->meters : rows / METER_SHARE;
    layout.header = (struct rect){0, 0, header, cols};
    layout.meters = (struct rect){header, 0, meters, cols};
    header += meters;
    int middle = rows - header - 1;
    bool is_line = wishes->is_linear && !wishes->events_focused;
    int events = is_line ? wishes->has_events : events_rows(middle, wishes);
    middle -= events;

    layout.footer = (struct rect){rows - 1, 0, 1, cols};
    if (is_line) {
        layout.events = (struct rect){header + middle, 0, events, cols};
    } else if (events > 0) {
        layout.events_title = (struct rect){header + middle, 0, 1, cols};
        layout.events = (struct rect){header + middle + 1, 0, events - 1, cols};
    }
    place_middle(&layout, (struct rect){header, 0, middle, cols}, wishes);
    return layout;
}

int layout_percent(const struct layout *layout)
{
    const struct rect *tree = &layout->tree, *inspector = &layout->inspector;
    if (!layout->is_split || inspector->rows <= 0)
        return 0;
    if (!layout->is_below)
        return (tree->cols + 1) * 100 / (inspector->col + inspector->cols);
    int above = tree->rows + 1;
    return above * 100 / (above + 3 + inspector->rows); /* the rule, and two lines of titles */
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
