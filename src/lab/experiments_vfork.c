/* What fork() copies, and what vfork() leaves out. */
#include <errno.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

enum {
    TOUCHED_MIB = 64,
    VFORK_WORD = 42
};

static struct role *parent, *child, *small, *big;
static int64_t small_tables, big_address;
static volatile int vfork_word;
static char vfork_stack[65536] __attribute__((aligned(64)));

/* Runs in its parent's memory, on a stack of its own; the parent sleeps meanwhile. */
static int vfork_child(void *argument)
{
    struct bench bench = *(struct bench *)argument;
    int word;

    role_enter(&bench, child);
    while ((word = role_await(&bench)) != 'e')
        if (word == 'w' && !is_sight_broken(&bench, 2, 3))
            vfork_word = VFORK_WORD;
    (void)execlp("sleep", "sleep", "1000000", (char *)NULL);
    _exit(127);
}

static void idle_child(struct bench *bench)
{
    volatile char *memory = (volatile char *)(intptr_t)big_address;

    if (bench->self == big && is_sight_broken(bench, 1, 2))
        for (size_t i = 0; i < (size_t)TOUCHED_MIB << 20; i += page_size())
            memory[i] = 2;
    role_report(bench, 0);
    role_idle(bench);
}

static void vfork_parent(struct bench *bench)
{
    size_t size = (size_t)TOUCHED_MIB << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    (void)madvise(memory, size, MADV_NOHUGEPAGE);
    big_address = (int64_t)(intptr_t)memory;
    for (;;)
        switch (role_await(bench)) {
        case 's':
            role_report(bench, role_fork(bench, small, idle_child));
            break;
        case 'b':
            for (size_t i = 0; i < size && !is_left_out(bench, 1, 1); i += page_size())
                memory[i] = 1;
            role_report(bench, role_fork(bench, big, idle_child));
            role_report(bench, big_address);
            break;
        case 'f': /* gives the memory back */
            (void)munmap(memory, size);
            role_report(bench, 0);
            break;
        case 'v':
            /* vfork(2) by its other name; a function that returns twice is not for C. */
            (void)clone(vfork_child, vfork_stack + sizeof(vfork_stack),
                        (is_left_out(bench, 2, 2) ? 0 : CLONE_VM) |
                            (is_left_out(bench, 2, 1) ? 0 : CLONE_VFORK) | SIGCHLD,
                        bench);
            role_report(bench, vfork_word);
            break;
        }
}

/* Do both use one address space? -1: the kernel does not tell. */
static int has_same_memory(pid_t one, pid_t two)
{
    long r = syscall(SYS_kcmp, one, two, KCMP_VM, 0UL, 0UL);

    return r < 0 ? -1 : r == 0;
}

static void see_memory(struct bench *bench, unsigned sight, bool same)
{
    int found = -1;
    bool seen =
        until(bench, (found = has_same_memory(parent->pid, child->pid)) < 0 || found == same);

    if (found < 0)
        see_skipped(bench, sight, _("kcmp() says: %s (CONFIG_KCMP, PTRACE_MODE_READ)"),
                    strerror(errno));
    else
        (void)see(bench, sight, seen, _("kcmp(%d, %d, KCMP_VM): %s"), parent->pid, child->pid,
                  found ? _("one address space") : _("two"));
}

static void vfork_tables(struct bench *bench)
{
    int64_t ready, address = 0;

    small = role_new(bench, "small");
    big = role_new(bench, "big");
    child = role_new(bench, "child");
    parent = role_spawn(bench, "parent", vfork_parent);
    if (role_ask(bench, parent, 's') < 0 || !role_meet(bench, small) ||
        !role_receive(bench, small, &ready))
        return;
    small_tables = observe_number(small->pid, "status", "VmPTE");
    if (role_ask(bench, parent, 'b') < 0 || !role_meet(bench, big) ||
        !role_receive(bench, big, &ready) || !role_receive(bench, parent, &address))
        return;
    int64_t tables = observe_number(big->pid, "status", "VmPTE");
    int64_t expected =
        ((int64_t)TOUCHED_MIB << 20) / (int64_t)(page_size() / sizeof(void *)) / 1024;
    (void)see(bench, 0, tables - small_tables > expected * 3 / 4,
              _("/proc/PID/status VmPTE: %" PRId64 " kB before, %" PRId64 " kB after; %" PRId64
                " kB are an entry of %zu bytes for each page"),
              small_tables, tables, expected, sizeof(void *));
    int64_t own = observe_smaps(big->pid, (uint64_t)address, "Private_Dirty");
    int64_t resident = observe_smaps(big->pid, (uint64_t)address, "Rss");
    (void)see(bench, 1, own == 0 && resident > 0,
              _("/proc/%d/smaps of the mapping: Rss %" PRId64 " kB, Private_Dirty %" PRId64 " kB"),
              big->pid, resident, own);
    (void)role_ask(bench, parent, 'f');
}

