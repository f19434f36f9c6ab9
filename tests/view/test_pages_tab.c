#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "reaptop/view/pages_tab.h"

enum {
    SIZE = 4096
};

#define AT(n) (UINT64_C(0x7f0000000000) + (uint64_t)(n)*UINT64_C(4096))

static struct page_list pages;
static struct mapping mapping;
static struct document doc;
static struct strbuf out;

static void setup(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    pages.page_size = SIZE;
    pages.access = pages.frames_access = ACCESS_OK;
    mapping = (struct mapping){.perms = "rw-p", .path = "", .kind = MAPPING_ANONYMOUS};
}

static void teardown(void)
{
    page_list_done(&pages);
    document_done(&doc);
    strbuf_done(&out);
}

TestSuite(pages_tab, .init = setup, .fini = teardown);

static void add(uint64_t n, uint64_t count, uint64_t entry)
{
    struct page_run run = {.address = AT(n), .count = count, .entry = entry};
    cr_assert_eq(page_list_add(&pages, &run), 0);
    mapping.start = AT(0);
    mapping.end = AT(n + count);
}

static const char *text(struct pages_tab tab)
{
    tab.mapping = &mapping;
    tab.pages = &pages;
    document_clear(&doc);
    strbuf_clear(&out);
    pages_tab_build(&tab, &doc);
    cr_assert_eq(doc.error, 0);
    document_print(&doc, &out, 0);
    return strbuf_text(&out);
}

static void expect_in(const char *haystack, const char *needle)
{
    cr_expect(strstr(haystack, needle), "\"%s\" is not in\n%s", needle, haystack);
}

static size_t marked_lines(void)
{
    size_t count = 0;
    for (size_t i = 0; i < doc.line_count; i++)
        count += doc.lines[i].mark != 0;
    return count;
}

Test(pages_tab, one_cell_a_page)
{
    add(0, 2, PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE);
    add(2, 1, PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE | PAGEMAP_SOFT_DIRTY);
    add(3, 3, PAGEMAP_PRESENT);
    add(6, 1, PAGEMAP_SWAPPED);
    add(7, 1, PAGEMAP_GUARD);
    add(8, 2, 0);
    add(10, 1, PAGEMAP_PRESENT | PAGEMAP_FILE);
    const char *all = text((struct pages_tab){.columns = 16});
    expect_in(all, "7f0000000000 eeEmmmsg ..c\n");
    expect_in(all, "g guard");
    expect_in(all, "present                7");
    cr_expect_eq(marked_lines(), 1);
}

Test(pages_tab, while_it_is_read_the_sums_so_far)
{
    const struct page_counts counts = {.total = 3, .present = 2};
    mapping.start = AT(0);
    mapping.end = AT(16);
    pages_tab_add_progress(&mapping, &counts, SIZE, &doc);
    document_print(&doc, &out, 0);
    const char *all = strbuf_text(&out);
    expect_in(all, "reading: 3 of 16 pages");
    expect_in(all, "Pages read so far");
}

Test(pages_tab, rows_of_nothing_are_one_line)
{
    add(0, 1, PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE);
    add(1, (UINT64_C(1) << 28) - 2, 0);
    add((UINT64_C(1) << 28) - 1, 1, PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE);
    const char *all = text((struct pages_tab){.columns = 16});
    expect_in(all, "7f0000000000 e....... ........\n");
    expect_in(all, "7f0000010000 absent: 268435424 pages\n");
    expect_in(all, " ........ .......e\n");
    cr_expect_eq(marked_lines(), 3);
    for (size_t i = 0; i < doc.line_count; i++)
        if (doc.lines[i].mark != 0)
            cr_expect_geq(pages_tab_address(doc.lines[i].mark), AT(0));
}

Test(pages_tab, a_mapping_without_a_page)
{
    add(0, 100, 0);
    const char *all = text((struct pages_tab){.columns = 16});
    expect_in(all, "absent: 96 pages");
    expect_in(all, "7f0000060000 ....\n");
}

