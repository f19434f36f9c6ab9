#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "reaptop/view/grid.h"
#include "support/grid_dump.h"

static struct grid grid;

static void setup(void)
{
    cr_assert(setlocale(LC_ALL, "C.UTF-8"));
    grid = GRID_INIT;
}

static void teardown(void)
{
    grid_done(&grid);
}

TestSuite(grid, .init = setup, .fini = teardown);

static void expect_dump(const char *expected)
{
    struct strbuf out = STRBUF_INIT;
    grid_dump(&grid, &out);
    cr_expect_str_eq(strbuf_text(&out), expected);
    strbuf_done(&out);
}

Test(grid, text_is_cut_at_its_columns)
{
    cr_assert_eq(grid_resize(&grid, 2, 6), 0);
    cr_expect_eq(grid_puts(&grid, 0, 1, 3, STYLE_STRONG, "abcdef"), 3);
    cr_expect_eq(grid_puts(&grid, 1, 4, 10, STYLE_NORMAL, "xyz"), 3);
    expect_dump(" abc\n    xy\n");
    cr_expect_eq(grid_at(&grid, 0, 1)->style, STYLE_STRONG);
    cr_expect_eq(grid_at(&grid, 0, 4)->style, STYLE_NORMAL);
}

Test(grid, outside_is_nowhere)
{
    cr_assert_eq(grid_resize(&grid, 2, 2), 0);
    (void)grid_puts(&grid, -1, 0, 5, STYLE_NORMAL, "no");
    (void)grid_puts(&grid, 2, 0, 5, STYLE_NORMAL, "no");
    (void)grid_puts(&grid, 0, -1, 5, STYLE_NORMAL, "xab");
    grid_fill(&grid, (struct rect){-5, -5, 20, 6}, STYLE_BAR, L'#');
    cr_expect_null(grid_at(&grid, 0, 2));
    expect_dump("#b\n#\n");
}

Test(grid, wide_characters_take_two_cells)
{
    cr_assert_eq(grid_resize(&grid, 1, 5), 0);
    cr_expect_eq(grid_puts(&grid, 0, 0, 5, STYLE_NORMAL, "中文x"), 5);
    cr_expect_eq(grid_at(&grid, 0, 1)->point, 0u);
    expect_dump("中文x\n");
}

Test(grid, half_a_wide_character_is_a_blank)
{
    cr_assert_eq(grid_resize(&grid, 1, 5), 0);
    cr_expect_eq(grid_puts(&grid, 0, 0, 3, STYLE_NORMAL, "a中文"), 3);
    expect_dump("a中\n");
    (void)grid_puts(&grid, 0, 4, 1, STYLE_NORMAL, "文");
    expect_dump("a中\n");
    (void)grid_puts(&grid, 0, 2, 1, STYLE_NORMAL, "z");
    expect_dump("a z\n");
    (void)grid_puts(&grid, 0, 2, 2, STYLE_NORMAL, "中");
    (void)grid_puts(&grid, 0, 2, 1, STYLE_NORMAL, "z");
    expect_dump("a z\n");
    (void)grid_puts(&grid, 0, 1, 2, STYLE_NORMAL, "中");
    grid_fill(&grid, (struct rect){0, 2, 1, 1}, STYLE_NORMAL, L'|');
    expect_dump("a |\n");
}

