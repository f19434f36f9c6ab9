#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "reaptop/model/mapping.h"

static struct mapping_list list, next;

static void teardown(void)
{
    mapping_list_done(&list);
    mapping_list_done(&next);
}

TestSuite(mapping, .fini = teardown);

static struct mapping *add(struct mapping_list *to, uint64_t start, uint64_t end, const char *perms,
                           uint64_t inode, const char *path)
{
    struct mapping *mapping = mapping_list_add(to);
    cr_assert_not_null(mapping);
    mapping->start = start;
    mapping->end = end;
    mapping->inode = inode;
    memcpy(mapping->perms, perms, 5);
    cr_assert_eq(mapping_set_path(to, mapping, path, strlen(path)), 0);
    return mapping;
}

static void set(struct mapping *mapping, uint64_t rss, uint64_t pss, uint64_t swap)
{
    figure_set(&mapping->figures, FIGURE_RSS, rss);
    figure_set(&mapping->figures, FIGURE_PSS, pss);
    figure_set(&mapping->figures, FIGURE_SWAP, swap);
}

Test(mapping, kinds_follow_name_permissions_and_neighbour)
{
    static const struct {
        const char *perms;
        uint64_t inode;
        const char *path;
        enum mapping_kind kind;
    } cases[] = {
        {"r--p", 7, "/usr/bin/cat", MAPPING_FILE},
        {"r-xp", 7, "/usr/bin/cat", MAPPING_TEXT},
        {"rw-p", 7, "/usr/bin/cat", MAPPING_DATA},
        {"rw-p", 0, "", MAPPING_BSS},
        {"rw-p", 0, "", MAPPING_ANONYMOUS},
        {"rw-p", 0, "[heap]", MAPPING_HEAP},
        {"---p", 0, "", MAPPING_GUARD},
        {"---p", 9, "/usr/lib/libc.so.6", MAPPING_GUARD},
        {"rw-s", 9, "/dev/zero (deleted)", MAPPING_SHARED},
        {"r--s", 9, "/usr/lib/locale", MAPPING_SHARED},
        {"---s", 9, "/dev/shm/x", MAPPING_SHARED},
        {"rw-p", 0, "[stack]", MAPPING_STACK},
        {"rw-p", 0, "[anon:malloc arena]", MAPPING_ANONYMOUS},
        {"r--p", 0, "[vvar]", MAPPING_VVAR},
        {"r--p", 0, "[vvar_vclock]", MAPPING_VVAR},
        {"r-xp", 0, "[vdso]", MAPPING_VDSO},
        {"--xp", 0, "[vsyscall]", MAPPING_VSYSCALL},
        /* A file may bear the kernel's own names. */
        {"rw-p", 11, "[heap]", MAPPING_DATA},
        {"r-xp", 11, "[vdso]", MAPPING_TEXT},
        {"rw-p", 11, "(unreachable)/x", MAPPING_DATA},
        {"rw-p", 11, "/anon_hugepage (deleted)", MAPPING_HUGETLB},
        {"rw-s", 11, "/anon_hugepage (deleted)", MAPPING_HUGETLB},
        {"rw-p", 11, "/anon_hugepages", MAPPING_DATA},
    };
    uint64_t at = 0x1000;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++, at += 0x1000)
        add(&list, at, at + 0x1000, cases[i].perms, cases[i].inode, cases[i].path);
    mapping_list_finish(&list);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(list.items[i].kind, cases[i].kind, "%s %s: %s", cases[i].perms, cases[i].path,
                     mapping_kinds[list.items[i].kind].name);
}

Test(mapping, anonymous_memory_that_does_not_touch_the_data_is_no_bss)
{
    add(&list, 0x1000, 0x2000, "rw-p", 7, "/bin/x");
    add(&list, 0x3000, 0x4000, "rw-p", 0, "");
    mapping_list_finish(&list);
    cr_expect_eq(list.items[1].kind, MAPPING_ANONYMOUS);
}

Test(mapping, a_total_knows_only_what_every_part_knows)
{
    set(add(&list, 0x1000, 0x3000, "rw-p", 0, ""), 8, 4, 0);
    set(add(&list, 0x3000, 0x4000, "rw-p", 0, ""), 4, 4, 0);
    mapping_list_finish(&list);
    cr_expect_eq(list.total.kib[FIGURE_RSS], 12);
    cr_expect_eq(list.total.kib[FIGURE_SIZE], 12);
    cr_expect(!figure_is_known(&list.total, FIGURE_LOCKED));

    add(&list, 0x4000, 0x5000, "rw-p", 0, "");
    mapping_list_finish(&list);
    cr_expect(!figure_is_known(&list.total, FIGURE_RSS));
    cr_expect_eq(list.total.kib[FIGURE_SIZE], 16);
}

