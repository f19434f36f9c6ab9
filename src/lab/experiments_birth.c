/* Birth and image: where a process comes from and what it is made of. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"

enum {
    BUFFER = 16384 /* more than a page on every architecture we know: the middle owns a whole one */
};

static struct role *parent, *child;
static char data_pages[BUFFER * 4] = {1};
static char *private_page;

static void *page_of(void *address)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    return (void *)(((uintptr_t)address + page - 1) / page * page);
}

/* "frame 0x1234" or why not. */
static const char *frame_text(uint64_t entry, char *text, size_t size)
{
    if (!page_has(entry, PAGE_PRESENT))
        (void)snprintf(text, size, _("no frame"));
    else if (page_frame(entry) == 0)
        (void)snprintf(text, size, _("frame hidden (needs CAP_SYS_ADMIN)"));
    else
        (void)snprintf(text, size, _("frame 0x%" PRIx64), page_frame(entry));
    return text;
}

/* Both present, and one frame or two: by number where we may see it, else by the exclusive bit. */
static bool is_one_frame(uint64_t a, uint64_t b)
{
    if (!page_has(a, PAGE_PRESENT) || !page_has(b, PAGE_PRESENT))
        return false;
    if (page_frame(a) && page_frame(b))
        return page_frame(a) == page_frame(b);
    return !page_has(a, PAGE_EXCLUSIVE) && !page_has(b, PAGE_EXCLUSIVE);
}

static bool are_two_frames(uint64_t a, uint64_t b)
{
    if (!page_has(a, PAGE_PRESENT) || !page_has(b, PAGE_PRESENT))
        return false;
    if (page_frame(a) && page_frame(b))
        return page_frame(a) != page_frame(b);
    return page_has(a, PAGE_EXCLUSIVE) && page_has(b, PAGE_EXCLUSIVE);
}

static void see_frames(struct bench *bench, unsigned sight, void *address, bool one)
{
    uint64_t a = 0, b = 0;
    char left[64], right[64];
    bool seen = until(bench, observe_page(parent->pid, (uintptr_t)address, &a) &&
                                 observe_page(child->pid, (uintptr_t)address, &b) &&
                                 (one ? is_one_frame(a, b) : are_two_frames(a, b)));

    if (seen && one && page_frame(a) == 0) {
        see_skipped(bench, sight,
                    _("frame numbers need CAP_SYS_ADMIN; what is seen without: the page is "
                      "exclusive (pagemap bit 56) in neither process"));
        return;
    }
    (void)see(bench, sight, seen,
              _("pagemap at %p: parent %s, exclusive %d; child %s, exclusive %d"), address,
              frame_text(a, left, sizeof(left)), page_has(a, PAGE_EXCLUSIVE),
              frame_text(b, right, sizeof(right)), page_has(b, PAGE_EXCLUSIVE));
}

/* ---- fork ---- */

/* For sabotage: the page that holds a function is written, with what it held. */
static void write_code(void)
{
    uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
    volatile char *code = (volatile char *)(uintptr_t)role_await;

    if (mprotect((void *)((uintptr_t)code & ~(size - 1)), size,
                 PROT_READ | PROT_WRITE | PROT_EXEC) == 0)
        *code = *code;
}

static void fork_child(struct bench *bench)
{
    char *page = page_of(data_pages);

    role_report(bench, 0);
    for (;;) {
        if (role_await(bench) == 'w' && !is_broken(bench, 2))
            page[0] = 2;
        if (is_sight_broken(bench, 2, 3))
            write_code();
        role_report(bench, 0);
    }
}

static void fork_parent(struct bench *bench)
{
    char *page = page_of(data_pages);

    page[0] = 1;
    (void)role_await(bench);
    role_report(bench, is_broken(bench, 1) ? -EPERM : role_fork(bench, child, fork_child));
    role_idle(bench);
}

static void fork_divide(struct bench *bench)
{
    child = role_new(bench, "child");
    parent = role_spawn(bench, "parent", fork_parent);
    role_go(bench, parent, 'f');
    if (!role_meet(bench, child))
        return;
    (void)see_reported(bench, 0, parent, _("fork() in the parent returned"), child->pid);
    (void)see_reported(bench, 1, child, _("fork() in the child returned"), 0);
    (void)see_parent(bench, 2, child->pid, parent->pid);
}

