/* Page faults of each kind. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "reaptop/base/cleanup.h"

static struct role *child;

enum {
    FAULT_PAGES = 64,
    FEW_FAULTS = 32 /* the process's own stack and data while it touches the pages */
};

static int fault_file = -1;
static sigjmp_buf fault_back;
static volatile int fault_code;

static void fault_handler(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    fault_code = info->si_code;
    siglongjmp(fault_back, 1);
}

/* Reads a byte of each page. */
static void read_pages(const volatile char *memory, size_t pages)
{
    for (size_t i = 0; i < pages; i++)
        (void)memory[i * page_size()];
}

static void touch(const volatile char *memory)
{
    struct sigaction action = {.sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO};

    fault_code = 0;
    (void)sigaction(SIGSEGV, &action, NULL);
    if (sigsetjmp(fault_back, 1) == 0)
        (void)*memory;
}

/* Is the first page of the file in the page cache? */
static bool is_cached(void)
{
    unsigned char in_memory = 1;
    void *page = mmap(NULL, page_size(), PROT_READ, MAP_SHARED, fault_file, 0);

    if (page == MAP_FAILED)
        return true;
    (void)mincore(page, page_size(), &in_memory);
    (void)munmap(page, page_size());
    return in_memory & 1;
}

static void fault_child(struct bench *bench)
{
    size_t size = FAULT_PAGES * page_size();
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *page = mmap(NULL, page_size(), PROT_READ, MAP_SHARED, fault_file, 0);

    (void)madvise(memory, size, MADV_NOHUGEPAGE);
    for (;;)
        switch (role_await(bench)) {
        case 'r':
            if (!is_left_out(bench, 1, 1))
                read_pages(memory, FAULT_PAGES);
            role_report(bench, (int64_t)(intptr_t)memory);
            break;
        case 'm':
            role_report(bench, (int64_t)(intptr_t)memory);
            break;
        case 'a':
            if (is_sight_broken(bench, 1, 3))
                (void)madvise(memory, size, MADV_DONTNEED);
            read_pages(memory, FAULT_PAGES);
            role_report(bench, 0);
            break;
        case 'f':
            if (!is_broken(bench, 2))
                read_pages(page, 1);
            role_report(bench, 0);
            break;
        case 'n':
            memset(memory, 1, size);
            (void)mprotect(memory, size, is_left_out(bench, 3, 1) ? PROT_READ : PROT_NONE);
            if (is_sight_broken(bench, 3, 2))
                (void)madvise(memory, size, MADV_DONTNEED);
            touch(memory);
            role_report(bench, fault_code);
            break;
        case 'u':
            if (bench->broken_step != 4)
                (void)munmap(memory, size);
            touch(memory);
            role_report(bench, fault_code);
            break;
        }
}

/* A file of one page. It is mapped before it leaves the page cache, so that mapping reads nothing.
 */
static void make_fault_file(struct bench *bench)
{
    char path[128], text[64] = "a page of a file";
    const char *directory = bench_directory(bench);

    if (!directory)
        return;
    (void)snprintf(path, sizeof(path), "%s/page", directory);
    fault_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fault_file >= 0 && (pwrite(fault_file, text, sizeof(text), 0) < 0 ||
                            ftruncate(fault_file, (off_t)page_size()) < 0))
        abort();
}

