#include <criterion/criterion.h>

#include "reaptop/view/layout.h"

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
            for (int wish = 0; wish < 16; wish++) {
                struct layout_wishes wishes = {.notices = wish & 1 ? 3 : 0,
                                               .has_inspector = wish & 2,
                                               .has_events = wish & 4,
                                               .events_focused = wish & 8};
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

Test(layout, the_inspector_stands_beside_from_140_columns)
{
    struct layout_wishes wishes = {0};
    cr_expect_eq(layout_compute(24, 139, &wishes).inspector.rows, 0);
    cr_expect_gt(layout_compute(24, 140, &wishes).inspector.rows, 0);
    cr_expect_gt(layout_compute(24, 140, &wishes).tree.rows, 0);
    wishes.has_inspector = true;
    cr_expect_eq(layout_compute(24, 80, &wishes).tree.rows, 0);
    cr_expect_gt(layout_compute(24, 80, &wishes).inspector.rows, 0);
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