static void fork_write(struct bench *bench)
{
    char *page = page_of(data_pages);
    /* The code that they both just ran is in memory, and nobody writes it. */
    uintptr_t code = (uintptr_t)role_await;

    if (is_sight_broken(bench, 2, 1))
        (void)role_ask(bench, child, 'w');
    see_frames(bench, 0, page, true);
    (void)role_ask(bench, child, 'w');
    see_frames(bench, 1, page, false);
    see_frames(bench, 2, (void *)code, true);
}

const struct lab_experiment experiment_fork = {
    .name = "fork",
    .chapter = LAB_BIRTH,
    .place = 1,
    .title = N_("One process becomes two"),
    .question = N_("What does fork(2) return, and to whom?"),
    .roles = {{"parent", N_("calls fork()")}, {"child", N_("the copy that fork() makes")}},
    .steps =
        {
            {
                .does = N_("The parent calls fork(). Both processes then go on behind that call. "
                           "A process is told apart by its process ID, the PID; the PID of its "
                           "parent is its PPID."),
                .question = N_("What does fork() return in the child?"),
                .choices = {N_("its own PID"), N_("its parent's PID"), N_("0")},
                .right = 2,
                .sees = {{N_("in the parent, fork() returns the child's PID"),
                          N_("fork(), as the process itself reports it")},
                         {N_("in the child, fork() returns 0"),
                          N_("fork(), as the process itself reports it")},
                         {N_("the child's PPID is the parent's PID"), "/proc/PID/stat field 4"}},
                .explains = N_("fork() is called once and returns twice. The child can ask for its "
                               "own PID with getpid() and for its parent's with getppid(), so 0 "
                               "is all it needs to be told."),
                .manual = "fork(2)",
                .breaks = N_("the parent does not call fork()"),
                .run = fork_divide,
            },
            {
                .does = N_("The child writes to one page of its data. A page is the unit in which "
                           "memory is mapped, 4096 bytes most often; the physical memory behind "
                           "it is called a frame."),
                .question = N_("Which pages do parent and child still share?"),
                .choices = {N_("none: the child is a full copy"), N_("those nobody wrote"),
                            N_("all of them")},
                .right = 1,
                .sees = {{N_("before: one frame behind that data page in both"),
                          "/proc/PID/pagemap", N_("the child has written before")},
                         {N_("after the write: two frames"), "/proc/PID/pagemap"},
                         {N_("the program's code: one frame in both"), "/proc/PID/pagemap",
                          N_("the child writes to its code")}},
                .explains = N_("The page table of a process says which frame is behind each "
                               "page. fork() copies this table, not the pages. Each page is "
                               "shared until one side writes to it; only then is that page "
                               "copied. In pagemap, exclusive is 1 where one process alone "
                               "maps the frame. The program's code (text) is never written, so "
                               "it stays shared."),
                .manual = "fork(2)",
                .breaks = N_("the child does not write"),
                .run = fork_write,
            },
        },
    .reading = "fork(2), getpid(2), proc(5)",
};

/* ---- cow ---- */

static void cow_child(struct bench *bench)
{
    for (;;) {
        if (role_await(bench) == 'w' && !is_broken(bench, 2))
            private_page[0] = 'c';
        role_report(bench, 0);
    }
}

/* For sabotage: another page with another frame comes to lie at that address. */
static void replace_page(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return;
    page[0] = 'P';
    (void)mremap(page, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, private_page);
}

static void cow_parent(struct bench *bench)
{
    /*
     * A new page is held in a batch of the processor that it was touched on, and who is held by
     * more than its owner is copied: a write on another processor cannot empty that batch.
     */
    (void)bench_pin(0, 0);
    private_page[0] = 'p';
    if (is_broken(bench, 1)) {
        (void)role_fork(bench, child, role_idle);
        private_page[0] = 'q';
    } else {
        (void)role_fork(bench, child, cow_child);
    }
    role_report(bench, 0);
    for (;;) {
        int word = role_await(bench);
        if (word == 'w' && is_sight_broken(bench, 3, 3))
            replace_page();
        if (word == 'w' && !is_broken(bench, 3))
            private_page[0] = 'P';
        role_report(bench, 0);
    }
}

/* The host maps it but never touches it: no frame of its own. */
static bool cow_map(void)
{
    private_page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (private_page == MAP_FAILED)
        return false;
    /* Alone, so that smaps has a mapping for this page and no other. */
    return madvise(private_page, (size_t)sysconf(_SC_PAGESIZE), MADV_RANDOM) == 0;
}