static void fault_minor(struct bench *bench)
{
    make_fault_file(bench);
    child = role_spawn(bench, "child", fault_child);
    (void)role_ask(bench, child, 'm'); /* the faults of its own beginning are behind it */
    int64_t before = observe_stat(child->pid, 10);
    int64_t address = role_ask(bench, child, 'r');
    int64_t first = observe_stat(child->pid, 10);
    uint64_t entry = 0;

    (void)see(bench, 0, first - before >= FAULT_PAGES,
              _("/proc/%d/stat field 10 (minor faults): %" PRId64 " more; %d of them are those "
                "pages"),
              child->pid, first - before, FAULT_PAGES);
    uint64_t second = is_sight_broken(bench, 1, 2) ? FAULT_PAGES + 1024 : 1;
    bool read = observe_page(child->pid, (uint64_t)address + second * page_size(), &entry);
    (void)see(bench, 1, read && page_has(entry, PAGE_PRESENT),
              _("/proc/%d/pagemap: present (bit 63) %d"), child->pid,
              page_has(entry, PAGE_PRESENT));
    (void)role_ask(bench, child, 'a');
    int64_t again = observe_stat(child->pid, 10) - first;
    (void)see(bench, 2, again < FEW_FAULTS,
              _("/proc/%d/stat field 10 (minor faults): %" PRId64 " more, for the process's own "
                "stack and data"),
              child->pid, again);
}

static void fault_major(struct bench *bench)
{
    if (fault_file < 0) {
        for (unsigned i = 0; i < 2; i++)
            see_skipped(bench, i, _("no file can be made in $TMPDIR: %s"), strerror(errno));
        return;
    }
    bool is_out =
        is_sight_broken(bench, 2, 1)
            ? !is_cached()
            : until(bench, fsync(fault_file) == 0 &&
                               posix_fadvise(fault_file, 0, 0, POSIX_FADV_DONTNEED) == 0 &&
                               !is_cached());
    if (!is_out && !is_sight_broken(bench, 2, 1)) {
        for (unsigned i = 0; i < 2; i++)
            see_skipped(bench, i,
                        _("the page stays in memory: is $TMPDIR on tmpfs? "
                          "(TMPDIR=/var/tmp reaptop lab fault)"));
        return;
    }
    (void)see(bench, 0, is_out, _("mincore(): in the page cache: %s"), is_out ? _("no") : _("yes"));
    int64_t before = observe_stat(child->pid, 12);
    if (is_sight_broken(bench, 2, 2))
        (void)posix_fadvise(fault_file, 0, 0, POSIX_FADV_WILLNEED),
            (void)until_broken(bench, is_cached());
    (void)role_ask(bench, child, 'f');
    int64_t more = observe_stat(child->pid, 12) - before;
    (void)see(bench, 1, more > 0, _("/proc/%d/stat field 12 (major faults): %" PRId64 " more"),
              child->pid, more);
}

static void fault_protected(struct bench *bench)
{
    int64_t address = role_ask(bench, child, 'm');
    int64_t code = role_ask(bench, child, 'n');
    int64_t resident = observe_smaps(child->pid, (uint64_t)address, "Rss");

    (void)see_own_words(bench, 0, code == SEGV_ACCERR,
                        _("si_code of SIGSEGV: %" PRId64 " (SEGV_ACCERR is %d)"), code,
                        SEGV_ACCERR);
    (void)see(bench, 1, resident == (int64_t)(FAULT_PAGES * page_size() / 1024),
              _("/proc/%d/smaps: Rss of the mapping: %" PRId64 " kB"), child->pid, resident);
}

static void fault_unmapped(struct bench *bench)
{
    char line[256] = "";
    int64_t address = role_ask(bench, child, 'm');
    int64_t code = role_ask(bench, child, 'u');
    bool is_mapped = observe_mapping(child->pid, (uint64_t)address, line, sizeof(line));

    (void)see_own_words(bench, 0, code == SEGV_MAPERR,
                        _("si_code of SIGSEGV: %" PRId64 " (SEGV_MAPERR is %d)"), code,
                        SEGV_MAPERR);
    (void)see(bench, 1, !is_mapped, "/proc/%d/maps: %s", child->pid,
              is_mapped ? line : _("no line covers the address"));
}

#define REPORTED_CODE N_("siginfo_t si_code, as the process itself reports it")

