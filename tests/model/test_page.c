#include <criterion/criterion.h>
#include <string.h>

#include "reaptop/model/page.h"

enum {
    SIZE = 4096
};

#define AT(n) (UINT64_C(0x7f0000000000) + (n)*UINT64_C(4096))

static struct page_run page(uint64_t n, uint64_t entry)
{
    return (struct page_run){.address = AT(n), .count = 1, .entry = entry};
}

Test(page, a_hidden_frame_is_not_frame_0)
{
    uint64_t pfn = 77;
    cr_expect(page_is_hidden(PAGEMAP_PRESENT));
    cr_expect(!page_frame(PAGEMAP_PRESENT, &pfn));
    cr_expect_eq(pfn, 77);
    cr_expect(!page_is_hidden(PAGEMAP_PRESENT | 5));
    cr_expect(page_frame(PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE | 5, &pfn));
    cr_expect_eq(pfn, 5);
    cr_expect(!page_is_hidden(0));
    cr_expect(!page_frame(PAGEMAP_SWAPPED | 5, &pfn));
    cr_expect(page_is_absent(0));
    cr_expect(page_is_absent(PAGEMAP_SOFT_DIRTY | PAGEMAP_UFFD_WP));
    cr_expect(!page_is_absent(PAGEMAP_GUARD));
}

Test(page, states_and_letters)
{
    static const struct {
        struct page_run run;
        enum page_state state;
        char letter;
    } cases[] = {
        {{.entry = 0}, PAGE_ABSENT, '.'},
        {{.entry = PAGEMAP_SOFT_DIRTY}, PAGE_ABSENT, '.'},
        {{.entry = PAGEMAP_GUARD}, PAGE_GUARDED, 'g'},
        {{.entry = PAGEMAP_SWAPPED | 0x1234}, PAGE_SWAPPED, 's'},
        {{.entry = PAGEMAP_PRESENT}, PAGE_SHARED, 'm'},
        {{.entry = PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE}, PAGE_EXCLUSIVE, 'e'},
        {{.entry = PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE | PAGEMAP_SOFT_DIRTY}, PAGE_EXCLUSIVE, 'E'},
        {{.entry = PAGEMAP_PRESENT | PAGEMAP_FILE}, PAGE_FILE_SHARED, 'c'},
        {{.entry = PAGEMAP_PRESENT | PAGEMAP_FILE | PAGEMAP_EXCLUSIVE}, PAGE_FILE, 'f'},
        {{.entry = PAGEMAP_PRESENT, .extra = PAGE_EXTRA_HUGE}, PAGE_HUGE, 'h'},
        {{.entry = PAGEMAP_PRESENT, .extra = PAGE_EXTRA_ZERO}, PAGE_ZERO, 'z'},
        {{.entry = PAGEMAP_PRESENT, .has_flags = true, .flags = 1 << 24}, PAGE_ZERO, 'z'},
        {{.entry = PAGEMAP_PRESENT, .has_flags = true, .flags = 1 << 4}, PAGE_SHARED, 'M'},
        /* The frame's own flag counts where it is known. */
        {{.entry = PAGEMAP_PRESENT | PAGEMAP_SOFT_DIRTY, .has_flags = true}, PAGE_SHARED, 'm'},
        {{.entry = PAGEMAP_PRESENT, .flags = 1 << 4}, PAGE_SHARED, 'm'},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect_eq(page_state(&cases[i].run), cases[i].state, "%zu", i);
        cr_expect_eq(page_letter(&cases[i].run), cases[i].letter, "%zu", i);
    }
}

Test(page, letters_differ_and_tables_are_in_order)
{
    for (size_t a = 0; a < PAGE_STATE_COUNT; a++)
        for (size_t b = 0; b < a; b++)
            cr_expect_neq(page_states[a].letter, page_states[b].letter);
    for (size_t i = 1; page_flags[i].name; i++)
        cr_expect_lt(page_flags[i - 1].bit, page_flags[i].bit);
}

