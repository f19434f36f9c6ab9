#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/read_maps.h"
#include "reaptop/source/read_pages.h"
#include "support/spawn.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static struct reader *reader;
static struct kpages kpages;
static struct page_list pages;
static size_t page_size;

static void setup(void)
{
    page_size = (size_t)sysconf(_SC_PAGESIZE);
    cr_assert_eq(reader_new(&reader, NULL), 0);
    kpages_open(&kpages);
}

static void teardown(void)
{
    spawn_done();
    page_list_done(&pages);
    kpages_done(&kpages);
    reader_free(reader);
}

TestSuite(pages, .init = setup, .fini = teardown);

static int keep(const struct page_run *run, void *data)
{
    return page_list_add(data, run);
}

static enum access read_pages(pid_t pid, const void *start, size_t count)
{
    enum access access = ACCESS_UNREAD;
    uint64_t from = (uint64_t)(uintptr_t)start;
    page_list_done(&pages);
    pages.page_size = page_size;
    cr_assert_eq(pages_read(reader, (struct identity){.pid = pid}, from, from + count * page_size,
                            &kpages, keep, &pages, &access),
                 0);
    return access;
}

static struct page_run page_at(const void *address)
{
    uint64_t at = (uint64_t)(uintptr_t)address;
    const struct page_run *run = page_list_find(&pages, at);
    cr_assert_not_null(run);
    return page_run_at(run, (size_t)((at - run->address) / page_size), page_size);
}