static void see_smaps(struct bench *bench, unsigned sight, bool shared)
{
    int64_t share = 0, own = 0;
    uintptr_t address = (uintptr_t)private_page;
    bool seen = until(bench, (share = observe_smaps(child->pid, address, "Shared_Dirty")) >= 0 &&
                                 (own = observe_smaps(child->pid, address, "Private_Dirty")) >= 0 &&
                                 (shared ? share > 0 && own == 0 : share == 0 && own > 0));

    (void)see(bench, sight, seen,
              "/proc/%d/smaps: Shared_Dirty %" PRId64 " kB, Private_Dirty %" PRId64 " kB",
              child->pid, share, own);
}

static void see_exclusive(struct bench *bench, unsigned sight, bool exclusive)
{
    uint64_t a = 0, b = 0;
    uintptr_t address = (uintptr_t)private_page;
    bool seen =
        until(bench, observe_page(parent->pid, address, &a) &&
                         observe_page(child->pid, address, &b) && page_has(a, PAGE_PRESENT) &&
                         page_has(b, PAGE_PRESENT) && page_has(a, PAGE_EXCLUSIVE) == exclusive &&
                         page_has(b, PAGE_EXCLUSIVE) == exclusive);

    (void)see(bench, sight, seen, _("pagemap bit 56 (exclusive): parent %d, child %d"),
              page_has(a, PAGE_EXCLUSIVE), page_has(b, PAGE_EXCLUSIVE));
}

/* By number: the privileged half of what is seen. */
static void see_frame_numbers(struct bench *bench, unsigned sight, bool one)
{
    uint64_t a = 0, b = 0, count = 0;
    uintptr_t address = (uintptr_t)private_page;

    (void)until(bench, observe_page(parent->pid, address, &a) &&
                           observe_page(child->pid, address, &b) &&
                           (page_frame(a) == 0 || (page_frame(a) == page_frame(b)) == one));
    if (page_has(a, PAGE_PRESENT) && page_frame(a) == 0) {
        see_no_frames(bench, sight);
        return;
    }
    bool counted = observe_map_count(page_frame(a), &count);
    (void)see(bench, sight,
              page_frame(a) && page_frame(b) && (page_frame(a) == page_frame(b)) == one &&
                  (!counted || count == (one ? 2 : 1)),
              _("parent frame 0x%" PRIx64 ", child frame 0x%" PRIx64
                "; /proc/kpagecount says mapped %" PRIu64 " times"),
              page_frame(a), page_frame(b), count);
}

static void cow_share(struct bench *bench)
{
    int64_t ready;

    if (!cow_map())
        return;
    child = role_new(bench, "child");
    parent = role_spawn(bench, "parent", cow_parent);
    (void)role_receive(bench, parent, &ready);
    if (!role_meet(bench, child))
        return;
    see_exclusive(bench, 0, false);
    see_smaps(bench, 1, true);
    see_frame_numbers(bench, 2, true);
}

static void cow_write(struct bench *bench)
{
    (void)role_ask(bench, child, 'w');
    see_exclusive(bench, 0, true);
    see_smaps(bench, 1, false);
    see_frame_numbers(bench, 2, false);
}

/* The child has its own frame now, so the first one has a single owner: it is not copied again. */
static void cow_last_owner(struct bench *bench)
{
    uint64_t before = 0, after = 0;
    uintptr_t address = (uintptr_t)private_page;

    (void)observe_page(parent->pid, address, &before);
    /* All that the parent does for a word but the write: its own stack and data fault now. */
    (void)role_ask(bench, parent, 'n');
    int64_t faults = observe_stat(parent->pid, 10);
    (void)role_ask(bench, parent, 'w');
    int64_t more = observe_stat(parent->pid, 10) - faults;
    (void)observe_page(parent->pid, address, &after);
    char byte = '\0';
    int r = bench_peek(parent->pid, private_page, &byte, 1);
    if (!see_unreadable(bench, 0, r))
        (void)see(bench, 0, r == 0 && byte == 'P', _("the byte in the parent's page: '%c'"), byte);
    (void)see(bench, 1, more == 1, _("/proc/%d/stat field 10: %" PRId64 " minor faults more"),
              parent->pid, more);
    if (page_has(before, PAGE_PRESENT) && page_frame(before) == 0)
        see_no_frames(bench, 2);
    else
        (void)see(bench, 2, page_frame(before) && page_frame(before) == page_frame(after),
                  _("parent: frame 0x%" PRIx64 " before, frame 0x%" PRIx64 " after"),
                  page_frame(before), page_frame(after));
}

