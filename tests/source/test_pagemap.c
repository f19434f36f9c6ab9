#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/model/page.h"
#include "reaptop/source/pagemap.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

typedef int walker(int, uint64_t, uint64_t, pagemap_take *, void *);

struct seen {
    uint64_t next; /* where the next span must begin */
    uint64_t page_size;
    struct page_counts counts;
    uint64_t spans;
    uint64_t present[16]; /* addresses */
    size_t present_count;
    bool is_torn;
};

static int see(const struct pagemap_span *span, void *data)
{
    struct seen *seen = data;
    seen->is_torn |= span->address != seen->next || span->count == 0;
    seen->next = span->address + span->count * seen->page_size;
    seen->spans++;
    for (uint64_t i = 0; span->entries && i < span->count; i++) {
        struct page_run run = {.count = 1, .entry = span->entries[i], .extra = span->extra};
        page_counts_add(&seen->counts, &run);
        if ((run.entry & PAGEMAP_PRESENT) && seen->present_count < 16)
            seen->present[seen->present_count++] = span->address + i * seen->page_size;
    }
    if (!span->entries)
        seen->counts.total += span->count;
    return 0;
}

static struct seen walk_self(walker *walk, const void *start, size_t size)
{
    _cleanup_close_ int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    uint64_t address = (uint64_t)(uintptr_t)start;
    struct seen seen = {.next = address, .page_size = (uint64_t)sysconf(_SC_PAGESIZE)};
    cr_assert_geq(fd, 0);
    cr_assert_eq(walk(fd, address, address + size, see, &seen), 0);
    cr_expect(!seen.is_torn);
    cr_expect_eq(seen.next, address + size);
    return seen;
}

static char *map(size_t size, int flags)
{
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
    cr_assert_neq(memory, MAP_FAILED);
    (void)madvise(memory, size, MADV_NOHUGEPAGE);
    return memory;
}

static walker *const walkers[] = {pagemap_walk, pagemap_walk_plainly};

Test(pagemap, finds_the_pages_that_were_touched)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 20000 * page;
    char *memory = map(size, 0);
    static const size_t touched[] = {0, 1, 4095, 4096, 9000, 19999};
    for (size_t i = 0; i < 6; i++)
        memory[touched[i] * page] = 1;
    for (size_t w = 0; w < 2; w++) {
        struct seen seen = walk_self(walkers[w], memory, size);
        cr_expect_eq(seen.counts.total, 20000);
        cr_expect_eq(seen.counts.present, 6);
        cr_expect_eq(seen.counts.exclusive, 6);
        for (size_t i = 0; i < 6; i++)
            cr_expect_eq(seen.present[i], (uintptr_t)(memory + touched[i] * page));
    }
    (void)munmap(memory, size);
}

Test(pagemap, a_sparse_terabyte_costs_what_was_touched)
{
    size_t size = (size_t)(UINT64_C(1) << 40), page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = map(size, 0);
    memory[0] = memory[size / 2] = memory[size - page] = 1;
    struct seen seen = walk_self(pagemap_walk, memory, size);
    cr_expect_eq(seen.counts.total, size / page);
    cr_expect_eq(seen.counts.present, 3);
    cr_expect_leq(seen.spans, 8);
    cr_expect_eq(seen.present[2], (uintptr_t)(memory + size - page));
    (void)munmap(memory, size);
}

Test(pagemap, a_page_only_read_is_the_page_of_zeros)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = map(4 * page, 0);
    cr_assert_eq(*(volatile char *)memory, 0);
    struct seen seen = walk_self(pagemap_walk, memory, 4 * page);
    cr_expect_eq(seen.counts.present, 1);
    cr_expect_leq(seen.counts.zero, 1); /* told where there is PAGEMAP_SCAN */
    (void)munmap(memory, 4 * page);
}

Test(pagemap, guard_pages_are_no_holes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = map(8 * page, 0);
    if (madvise(memory + 2 * page, page, MADV_GUARD_INSTALL) < 0)
        cr_skip_test("no MADV_GUARD_INSTALL before Linux 6.13");
    for (size_t w = 0; w < 2; w++) {
        struct seen seen = walk_self(walkers[w], memory, 8 * page);
        cr_expect_leq(seen.counts.guard, 1); /* bit 58 came with 6.15 */
        cr_expect_eq(seen.counts.present, 0);
    }
    (void)munmap(memory, 8 * page);
}

Test(pagemap, many_fragments_with_both_walks_alike)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 6000 * page;
    char *memory = map(size, 0);
    for (size_t i = 0; i < 6000; i += 3)
        memory[i * page] = 1;
    struct seen scanned = walk_self(pagemap_walk, memory, size);
    struct seen plain = walk_self(pagemap_walk_plainly, memory, size);
    cr_expect_eq(scanned.counts.present, 2000);
    cr_expect_eq(plain.counts.present, 2000);
    (void)munmap(memory, size);
}

static int stop_at_once(const struct pagemap_span *span, void *data)
{
    (void)span;
    (*(int *)data)++;
    return 42;
}

Test(pagemap, whoever_takes_may_end_it)
{
    _cleanup_close_ int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    int calls = 0;
    cr_expect_eq(pagemap_walk(fd, 0, UINT64_C(1) << 30, stop_at_once, &calls), 42);
    cr_expect_eq(calls, 1);
}

Test(pagemap, what_is_no_pagemap_and_what_is_above_it)
{
    _cleanup_close_ int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    struct seen seen = {.next = UINT64_C(0xffffffffff600000), .page_size = 4096};
    cr_expect_eq(pagemap_walk(fd, seen.next, seen.next + 4096, see, &seen), 0);
    cr_expect_eq(seen.counts.total, 1);
    cr_expect_eq(seen.counts.present, 0);
    cr_expect_eq(pagemap_walk(-1, 0, 4096, see, &seen), -EBADF);
}

static int repack(const struct pagemap_span *span, void *data)
{
    struct strbuf *out = data;
    char *bytes = malloc(pagemap_packed_size(span));
    strbuf_append(out, bytes, bytes ? pagemap_pack(span, bytes) : 0);
    free(bytes);
    return 0;
}

Test(pagemap, packed_spans_come_out_as_they_went_in)
{
    uint64_t entries[] = {1, PAGEMAP_PRESENT, 3};
    struct pagemap_span spans[] = {{.address = 4096, .count = UINT64_C(1) << 40},
                                   {4096, 3, PAGE_EXTRA_HUGE, entries}};
    struct strbuf packed = STRBUF_INIT, again = STRBUF_INIT;
    for (size_t i = 0; i < 2; i++)
        (void)repack(&spans[i], &packed);
    cr_expect_eq(pagemap_unpack(packed.data, packed.length, repack, &again), 0);
    cr_assert_eq(packed.length, again.length);
    cr_expect_eq(memcmp(packed.data, again.data, packed.length), 0);
    for (size_t cut = 1; cut < packed.length; cut++) {
        strbuf_clear(&again);
        int r = pagemap_unpack(packed.data, cut, repack, &again);
        cr_expect_eq(r, cut == 32 ? 0 : -EBADMSG, "%zu", cut);
    }
    strbuf_done(&packed);
    strbuf_done(&again);
}