static char *map(size_t count, int flags)
{
    char *memory = mmap(NULL, count * page_size, PROT_READ | PROT_WRITE,
                        MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
    cr_assert_neq(memory, MAP_FAILED);
    (void)madvise(memory, count * page_size, MADV_NOHUGEPAGE);
    return memory;
}

static bool sees_frames(void)
{
    struct page_run first = page_at((const void *)(uintptr_t)pages.runs[0].address);
    return !page_is_hidden(first.entry);
}

/* ---- sharing by fork ---- */

static char *memory;
static const size_t COUNT = 8;

static int write_when_asked(void *argument)
{
    (void)argument;
    sigset_t asked;
    int signal;
    (void)sigemptyset(&asked);
    (void)sigaddset(&asked, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &asked, NULL);
    spawn_ready();
    (void)sigwait(&asked, &signal);
    memory[3 * page_size] = 9;
    return spawn_pause(NULL);
}

Test(pages, fork_shares_frames_until_one_writes)
{
    memory = map(COUNT, MAP_PRIVATE);
    for (size_t i = 0; i < COUNT; i++)
        memory[i * page_size] = 1;
    pid_t pid = spawn_child(write_when_asked, NULL);

    cr_assert_eq(read_pages(pid, memory, COUNT), ACCESS_OK);
    cr_expect_eq(pages.counts.present, COUNT);
    cr_expect_eq(pages.counts.exclusive, 0);
    struct page_run theirs = page_at(memory + 3 * page_size);
    bool has_frames = sees_frames();
    cr_assert_eq(read_pages(getpid(), memory, COUNT), ACCESS_OK);
    struct page_run ours = page_at(memory + 3 * page_size);
    cr_expect_eq(page_state(&ours), PAGE_SHARED);
    if (has_frames) {
        cr_expect_eq(ours.entry & PAGEMAP_FRAME, theirs.entry & PAGEMAP_FRAME);
        if (kpages.access == ACCESS_OK) {
            cr_assert(ours.has_map_count && theirs.has_map_count);
            cr_expect_eq(ours.map_count, 2);
            cr_expect(ours.has_flags && (ours.flags >> 12 & 1), "KPF_ANON");
        }
    }

    int32_t reported;
    (void)kill(pid, SIGUSR1);
    cr_assert(spawn_receive(pid, &reported));
    cr_assert_eq(read_pages(pid, memory, COUNT), ACCESS_OK);
    theirs = page_at(memory + 3 * page_size);
    cr_expect_eq(page_state(&theirs), PAGE_EXCLUSIVE);
    cr_expect_eq(pages.counts.exclusive, 1);
    if (has_frames)
        cr_expect_neq(ours.entry & PAGEMAP_FRAME, theirs.entry & PAGEMAP_FRAME);
    if (has_frames && kpages.access == ACCESS_OK)
        cr_expect_eq(theirs.map_count, 1);
    (void)munmap(memory, COUNT * page_size);
}

/* ---- kinds of pages ---- */

Test(pages, file_shared_guard_and_absent)
{
    const char path[] = "/tmp/reaptop-test-pages";
    _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    (void)unlink(path);
    cr_assert_eq(ftruncate(fd, (off_t)(4 * page_size)), 0);
    cr_assert_eq(pwrite(fd, "x", 1, (off_t)page_size), 1);
    char *file = mmap(NULL, 4 * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    cr_assert_neq(file, MAP_FAILED);
    (void)madvise(file, 4 * page_size, MADV_RANDOM);
    (void)*(volatile char *)(file + page_size);
    file[2 * page_size] = 1;
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_assert_eq(read_pages(getpid(), file, 4), ACCESS_OK);
    struct page_run read = page_at(file + page_size), written = page_at(file + 2 * page_size);
    cr_expect(read.entry & PAGEMAP_FILE);
    cr_expect_eq(page_state(&written), PAGE_SHARED, "its copy went through fork");
    (void)spawn_kill(pid);
    cr_assert_eq(read_pages(getpid(), file, 4), ACCESS_OK);
    read = page_at(file + page_size);
    cr_expect_eq(page_state(&read), PAGE_FILE);
    cr_expect_eq(pages.counts.total, 4);
    (void)munmap(file, 4 * page_size);

    char *guarded = map(4, MAP_PRIVATE);
    guarded[0] = 1;
    bool has_guard = madvise(guarded + 2 * page_size, page_size, MADV_GUARD_INSTALL) == 0;
    cr_assert_eq(read_pages(getpid(), guarded, 4), ACCESS_OK);
    struct page_run guard = page_at(guarded + 2 * page_size), absent = page_at(guarded + page_size);
    if (has_guard)
        cr_expect(page_state(&guard) == PAGE_GUARDED || page_state(&guard) == PAGE_ABSENT);
    cr_expect_eq(page_state(&absent), PAGE_ABSENT);
    (void)munmap(guarded, 4 * page_size);
}

/* KPF_ZERO_PAGE of the page's frame, as the kernel says it; -1 where we may not know. */
static int kernel_calls_it_zero(const void *address)
{
    uint64_t entry = 0, flags = 0;
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    int kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
    off_t at = (off_t)((uintptr_t)address / page_size * sizeof(entry));
    bool is_read = pagemap >= 0 && kpageflags >= 0 &&
                   pread(pagemap, &entry, sizeof(entry), at) == sizeof(entry);
    uint64_t frame = entry & ((UINT64_C(1) << 55) - 1);
    is_read =
        is_read && frame != 0 &&
        pread(kpageflags, &flags, sizeof(flags), (off_t)(frame * sizeof(flags))) == sizeof(flags);
    (void)close(pagemap);
    (void)close(kpageflags);
    return is_read ? (int)(flags >> 24 & 1) : -1;
}

/* Some kernels map a frame of zeros that all share, others a page of its own at once. */
Test(pages, a_page_that_was_only_read_is_what_the_kernel_says)
{
    char *zeros = map(2, MAP_PRIVATE);
    cr_assert_eq(*(volatile char *)zeros, 0);
    cr_assert_eq(read_pages(getpid(), zeros, 2), ACCESS_OK);
    struct page_run zero = page_at(zeros);
    cr_expect(zero.entry & PAGEMAP_PRESENT);
    int is_zero = kernel_calls_it_zero(zeros);
    if (is_zero >= 0)
        cr_expect_eq(page_state(&zero) == PAGE_ZERO, is_zero == 1);
    (void)munmap(zeros, 2 * page_size);
}

Test(pages, a_huge_page_where_there_are_such)
{
    size_t huge = (size_t)2 << 20;
    char *room = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(room, MAP_FAILED);
    char *aligned = (char *)(((uintptr_t)room + huge - 1) & ~(huge - 1));
    (void)madvise(aligned, huge, MADV_HUGEPAGE);
    aligned[0] = 1;
    cr_assert_eq(read_pages(getpid(), aligned, huge / page_size), ACCESS_OK);
    bool is_huge = pages.counts.present == huge / page_size;
    (void)munmap(room, 2 * huge);
    if (!is_huge)
        cr_skip_test("no huge page was given");
    cr_expect_leq(pages.count, 4, "frames of a huge page follow one another");
}

/* ---- bounds ---- */

static long peak_kib(void)
{
    char line[128];
    long peak = -1;
    _cleanup_file_ FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "VmHWM: %ld kB", &peak) == 1)
            break;
    return peak;
}

Test(pages, a_sparse_terabyte_takes_no_memory, .timeout = 600)
{
    size_t size = (size_t)(UINT64_C(1) << 40), count = size / page_size;
    char *sparse = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    cr_assert_neq(sparse, MAP_FAILED);
    (void)madvise(sparse, size, MADV_NOHUGEPAGE);
    sparse[0] = sparse[size / 2] = sparse[size - 1] = 1;
    long before = peak_kib();
    cr_assert_eq(read_pages(getpid(), sparse, count), ACCESS_OK);
    cr_expect_eq(pages.counts.total, count);
    cr_expect_eq(pages.counts.present, 3);
    cr_expect_leq(pages.count, 5);
    cr_expect_lt(peak_kib() - before, 4096);
    (void)munmap(sparse, size);
}

