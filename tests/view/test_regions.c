#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/model/process.h"

static struct fixture *s;

static void setup(void)
{
    s = fixture_new(40, 200);
    fixture_village(s);
    fixture_tick(s);
}

static void teardown(void)
{
    fixture_free(s);
}

TestSuite(regions, .init = setup, .fini = teardown);

static size_t count_text(const char *text)
{
    size_t count = 0;
    for (const char *at = fixture_screen(s); (at = strstr(at, text)); at++)
        count++;
    return count;
}

/* What is shown at a width is shown at the next: the inspector takes no column away. */
Test(regions, a_wider_screen_never_shows_less_of_the_tree)
{
    size_t least = 0;
    for (int cols = 80; cols <= 260; cols++) {
        ui_resize(&s->ui, 40, cols);
        fixture_rebuild(s);
        struct layout layout = ui_layout(&s->ui, &s->scene);
        struct column_place places[COLUMN_COUNT];
        size_t count = column_set_fit(&s->ui.settings.columns, layout.tree.cols, 950, places, NULL);
        int command = places[count - 1].cols;
        if (layout.is_split)
            cr_assert_geq(command, LAYOUT_COMMAND_COLS, "%d columns", cols);
        size_t usual = count < 8 ? count : 8;
        cr_assert_geq(usual, least, "%d columns", cols);
        least = usual;
    }
}

Test(regions, beside_the_tree_tabs_change_and_arrows_stay_in_it)
{
    cr_assert(ui_layout(&s->ui, &s->scene).is_split);
    fixture_press(s, "y");
    cr_expect_eq(s->ui.tab, TAB_WHY);
    cr_expect_eq(s->ui.focus, REGION_TREE);
    fixture_press(s, "<Tab>");
    cr_expect_eq(s->ui.tab, TAB_MAPS);
    fixture_press(s, "6j");
    cr_expect_eq(s->ui.tab, TAB_FILES);
    cr_expect_eq(s->ui.focus, REGION_TREE);
    cr_expect_eq(fixture_cursor(s), 300, "the arrow moved in the tree");
    fixture_press(s, "<Enter>");
    cr_expect_eq(s->ui.focus, REGION_INSPECTOR);
    fixture_press(s, "<Esc>");
    cr_expect_eq(s->ui.focus, REGION_TREE);
    cr_expect(fixture_shows(s, "Environment"), "the inspector is still beside");
}

Test(regions, beside_the_inspector_a_zero_begins_a_pid)
{
    fixture_press(s, "0815");
    cr_expect_eq(fixture_cursor(s), 815);
    cr_expect_eq(s->ui.tab, TAB_LIFE);
    fixture_press(s, "j3");
    cr_expect_eq(s->ui.tab, TAB_MAPS, "another digit is a tab again");
}

Test(regions, the_layout_goes_round)
{
    static const char *const told[] = {"beside the tree", "below the tree", "over the tree",
                                       "Inspector: off", "as the width allows"};
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        fixture_press(s, "V");
        cr_expect(fixture_shows(s, told[i]), "%s in %s", told[i], fixture_screen(s));
        bool is_shown = ui_layout(&s->ui, &s->scene).inspector.rows > 0;
        cr_expect_eq(is_shown, i != 2 && i != 3, "%s", told[i]);
    }
}

Test(regions, where_it_is_off_the_inspector_says_how_to_have_it)
{
    s->ui.settings.inspector = PLACE_OFF;
    fixture_press(s, "<Enter>");
    cr_expect_eq(s->ui.focus, REGION_TREE);
    cr_expect(fixture_shows(s, "The inspector is off: V shows it"));
    fixture_press(s, "y<Tab>");
    cr_expect_not(fixture_shows(s, "Environment"));
}

Test(regions, the_divider_moves_by_key_and_mouse)
{
    int before = ui_layout(&s->ui, &s->scene).divider.col;
    fixture_press(s, "_");
    int less = ui_layout(&s->ui, &s->scene).divider.col;
    cr_expect_lt(less, before);
    fixture_press(s, "||");
    cr_expect_gt(ui_layout(&s->ui, &s->scene).divider.col, less);
    int at = ui_layout(&s->ui, &s->scene).divider.col;
    fixture_mouse(s, KEY_MOUSE_PRESS, 20, at);
    fixture_mouse(s, KEY_MOUSE_RELEASE, 20, 80);
    cr_expect_eq(ui_layout(&s->ui, &s->scene).divider.col, 80);
    fixture_mouse(s, KEY_MOUSE_PRESS, 20, 10);
    fixture_mouse(s, KEY_MOUSE_RELEASE, 20, 120);
    cr_expect_eq(ui_layout(&s->ui, &s->scene).divider.col, 80, "only the divider is dragged");

    s->ui.settings.inspector = PLACE_BELOW;
    struct layout layout = ui_layout(&s->ui, &s->scene);
    fixture_mouse(s, KEY_MOUSE_PRESS, layout.divider.row, 30);
    fixture_mouse(s, KEY_MOUSE_RELEASE, layout.divider.row + 4, 30);
    cr_expect_eq(ui_layout(&s->ui, &s->scene).divider.row, layout.divider.row + 4);
    s->ui.settings.inspector = PLACE_OVER;
    fixture_press(s, "|");
    cr_expect(fixture_shows(s, "There is no divider"));
}

Test(regions, the_key_bar_is_the_focused_regions_own)
{
    cr_expect(fixture_shows(s, "Enter Inspect"));
    fixture_press(s, "<Enter>");
    cr_expect_not(fixture_shows(s, "Enter Inspect"));
    cr_expect(fixture_shows(s, "Esc Tree  Enter Go to  Tab Next tab"), "%s", fixture_screen(s));
    fixture_press(s, "<Esc>E");
    cr_expect(fixture_shows(s, "\\ Kind  u User  c Descendants  E Off"));
    fixture_mouse(s, KEY_MOUSE_PRESS, 39, 9);
    cr_expect_eq(s->ui.focus, REGION_TREE, "Esc Tree was pressed");
}

Test(regions, below_24_rows_the_events_are_off_until_asked_for)
{
    ui_resize(&s->ui, 23, 80);
    cr_expect_eq(count_text("Events: all"), 0);
    fixture_press(s, "E");
    cr_expect_eq(count_text("Events: all"), 1);
    fixture_press(s, "<Esc>");
    cr_expect_eq(count_text("Events: all"), 0);
    ui_resize(&s->ui, 24, 80);
    cr_expect_eq(count_text("Events: all"), 1);
}