/* Plain text goes its own way: over a wide character, at an edge, and before what is not plain. */
Test(grid, plain_text_over_wide_characters)
{
    static const struct {
        int col, cols;
        const char *text, *expected;
    } cases[] = {
        {0, 1, "a", "a 文中\n"},
        {1, 1, "a", " a文中\n"},
        {2, 2, "ab", "中ab中\n"},
        {3, 2, "ab", "中 ab\n"},
        {5, 3, "xyz", "中文 x\n"},
        {0, 6, "abcdefgh", "abcdef\n"},
        {0, 3, "ab\xcc\x81z", "ab\xcc\x81z 中\n"},
        {4, 2, "a\xff", "中文a?\n"},
        {-1, 3, "xab", "ab文中\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert_eq(grid_resize(&grid, 1, 6), 0);
        (void)grid_puts(&grid, 0, 0, 6, STYLE_NORMAL, "中文中");
        (void)grid_puts(&grid, 0, cases[i].col, cases[i].cols, STYLE_NORMAL, cases[i].text);
        expect_dump(cases[i].expected);
    }
}

Test(grid, bad_bytes_are_marked_but_not_on_the_selected_row)
{
    cr_assert_eq(grid_resize(&grid, 2, 4), 0);
    (void)grid_text(&grid, 0, 0, 4, STYLE_NORMAL, "a\033\0b", 4);
    (void)grid_text(&grid, 1, 0, 4, STYLE_SELECTED, "a\033\0b", 4);
    expect_dump("a??b\na??b\n");
    cr_expect_eq(grid_at(&grid, 0, 1)->style, STYLE_BAD);
    cr_expect_eq(grid_at(&grid, 0, 3)->style, STYLE_NORMAL);
    cr_expect_eq(grid_at(&grid, 1, 1)->style, STYLE_SELECTED);
}

Test(grid, combining_marks_stay_with_their_base)
{
    cr_assert_eq(grid_resize(&grid, 1, 4), 0);
    cr_expect_eq(grid_puts(&grid, 0, 0, 4, STYLE_NORMAL, "e\xcc\x81x"), 2);
    cr_expect_eq(grid_chars(&grid, grid_at(&grid, 0, 0)).chars[1], (wchar_t)0x301);
    expect_dump("e\xcc\x81x\n");
}

Test(grid, marks_count_when_two_are_compared)
{
    struct grid other = GRID_INIT;
    cr_assert_eq(grid_resize(&grid, 1, 4), 0);
    (void)grid_puts(&grid, 0, 0, 4, STYLE_NORMAL, "e\xcc\x81x");
    cr_assert_eq(grid_copy(&other, &grid), 0);
    cr_expect(grid_is_same_row(&grid, &other, 0));
    grid_clear(&grid);
    (void)grid_puts(&grid, 0, 0, 4, STYLE_NORMAL, "e\xcc\x80x");
    cr_expect_not(grid_is_same_row(&grid, &other, 0));
    cr_expect_not(grid_is_same_cell(&grid, &other, 0, 0));
    cr_expect(grid_is_same_cell(&grid, &other, 0, 1));
    grid_restyle(&grid, (struct rect){0, 1, 1, 1}, STYLE_SELECTED);
    cr_expect_not(grid_is_same_cell(&grid, &other, 0, 1));
    grid_done(&other);
}

Test(grid, restyle_leaves_characters)
{
    cr_assert_eq(grid_resize(&grid, 1, 4), 0);
    (void)grid_puts(&grid, 0, 0, 4, STYLE_NORMAL, "abcd");
    grid_restyle(&grid, (struct rect){0, 1, 9, 2}, STYLE_SELECTED);
    expect_dump("abcd\n");
    cr_expect_eq(grid_at(&grid, 0, 0)->style, STYLE_NORMAL);
    cr_expect_eq(grid_at(&grid, 0, 2)->style, STYLE_SELECTED);
}

Test(grid, a_new_size_is_blank)
{
    cr_assert_eq(grid_resize(&grid, 1, 4), 0);
    (void)grid_puts(&grid, 0, 0, 4, STYLE_NORMAL, "abcd");
    cr_assert_eq(grid_resize(&grid, 2, 2), 0);
    expect_dump("\n\n");
    cr_assert_eq(grid_resize(&grid, 0, 0), 0);
    expect_dump("");
    cr_expect_lt(grid_resize(&grid, INT32_MAX, INT32_MAX), 0);
}