Test(page, flags_by_name)
{
    struct strbuf out = STRBUF_INIT;
    page_flags_append(&out, 0, ",");
    cr_expect_str_eq(strbuf_text(&out), "");
    page_flags_append(&out, UINT64_C(1) << 2 | UINT64_C(1) << 22 | UINT64_C(1) << 63, ",");
    cr_expect_str_eq(strbuf_text(&out), "referenced,thp,bit63");
    strbuf_done(&out);
}

Test(page, runs_join_what_is_alike)
{
    struct page_run run = page(0, 0), next = page(1, 0);
    cr_expect(page_run_extend(&run, &next, SIZE));
    cr_expect_eq(run.count, 2);
    next = page(3, 0);
    cr_expect(!page_run_extend(&run, &next, SIZE), "not beside it");
    next = page(2, PAGEMAP_GUARD);
    cr_expect(!page_run_extend(&run, &next, SIZE));

    run = page(0, PAGEMAP_PRESENT | 100);
    next = page(1, PAGEMAP_PRESENT | 101);
    cr_expect(page_run_extend(&run, &next, SIZE));
    next = page(2, PAGEMAP_PRESENT | 101);
    cr_expect(!page_run_extend(&run, &next, SIZE), "the frame does not follow");
    next = page(2, PAGEMAP_PRESENT);
    cr_expect(!page_run_extend(&run, &next, SIZE), "hidden");
    next = page(2, PAGEMAP_PRESENT | 102);
    next.has_map_count = true;
    cr_expect(!page_run_extend(&run, &next, SIZE));

    run = page(0, PAGEMAP_PRESENT);
    next = page(1, PAGEMAP_PRESENT);
    cr_expect(page_run_extend(&run, &next, SIZE), "both hidden");

    run = page(0, PAGEMAP_SWAPPED | 900);
    next = page(1, PAGEMAP_SWAPPED | 3);
    cr_expect(page_run_extend(&run, &next, SIZE));
}

Test(page, a_page_of_a_run)
{
    struct page_run run = page(4, PAGEMAP_PRESENT | 100);
    run.count = 10;
    struct page_run third = page_run_at(&run, 2, SIZE);
    cr_expect_eq(third.address, AT(6));
    cr_expect_eq(third.count, 1);
    cr_expect_eq(third.entry, PAGEMAP_PRESENT | 102);
    run.entry = PAGEMAP_PRESENT;
    third = page_run_at(&run, 2, SIZE);
    cr_expect(page_is_hidden(third.entry));
}

Test(page, counts)
{
    struct page_counts counts = {0};
    struct page_run hole = {.address = AT(0), .count = UINT64_C(1) << 28};
    struct page_run hidden = {.count = 3, .entry = PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE};
    struct page_run file = {.count = 2, .entry = PAGEMAP_PRESENT | PAGEMAP_FILE | 9};
    struct page_run swapped = {.count = 4, .entry = PAGEMAP_SWAPPED | PAGEMAP_FILE};
    page_counts_add(&counts, &hole);
    page_counts_add(&counts, &hidden);
    page_counts_add(&counts, &file);
    page_counts_add(&counts, &swapped);
    cr_expect_eq(counts.total, (UINT64_C(1) << 28) + 9);
    cr_expect_eq(counts.present, 5);
    cr_expect_eq(counts.exclusive, 3);
    cr_expect_eq(counts.hidden, 3);
    cr_expect_eq(counts.file, 2);
    cr_expect_eq(counts.swapped, 4);
}

static struct page_refs ours, theirs;
static struct page_shares shares;

static void teardown(void)
{
    page_refs_done(&ours);
    page_refs_done(&theirs);
    page_shares_done(&shares);
}

TestSuite(page_shares, .fini = teardown);

