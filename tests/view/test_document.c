#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "reaptop/view/document.h"
#include "support/grid_dump.h"

static struct document doc;
static struct grid grid;
static struct strbuf out;

static void setup(void)
{
    cr_assert(setlocale(LC_ALL, "C.UTF-8"));
    doc = DOCUMENT_INIT;
    grid = GRID_INIT;
    out = STRBUF_INIT;
}

static void teardown(void)
{
    document_done(&doc);
    grid_done(&grid);
    strbuf_done(&out);
}

TestSuite(document, .init = setup, .fini = teardown);

static void expect_drawn(int rows, int cols, size_t top, size_t left, const char *expected)
{
    cr_assert_eq(grid_resize(&grid, rows, cols), 0);
    document_draw(&doc, &grid, (struct rect){0, 0, rows, cols}, top, left, -1);
    strbuf_clear(&out);
    grid_dump(&grid, &out);
    cr_expect_str_eq(strbuf_text(&out), expected);
}

static void expect_printed(size_t columns, const char *expected)
{
    strbuf_clear(&out);
    document_print(&doc, &out, columns);
    cr_expect_str_eq(strbuf_text(&out), expected);
}

Test(document, fields_stand_in_a_column)
{
    document_heading(&doc, "About");
    document_field(&doc, 2, 8, "pid", STYLE_STRONG, "%d", 7);
    document_field(&doc, 2, 8, "a long label", STYLE_STRONG, "%s", "x");
    document_heading(&doc, "More");
    expect_printed(0, "About\n  pid:    7\n  a long label: x\n\nMore\n");
    cr_expect(doc.lines[0].is_heading);
    cr_expect_eq(doc.error, 0);
}

Test(document, spans_keep_their_styles)
{
    document_begin(&doc, 1);
    document_add(&doc, STYLE_LABEL, "a");
    document_add(&doc, STYLE_STRONG, "b");
    document_add(&doc, STYLE_STRONG, "c");
    document_pad(&doc, 5);
    document_add(&doc, STYLE_DIM, "d");
    cr_expect_eq(doc.lines[0].span_count, 4);
    expect_drawn(1, 10, 0, 0, " abc  d\n");
    cr_expect_eq(grid_at(&grid, 0, 1)->style, STYLE_LABEL);
    cr_expect_eq(grid_at(&grid, 0, 3)->style, STYLE_STRONG);
    cr_expect_eq(grid_at(&grid, 0, 6)->style, STYLE_DIM);
}

Test(document, scrolls_both_ways)
{
    for (int i = 0; i < 5; i++) {
        document_begin(&doc, 2);
        document_add(&doc, STYLE_NORMAL, "%d", i);
        document_add(&doc, STYLE_NORMAL, "中line");
    }
    expect_drawn(2, 6, 0, 0, "  0中l\n  1中l\n");
    expect_drawn(2, 6, 3, 1, " 3中li\n 4中li\n");
    expect_drawn(2, 6, 4, 3, "中line\n\n");
    expect_drawn(1, 6, 4, 4, " line\n");
    expect_drawn(1, 6, 4, 99, "\n");
    expect_drawn(1, 6, 99, 0, "\n");
}

Test(document, the_selected_line_is_filled_to_the_edge)
{
    document_begin(&doc, 0);
    document_add(&doc, STYLE_ERROR, "x");
    cr_assert_eq(grid_resize(&grid, 1, 4), 0);
    document_draw(&doc, &grid, (struct rect){0, 0, 1, 4}, 0, 0, 0);
    for (int col = 0; col < 4; col++)
        cr_expect_eq(grid_at(&grid, 0, col)->style, STYLE_SELECTED);
}

Test(document, untrusted_bytes_never_come_out)
{
    document_begin(&doc, 0);
    document_add_text(&doc, STYLE_NORMAL, "a\033[2J\nb\0c\xff", 10);
    expect_printed(0, "a?[2J?b?c?\n");
}

Test(document, print_wraps_between_words_and_hangs)
{
    document_begin(&doc, 2);
    document_add(&doc, STYLE_LABEL, "why: ");
    document_add(&doc, STYLE_NORMAL, "it waits for a lock that 812 holds");
    expect_printed(16, "  why: it waits\n    for a lock\n    that 812\n    holds\n");
    expect_printed(1000, "  why: it waits for a lock that 812 holds\n");
}

Test(document, a_word_longer_than_the_line_is_cut)
{
    document_begin(&doc, 0);
    document_add(&doc, STYLE_NORMAL, "abcdefghij kl");
    expect_printed(6, "abcdef\n  ghij\n  kl\n");
    expect_printed(1, "a\n  b\n  c\n  d\n  e\n  f\n  g\n  h\n  i\n  j\n  k\n  l\n");
}

Test(document, empty_lines_stay)
{
    document_begin(&doc, 4);
    document_begin(&doc, 0);
    document_add(&doc, STYLE_NORMAL, "x");
    expect_printed(0, "\nx\n");
    expect_printed(10, "\nx\n");
}

Test(document, wrapping_keeps_styles_links_and_marks)
{
    struct document wrapped = DOCUMENT_INIT;
    document_begin(&doc, 1);
    document_add(&doc, STYLE_STRONG, "one two");
    document_add(&doc, STYLE_DIM, " three four");
    document_link(&doc, 12);
    document_mark(&doc, 34);
    document_begin(&doc, 0);
    document_wrap(&doc, 10, &wrapped);
    document_clear(&doc);
    cr_assert_eq(wrapped.line_count, 4);
    strbuf_clear(&out);
    document_print(&wrapped, &out, 0);
    cr_expect_str_eq(strbuf_text(&out), " one two\n   three\n   four\n\n");
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(wrapped.lines[i].link, 12);
        cr_expect_eq(wrapped.lines[i].mark, 34);
    }
    cr_expect_eq(wrapped.spans[wrapped.lines[0].first_span].style, STYLE_STRONG);
    cr_expect_eq(wrapped.spans[wrapped.lines[1].first_span].style, STYLE_DIM);
    document_done(&wrapped);
}

Test(document, text_before_the_first_line_begins_one)
{
    document_add(&doc, STYLE_NORMAL, "x");
    document_link(&doc, 3);
    cr_assert_eq(doc.line_count, 1);
    cr_expect_eq(doc.lines[0].link, 3);
    document_clear(&doc);
    document_link(&doc, 3);
    document_pad(&doc, 10);
    cr_expect_eq(doc.error, 0);
}

Test(document, a_field_without_a_label_has_no_colon)
{
    document_field(&doc, 0, 4, "", STYLE_DIM, "more");
    document_print(&doc, &out, 0);
    cr_expect_str_eq(strbuf_text(&out), "    more\n");
}

/* Chinese has no blanks: a line ends between two characters, and none begins with a comma. */
Test(document, chinese_is_broken_between_characters)
{
    document_begin(&doc, 0);
    document_add(&doc, STYLE_NORMAL, "父进程还没有回收，信号未决");
    expect_printed(18, "父进程还没有回收，\n  信号未决\n");
    expect_printed(16, "父进程还没有回\n  收，信号未决\n");
    document_clear(&doc);
    document_begin(&doc, 0);
    document_add(&doc, STYLE_NORMAL, "发送 SIGTERM 给它（PID 812）");
    expect_printed(18, "发送 SIGTERM 给它\n  （PID 812）\n");
}