const struct lab_experiment experiment_cow = {
    .name = "cow",
    .chapter = LAB_BIRTH,
    .place = 2,
    .title = N_("Copy on write, one page"),
    .question = N_("When is a page copied after fork(2)?"),
    .roles = {{"parent", N_("writes one page, then forks")}, {"child", N_("writes it too")}},
    .steps =
        {
            {
                .does = N_("The parent writes one page of private memory and forks. Nobody "
                           "writes after that. A page is the unit in which memory is "
                           "mapped, a frame the physical memory behind it; exclusive means "
                           "that one process alone maps the frame."),
                .question = N_("How many frames stand behind the page, in the two processes?"),
                .choices = {N_("one"), N_("two"), N_("none")},
                .right = 0,
                .sees = {{N_("the page is not exclusive in either process"),
                          "/proc/PID/pagemap bit 56"},
                         {N_("the child's page counts as shared"), "/proc/PID/smaps"},
                         {N_("it is the same frame, mapped twice"),
                          "/proc/PID/pagemap bits 0-54, /proc/kpagecount"}},
                .explains = N_("After fork() both page tables point to the same frame, and "
                               "both may only read it. Nothing was copied yet. (The page table "
                               "of a process says which frame is behind each page.)"),
                .manual = "fork(2)",
                .breaks = N_("the parent writes the page again after fork()"),
                .run = cow_share,
            },
            {
                .does = N_("The child writes one byte to the page."),
                .question = N_("What does the kernel do?"),
                .choices = {N_("the write reaches the parent too"),
                            N_("it copies that one page for the child"),
                            N_("it copies all pages of the parent")},
                .right = 1,
                .sees = {{N_("the page is exclusive in each process"), "/proc/PID/pagemap bit 56"},
                         {N_("the child's page counts as private"), "/proc/PID/smaps"},
                         {N_("there are two frames, each mapped once"),
                          "/proc/PID/pagemap bits 0-54, /proc/kpagecount"}},
                .explains = N_("The write to a read-only page is a page fault: the processor stops "
                               "the program and asks the kernel. The kernel sees a private page "
                               "that two processes share, copies it, and lets the write go on. "
                               "That is copy-on-write."),
                .manual = "fork(2), mmap(2)",
                .breaks = N_("the child does not write"),
                .run = cow_write,
            },
            {
                .does = N_("The parent writes to the page too. Its frame has no other owner any "
                           "more."),
                .question = N_("Is the page copied once more?"),
                .choices = {N_("yes: it is still marked"), N_("no: a fault, but the frame stays"),
                            N_("no, and there is no fault either")},
                .right = 1,
                .sees = {{N_("the write is done"), "process_vm_readv(2)"},
                         {N_("it took one minor fault"), "/proc/PID/stat field 10"},
                         {N_("the frame is the same as before"), "/proc/PID/pagemap bits 0-54",
                          N_("another page is moved to its place (mremap)")}},
                .explains = N_("After fork() the page was write-protected in both page tables. "
                               "The parent's write faults; the kernel finds that nobody else "
                               "has the frame, allows writing and copies nothing. The fault is "
                               "a minor one: no file or disk had to be read."),
                .manual = "fork(2)",
                .breaks = N_("the parent does not write"),
                .run = cow_last_owner,
            },
        },
    .reading = "fork(2), mmap(2), proc(5)",
};

/* ---- exec ---- */

static int exec_input[2];
static int64_t exec_start;
static char exec_image[256];
enum {
    FD_CLOSED = 60,
    FD_KEPT = 61
};

static void exec_handler(int number)
{
    (void)number;
}

static void exec_child(struct bench *bench)
{
    char *const argv[] = {(char *)"cat", NULL};

    if (!is_sight_broken(bench, 1, 1))
        (void)signal(SIGUSR1, exec_handler);
    if (!is_sight_broken(bench, 1, 2))
        (void)signal(SIGUSR2, SIG_IGN);
    (void)dup3(exec_input[0], FD_CLOSED, is_left_out(bench, 3, 1) ? 0 : O_CLOEXEC);
    if (!is_sight_broken(bench, 1, 3))
        (void)dup3(exec_input[0], FD_KEPT, is_sight_broken(bench, 3, 2) ? O_CLOEXEC : 0);
    role_report(bench, 0);
    (void)role_await(bench);
    if (is_sight_broken(bench, 3, 4))
        (void)signal(SIGUSR2, SIG_DFL);
    if (!is_broken(bench, 2)) {
        (void)dup2(exec_input[0], 0);
        (void)execv("/bin/cat", argv);
    }
    role_idle(bench);
}

