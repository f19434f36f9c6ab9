/* Pages: memory that comes when it is touched, goes out, and comes in large. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "reaptop/base/cleanup.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static struct role *child;

enum {
    DEMAND_MIB = 16,
    TOUCHED = 256
};

static char *map_memory(size_t size)
{
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

/* ---- demand ---- */

static void demand_child(struct bench *bench)
{
    size_t size = (size_t)DEMAND_MIB << 20;
    char *memory = NULL;

    for (;;)
        switch (role_await(bench)) {
        case 'm':
            if (!is_broken(bench, 1))
                memory = map_memory(size);
            /* One page at a time, even where large ones are the default. */
            if (memory)
                (void)madvise(memory, size, MADV_NOHUGEPAGE);
            role_report(bench, (int64_t)(intptr_t)memory);
            break;
        case 't':
            for (size_t i = 0; i < TOUCHED && !is_broken(bench, 2); i++)
                memory[i * page_size()] = 1;
            role_report(bench, 0);
            break;
        }
}

static int64_t demand_address;

static void demand_map(struct bench *bench)
{
    child = role_spawn(bench, "child", demand_child);
    int64_t size = observe_number(child->pid, "status", "VmSize");
    demand_address = role_ask(bench, child, 'm');
    int64_t after = observe_number(child->pid, "status", "VmSize");
    (void)see(bench, 0, after - size == DEMAND_MIB * 1024,
              _("/proc/%d/status: VmSize %" PRId64 " kB before, %" PRId64 " kB after"), child->pid,
              size, after);
    int64_t resident = observe_smaps(child->pid, (uint64_t)demand_address, "Rss");
    (void)see(bench, 1, resident == 0, _("/proc/%d/smaps: Rss of the new mapping: %" PRId64 " kB"),
              child->pid, resident);
}

static void demand_touch(struct bench *bench)
{
    int64_t expected = (int64_t)(TOUCHED * page_size() / 1024);
    int64_t faults = observe_stat(child->pid, 10);
    (void)role_ask(bench, child, 't');
    int64_t after = observe_stat(child->pid, 10);
    int64_t resident = observe_smaps(child->pid, (uint64_t)demand_address, "Rss");
    uint64_t first = 0, behind = 0;

    (void)see(bench, 0, resident == expected,
              _("/proc/%d/smaps: Rss of the mapping: %" PRId64 " kB; %d pages of %zu kB"),
              child->pid, resident, TOUCHED, page_size() / 1024);
    (void)see(bench, 1, after - faults >= TOUCHED,
              _("/proc/%d/stat field 10 (minor faults): %" PRId64
                " more; %d are those pages, others are the process's own stack and data"),
              child->pid, after - faults, TOUCHED);
    bool read = observe_page(child->pid, (uint64_t)demand_address, &first) &&
                observe_page(child->pid, (uint64_t)demand_address + TOUCHED * page_size(), &behind);
    (void)see(bench, 2, read && page_has(first, PAGE_PRESENT) && !page_has(behind, PAGE_PRESENT),
              _("pagemap bit 63 (present): page 0 %d, page %d %d"), page_has(first, PAGE_PRESENT),
              TOUCHED, page_has(behind, PAGE_PRESENT));
}

const struct lab_experiment experiment_demand = {
    .name = "demand",
    .chapter = LAB_PAGES,
    .place = 1,
    .title = N_("Memory comes when it is touched"),
    .question = N_("When does a process get the memory it asked for?"),
    .roles = {{"child", N_("maps 16 MiB and touches 1 MiB")}},
    .steps =
        {
            {
                .does = N_("A child maps 16 MiB with mmap()."),
                .question = N_("What grows?"),
                .choices = {N_("its virtual size"), N_("its resident size"), N_("both")},
                .right = 0,
                .sees = {{N_("the virtual size grew by 16 MiB"), "/proc/PID/status VmSize"},
                         {N_("nothing of it is in memory"), "/proc/PID/smaps Rss"}},
                .explains = N_("The virtual size counts what a process may use, the resident size "
                               "what it has in memory. mmap() only writes down a promise."),
                .manual = "mmap(2), proc(5)",
                .breaks = N_("the child maps nothing"),
                .run = demand_map,
            },
            {
                .does = N_("The child writes one byte to each of 256 pages."),
                .question = N_("How many page faults does that take?"),
                .choices = {N_("one"), N_("one a page"), N_("none")},
                .right = 1,
                .sees = {{N_("exactly those pages are resident"), "/proc/PID/smaps Rss"},
                         {N_("there was a minor fault for each"), "/proc/PID/stat field 10"},
                         {N_("the next page has no frame yet"), "/proc/PID/pagemap bit 63"}},
                .explains = N_("The first touch of a page is a page fault: the kernel finds a free "
                               "frame, clears it and enters it in the page table. A fault is "
                               "minor if no file or disk had to be read."),
                .manual = "getrusage(2), proc(5)",
                .breaks = N_("the child touches nothing"),
                .run = demand_touch,
            },
        },
    .reading = "mmap(2), proc(5)",
};

