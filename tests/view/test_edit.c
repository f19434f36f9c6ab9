#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/view/edit.h"

static struct edit edit;
static struct edit_history history;

static void setup(void)
{
    cr_assert(setlocale(LC_ALL, "C.UTF-8"));
    edit = (struct edit){0};
    history = (struct edit_history){0};
}

static void teardown(void)
{
    edit_done(&edit);
    edit_history_done(&history);
}

TestSuite(edit, .init = setup, .fini = teardown);

static void press(enum key_special name)
{
    cr_assert(edit_key(&edit, KEY_NAMED(name)));
}

static void type(const uint32_t *points)
{
    for (; *points; points++)
        cr_assert(edit_key(&edit, KEY_CHAR(*points)));
}

Test(edit, types_deletes_and_moves)
{
    type(U"abd");
    press(KEY_IS_LEFT);
    type(U"c");
    cr_expect_str_eq(strbuf_text(&edit.text), "abcd");
    press(KEY_IS_HOME);
    press(KEY_IS_DELETE);
    press(KEY_IS_END);
    press(KEY_IS_BACKSPACE);
    cr_expect_str_eq(strbuf_text(&edit.text), "bc");
    press(KEY_IS_HOME);
    press(KEY_IS_BACKSPACE);
    press(KEY_IS_LEFT);
    cr_expect_str_eq(strbuf_text(&edit.text), "bc");
}

Test(edit, a_character_goes_whole)
{
    type(U"é中😀");
    press(KEY_IS_BACKSPACE);
    cr_expect_str_eq(strbuf_text(&edit.text), "é中");
    press(KEY_IS_LEFT);
    press(KEY_IS_BACKSPACE);
    cr_expect_str_eq(strbuf_text(&edit.text), "中");
    /* An accent typed after its letter goes with it. */
    edit_set(&edit, "");
    type(U"xe\u0301");
    press(KEY_IS_BACKSPACE);
    cr_expect_str_eq(strbuf_text(&edit.text), "x");
}

Test(edit, control_keys)
{
    edit_set(&edit, "kill the  process ");
    cr_assert(edit_key(&edit, KEY_CTRL('W')));
    cr_expect_str_eq(strbuf_text(&edit.text), "kill the  ");
    press(KEY_IS_LEFT);
    cr_assert(edit_key(&edit, KEY_CTRL('K')));
    cr_expect_str_eq(strbuf_text(&edit.text), "kill the ");
    cr_assert(edit_key(&edit, KEY_CTRL('A')));
    press(KEY_IS_RIGHT);
    cr_assert(edit_key(&edit, KEY_CTRL('U')));
    cr_expect_str_eq(strbuf_text(&edit.text), "ill the ");
    cr_expect_not(edit_key(&edit, KEY_CTRL('X')));
    cr_expect_not(edit_key(&edit, KEY_NAMED(KEY_IS_ENTER)));
    cr_expect_not(edit_key(&edit, KEY_FN(3)));
}

Test(edit, what_is_no_character_is_not_taken)
{
    (void)edit_key(&edit, KEY_CHAR(0xd800));
    (void)edit_key(&edit, KEY_CHAR(0x110000));
    (void)edit_key(&edit, KEY_CHAR(7));
    cr_expect_eq(edit.text.length, 0);
}

Test(edit, is_bounded)
{
    for (int i = 0; i < EDIT_BYTES_MAX + 100; i++)
        (void)edit_key(&edit, KEY_CHAR('x'));
    cr_expect_eq(edit.text.length, EDIT_BYTES_MAX);
    cr_expect_eq(edit.cursor, EDIT_BYTES_MAX);
}

Test(edit, drawing_keeps_the_cursor_in_sight)
{
    struct grid grid = GRID_INIT;
    cr_assert_eq(grid_resize(&grid, 1, 10), 0);
    edit_set(&edit, "0123456789中abcdef");
    for (int i = 0; i < 20; i++) {
        grid_clear(&grid);
        int col = edit_draw(&edit, &grid, 0, 2, 8, STYLE_NORMAL);
        cr_assert(col >= 2 && col < 10, "%d", col);
        press(KEY_IS_LEFT);
    }
    cr_expect_eq(edit_draw(&edit, &grid, 0, 2, 8, STYLE_NORMAL), 2);
    grid_done(&grid);
}

Test(edit, history_goes_back_and_comes_again)
{
    edit_history_add(&history, "one");
    edit_history_add(&history, "two");
    edit_history_add(&history, "two");
    edit_history_add(&history, "");
    cr_expect_eq(history.count, 2);
    edit_set(&edit, "being typed");
    cr_assert(edit_history_step(&history, &edit, -1));
    cr_expect_str_eq(strbuf_text(&edit.text), "two");
    cr_assert(edit_history_step(&history, &edit, -1));
    cr_expect_str_eq(strbuf_text(&edit.text), "one");
    cr_expect_not(edit_history_step(&history, &edit, -1));
    cr_assert(edit_history_step(&history, &edit, 1));
    cr_assert(edit_history_step(&history, &edit, 1));
    cr_expect_str_eq(strbuf_text(&edit.text), "being typed");
    cr_expect_not(edit_history_step(&history, &edit, 1));
    for (int i = 0; i < 3 * EDIT_HISTORY_MAX; i++) {
        char line[24];
        (void)snprintf(line, sizeof(line), "line %d", i);
        edit_history_add(&history, line);
    }
    cr_expect_eq(history.count, EDIT_HISTORY_MAX);
}