static void exec_prepare(struct bench *bench)
{
    int64_t ready;

    if (pipe2(exec_input, O_CLOEXEC) < 0)
        return;
    child = role_spawn(bench, "child", exec_child);
    (void)role_receive(bench, child, &ready);
    exec_start = observe_stat(child->pid, 22);
    (void)observe_link(child->pid, "exe", exec_image, sizeof(exec_image));
    (void)see_signals(bench, 0, child->pid, "SigCgt", signal_bit(SIGUSR1), signal_bit(SIGUSR2));
    (void)see_signals(bench, 1, child->pid, "SigIgn", signal_bit(SIGUSR2), signal_bit(SIGUSR1));
    (void)see(bench, 2,
              observe_number(child->pid, "fdinfo/60", "pos") >= 0 &&
                  observe_number(child->pid, "fdinfo/61", "pos") >= 0,
              _("/proc/%d/fd has 60 and 61"), child->pid);
}

static void exec_replace(struct bench *bench)
{
    char text[256] = "", first[256] = "";
    int64_t start;

    role_go(bench, child, 'x');
    bool seen = until(bench, observe_file(child->pid, "comm", text, sizeof(text)) &&
                                 strcmp(text, "cat") == 0 && observe_state(child->pid) == 'S');
    start = observe_stat(child->pid, 22);
    (void)see(bench, 0, seen, "/proc/%d/comm: %s", child->pid, text);
    (void)see(bench, 1, seen && start == exec_start,
              _("/proc/%d/stat field 22 (start time): %" PRId64 " before, %" PRId64 " after"),
              child->pid, exec_start, start);
    seen = observe_link(child->pid, "exe", text, sizeof(text)) && strcmp(text, exec_image) != 0;
    (void)see(bench, 2, seen, "/proc/%d/exe: %s -> %s", child->pid, exec_image, text);
    seen = observe_file(child->pid, "maps", first, sizeof(first)) && !strstr(first, exec_image) &&
           strstr(first, text);
    (void)see(bench, 3, seen, "/proc/%d/maps: %.120s…", child->pid, first);
}

static void exec_kept(struct bench *bench)
{
    char closed[128] = "", kept[128] = "";
    int64_t ready;

    if (is_sight_broken(bench, 3, 3)) {
        child = role_spawn(bench, "child", exec_child);
        (void)role_receive(bench, child, &ready);
    }
    bool has_closed = observe_link(child->pid, "fd/60", closed, sizeof(closed));
    bool has_kept = observe_link(child->pid, "fd/61", kept, sizeof(kept));

    (void)see(bench, 0, !has_closed, "/proc/%d/fd/60: %s", child->pid,
              has_closed ? closed : _("No such file or directory"));
    (void)see(bench, 1, has_kept, "/proc/%d/fd/61 -> %s", child->pid, kept);
    (void)see_signals(bench, 2, child->pid, "SigCgt", 0, signal_bit(SIGUSR1));
    (void)see_signals(bench, 3, child->pid, "SigIgn", signal_bit(SIGUSR2), 0);
}