Test(mapping, sums_stop_at_the_end_of_the_number)
{
    set(add(&list, 0x1000, 0x2000, "rw-p", 0, ""), UINT64_MAX, 0, 0);
    set(add(&list, 0x2000, 0x3000, "rw-p", 0, ""), UINT64_MAX, 0, 0);
    mapping_list_finish(&list);
    cr_expect_eq(list.total.kib[FIGURE_RSS], UINT64_MAX);
}

Test(mapping, private_and_shared_need_both_their_parts)
{
    struct figures set = {0};
    uint64_t kib = 77;
    figure_set(&set, FIGURE_PRIVATE_CLEAN, 3);
    cr_expect(!figures_private(&set, &kib));
    cr_expect_eq(kib, 77);
    figure_set(&set, FIGURE_PRIVATE_DIRTY, 4);
    cr_expect(figures_private(&set, &kib));
    cr_expect_eq(kib, 7);
    figure_set(&set, FIGURE_PRIVATE_HUGETLB, 2048);
    figure_set(&set, FIGURE_SHARED_HUGETLB, 4096);
    cr_expect(figures_private(&set, &kib));
    cr_expect_eq(kib, 7, "huge pages of hugetlbfs are no part of Rss");
    cr_expect_eq(figures_hugetlb(&set), 6144);
    cr_expect(!figures_shared(&set, &kib));
}

Test(mapping, groups_add_up_to_the_total)
{
    set(add(&list, 0x1000, 0x2000, "r-xp", 7, "/x"), 4, 1, 0);
    set(add(&list, 0x2000, 0x3000, "rw-p", 7, "/x"), 4, 4, 2);
    set(add(&list, 0x4000, 0x9000, "r-xp", 8, "/y"), 16, 2, 0);
    mapping_list_finish(&list);
    struct mapping_group groups[MAPPING_KIND_COUNT];
    mapping_list_group(&list, groups);
    cr_expect_eq(groups[MAPPING_TEXT].count, 2);
    cr_expect_eq(groups[MAPPING_TEXT].total.kib[FIGURE_RSS], 20);
    cr_expect_eq(groups[MAPPING_DATA].total.kib[FIGURE_SWAP], 2);
    cr_expect_eq(groups[MAPPING_HEAP].count, 0);
    cr_expect_eq(groups[MAPPING_HEAP].total.known, 0);
}

Test(mapping, an_address_finds_its_mapping)
{
    add(&list, 0x1000, 0x2000, "r-xp", 7, "/x");
    add(&list, 0x4000, 0x5000, "r-xp", 7, "/x");
    mapping_list_finish(&list);
    cr_expect_null(mapping_list_find(&list, 0xfff));
    cr_expect_eq(mapping_list_find(&list, 0x1000), &list.items[0]);
    cr_expect_eq(mapping_list_find(&list, 0x1fff), &list.items[0]);
    cr_expect_null(mapping_list_find(&list, 0x2000));
    cr_expect_eq(mapping_list_index(&list, 0x2000), 1);
    cr_expect_eq(mapping_list_find(&list, 0x4fff), &list.items[1]);
    cr_expect_eq(mapping_list_index(&list, UINT64_MAX), 2);
}

Test(mapping, sorting_puts_the_largest_first_and_the_unknown_last)
{
    set(add(&list, 0x1000, 0x2000, "rw-p", 0, ""), 0, 9, 1);
    add(&list, 0x2000, 0x8000, "rw-p", 0, "");
    set(add(&list, 0x8000, 0x9000, "rw-p", 0, ""), 7, 2, 1);
    mapping_list_finish(&list);
    size_t order[3];
    mapping_list_order(&list, MAPPING_BY_RSS, order);
    cr_expect(order[0] == 2 && order[1] == 0 && order[2] == 1);
    mapping_list_order(&list, MAPPING_BY_PSS, order);
    cr_expect(order[0] == 0 && order[1] == 2 && order[2] == 1);
    mapping_list_order(&list, MAPPING_BY_SIZE, order);
    cr_expect(order[0] == 1 && order[1] == 0 && order[2] == 2);
    mapping_list_order(&list, MAPPING_BY_SWAP, order);
    cr_expect(order[0] == 0 && order[1] == 2 && order[2] == 1);
    mapping_list_order(&list, MAPPING_BY_ADDRESS, order);
    cr_expect(order[0] == 0 && order[1] == 1 && order[2] == 2);
}

