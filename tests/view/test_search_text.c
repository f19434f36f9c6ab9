/*
 * A search in what has the focus: a pane's lines, help.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"

static struct fixture *s;

static void setup(void)
{
    s = fixture_new(24, 80);
    fixture_village(s);
    fixture_tick(s);
    struct document *doc = &s->panes[TAB_LIFE];
    for (int i = 0; i < 60; i++) {
        document_begin(doc, 0);
        document_add(doc, STYLE_NORMAL, "line %d%s", i, i == 20 || i == 50 ? " Needle" : "");
    }
    s->scene.panes[TAB_LIFE] = (struct pane){.document = doc, .access = ACCESS_OK};
}

static void teardown(void)
{
    fixture_free(s);
}

TestSuite(search_text, .init = setup, .fini = teardown);

static void open_pane(void)
{
    fixture_press(s, "<Enter>");
    s->scene.inspected = s->ui.cursor;
    fixture_rebuild(s);
    cr_assert_eq(s->ui.focus, REGION_INSPECTOR);
}

Test(search_text, in_a_pane_as_it_is_typed)
{
    open_pane();
    struct identity cursor = s->ui.cursor;
    fixture_press(s, "/needle");
    cr_expect_eq(s->ui.panes[TAB_LIFE].line, 20);
    fixture_press(s, "<Enter>");
    cr_expect_eq(s->ui.modal_count, 0);
    fixture_press(s, ".");
    cr_expect_eq(s->ui.panes[TAB_LIFE].line, 50);
    fixture_press(s, ".");
    cr_expect_eq(s->ui.panes[TAB_LIFE].line, 20, "round the end");
    fixture_press(s, ",");
    cr_expect_eq(s->ui.panes[TAB_LIFE].line, 50);
    cr_expect(identity_is_same(s->ui.cursor, cursor), "the tree stays where it was");
    cr_expect_null(s->ui.search);
}

Test(search_text, escape_goes_back_and_what_is_not_there_is_told)
{
    open_pane();
    fixture_press(s, "<Down><Down><Down>/needle<Esc>");
    cr_expect_eq(s->ui.panes[TAB_LIFE].line, 3);
    fixture_press(s, "/nowhere");
    cr_expect(fixture_shows(s, "not found: nowhere"), "%s", fixture_screen(s));
    cr_expect_eq(s->ui.panes[TAB_LIFE].line, 3);
}

Test(search_text, in_help)
{
    fixture_press(s, "?/defunct<Enter>");
    cr_expect(fixture_shows(s, "<defunct>"), "%s", fixture_screen(s));
    cr_expect(fixture_shows(s, "┌─ Help"));
    fixture_press(s, "<Esc>");
    cr_expect(!fixture_shows(s, "┌─ Help"));
}

/* The tree's own search is as before. */
Test(search_text, the_tree_is_searched_where_it_has_the_focus)
{
    pid_t before = fixture_cursor(s);
    fixture_press(s, "/sshd");
    cr_expect_neq(fixture_cursor(s), before);
}