static void add(struct page_refs *refs, const struct mapping *mapping, uint64_t address,
                uint64_t count, uint64_t entry, uint64_t map_count)
{
    struct page_run run = {.address = address,
                           .count = count,
                           .entry = entry,
                           .has_map_count = map_count > 0,
                           .map_count = map_count};
    cr_assert_eq(page_refs_add(refs, mapping, &run, SIZE), 0);
}

Test(page_shares, frames_in_both_are_observed)
{
    add(&ours, NULL, AT(0), 3, PAGEMAP_PRESENT | 100, 2);
    add(&ours, NULL, AT(3), 1, PAGEMAP_PRESENT | 500, 1);
    add(&theirs, NULL, AT(80), 1, PAGEMAP_PRESENT | 501, 1);
    add(&theirs, NULL, AT(50), 3, PAGEMAP_PRESENT | 100, 2);
    cr_assert_eq(page_shares_find(&ours, &theirs, SIZE, &shares), 0);
    cr_assert_eq(shares.count, 1);
    cr_expect_eq(shares.pages, 3);
    cr_expect_eq(shares.inferred, 0);
    cr_expect_eq(shares.items[0].address, AT(0));
    cr_expect_eq(shares.items[0].peer_address, AT(50));
    cr_expect_eq(shares.items[0].count, 3);
    cr_expect_eq(shares.items[0].pfn, 100);
    cr_expect_eq(shares.items[0].map_count, 2);
    cr_expect(!shares.items[0].is_inferred);
}

Test(page_shares, without_frames_the_same_page_of_a_file_is_inferred)
{
    struct mapping here = {
        .start = AT(0), .end = AT(9), .offset = 0, .inode = 7, .device_minor = 2};
    struct mapping there = {
        .start = AT(40), .end = AT(49), .offset = SIZE, .inode = 7, .device_minor = 2};
    struct mapping other = there;
    other.device_minor = 3;
    const uint64_t file = PAGEMAP_PRESENT | PAGEMAP_FILE;
    add(&ours, &here, AT(2), 2, file, 0);
    add(&theirs, &there, AT(41), 2, file, 0);
    add(&theirs, &other, AT(43), 2, file, 0);
    cr_assert_eq(page_shares_find(&ours, &theirs, SIZE, &shares), 0);
    cr_assert_eq(shares.count, 1);
    cr_expect_eq(shares.items[0].address, AT(2));
    cr_expect_eq(shares.items[0].peer_address, AT(41));
    cr_expect_eq(shares.items[0].count, 2);
    cr_expect(shares.items[0].is_inferred);
    cr_expect_eq(shares.items[0].pfn, 0);
    cr_expect_eq(shares.items[0].map_count, PAGE_COUNT_UNKNOWN);
    cr_expect_eq(shares.inferred, 2);
}

Test(page_shares, hidden_anonymous_pages_are_counted_and_never_paired)
{
    add(&ours, NULL, AT(0), 5, PAGEMAP_PRESENT, 0);
    add(&theirs, NULL, AT(0), 5, PAGEMAP_PRESENT, 0);
    cr_assert_eq(page_shares_find(&ours, &theirs, SIZE, &shares), 0);
    cr_expect_eq(shares.count, 0);
    cr_expect_eq(ours.hidden, 5);
}

Test(page_shares, absent_swapped_and_zero_pages_are_left_out)
{
    struct page_run zero = {
        .address = AT(1), .count = 1, .entry = PAGEMAP_PRESENT | 1, .extra = PAGE_EXTRA_ZERO};
    add(&ours, NULL, AT(0), UINT64_C(1) << 40, 0, 0);
    add(&ours, NULL, AT(0), 4, PAGEMAP_SWAPPED | 100, 0);
    cr_assert_eq(page_refs_add(&ours, NULL, &zero, SIZE), 0);
    cr_expect_eq(ours.count, 0);
}