Test(mapping, sort_names)
{
    for (int sort = 0; sort < MAPPING_SORT_COUNT; sort++)
        cr_expect_eq(mapping_sort_from_name(mapping_sort_name((enum mapping_sort)sort)), sort);
    cr_expect_eq(mapping_sort_from_name("pss_kib"), MAPPING_BY_PSS);
    cr_expect_eq(mapping_sort_from_name("_kib"), -EINVAL);
    cr_expect_eq(mapping_sort_from_name(""), -EINVAL);
    cr_expect_eq(mapping_sort_from_name("rs"), -EINVAL);
}

Test(mapping, diff_reports_new_changed_and_gone)
{
    set(add(&list, 0x1000, 0x2000, "r-xp", 7, "/x"), 4, 4, 0);
    set(add(&list, 0x3000, 0x6000, "rw-p", 0, "[heap]"), 8, 8, 0);
    set(add(&list, 0x7000, 0x8000, "rw-p", 9, "/gone (deleted)"), 4, 4, 0);
    set(add(&list, 0xa000, 0xc000, "rw-p", 0, "[stack]"), 4, 4, 0);
    mapping_list_finish(&list);

    set(add(&next, 0x1000, 0x2000, "r-xp", 7, "/x"), 4, 4, 0);
    set(add(&next, 0x3000, 0x7000, "rw-p", 0, "[heap]"), 16, 16, 0);
    set(add(&next, 0x7000, 0x8000, "rw-p", 10, "/other"), 4, 4, 0);
    set(add(&next, 0x9000, 0xc000, "rw-p", 0, "[stack]"), 2, 2, 0);
    set(add(&next, 0xd000, 0xe000, "rw-p", 0, ""), 0, 0, 0);
    mapping_list_finish(&next);

    cr_assert_eq(mapping_list_diff(&list, &next), 0);
    cr_expect_eq(next.items[0].mark, MAPPING_SAME);
    cr_expect_eq(next.items[1].mark, MAPPING_CHANGED);
    cr_expect_eq(next.items[1].rss_change_kib, 8);
    cr_expect_eq(next.items[2].mark, MAPPING_NEW);
    cr_expect_eq(next.items[3].mark, MAPPING_CHANGED);
    cr_expect_eq(next.items[3].rss_change_kib, -2);
    cr_expect_eq(next.items[4].mark, MAPPING_NEW);
    cr_assert_eq(next.gone_count, 1);
    cr_expect_eq(next.gone[0].start, 0x7000);
    cr_expect_eq(next.gone[0].mark, MAPPING_GONE);

    mapping_list_done(&list); /* the gone ones outlive the list they were in */
    cr_expect_str_eq(next.gone[0].path, "/gone (deleted)");
    cr_expect(next.gone[0].is_deleted);
}

Test(mapping, a_hole_in_the_middle_changes_the_one_and_makes_another)
{
    add(&list, 0x1000, 0x9000, "rw-p", 0, "");
    mapping_list_finish(&list);
    add(&next, 0x1000, 0x3000, "rw-p", 0, "");
    add(&next, 0x5000, 0x9000, "rw-p", 0, "");
    mapping_list_finish(&next);
    cr_assert_eq(mapping_list_diff(&list, &next), 0);
    cr_expect_eq(next.items[0].mark, MAPPING_CHANGED);
    cr_expect_eq(next.items[1].mark, MAPPING_NEW);
    cr_expect_eq(next.gone_count, 0);
}

Test(mapping, diff_against_nothing)
{
    add(&next, 0x1000, 0x3000, "rw-p", 0, "");
    mapping_list_finish(&next);
    cr_assert_eq(mapping_list_diff(&list, &next), 0);
    cr_expect_eq(next.items[0].mark, MAPPING_NEW);
    cr_assert_eq(mapping_list_diff(&next, &list), 0);
    cr_expect_eq(list.gone_count, 1);
}

Test(mapping, tables_are_whole_and_letters_differ)
{
    for (size_t f = 0; f < FIGURE_COUNT; f++)
        cr_expect(figures[f].smaps && figures[f].key && figures[f].summary);
    for (size_t a = 0; a < MAPPING_KIND_COUNT; a++) {
        cr_expect_not_null(mapping_kinds[a].name);
        for (size_t b = 0; b < a; b++)
            cr_expect_neq(mapping_kinds[a].letter, mapping_kinds[b].letter);
    }
    for (size_t a = 0; *mapping_flags[a].code; a++)
        for (size_t b = 0; b < a; b++)
            cr_expect_str_neq(mapping_flags[a].code, mapping_flags[b].code);
}