static void vfork_borrow(struct bench *bench)
{
    role_go(bench, parent, 'v');
    if (!role_meet(bench, child))
        return;
    (void)see_state(bench, 0, parent->pid, "D");
    see_memory(bench, 1, true);
    role_go(bench, child, 'w');
    (void)see_word(bench, 2, parent->pid, &vfork_word, VFORK_WORD, _("the parent's variable"));
}

static void vfork_exec(struct bench *bench)
{
    if (bench->broken_step != 3)
        role_go(bench, child, 'e');
    (void)see_value(bench, 0, child->pid, "status", "Name", "sleep");
    (void)see_state(bench, 1, parent->pid, "RS");
    see_memory(bench, 2, false);
    (void)see_reported(bench, 3, parent, _("the parent goes on and finds in its variable"),
                       VFORK_WORD);
}

const struct lab_experiment experiment_vfork = {
    .name = "vfork",
    .chapter = LAB_BIRTH,
    .place = 7,
    .title = N_("What fork costs, and vfork"),
    .question = N_("What does fork() copy, and how does vfork() avoid it?"),
    .roles = {{"parent", N_("touches 64 MiB, forks, and calls vfork()")},
              {"small", N_("its child, forked before")},
              {"big", N_("its child, forked after")},
              {"child", N_("its child by vfork()")}},
    .steps =
        {
            {
                .does = N_("A parent forks, touches 64 MiB, and forks again."),
                .question = N_("What does the second child have more than the first?"),
                .choices = {N_("a copy of the 64 MiB"), N_("longer page tables"), N_("nothing")},
                .right = 1,
                .sees = {{N_("its page tables are longer by about an entry a page"),
                          "/proc/PID/status VmPTE", N_("the parent touches nothing")},
                         {N_("none of the 64 MiB is its own"), "/proc/PID/smaps Private_Dirty",
                          N_("the child writes to each page")}},
                .explains = N_("fork() copies the page tables and makes both sides' entries "
                               "read-only; the frames are copied when somebody writes. So it is "
                               "the tables that make fork() slow in a large process."),
                .manual = "fork(2), proc(5)",
                .breaks = N_("the parent touches nothing"),
                .run = vfork_tables,
            },
            {
                .does = N_("The parent calls vfork(). The child sets a variable to 42."),
                .question = N_("What does the parent do meanwhile?"),
                .choices = {N_("it runs beside the child"), N_("it is suspended"),
                            N_("it waits in wait()")},
                .right = 1,
                .sees = {{N_("the parent is D"), "/proc/PID/stat field 3",
                          N_("the parent is not suspended (no CLONE_VFORK)")},
                         {N_("both use one address space"), "kcmp(2)",
                          N_("the child gets its own address space (no CLONE_VM)")},
                         {N_("the parent's variable is 42"), "process_vm_readv(2)",
                          N_("the child does not write")}},
                .explains = N_("vfork() copies no page table: the child borrows the parent's "
                               "memory and even its stack, so the parent must not run."),
                .manual = "vfork(2)",
                .breaks = N_("the parent calls fork()"),
                .run = vfork_borrow,
            },
            {
                .does = N_("The child executes sleep(1)."),
                .question = N_("Who goes on?"),
                .choices = {N_("both, each in memory of its own"), N_("the child alone"),
                            N_("the parent alone")},
                .right = 0,
                .sees = {{N_("the child is sleep"), "/proc/PID/status Name",
                          N_("the child does not exec")},
                         {N_("the parent is no longer D"), "/proc/PID/stat field 3",
                          N_("the child does not exec")},
                         {N_("there are two address spaces"), "kcmp(2)",
                          N_("the child does not exec")},
                         {N_("the parent finds what the child wrote"),
                          "what the process itself reports", N_("the child does not exec")}},
                .explains = N_("execve() gives the child an address space of its own and the "
                               "parent wakes. posix_spawn(3) does the same with fewer traps: "
                               "before it execs, a vfork() child must change nothing."),
                .manual = "vfork(2), posix_spawn(3)",
                .breaks = N_("the child does not exec"),
                .run = vfork_exec,
            },
        },
    .reading = "fork(2), vfork(2), posix_spawn(3), proc(5)",
};