const struct lab_experiment experiment_fault = {
    .name = "fault",
    .chapter = LAB_PAGES,
    .place = 4,
    .title = N_("Page faults: minor, major, forbidden"),
    .question = N_("What happens when the page table has no answer?"),
    .roles = {{"child", N_("touches memory of four kinds")}},
    .steps =
        {
            {
                .does = N_("A child maps 64 pages and reads a byte of each. Then it reads them "
                           "again."),
                .question = N_("How many page faults do the two rounds take?"),
                .choices = {N_("64 and 64"), N_("64 and none"), N_("none and none")},
                .right = 1,
                .sees = {{N_("the first round takes a minor fault a page"),
                          "/proc/PID/stat field 10", N_("the child does not read")},
                         {N_("a page that was read is in the page table"),
                          "/proc/PID/pagemap bit 63", N_("another page is looked at")},
                         {N_("the second round takes none"), "/proc/PID/stat field 10",
                          N_("the pages are given back in between (MADV_DONTNEED)")}},
                .explains =
                    N_("The processor's memory management unit (MMU) translates each address by "
                       "the page table of the process and keeps recent answers in the TLB "
                       "(translation lookaside buffer). Without an entry it raises a page fault: "
                       "the kernel enters a frame, and the instruction runs again. Minor means "
                       "that nothing had to be read from a disk."),
                .manual = "getrusage(2)",
                .breaks = N_("the child does not read"),
                .run = fault_minor,
            },
            {
                .does =
                    N_("A page of a file leaves the page cache. Then the child reads it through "
                       "its mapping of the file."),
                .question = N_("Which kind of fault is that?"),
                .choices = {N_("minor"), N_("major"), N_("none")},
                .right = 1,
                .sees = {{N_("the page is not in memory"), "mincore(2)",
                          N_("it is left in the page cache")},
                         {N_("the child took a major fault"), "/proc/PID/stat field 12",
                          N_("the page is read into the page cache before")}},
                .explains =
                    N_("The page must come from the disk: the child sleeps in D until it "
                       "is there. Had it been in the page cache, the fault would be minor."),
                .manual = "proc(5)",
                .breaks = N_("the child does not read it"),
                .run = fault_major,
            },
            {
                .does = N_("The child writes its 64 pages, forbids itself all access to them "
                           "(mprotect(PROT_NONE)) and reads one."),
                .question = N_("What has become of the 64 frames?"),
                .choices = {N_("they are free"), N_("they are still its own, out of reach")},
                .right = 1,
                .sees = {{N_("SIGSEGV says: no permission (SEGV_ACCERR)"), REPORTED_CODE,
                          N_("reading stays allowed")},
                         {N_("all 64 pages are resident"), "/proc/PID/smaps Rss",
                          N_("the pages are given back (MADV_DONTNEED)")}},
                .explains = N_("An entry of the page table holds permissions too. The kernel finds "
                               "that the mapping does not allow the access and sends SIGSEGV "
                               "instead of mending the entry."),
                .manual = "mprotect(2), sigaction(2)",
                .breaks = N_("reading stays allowed"),
                .run = fault_protected,
            },
            {
                .does = N_("The child unmaps the pages and reads one again."),
                .question = N_("Is it the same SIGSEGV?"),
                .choices = {N_("yes"), N_("no: it says that nothing is mapped there")},
                .right = 1,
                .sees = {{N_("SIGSEGV says: not mapped (SEGV_MAPERR)"), REPORTED_CODE,
                          N_("the child does not unmap them")},
                         {N_("no mapping covers the address"), "/proc/PID/maps",
                          N_("the child does not unmap them")}},
                .explains = N_("At each fault the kernel looks for the mapping first. munmap() "
                               "removed it, its entries in the page table, and what the TLBs of "
                               "all processors remembered of them."),
                .manual = "munmap(2), sigaction(2)",
                .breaks = N_("the child does not unmap them"),
                .run = fault_unmapped,
            },
        },
    .reading = "mmap(2), mprotect(2), getrusage(2), proc(5)",
};
