#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/source/parse_smaps.h"

static struct mapping_list list;

static void teardown(void)
{
    mapping_list_done(&list);
}

TestSuite(parse_smaps, .fini = teardown);

/* Parses the text in pieces of that size. */
static int parse_pieces(const char *text, size_t length, size_t piece)
{
    mapping_list_clear(&list);
    struct smaps_parser parser = {.list = &list};
    for (size_t at = 0; at < length; at += piece)
        if (smaps_feed(&parser, text + at, length - at < piece ? length - at : piece) != 0)
            break;
    return smaps_finish(&parser);
}

static int parse(const char *text)
{
    return parse_pieces(text, strlen(text), SIZE_MAX / 2);
}

static const char paragraphs[] =
    "559452746000-55945274b000 r-xp 00002000 fe:00 247134                     /usr/bin/cat\n"
    "Size:                 20 kB\n"
    "KernelPageSize:        4 kB\n"
    "MMUPageSize:           4 kB\n"
    "Rss:                  16 kB\n"
    "Pss:                   7 kB\n"
    "Pss_Dirty:             1 kB\n"
    "Shared_Clean:          2 kB\n"
    "Shared_Dirty:          3 kB\n"
    "Private_Clean:         4 kB\n"
    "Private_Dirty:         5 kB\n"
    "Referenced:            6 kB\n"
    "Anonymous:             8 kB\n"
    "KSM:                   9 kB\n"
    "LazyFree:             10 kB\n"
    "AnonHugePages:        11 kB\n"
    "ShmemPmdMapped:       12 kB\n"
    "FilePmdMapped:        13 kB\n"
    "Shared_Hugetlb:       14 kB\n"
    "Private_Hugetlb:      15 kB\n"
    "Swap:                 17 kB\n"
    "SwapPss:              18 kB\n"
    "Locked:               19 kB\n"
    "THPeligible:           0\n"
    "ProtectionKey:         0\n"
    "VmFlags: rd ex mr mw me zz dd \n"
    "55945274e000-55945274f000 rw-p 0000a000 fe:00 247134                     /usr/bin/cat\n"
    "Size:                  4 kB\n"
    "Rss:                   4 kB\n"
    "Newer:                 4 kB\n"
    "Swap:                  0 kB\n"
    "VmFlags: rd wr mr mw me ac \n"
    "55945274f000-559452750000 rw-p 00000000 00:00 0 \n"
    "Size:                  4 kB\n"
    "Rss:                   0 kB\n"
    "Swap:                  4 kB\n";

static bool has_flag(const struct mapping *mapping, const char *code)
{
    for (unsigned bit = 0; *mapping_flags[bit].code; bit++)
        if (strcmp(mapping_flags[bit].code, code) == 0)
            return mapping->flags >> bit & 1;
    return false;
}

