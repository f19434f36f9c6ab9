#include <criterion/criterion.h>

#include "reaptop/view/screen_layout.h"

static void expect_inside(struct rect rect, int rows, int cols)
{
    cr_assert(rect.rows == 0 || (rect.row >= 0 && rect.row + rect.rows <= rows));
    cr_assert(rect.rows == 0 || (rect.col >= 0 && rect.col + rect.cols <= cols));
    cr_assert(rect.rows >= 0 && rect.cols >= 0);
}

static bool overlap(struct rect a, struct rect b)
{
    return a.rows > 0 && b.rows > 0 && a.cols > 0 && b.cols > 0 && a.row < b.row + b.rows &&
           b.row < a.row + a.rows && a.col < b.col + b.cols && b.col < a.col + a.cols;
}

Test(layout, regions_are_inside_and_apart_at_every_size)
{
    for (int rows = 1; rows <= 80; rows++)
        for (int cols = 1; cols <= 320; cols += cols < 60 || cols > 130 ? 1 : 7)
            for (int wish = 0; wish < 32 * PLACE_COUNT; wish++) {
                struct layout_wishes wishes = {.notices = wish & 1 ? 3 : 0,
                                               .place = (enum inspector_place)(wish >> 5),
                                               .tree_cols = 100,
                                               .has_inspector = wish & 2,
                                               .has_events = wish & 4,
                                               .events_focused = wish & 8,
                                               .is_linear = wish & 16};
                struct layout layout = layout_compute(rows, cols, &wishes);
                cr_assert_eq(layout.is_too_small, rows < 10 || cols < 40);
                if (layout.is_too_small)
                    continue;
                struct rect all[] = {layout.header,    layout.headings,     layout.tree,
                                     layout.divider,   layout.tabs,         layout.subject,
                                     layout.inspector, layout.events_title, layout.events,
                                     layout.footer};
                int count = (int)(sizeof(all) / sizeof(all[0]));
                for (int i = 0; i < count; i++) {
                    expect_inside(all[i], rows, cols);
                    for (int j = 0; j < i; j++)
                        cr_assert_not(overlap(all[i], all[j]), "%d and %d at %dx%d", i, j, rows,
                                      cols);
                }
                cr_assert(layout.tree.rows >= 1 || layout.inspector.rows >= 1);
            }
}

/* The tree keeps its columns and COMMAND its width; the pane has enough to be read. */
Test(layout, by_itself_the_inspector_stands_beside_where_there_is_room)
{
    struct layout_wishes wishes = {.tree_cols = 100};
    cr_expect_eq(layout_compute(24, 162, &wishes).inspector.rows, 0);
    for (int cols = 163; cols < 400; cols++) {
        struct layout layout = layout_compute(24, cols, &wishes);
        cr_assert(layout.is_split && !layout.is_below);
        cr_assert_geq(layout.tree.cols, 100);
        cr_assert_geq(layout.inspector.cols, 60);
    }
    wishes.has_inspector = true;
    cr_expect_eq(layout_compute(24, 80, &wishes).tree.rows, 0);
    cr_expect_gt(layout_compute(24, 80, &wishes).inspector.rows, 0);
}

Test(layout, the_inspector_stands_where_it_is_wanted)
{
    struct layout_wishes wishes = {.place = PLACE_BESIDE, .tree_cols = 100};
    cr_expect(layout_compute(24, 80, &wishes).is_split);
    cr_expect_not(layout_compute(24, 60, &wishes).is_split, "no room");
    wishes.place = PLACE_BELOW;
    struct layout layout = layout_compute(30, 80, &wishes);
    cr_expect(layout.is_split && layout.is_below);
    cr_expect_eq(layout.divider.row, layout.tree.row + layout.tree.rows);
    cr_expect_eq(layout.tabs.row, layout.divider.row + 1);
    cr_expect_not(layout_compute(12, 80, &wishes).is_split, "no room");
    wishes.place = PLACE_OVER;
    cr_expect_eq(layout_compute(60, 300, &wishes).inspector.rows, 0);
    wishes.has_inspector = true;
    cr_expect_eq(layout_compute(60, 300, &wishes).tree.rows, 0);
}

Test(layout, the_divider_stands_where_it_was_put)
{
    struct layout_wishes wishes = {.place = PLACE_BESIDE};
    for (int percent = LAYOUT_PERCENT_LEAST; percent <= LAYOUT_PERCENT_MOST; percent++) {
        wishes.beside_percent = wishes.below_percent = percent;
        struct layout layout = layout_compute(70, 200, &wishes);
        if (percent >= 25)
            cr_expect_eq(layout_percent(&layout), percent);
        cr_expect_eq(layout.divider.col, layout.tree.cols + 1);
    }
    cr_expect_eq(layout_percent(&(struct layout){0}), 0);
}

Test(layout, centring_shrinks_to_what_there_is)
{
    struct rect within = {1, 2, 10, 20};
    struct rect rect = rect_centre(within, 4, 6);
    cr_expect(rect.row == 4 && rect.col == 9 && rect.rows == 4 && rect.cols == 6);
    rect = rect_centre(within, 100, 100);
    cr_expect(rect.row == 1 && rect.col == 2 && rect.rows == 10 && rect.cols == 20);
    cr_expect(rect_has(within, 1, 2));
    cr_expect_not(rect_has(within, 11, 2));
}