/* ---- swap ---- */

enum {
    SWAPPED_PAGES = 16
};

static void swap_child(struct bench *bench)
{
    size_t size = SWAPPED_PAGES * page_size();
    char *memory = map_memory(size);

    if (memory)
        memset(memory, 'm', size);
    for (;;)
        switch (role_await(bench)) {
        case 'o':
            if (memory && !is_broken(bench, 1))
                (void)madvise(memory, size, MADV_PAGEOUT);
            role_report(bench, (int64_t)(intptr_t)memory);
            break;
        case 'i': {
            volatile char *first = memory;
            role_report(bench, is_broken(bench, 2) ? 'm' : *first);
            break;
        }
        }
}

static bool has_swap(void)
{
    char line[256];
    _cleanup_file_ FILE *stream = fopen("/proc/swaps", "re");
    int lines = 0;

    while (stream && fgets(line, sizeof(line), stream))
        lines++;
    return lines > 1;
}

static int64_t swap_address;

static void swap_out(struct bench *bench)
{
    uint64_t entry = 0;

    if (!has_swap() && !is_broken(bench, 1)) {
        see_skipped(bench, 0, _("there is no swap space (/proc/swaps; swapon(8))"));
        see_skipped(bench, 1, _("there is no swap space (/proc/swaps; swapon(8))"));
        return;
    }
    child = role_spawn(bench, "child", swap_child);
    /* The kernel may decline a page that is busy at that moment, so ask again. */
    bool seen = until(bench, (swap_address = role_ask(bench, child, 'o')) > 0 &&
                                 observe_page(child->pid, (uint64_t)swap_address, &entry) &&
                                 page_has(entry, PAGE_SWAPPED) && !page_has(entry, PAGE_PRESENT));
    (void)see(bench, 0, seen, _("pagemap: swapped (bit 62) %d, present (bit 63) %d"),
              page_has(entry, PAGE_SWAPPED), page_has(entry, PAGE_PRESENT));
    int64_t swapped = observe_smaps(child->pid, (uint64_t)swap_address, "Swap");
    (void)see(bench, 1, swapped > 0, _("/proc/%d/smaps: Swap: %" PRId64 " kB"), child->pid,
              swapped);
}

static void swap_in(struct bench *bench)
{
    uint64_t entry = 0;

    if (!has_swap() && !is_broken(bench, 2)) {
        for (unsigned i = 0; i < 3; i++)
            see_skipped(bench, i, _("there is no swap space (/proc/swaps; swapon(8))"));
        return;
    }
    if (!child)
        return;
    int64_t faults = observe_stat(child->pid, 10) + observe_stat(child->pid, 12);
    (void)see_own_words(bench, 0, role_ask(bench, child, 'i') == 'm',
                        _("the child reads 'm', as it wrote"));
    bool seen = until(bench, observe_page(child->pid, (uint64_t)swap_address, &entry) &&
                                 page_has(entry, PAGE_PRESENT) && !page_has(entry, PAGE_SWAPPED));
    (void)see(bench, 1, seen, _("pagemap: swapped (bit 62) %d, present (bit 63) %d"),
              page_has(entry, PAGE_SWAPPED), page_has(entry, PAGE_PRESENT));
    int64_t more = observe_stat(child->pid, 10) + observe_stat(child->pid, 12) - faults;
    (void)see(bench, 2, more > 0, _("/proc/%d/stat fields 10 and 12 (faults): %" PRId64 " more"),
              child->pid, more);
}