/* ---- present pages and Rss ---- */

struct tally {
    const struct mapping_list *list;
    uint64_t present[4096]; /* by the mapping's index */
};

static int tally_part(const struct mapping *mapping, const struct page_run *part, void *data)
{
    struct tally *tally = data;
    bool counts = (part->entry & PAGEMAP_PRESENT) && page_state(part) != PAGE_ZERO;
    if (!counts)
        return 0;
    tally->present[mapping - tally->list->items] += part->count;
    return 0;
}

Test(pages, present_pages_are_what_smaps_counts_as_rss)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_assert_eq(spawn_await_state(pid, "S"), 'S');
    _cleanup_(mapping_list_done) struct mapping_list list = MAPPING_LIST_INIT;
    cr_assert_eq(maps_read(reader, (struct identity){.pid = pid}, MAPS_FIGURES, &list), 0);
    cr_assert_lt(list.count, 4096);
    static struct tally tally;
    tally.list = &list;
    size_t last = list.count - 1;
    while (last > 0 && list.items[last].kind == MAPPING_VSYSCALL)
        last--;
    enum access access;
    cr_assert_eq(pages_read_mapped(reader, (struct identity){.pid = pid}, &list, 0,
                                   list.items[last].end, &kpages, tally_part, &tally, &access),
                 0);
    cr_assert_eq(access, ACCESS_OK);
    for (size_t i = 0; i < list.count; i++)
        /* vvar's frames have no struct page: smaps passes them over. */
        if (list.items[i].kind != MAPPING_VVAR)
            cr_expect_eq(tally.present[i] * page_size / 1024, list.items[i].figures.kib[FIGURE_RSS],
                         "%s", list.items[i].path);
}

/* ---- those that have none, and those that may not be read ---- */

static int end_at_once(void *argument)
{
    (void)argument;
    spawn_ready();
    return 0;
}

Test(pages, zombie_gone_and_kernel_thread)
{
    pid_t pid = spawn_child(end_at_once, NULL);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    cr_expect_eq(read_pages(pid, (const void *)0x10000, 4), ACCESS_ZOMBIE);
    (void)spawn_reap(pid);
    cr_expect_eq(read_pages(pid, (const void *)0x10000, 4), ACCESS_GONE);
    char name[64];
    _cleanup_file_ FILE *file = fopen("/proc/2/comm", "re");
    if (file && fgets(name, sizeof(name), file) && strcmp(name, "kthreadd\n") == 0)
        cr_expect_eq(read_pages(2, (const void *)0x10000, 4), ACCESS_EMPTY);
}

struct as_nobody {
    pid_t other;
};

static int look_as_nobody(void *argument)
{
    const struct as_nobody *who = argument;
    struct kpages none;
    struct page_list list = {.page_size = page_size};
    enum access other = ACCESS_UNREAD, own = ACCESS_UNREAD;
    uint64_t at = (uint64_t)(uintptr_t)memory;
    /* Whoever changed users is not dumpable, and not to be looked at even by itself. */
    (void)prctl(PR_SET_DUMPABLE, 1);
    reader_free(reader);
    if (reader_new(&reader, NULL) < 0)
        return 1;
    kpages_open(&none);
    struct identity them = {.pid = who->other}, us = {.pid = getpid()};
    if (none.access != ACCESS_DENIED ||
        pages_read(reader, them, at, at + page_size, NULL, keep, &list, &other) < 0)
        return 2;
    if (other != ACCESS_DENIED || list.count != 0)
        return 3;
    memory[0] = 5;
    if (pages_read(reader, us, at, at + page_size, &none, keep, &list, &own) < 0 ||
        own != ACCESS_OK)
        return 4;
    return list.counts.present == 1 && list.counts.hidden == 1 && list.counts.exclusive == 1 ? 0
                                                                                             : 5;
}

Test(pages, without_privilege_frames_are_hidden_and_others_denied)
{
    if (geteuid() != 0)
        cr_skip_test("needs root to become another user");
    memory = map(1, MAP_PRIVATE);
    struct as_nobody who = {.other = spawn_child(spawn_pause, NULL)};
    cr_expect_eq(spawn_run_as_nobody(look_as_nobody, &who), 0);
    (void)munmap(memory, page_size);
}

Test(pages, ranges_that_are_none)
{
    enum access none;
    struct identity self = {.pid = getpid()};
    cr_expect_eq(pages_read(reader, self, 4096, 4096, NULL, keep, &pages, &none), -EINVAL);
    cr_expect_eq(pages_read(reader, self, 1, 4096, NULL, keep, &pages, &none), -EINVAL);
    cr_expect_eq(pages_read(reader, self, 8192, 4096, NULL, keep, &pages, &none), -EINVAL);
}