Test(pages_tab, the_selected_row_is_reported_page_by_page)
{
    add(0, 4, PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE | 0x100);
    pages.runs[0].has_map_count = pages.runs[0].has_flags = true;
    pages.runs[0].map_count = 1;
    pages.runs[0].flags = 1 << 2 | 1 << 12;
    add(4, 30, PAGEMAP_PRESENT);
    const char *all =
        text((struct pages_tab){.columns = 16, .has_selected = true, .selected = AT(3) + 77});
    expect_in(all, "7f0000000000                4  exclusive   0x100               1"
                   "  referenced,anonymous");
    expect_in(all, "7f0000004000               12  shared      hidden              -");
    expect_in(all, "need CAP_SYS_ADMIN");
    size_t marked = 0;
    for (size_t i = 0; i < doc.line_count; i++)
        marked += doc.lines[i].mark == pages_tab_mark(AT(0));
    cr_expect_eq(marked, 4, "the row, a title and two runs");
}

Test(pages_tab, more_than_is_kept_is_counted_and_reported)
{
    for (uint64_t n = 0; n < 2 * PAGE_LIST_MAX + 10; n += 2) {
        add(n, 1, PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE);
        add(n + 1, 1, 0);
    }
    cr_assert(pages.is_cut);
    const char *all = text((struct pages_tab){0});
    expect_in(all, "is counted, but not drawn");
    expect_in(all, "present            32773");
}

Test(pages_tab, many_rows_are_bounded)
{
    for (uint64_t n = 0; n < 32000; n++)
        add(n * 256, 1, PAGEMAP_PRESENT);
    mapping.end = AT(32000 * 256);
    (void)text((struct pages_tab){.columns = 4});
    cr_expect_leq(doc.line_count, 16500);
}

Test(pages_tab, why_there_are_none)
{
    add(0, 1, 0);
    page_list_done(&pages);
    pages.access = ACCESS_DENIED;
    expect_in(text((struct pages_tab){0}), "permission denied: it needs ptrace read access");
}

Test(pages_tab, hostile_names)
{
    add(0, 1, 0);
    mapping.path = "/\033[2J\n";
    mapping.path_length = 6;
    const char *all = text((struct pages_tab){0});
    expect_in(all, "/?[2J?\n");
}

Test(pages_tab, shares_are_observed_or_inferred)
{
    struct page_refs ours = {.hidden = 5, .hidden_shared = 2}, theirs = {.is_cut = true};
    struct page_share items[] = {
        {.address = AT(0), .peer_address = AT(8), .count = 3, .pfn = 0x55, .map_count = 2},
        {.address = AT(9),
         .peer_address = AT(9),
         .count = 1,
         .is_inferred = true,
         .map_count = PAGE_COUNT_UNKNOWN},
    };
    struct page_shares shares = {.items = items, .count = 2, .pages = 4, .inferred = 1};
    struct mapping_list list = MAPPING_LIST_INIT;
    struct pages_tab_shares tab = {.pid = 12,
                                   .peer_pid = 34,
                                   .access = ACCESS_OK,
                                   .peer_access = ACCESS_OK,
                                   .refs = &ours,
                                   .peer_refs = &theirs,
                                   .shares = &shares,
                                   .list = &list,
                                   .page_size = SIZE};
    pages_tab_shares(&tab, &doc);
    document_print(&doc, &out, 0);
    const char *all = strbuf_text(&out);
    expect_in(all, "4 pages of 12 (16 KiB) are in 34 too; 1 of them inferred");
    expect_in(all, "12: 5 anonymous pages whose frames are hidden; 2 of them");
    expect_in(all, "34: only its first 0 pages were compared");
    expect_in(all, "7f0000000000 7f0000008000          3 0x55                2");
    expect_in(all, "7f0000009000 7f0000009000          1 inferred            -");

    tab.peer_access = ACCESS_DENIED;
    document_clear(&doc);
    strbuf_clear(&out);
    pages_tab_shares(&tab, &doc);
    document_print(&doc, &out, 0);
    cr_expect_str_eq(strbuf_text(&out), "34: permission denied: needs the process's own user, or "
                                        "CAP_SYS_PTRACE\n");
}