Test(page_shares, one_frame_in_many_places_of_both)
{
    for (uint64_t n = 0; n < 4; n++)
        add(&ours, NULL, AT(n * 2), 1, PAGEMAP_PRESENT | 100, 7);
    for (uint64_t n = 0; n < 3; n++)
        add(&theirs, NULL, AT(90 + n), 1, PAGEMAP_PRESENT | 100, 7);
    cr_assert_eq(page_shares_find(&ours, &theirs, SIZE, &shares), 0);
    cr_expect_eq(shares.count, 4);
    cr_expect_eq(shares.pages, 4);
    cr_expect_eq(shares.items[3].address, AT(6));
    cr_expect_eq(shares.items[3].peer_address, AT(90));
}

Test(page_shares, the_bound_is_reported)
{
    add(&ours, NULL, AT(0), PAGE_REFS_MAX + 1, PAGEMAP_PRESENT | 100, 1);
    cr_expect_eq(ours.count, PAGE_REFS_MAX);
    cr_expect(ours.is_cut);
}

/* ---- runs cut at mappings, and kept ---- */

struct parts {
    size_t count, unmapped;
    uint64_t pages, next;
};

static int take_part(const struct mapping *mapping, const struct page_run *part, void *data)
{
    struct parts *parts = data;
    cr_expect_eq(part->address, parts->next);
    parts->next += part->count * SIZE;
    parts->pages += part->count;
    parts->count++;
    parts->unmapped += mapping ? 0 : (size_t)part->count;
    if (mapping)
        cr_expect(mapping->start <= part->address &&
                  part->address + part->count * SIZE <= mapping->end);
    return parts->count == 4 ? 9 : 0;
}

Test(page, a_run_is_cut_where_mappings_begin_and_end)
{
    struct mapping_list list = MAPPING_LIST_INIT;
    static const uint64_t bounds[][2] = {{2, 4}, {4, 6}, {8, 10}};
    for (size_t i = 0; i < 3; i++) {
        struct mapping *mapping = mapping_list_add(&list);
        cr_assert_not_null(mapping);
        mapping->start = AT(bounds[i][0]);
        mapping->end = AT(bounds[i][1]);
    }
    struct page_run run = {.address = AT(3), .count = 6};
    struct parts parts = {.next = AT(3)};
    cr_expect_eq(page_run_split(&list, &run, SIZE, take_part, &parts), 9);
    cr_expect_eq(parts.pages, 6);
    cr_expect_eq(parts.unmapped, 2);

    run = (struct page_run){.address = AT(20), .count = 5};
    parts = (struct parts){.next = AT(20)};
    cr_expect_eq(page_run_split(&list, &run, SIZE, take_part, &parts), 0);
    cr_expect_eq(parts.unmapped, 5);
    cr_expect_eq(parts.count, 1);
    mapping_list_done(&list);
}

Test(page, a_list_joins_finds_and_is_bounded)
{
    struct page_list list = {.page_size = SIZE};
    for (uint64_t n = 0; n < 2 * PAGE_LIST_MAX + 2; n++) {
        struct page_run run = page(n, n % 2 ? 0 : PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE);
        cr_assert_eq(page_list_add(&list, &run), 0);
    }
    cr_expect_eq(list.count, PAGE_LIST_MAX);
    cr_expect(list.is_cut);
    cr_expect_eq(list.counts.total, 2 * PAGE_LIST_MAX + 2);
    cr_expect_eq(page_list_find(&list, AT(7) + 5), &list.runs[7]);
    cr_expect_null(page_list_find(&list, AT(0) - 1));
    cr_expect_null(page_list_find(&list, AT(PAGE_LIST_MAX)));
    page_list_done(&list);

    list.page_size = SIZE;
    struct page_run one = page(0, 0), two = page(1, 0);
    cr_assert_eq(page_list_add(&list, &one) | page_list_add(&list, &two), 0);
    cr_expect_eq(list.count, 1);
    cr_expect_eq(page_list_find(&list, AT(1)), &list.runs[0]);
    page_list_done(&list);
}