static void expect_paragraphs(void)
{
    cr_assert_eq(list.count, 3);
    cr_expect_eq(list.bad_lines, 0);
    const struct mapping *text = &list.items[0];
    static const uint64_t kib[FIGURE_COUNT] = {
        [FIGURE_SIZE] = 20,
        [FIGURE_PAGE_SIZE] = 4,
        [FIGURE_MMU_PAGE_SIZE] = 4,
        [FIGURE_RSS] = 16,
        [FIGURE_PSS] = 7,
        [FIGURE_PSS_DIRTY] = 1,
        [FIGURE_SHARED_CLEAN] = 2,
        [FIGURE_SHARED_DIRTY] = 3,
        [FIGURE_PRIVATE_CLEAN] = 4,
        [FIGURE_PRIVATE_DIRTY] = 5,
        [FIGURE_REFERENCED] = 6,
        [FIGURE_ANONYMOUS] = 8,
        [FIGURE_KSM] = 9,
        [FIGURE_LAZY_FREE] = 10,
        [FIGURE_ANON_HUGE] = 11,
        [FIGURE_SHMEM_PMD] = 12,
        [FIGURE_FILE_PMD] = 13,
        [FIGURE_SHARED_HUGETLB] = 14,
        [FIGURE_PRIVATE_HUGETLB] = 15,
        [FIGURE_SWAP] = 17,
        [FIGURE_SWAP_PSS] = 18,
        [FIGURE_LOCKED] = 19,
    };
    for (enum figure f = 0; f < FIGURE_COUNT; f++) {
        bool is_rollup = f == FIGURE_PSS_ANON || f == FIGURE_PSS_FILE || f == FIGURE_PSS_SHMEM;
        cr_expect_eq(figure_is_known(&text->figures, f), !is_rollup, "%s", figures[f].smaps);
        cr_expect_eq(text->figures.kib[f], kib[f], "%s", figures[f].smaps);
    }
    cr_expect(text->has_flags && has_flag(text, "rd") && has_flag(text, "ex") &&
              has_flag(text, "me") && has_flag(text, "dd") && !has_flag(text, "wr"));
    cr_expect_str_eq(text->unknown_flags[0], "zz");
    cr_expect_str_eq(text->unknown_flags[1], "");
    cr_expect_eq(text->kind, MAPPING_TEXT);
    cr_expect_eq(list.items[1].kind, MAPPING_DATA);
    cr_expect_eq(list.items[2].kind, MAPPING_BSS);
    cr_expect(!figure_is_known(&list.items[1].figures, FIGURE_PSS));
    cr_expect(!list.items[2].has_flags);
    cr_expect_eq(list.total.kib[FIGURE_RSS], 20);
    cr_expect_eq(list.total.kib[FIGURE_SWAP], 21);
    cr_expect_eq(list.total.kib[FIGURE_SIZE], 28);
    cr_expect(!figure_is_known(&list.total, FIGURE_PSS));
    cr_expect_eq(list.items[0].path, list.items[1].path, "neighbours share one copy of a path");
}

Test(parse_smaps, whole_paragraphs)
{
    cr_assert_eq(parse(paragraphs), 0);
    expect_paragraphs();
}

Test(parse_smaps, pieces_of_any_size_give_the_same)
{
    for (size_t piece = 1; piece < 200; piece++) {
        cr_assert_eq(parse_pieces(paragraphs, sizeof(paragraphs) - 1, piece), 0);
        expect_paragraphs();
    }
}

Test(parse_smaps, every_cut_is_survived_and_keeps_what_was_whole)
{
    for (size_t length = 0; length < sizeof(paragraphs) - 1; length++) {
        cr_assert_eq(parse_pieces(paragraphs, length, 100), 0);
        cr_expect_leq(list.count, 3);
        cr_expect_leq(list.bad_lines, 1);
    }
}

Test(parse_smaps, maps_alone_knows_sizes_and_nothing_else)
{
    cr_assert_eq(parse("1000-3000 rw-p 0 0:0 0\n4000-5000 rw-p 0 0:0 0 [heap]"), 0);
    cr_assert_eq(list.count, 2);
    cr_expect_eq(list.total.kib[FIGURE_SIZE], 12);
    cr_expect_eq(list.total.known, 1U << FIGURE_SIZE);
    cr_expect_eq(list.items[1].kind, MAPPING_HEAP);
}

Test(parse_smaps, nothing_is_nothing)
{
    cr_assert_eq(parse(""), 0);
    cr_expect_eq(list.count, 0);
    cr_expect_eq(list.bad_lines, 0);
}

Test(parse_smaps, hostile_lines_are_left_out_and_counted)
{
    cr_assert_eq(parse("Rss: 4 kB\n" /* before the first mapping */
                       "1000-2000 rw-p 0 0:0 0\n"
                       "Rss: -4 kB\n"
                       "Pss: 99999999999999999999 kB\n"
                       "Swap: 4\n"
                       "Locked: kB\n"
                       "Anonymous: 4 kB \n"
                       "NoColon\n"
                       "\n"
                       "rubbish\n"
                       "Size: 4 kB\n"             /* of the rubbish, and not of the mapping */
                       "1800-3000 rw-p 0 0:0 0\n" /* overlaps */
                       "Rss: 8 kB\n"
                       "500-600 rw-p 0 0:0 0\n" /* goes back */
                       "VmFlags: r rdx  rd  x wr\n"
                       "3000-4000 rw-p 0 0:0 0\n"
                       "VmFlags: r rdx  rd  x wr\n"),
                 0);
    cr_assert_eq(list.count, 2);
    cr_expect_eq(list.bad_lines, 14);
    cr_expect_eq(list.items[0].figures.known, 1U << FIGURE_SIZE);
    cr_expect_eq(list.items[1].start, 0x3000);
    cr_expect(has_flag(&list.items[1], "rd") && has_flag(&list.items[1], "wr"));
    cr_expect_str_eq(list.items[1].unknown_flags[0], "");
}

