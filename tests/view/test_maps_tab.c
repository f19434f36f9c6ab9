#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "reaptop/view/address_strip.h"
#include "reaptop/view/maps_tab.h"

static struct mapping_list list, before;
static struct document doc;
static struct strbuf out;

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static void teardown(void)
{
    mapping_list_done(&list);
    mapping_list_done(&before);
    document_done(&doc);
    strbuf_done(&out);
}

TestSuite(maps_tab, .init = setup, .fini = teardown);

static struct mapping *add(struct mapping_list *to, uint64_t start, uint64_t end, const char *perms,
                           uint64_t inode, const char *path, uint64_t rss)
{
    struct mapping *mapping = mapping_list_add(to);
    cr_assert_not_null(mapping);
    mapping->start = start;
    mapping->end = end;
    mapping->inode = inode;
    memcpy(mapping->perms, perms, 5);
    cr_assert_eq(mapping_set_path(to, mapping, path, strlen(path)), 0);
    figure_set(&mapping->figures, FIGURE_RSS, rss);
    figure_set(&mapping->figures, FIGURE_PSS, rss / 2);
    figure_set(&mapping->figures, FIGURE_SWAP, 0);
    figure_set(&mapping->figures, FIGURE_PRIVATE_CLEAN, 1);
    figure_set(&mapping->figures, FIGURE_PRIVATE_DIRTY, 2);
    return mapping;
}

static void finish(struct mapping_list *which)
{
    which->access = ACCESS_OK;
    which->figures_access = ACCESS_OK;
    mapping_list_finish(which);
}

static const char *text(const struct maps_tab *tab)
{
    document_clear(&doc);
    strbuf_clear(&out);
    maps_tab_build(tab, &doc);
    cr_assert_eq(doc.error, 0);
    document_print(&doc, &out, 0);
    return strbuf_text(&out);
}

static void expect_in(const char *haystack, const char *needle)
{
    cr_expect(strstr(haystack, needle), "\"%s\" is not in\n%s", needle, haystack);
}

static void expect_out(const char *haystack, const char *needle)
{
    cr_expect_not(strstr(haystack, needle), "\"%s\" is in\n%s", needle, haystack);
}

Test(maps_tab, mappings_groups_and_totals)
{
    add(&list, 0x400000, 0x500000, "r-xp", 7, "/usr/bin/x", 512);
    add(&list, 0x500000, 0x501000, "rw-p", 7, "/usr/bin/x", 4);
    add(&list, 0x7ffd00000000, 0x7ffd00021000, "rw-p", 0, "[stack]", 12);
    finish(&list);
    list.rollup = list.total;
    list.rollup_access = ACCESS_OK;
    const char *all = text(&(struct maps_tab){.list = &list});
    expect_in(all, "KIND           COUNT SIZE RSS PSS PRIVATE SHARED SWAP\n");
    expect_in(all, "text               1 1024 512 256       3      -    0 ");
    expect_in(all, "total              3 1160 528 264       9      -    0");
    expect_in(all, "smaps_rollup         1160 528 264 ");
    expect_in(all, "000000400000 r-xp 1024 512 256       3      -    0 T /usr/bin/x\n");
    expect_in(all, "7ffd00000000 rw-p  132  12   6       3      -    0 S [stack]\n");
    expect_in(all, "[stack]");
    expect_out(all, "VmFlags");
}

Test(maps_tab, each_bss_is_said_to_be_inferred)
{
    add(&list, 0x1000, 0x2000, "rw-p", 7, "/lib/x", 4);
    add(&list, 0x2000, 0x3000, "rw-p", 0, "", 4);
    add(&list, 0x4000, 0x5000, "rw-p", 0, "", 4);
    finish(&list);
    const char *shown = text(&(struct maps_tab){.list = &list});
    cr_expect_not_null(strstr(shown, "B bss (inferred)"), "%s", shown);
    cr_expect_null(strstr(shown, "anonymous (inferred)"), "%s", shown);
}

Test(maps_tab, a_figure_that_was_not_read_is_no_zero)
{
    add(&list, 0x400000, 0x500000, "r-xp", 7, "/x", 4)->figures = (struct figures){0};
    finish(&list);
    list.figures_access = ACCESS_BLOCKED;
    const char *all = text(&(struct maps_tab){.list = &list});
    expect_in(all, "000000400000 r-xp 1024   -   -       -      -    - T /x\n");
    expect_in(all, access_sentence(ACCESS_BLOCKED));
}

Test(maps_tab, why_there_is_nothing)
{
    static const enum access accesses[] = {ACCESS_DENIED, ACCESS_ZOMBIE, ACCESS_GONE,
                                           ACCESS_BLOCKED};
    for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
        list.access = accesses[i];
        expect_in(text(&(struct maps_tab){.list = &list}), access_sentence(accesses[i]));
    }
    list.access = ACCESS_EMPTY;
    list.is_kernel = true;
    expect_in(text(&(struct maps_tab){.list = &list}), "kernel thread");
}