const struct lab_experiment experiment_swap = {
    .name = "swap",
    .chapter = LAB_PAGES,
    .place = 2,
    .title = N_("A page goes out and comes back"),
    .question = N_("Where is a page that has been swapped out?"),
    .roles = {{"child", N_("offers its pages to the swap space")}},
    .steps =
        {
            {
                .does = N_("A child says of some pages: page them out now "
                           "(madvise(MADV_PAGEOUT))."),
                .question = N_("What does its page table say of them?"),
                .choices = {N_("nothing: they are unmapped"), N_("swapped, not present"),
                            N_("present, in slow memory")},
                .right = 1,
                .sees = {{N_("the page is swapped and not present"),
                          "/proc/PID/pagemap bits 62 and 63"},
                         {N_("the mapping has pages in swap"), "/proc/PID/smaps Swap"}},
                .explains = N_("Swap space is disk, or compressed memory, for pages that have no "
                               "file behind them. The kernel writes pages there that nobody used "
                               "for long, and gives their frames to others."),
                .manual = "madvise(2), swapon(8)",
                .breaks = N_("the child does not offer them"),
                .run = swap_out,
            },
            {
                .does = N_("The child reads from the page."),
                .question = N_("Does the program notice?"),
                .choices = {N_("no, it is only slower"), N_("it gets SIGBUS"),
                            N_("it reads zeroes")},
                .right = 0,
                .sees = {{N_("the content is what it was"), "what the process itself reports"},
                         {N_("the page is present again"), "/proc/PID/pagemap bits 62 and 63"},
                         {N_("that took a page fault"), "/proc/PID/stat fields 10 and 12"}},
                .explains = N_("The fault is major if the disk had to be read, minor if the page "
                               "was still in the swap cache. Many major faults make a machine "
                               "slow: it is thrashing."),
                .manual = "getrusage(2), proc(5)",
                .breaks = N_("the child does not read it"),
                .run = swap_in,
            },
        },
    .reading = "madvise(2), swapon(8), proc(5)",
};

/* ---- hugepage ---- */

static const char thp_enabled[] = "/sys/kernel/mm/transparent_hugepage/enabled";

/* The first line of a small file in /sys; "" where there is none. */
static void read_line(const char *path, char *ret_line, size_t size)
{
    _cleanup_file_ FILE *stream = fopen(path, "re");

    ret_line[0] = '\0';
    if (stream && fgets(ret_line, (int)size, stream))
        ret_line[strcspn(ret_line, "\n")] = '\0';
}

static size_t huge_size(void)
{
    char text[64];

    read_line("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", text, sizeof(text));
    return (size_t)strtoull(text, NULL, 10);
}