const struct lab_experiment experiment_exec = {
    .name = "exec",
    .chapter = LAB_BIRTH,
    .place = 3,
    .title = N_("A new program in the same process"),
    .question = N_("What does execve(2) replace, and what does it keep?"),
    .roles = {{"child", N_("becomes cat(1)")}},
    .steps =
        {
            {
                .does = N_("A child sets a handler for SIGUSR1, ignores SIGUSR2, and opens two "
                           "file descriptors: 60 with the close-on-exec flag, 61 without."),
                .question = N_("Where does the kernel keep this?"),
                .choices = {N_("in the kernel's record of the process; /proc shows it"),
                            N_("in the program's file"), N_("nowhere: the C library does it")},
                .right = 0,
                .sees =
                    {{N_("SIGUSR1 is caught"), "/proc/PID/status SigCgt", N_("it is not caught")},
                     {N_("SIGUSR2 is ignored"), "/proc/PID/status SigIgn", N_("it is not ignored")},
                     {N_("both descriptors are open"), "/proc/PID/fd",
                      N_("the second one is not opened")}},
                .explains = N_("What a process does with a signal is its disposition: "
                               "default, ignored, or caught by a handler, a function of its "
                               "own. A file descriptor is a small number for an open file. "
                               "Both belong to the process. Everyone may read the "
                               "dispositions in status; fd only who may ptrace() it: its "
                               "owner, mostly, and root."),
                .manual = "signal(7), open(2)",
                .run = exec_prepare,
            },
            {
                .does = N_("The child calls execve(\"/bin/cat\")."),
                .question = N_("Is it a new process?"),
                .choices = {N_("yes, with a new PID"), N_("no, the same PID with a new program"),
                            N_("yes, the old one becomes a zombie")},
                .right = 1,
                .sees = {{N_("its name is cat"), "/proc/PID/comm"},
                         {N_("it started when it started: same PID, same start time"),
                          "/proc/PID/stat field 22"},
                         {N_("its program is another file"), "/proc/PID/exe"},
                         {N_("its memory is mapped anew"), "/proc/PID/maps"}},
                .explains = N_("execve() throws away the memory of the calling process and loads a "
                               "program into it. It makes no process: only fork() and its kin do."),
                .manual = "execve(2)",
                .breaks = N_("the child does not call execve()"),
                .run = exec_replace,
            },
            {
                .does = N_("We look at what is left of what the child set up."),
                .question = N_("What became of the handler for SIGUSR1?"),
                .choices = {N_("it is still called"), N_("SIGUSR1 is ignored"),
                            N_("SIGUSR1 has its default action")},
                .right = 2,
                .sees = {{N_("the close-on-exec descriptor is closed"), "/proc/PID/fd"},
                         {N_("the other one is open"), "/proc/PID/fd", N_("it gets the flag too")},
                         {N_("the caught signal is back to its default"), "/proc/PID/status SigCgt",
                          N_("a child that did not exec is looked at")},
                         {N_("the ignored signal is still ignored"), "/proc/PID/status SigIgn",
                          N_("it is given its default before")}},
                .explains = N_("A handler is a function of the old program, which is gone, so a "
                               "caught signal goes back to its default. Ignoring needs no "
                               "function and stays. Descriptors stay open unless they have "
                               "the close-on-exec flag (FD_CLOEXEC)."),
                .manual = "execve(2), fcntl(2)",
                .breaks = N_("descriptor 60 does not get the flag"),
                .run = exec_kept,
            },
        },
    .reading = "execve(2), signal(7), fcntl(2)",
};

/* ---- layout ---- */

static int layout_data = 42;
static int layout_bss;
static uint64_t layout_heap, layout_new_heap;