Test(parse_smaps, a_nul_in_a_field_name_is_no_field)
{
    static const char text[] = "1000-2000 rw-p 0 0:0 0\nRss\0aaaaaaaaaaaaaaaaaaaaaaa: 4 kB\n";
    cr_assert_eq(parse_pieces(text, sizeof(text) - 1, 7), 0);
    cr_expect(!figure_is_known(&list.items[0].figures, FIGURE_RSS));
}

Test(parse_smaps, a_path_without_end_is_cut_and_the_next_line_is_whole)
{
    struct strbuf text = STRBUF_INIT;
    strbuf_puts(&text, "1000-2000 rw-p 0 0:0 5 /");
    strbuf_repeat(&text, 'x', 1000000);
    strbuf_puts(&text, "\n2000-3000 rw-p 0 0:0 0 [heap]\n");
    for (size_t piece = 1000; piece < 2000000; piece *= 3) {
        cr_assert_eq(parse_pieces(text.data, text.length, piece), 0);
        cr_assert_eq(list.count, 2);
        cr_expect_eq(list.items[0].path_length, SMAPS_PATH_MAX);
        cr_expect_eq(list.cut_paths, 1);
        cr_expect_eq(list.items[1].kind, MAPPING_HEAP);
    }
    strbuf_done(&text);
}

Test(parse_smaps, mappings_without_end_are_bounded_and_reported)
{
    struct smaps_parser parser = {.list = &list};
    int r = 0;
    size_t fed = 0;
    for (uint64_t at = 1; r == 0 && fed < 2 * (size_t)SMAPS_MAPPINGS_MAX; at++, fed++) {
        char line[64];
        int length = snprintf(line, sizeof(line), "%" PRIx64 "000-%" PRIx64 "000 rw-p 0 0:0 0\n",
                              at, at + 1);
        r = smaps_feed(&parser, line, (size_t)length);
    }
    cr_expect_eq(r, 1);
    cr_expect_eq(smaps_feed(&parser, "rubbish", 7), 1);
    cr_expect_eq(smaps_finish(&parser), 1);
    cr_expect_eq(list.count, SMAPS_MAPPINGS_MAX);
}

Test(parse_smaps, long_paths_of_many_mappings_are_bounded_together)
{
    struct smaps_parser parser = {.list = &list};
    char path[4000];
    memset(path, 'x', sizeof(path));
    size_t kept = 0;
    for (uint64_t at = 1; at < 20000; at++) {
        char line[64];
        int length =
            snprintf(line, sizeof(line), "%" PRIx64 "000-%" PRIx64 "000 rw-p 0 0:0 1 /%06" PRIu64,
                     at, at + 1, at);
        cr_assert_eq(smaps_feed(&parser, line, (size_t)length), 0);
        cr_assert_eq(smaps_feed(&parser, path, sizeof(path)), 0);
        cr_assert_eq(smaps_feed(&parser, "\n", 1), 0);
    }
    cr_assert_eq(smaps_finish(&parser), 0);
    for (size_t i = 0; i < list.count; i++)
        kept += list.items[i].path_length;
    cr_expect_eq(list.count, 19999);
    cr_expect_gt(list.cut_paths, 0);
    cr_expect_leq(kept, SMAPS_PATHS_MAX + SMAPS_PATH_MAX + 20000UL * SMAPS_PATH_SHORT);
}

Test(parse_smaps, rollup_is_a_paragraph_of_its_own)
{
    cr_assert_eq(parse("559a2a4cd000-7ffd0817b000 ---p 00000000 00:00 0                [rollup]\n"
                       "Rss:                1764 kB\n"
                       "Pss:                 358 kB\n"
                       "Pss_Dirty:           112 kB\n"
                       "Pss_Anon:            112 kB\n"
                       "Pss_File:            246 kB\n"
                       "Pss_Shmem:             0 kB\n"),
                 0);
    cr_assert_eq(list.count, 1);
    cr_expect_eq(list.items[0].figures.kib[FIGURE_PSS_FILE], 246);
    cr_expect(figure_is_known(&list.items[0].figures, FIGURE_PSS_SHMEM));
}