static void hugepage_child(struct bench *bench)
{
    size_t huge = huge_size();
    char *memory = map_memory(huge * 2);
    char *aligned = (char *)(((uintptr_t)memory + huge - 1) / huge * huge);

    (void)madvise(aligned, huge, bench->broken_step == 1 ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
    for (;;)
        switch (role_await(bench)) {
        case 't':
            aligned[0] = 1;
            for (size_t i = 0; i < huge && is_sight_broken(bench, 1, 3); i += page_size())
                aligned[i] = 1;
            role_report(bench, (int64_t)(intptr_t)aligned);
            break;
        case 'c': /* ask for it, where the fault found no free one */
            (void)madvise(aligned, huge, MADV_COLLAPSE);
            role_report(bench, 0);
            break;
        case 's': /* give a page of it back: the large one is split up */
            if (!is_broken(bench, 2))
                (void)madvise(aligned + page_size(), page_size(), MADV_NOHUGEPAGE);
            if (is_sight_broken(bench, 2, 2))
                (void)madvise(aligned + huge - page_size(), page_size(), MADV_DONTNEED);
            role_report(bench, 0);
            break;
        }
}

static int64_t huge_address;
static bool has_huge;

static void hugepage_touch(struct bench *bench)
{
    char enabled[128];
    int64_t huge_kib = (int64_t)(huge_size() / 1024), got = 0;

    read_line(thp_enabled, enabled, sizeof(enabled));
    if (huge_kib == 0 || !enabled[0] || strstr(enabled, "[never]")) {
        for (unsigned i = 0; i < 3; i++)
            see_skipped(bench, i, _("transparent huge pages are off (%s: %s)"), thp_enabled,
                        enabled[0] ? enabled : _("no such file"));
        return;
    }
    child = role_spawn(bench, "child", hugepage_child);
    (void)until(bench, observe_state(child->pid) == 'S');
    int64_t faults = observe_stat(child->pid, 10);
    huge_address = role_ask(bench, child, 't');
    int64_t more = observe_stat(child->pid, 10) - faults;
    got = observe_smaps(child->pid, (uint64_t)huge_address, "AnonHugePages");
    if (got < huge_kib && bench->broken_step != 1) {
        (void)role_ask(bench, child, 'c');
        got = observe_smaps(child->pid, (uint64_t)huge_address, "AnonHugePages");
        if (got < huge_kib) {
            for (unsigned i = 0; i < 3; i++)
                see_skipped(bench, i,
                            _("no huge page is free: memory is fragmented, or the kernel's "
                              "limits for this user do not allow one"));
            return;
        }
    }
    has_huge = true;
    (void)see(bench, 0, got >= huge_kib,
              _("/proc/%d/smaps: AnonHugePages: %" PRId64 " kB, after one byte was written"),
              child->pid, got);
    uint64_t first = 0, last = 0;
    bool read = observe_page(child->pid, (uint64_t)huge_address, &first) &&
                observe_page(child->pid, (uint64_t)huge_address + huge_size() - page_size(), &last);
    (void)see(bench, 1, read && page_has(first, PAGE_PRESENT) && page_has(last, PAGE_PRESENT),
              _("pagemap bit 63 (present): first page %d, last of %zu %d"),
              page_has(first, PAGE_PRESENT), huge_size() / page_size(),
              page_has(last, PAGE_PRESENT));
    (void)see(bench, 2, more < 16, _("/proc/%d/stat field 10 (minor faults): %" PRId64 " more"),
              child->pid, more);
}

static void hugepage_split(struct bench *bench)
{
    int64_t huge_kib = (int64_t)(huge_size() / 1024), left = 0, resident = 0;

    if (!has_huge) {
        see_skipped(bench, 0, _("there is no huge page to split"));
        see_skipped(bench, 1, _("there is no huge page to split"));
        return;
    }
    (void)role_ask(bench, child, 's');
    left = observe_smaps(child->pid, (uint64_t)huge_address, "AnonHugePages");
    (void)see(bench, 0, left >= 0 && left < huge_kib,
              _("/proc/%d/smaps: AnonHugePages: %" PRId64 " kB"), child->pid, left);
    uint64_t entry = 0;
    bool read =
        observe_page(child->pid, (uint64_t)huge_address + huge_size() - page_size(), &entry);
    resident = observe_number(child->pid, "status", "VmRSS");
    (void)see(bench, 1, read && page_has(entry, PAGE_PRESENT),
              _("pagemap bit 63 (present) of the last page: %d; VmRSS %" PRId64 " kB"),
              page_has(entry, PAGE_PRESENT), resident);
}

const struct lab_experiment experiment_hugepage = {
    .name = "hugepage",
    .chapter = LAB_PAGES,
    .place = 3,
    .title = N_("One large page for 512 small ones"),
    .question = N_("Must every page be 4096 bytes?"),
    .roles = {{"child", N_("asks for a huge page")}},
    .steps =
        {
            {
                .does = N_("A child says MADV_HUGEPAGE of an aligned piece of memory and writes "
                           "one byte."),
                .question = N_("How much memory does it get?"),
                .choices = {N_("one byte"), N_("one page, 4 KiB"), N_("a huge page, 2 MiB")},
                .right = 2,
                .sees = {{N_("a huge page stands there"), "/proc/PID/smaps AnonHugePages"},
                         {N_("all its small pages are present"), "/proc/PID/pagemap bit 63"},
                         {N_("with a fault or two, not one a page"), "/proc/PID/stat field 10",
                          N_("the child says MADV_NOHUGEPAGE and touches each page")}},
                .explains = N_("The processor can map 2 MiB (on most machines) with one entry of "
                               "the page table: fewer faults, and less work to find addresses. "
                               "The kernel does it where it is told to, or where it likes: a "
                               "transparent huge page."),
                .manual = "madvise(2)",
                .breaks = N_("the child says MADV_NOHUGEPAGE"),
                .run = hugepage_touch,
            },
            {
                .does = N_("The child says MADV_NOHUGEPAGE of one small page in the middle of it."),
                .question = N_("What happens to the rest?"),
                .choices = {N_("it goes away"), N_("it stays, as small pages"),
                            N_("nothing: it stays a huge page")},
                .right = 1,
                .sees = {{N_("there is no huge page any more"), "/proc/PID/smaps AnonHugePages"},
                         {N_("the other small pages are still present"), "/proc/PID/pagemap bit 63",
                          N_("the last page is given back")}},
                .explains = N_("A huge page cannot lie across two mappings, and a different "
                               "advice makes it two. The kernel splits the entry; the frames stay "
                               "where they are."),
                .manual = "madvise(2)",
                .breaks = N_("the child does not say so"),
                .run = hugepage_split,
            },
        },
    .reading = "madvise(2), proc(5)",
};