static void layout_child(struct bench *bench)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    /* From its own heap end: a program that has not called brk() yet has no [heap]. */
    char *heap = sbrk((intptr_t)page * 4);
    char *mapped = mmap(NULL, page * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    heap[0] = 1;
    mapped[0] = 1;
    layout_bss = 1;
    /* The last but one: where the local variables are, unless a sanitizer keeps them elsewhere. */
    int64_t at[7] = {(intptr_t)role_await,
                     (intptr_t)&layout_data,
                     (intptr_t)&layout_bss,
                     (intptr_t)heap,
                     (intptr_t)mapped,
                     (intptr_t)__builtin_frame_address(0),
                     (int64_t)getauxval(AT_SYSINFO_EHDR)};
    for (unsigned i = 0; i < 7; i++) {
        if (is_sight_broken(bench, 1, i + 1))
            at[i] = i == 0 ? at[1] : at[0];
        role_report(bench, at[is_sight_broken(bench, 1, 8) ? 5 - i % 6 : i]);
    }
    (void)role_await(bench);
    if (is_broken(bench, 2)) {
        role_report(bench, (int64_t)(intptr_t)heap);
        role_report(bench, 0);
    } else {
        (void)sbrk((intptr_t)page * 64);
        role_report(bench, (int64_t)(intptr_t)sbrk(0));
        role_report(bench, (int64_t)(intptr_t)mmap(NULL, page * 64, PROT_READ,
                                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    }
    role_idle(bench);
}

static bool mapping_has(struct bench *bench, unsigned sight, int64_t address, const char *word)
{
    char line[256] = "";
    bool seen =
        observe_mapping(child->pid, (uint64_t)address, line, sizeof(line)) && strstr(line, word);

    return see(bench, sight, seen, _("%#" PRIx64 " lies in %s"), (uint64_t)address,
               line[0] ? line : _("no mapping"));
}

static void layout_look(struct bench *bench)
{
    int64_t at[7] = {0};
    static const char *const words[7] = {" r-xp ", " rw-p ",  " rw-p ", "[heap]",
                                         " rw-p ", "[stack]", "[vdso]"};

    child = role_spawn(bench, "child", layout_child);
    for (size_t i = 0; i < 7; i++)
        if (!role_receive(bench, child, &at[i]))
            return;
    for (unsigned i = 0; i < 7; i++) {
        if (i == 6 && at[i] == 0)
            see_skipped(bench, i, _("this kernel gives no vDSO"));
        else
            (void)mapping_has(bench, i, at[i], words[i]);
    }
    layout_heap = (uint64_t)at[3];
    (void)see(bench, 7,
              at[0] < at[1] && at[1] < at[3] && at[2] < at[3] && at[3] < at[4] && at[4] < at[5] &&
                  at[5] > 0,
              _("text %#" PRIx64 " < data %#" PRIx64 " < heap %#" PRIx64 " < mmap %#" PRIx64
                " < stack %#" PRIx64),
              (uint64_t)at[0], (uint64_t)at[1], (uint64_t)at[3], (uint64_t)at[4], (uint64_t)at[5]);
}

static void layout_grow(struct bench *bench)
{
    int64_t end = 0, mapped = 0;
    char line[256] = "";
    uint64_t before;

    before = layout_heap + (uint64_t)sysconf(_SC_PAGESIZE) * 4;
    role_go(bench, child, 'g');
    if (!role_receive(bench, child, &end) || !role_receive(bench, child, &mapped))
        return;
    layout_new_heap = (uint64_t)end;
    bool seen = layout_new_heap > before &&
                observe_mapping(child->pid, layout_new_heap - 1, line, sizeof(line)) &&
                strstr(line, "[heap]");
    (void)see(bench, 0, seen, _("the break was %#" PRIx64 " and is %#" PRIx64 ": %s"), before,
              layout_new_heap, line);
    (void)mapping_has(bench, 1, mapped, " r--s ");
}

const struct lab_experiment experiment_layout = {
    .name = "layout",
    .chapter = LAB_BIRTH,
    .place = 4,
    .title = N_("What lies where in memory"),
    .question = N_("Which regions does the address space of a process have?"),
    .roles = {{"child", N_("tells the addresses of its own things")}},
    .steps =
        {
            {
                .does = N_("A child tells the address of a function, of variables, of what it "
                           "allocated and of its stack. We look each one up in its map."),
                .question = N_("Which of these lies highest?"),
                .choices = {N_("the heap"), N_("the program's text"), N_("the stack")},
                .right = 2,
                .sees = {{N_("a function is in the text: read and execute"), "/proc/PID/maps",
                          N_("the address of a variable is taken")},
                         {N_("an initialised variable is in the data"), "/proc/PID/maps",
                          N_("the address of a function is taken")},
                         {N_("a zeroed variable is in the bss, behind the data"), "/proc/PID/maps",
                          N_("the address of a function is taken")},
                         {N_("what brk() gave is in the heap"), "/proc/PID/maps [heap]",
                          N_("the address of a function is taken")},
                         {N_("what mmap() gave is a mapping of its own"), "/proc/PID/maps",
                          N_("the address of a function is taken")},
                         {N_("a local variable is on the stack"), "/proc/PID/maps [stack]",
                          N_("the address of a function is taken")},
                         {N_("the kernel's own little library is mapped too"),
                          "/proc/PID/maps [vdso]", N_("the address of a function is taken")},
                         {N_("text, data, heap, mappings, stack, from low to high"),
                          "/proc/PID/maps", N_("the addresses are taken in another order")}},
                .explains = N_("The address space is all addresses that a process may use, from 0 "
                               "to TASK_SIZE, which the experiment `boundary` finds; above that is "
                               "the kernel. A line of maps is one "
                               "mapping: addresses, permissions, and the file behind it, if there "
                               "is one. The vDSO holds calls that need no entry into the kernel, "
                               "such as clock_gettime()."),
                .manual = "proc(5), vdso(7)",
                .run = layout_look,
            },
            {
                .does =
                    N_("The child moves its program break up with brk() and asks for shared memory "
                       "that it may only read with mmap()."),
                .question = N_("What changes in its map?"),
                .choices = {N_("the heap's end moves, and a mapping appears"),
                            N_("nothing before the memory is touched"), N_("the stack moves")},
                .right = 0,
                .sees = {{N_("the heap ends higher"), "/proc/PID/maps [heap]"},
                         {N_("there is a new mapping"), "/proc/PID/maps"}},
                .explains = N_("The program break is the end of the heap. malloc(3) moves it "
                               "with brk() for small things and calls mmap() for large ones. "
                               "Both only promise memory; frames come when it is touched. "
                               "Shared memory that no file is behind gets one of the kernel's "
                               "own, shown as /dev/zero (deleted)."),
                .manual = "brk(2), mmap(2)",
                .breaks = N_("the child calls neither"),
                .run = layout_grow,
            },
        },
    .reading = "proc(5), brk(2), mmap(2), vdso(7), elf(5)",
};

/* ---- isolation ---- */

static volatile int64_t *isolated;

static void isolation_child(struct bench *bench)
{
    if (!is_broken(bench, 1))
        *isolated = 222;
    role_report(bench, 0);
    for (;;) {
        if (role_await(bench) == 'w' && !is_broken(bench, 2))
            *isolated = 333;
        role_report(bench, 0);
    }
}

static void isolation_parent(struct bench *bench)
{
    *isolated = is_sight_broken(bench, 1, 1) ? 112 : 111;
    (void)role_fork(bench, child, isolation_child);
    for (;;) {
        (void)role_await(bench);
        *isolated = 334;
        role_report(bench, 0);
    }
}

static bool see_number(struct bench *bench, unsigned sight, pid_t pid, int64_t expected)
{
    int64_t word = 0;
    struct iovec local = {&word, sizeof(word)};
    struct iovec remote = {(void *)(uintptr_t)isolated, sizeof(word)};

    if (process_vm_readv(pid, &local, 1, &remote, 1, 0) != sizeof(word)) {
        int r = -errno;
        if (see_unreadable(bench, sight, r))
            return false;
        return see(bench, sight, false, "process_vm_readv: %s", strerror(-r));
    }
    return see(bench, sight, word == expected, _("address %p of PID %d holds %" PRId64),
               (void *)(uintptr_t)isolated, pid, word);
}

static void isolation_two(struct bench *bench)
{
    int64_t ready;

    if (!cow_map())
        return;
    if (is_sight_broken(bench, 1, 3))
        private_page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    isolated = (volatile int64_t *)(void *)private_page;
    child = role_new(bench, "child");
    parent = role_spawn(bench, "parent", isolation_parent);
    if (!role_meet(bench, child) || !role_receive(bench, child, &ready))
        return;
    (void)see_number(bench, 0, parent->pid, 111);
    (void)see_number(bench, 1, child->pid, 222);
    see_frames(bench, 2, private_page, false);
}

static void isolation_again(struct bench *bench)
{
    (void)role_ask(bench, child, 'w');
    if (is_sight_broken(bench, 2, 2))
        (void)role_ask(bench, parent, 'w');
    (void)see_number(bench, 0, child->pid, 333);
    (void)see_number(bench, 1, parent->pid, 111);
}

const struct lab_experiment experiment_isolation = {
    .name = "isolation",
    .chapter = LAB_BIRTH,
    .place = 5,
    .title = N_("The same address, two memories"),
    .question = N_("Does an address mean the same in two processes?"),
    .roles = {{"parent", N_("writes 111 to an address")},
              {"child", N_("writes 222 to the same address")}},
    .steps =
        {
            {
                .does = N_("Parent and child write different numbers to the same address."),
                .question = N_("What is read at that address?"),
                .choices = {N_("222 in both: it was written last"),
                            N_("111 in the parent, 222 in the child"), N_("111 in both")},
                .right = 1,
                .sees = {{N_("the parent has 111 there"), "process_vm_readv(2)",
                          N_("the parent writes 112")},
                         {N_("the child has 222 there"), "process_vm_readv(2)"},
                         {N_("two frames stand behind that one address"), "/proc/PID/pagemap",
                          N_("the mapping is shared")}},
                .explains = N_("Programs use virtual addresses. Each process has its own page "
                               "table, which says which frame an address means. So one process "
                               "cannot even name another's memory."),
                .manual = "fork(2), process_vm_readv(2)",
                .breaks = N_("the child does not write"),
                .run = isolation_two,
            },
            {
                .does = N_("The child writes 333 there."),
                .question = N_("What does the parent see now?"),
                .choices = {N_("333"), N_("222"), N_("111, as before")},
                .right = 2,
                .sees = {{N_("the child has 333 there"), "process_vm_readv(2)"},
                         {N_("the parent still has 111"), "process_vm_readv(2)",
                          N_("the parent writes too")}},
                .explains = N_("Memory is shared where that was asked for: see shm. Otherwise "
                               "a process reads another's memory only by asking the kernel, "
                               "which checks that it may (ptrace access)."),
                .manual = "ptrace(2)",
                .breaks = N_("the child does not write"),
                .run = isolation_again,
            },
        },
    .reading = "fork(2), mmap(2), process_vm_readv(2)",
};