Test(maps_tab, the_selected_mapping_reports_its_flags_in_words)
{
    struct mapping *mapping = add(&list, 0x400000, 0x500000, "r-xp", 7, "/x (deleted)", 4);
    mapping->has_flags = true;
    for (unsigned bit = 0; *mapping_flags[bit].code; bit++)
        if (strcmp(mapping_flags[bit].code, "dd") == 0)
            mapping->flags |= UINT64_C(1) << bit;
    memcpy(mapping->unknown_flags[0], "\033z", 2);
    finish(&list);
    const char *all =
        text(&(struct maps_tab){.list = &list, .has_selected = true, .selected = 0x4fffff});
    expect_in(all, "left out of core dumps (dd), ?z (unknown here)");
    expect_in(all, "addresses:        0x400000-0x500000\n");
    expect_in(all, "inode 7, from byte 0x0 on; its name is gone");
    expect_in(all, "Private_Dirty:");
    expect_in(all, "^^^^");
}

Test(maps_tab, hostile_paths_stay_on_their_line)
{
    add(&list, 0x400000, 0x500000, "r-xp", 7, "/a\033[2J\r\n\x80 b", 4);
    finish(&list);
    const char *all = text(&(struct maps_tab){.list = &list});
    expect_in(all, "/a?[2J??? b\n");
    expect_out(all, "\033");
}

Test(maps_tab, marks_after_a_refresh)
{
    add(&before, 0x1000, 0x2000, "rw-p", 0, "", 0);
    add(&before, 0x3000, 0x4000, "rw-p", 0, "[heap]", 4);
    add(&before, 0x5000, 0x6000, "rw-p", 9, "/old", 4);
    finish(&before);
    add(&list, 0x1000, 0x2000, "rw-p", 0, "", 0);
    add(&list, 0x3000, 0x5000, "rw-p", 0, "[heap]", 8);
    add(&list, 0x9000, 0xa000, "rw-p", 9, "/new", 4);
    finish(&list);
    cr_assert_eq(mapping_list_diff(&before, &list), 0);
    const char *all = text(&(struct maps_tab){.list = &list, .has_marks = true});
    expect_in(all, "\n  000000001000 ");
    expect_in(all, "\n~ 000000003000 ");
    expect_in(all, "[heap] (Rss +4)\n");
    expect_in(all, "\n+ 000000009000 ");
    expect_in(all, "\n- 000000005000 ");
}

Test(maps_tab, sorted_lines_carry_marks_that_find_them_again)
{
    add(&list, 0x1000, 0x2000, "rw-p", 0, "", 1);
    add(&list, 0x3000, 0x4000, "rw-p", 0, "", 9);
    finish(&list);
    (void)text(&(struct maps_tab){.list = &list, .sort = MAPPING_BY_RSS});
    uint64_t marks[2] = {0};
    size_t found = 0;
    for (size_t i = 0; i < doc.line_count; i++)
        if (doc.lines[i].mark != 0) {
            cr_assert_lt(found, 2);
            marks[found++] = doc.lines[i].mark;
        }
    cr_assert_eq(found, 2);
    cr_expect_eq(maps_tab_address(marks[0]), 0x3000);
    cr_expect_eq(maps_tab_address(marks[1]), 0x1000);
    cr_expect_neq(maps_tab_mark(0), 0);
}

static struct strip strip;

Test(maps_tab, strip_is_ordered_and_shows_small_beside_huge)
{
    add(&list, 0x400000, 0x410000, "r-xp", 7, "/x", 4);
    add(&list, 0x7f0000000000, 0x7f0000000000 + (UINT64_C(1) << 39), "---p", 0, "", 0);
    add(&list, 0x7fffffffe000, 0x7ffffffff000, "rw-p", 0, "[stack]", 4);
    finish(&list);
    address_strip(&list, 40, SIZE_MAX, &strip);
    cr_expect_eq(strip.cells[0], 'T');
    cr_expect_eq(strip.cells[39], 'S');
    size_t guard = 0, gap = 0;
    for (size_t i = 0; i < 40; i++) {
        guard += strip.cells[i] == 'G';
        gap += strip.cells[i] == STRIP_GAP;
    }
    cr_expect(guard > 10 && guard < 36, "%zu", guard);
    cr_expect_gt(gap, 0);
}

Test(maps_tab, strip_of_one_column_of_many_mappings_and_of_none)
{
    address_strip(&list, 10, SIZE_MAX, &strip);
    cr_expect_eq(strip.cells[9], STRIP_GAP);
    for (uint64_t i = 0; i < 65530; i++)
        add(&list, 0x1000 + i * 0x2000, 0x2000 + i * 0x2000, "rw-p", 0, "", 4);
    finish(&list);
    address_strip(&list, 1, SIZE_MAX, &strip);
    cr_expect_eq(strip.cells[0], 'a');
    address_strip(&list, 100, 65529, &strip);
    cr_expect(strip.is_marked[99]);
    cr_expect(!strip.is_marked[98]);
    address_strip(&list, 100000, 3, &strip);
    cr_expect_eq(strip.columns, STRIP_COLUMNS_MAX);
    address_strip(&list, 0, 0, &strip);
    cr_expect_eq(strip.columns, 0);
}

Test(maps_tab, strip_at_the_ends_of_the_address_space)
{
    add(&list, 0, UINT64_MAX & ~UINT64_C(0xfff), "rw-p", 0, "", 4);
    finish(&list);
    address_strip(&list, 7, 0, &strip);
    for (size_t i = 0; i < 7; i++)
        cr_expect_eq(strip.cells[i], 'a');
}
