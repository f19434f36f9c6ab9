/* Birth and image, continued: where a process's addresses end and the kernel's begin. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

static struct role *child;
static sigjmp_buf behind_fault;
static volatile uintptr_t fault_address;

/* The last page of all addresses: above TASK_SIZE on every processor that Linux runs on. */
static uintptr_t kernel_address(void)
{
    return UINTPTR_MAX - page_size() + 1;
}

/* mmap(2) of one page there: 0 or -errno. */
static int map_at(uintptr_t address)
{
    void *mapped = mmap((void *)address, page_size(), PROT_READ,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (mapped == MAP_FAILED)
        return -errno;
    (void)munmap(mapped, page_size());
    return mapped == (void *)address ? 0 : -EEXIST;
}

/* Can no mapping lie there, whatever is there now? Where one is, EEXIST says that it can. */
static bool is_above(uintptr_t address)
{
    int r = map_at(address);
    return r != 0 && r != -EEXIST;
}

/* The lowest address that cannot be mapped, between the stack and the last page. */
static uintptr_t find_end(void)
{
    uintptr_t low = (uintptr_t)__builtin_frame_address(0) / page_size();
    uintptr_t high = kernel_address() / page_size();

    while (high - low > 1) {
        uintptr_t middle = low + (high - low) / 2;
        if (is_above(middle * page_size()))
            high = middle;
        else
            low = middle;
    }
    return high * page_size();
}

static void note_fault(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    fault_address = (uintptr_t)info->si_addr;
    siglongjmp(behind_fault, info->si_code);
}

/* Reads one byte there: si_code of the SIGSEGV, or 0. */
__attribute__((no_sanitize("address", "undefined"))) static int touch(uintptr_t address)
{
    struct sigaction action = {.sa_sigaction = note_fault, .sa_flags = SA_SIGINFO};

    (void)sigaction(SIGSEGV, &action, NULL);
    int code = sigsetjmp(behind_fault, 1);
    if (code == 0)
        (void)*(volatile char *)address;
    return code;
}

static int write_from(uintptr_t address)
{
    int ends[2];

    if (pipe(ends) < 0)
        return -errno;
    ssize_t n = write(ends[1], (const void *)address, 1);
    int r = n < 0 ? -errno : (int)n;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return r;
}

static void boundary_child(struct bench *bench)
{
    static char own;

    for (;;)
        switch (role_await(bench)) {
        case 'm':
            if (is_broken(bench, 1)) {
                role_report(bench, 0);
                break;
            }
            role_report(bench, (int64_t)find_end());
            role_report(bench, map_at(find_end()));
            role_report(bench, map_at(find_end() - page_size() * 2));
            break;
        case 't':
            role_report(bench, touch(is_broken(bench, 2) ? (uintptr_t)&own : kernel_address()));
            role_report(bench, write_from(is_sight_broken(bench, 2, 2) || is_broken(bench, 2)
                                              ? (uintptr_t)&own
                                              : kernel_address()));
            if (is_sight_broken(bench, 2, 3))
                (void)raise(SIGKILL);
            break;
        }
}

static void boundary_map(struct bench *bench)
{
    int64_t end = 0, above = 0, below = 0;

    child = role_spawn(bench, "child", boundary_child);
    role_go(bench, child, 'm');
    if (!role_receive(bench, child, &end) || end == 0 || !role_receive(bench, child, &above) ||
        !role_receive(bench, child, &below))
        return;
    (void)see_own_words(bench, 0, above == -ENOMEM || above == -EINVAL,
                        _("mmap() at %#" PRIx64 ": %s"), end,
                        above < 0 ? strerror((int)-above) : _("success"));
    (void)see_own_words(bench, 1, below == 0 || below == -EEXIST, _("mmap() at %#" PRIx64 ": %s"),
                        end - 2 * (int64_t)page_size(),
                        below < 0 ? strerror((int)-below) : _("success"));
    int64_t stack = observe_stat(child->pid, 28);
    (void)see(bench, 2, stack > 0 && stack < end,
              _("/proc/%d/stat field 28 (startstack): %#" PRIx64 ", below %#" PRIx64), child->pid,
              stack, end);
}

static void boundary_touch(struct bench *bench)
{
    int64_t code = 0, written = 0;

    role_go(bench, child, 't');
    if (!role_receive(bench, child, &code) || !role_receive(bench, child, &written))
        return;
    (void)see_own_words(bench, 0, code != 0, _("reading %#" PRIx64 ": %s, si_code %" PRId64),
                        (uint64_t)kernel_address(), code ? "SIGSEGV" : _("no signal"), code);
    (void)see_own_words(bench, 1, written == -EFAULT,
                        _("write() of one byte from %#" PRIx64 ": %s"), (uint64_t)kernel_address(),
                        written < 0 ? strerror((int)-written) : _("success"));
    if (is_sight_broken(bench, 2, 3))
        (void)until_broken(bench, observe_state(child->pid) == 'Z');
    (void)see(bench, 2, observe_state(child->pid) == 'S', _("/proc/%d/stat: state %c"), child->pid,
              observe_state(child->pid));
}

const struct lab_experiment experiment_boundary = {
    .name = "boundary",
    .chapter = LAB_BIRTH,
    .place = 6,
    .title = N_("Where the kernel begins"),
    .question = N_("What happens when a program uses an address of the kernel?"),
    .roles = {{"child", N_("tries addresses and reports what its calls returned")}},
    .steps =
        {
            {
                .does = N_("A child looks for the lowest address, above its stack, that mmap() "
                           "refuses whatever is there: this is TASK_SIZE, where the addresses of "
                           "a process end."),
                .question = N_("Where do they end?"),
                .choices = {N_("nowhere: 64 bits may all be used"),
                            N_("above the stack, at an address from which on mmap() fails"),
                            N_("where the stack begins")},
                .right = 1,
                .sees = {{N_("at TASK_SIZE mmap() fails"),
                          N_("mmap(2), as the process itself reports it")},
                         {N_("right below it mmap() does not fail so"),
                          N_("mmap(2), as the process itself reports it")},
                         {N_("the stack lies below it"), "/proc/PID/stat field 28"}},
                .explains = N_("The page table has a lower half for the process and an upper half "
                               "for the kernel, which all processes have in common. TASK_SIZE is "
                               "the border; on x86-64 it is 0x7ffffffff000 with four levels of "
                               "page tables."),
                .manual = "mmap(2)",
                .breaks = N_("the child does not look"),
                .run = boundary_map,
            },
            {
                .does = N_("The child reads a byte at an address of the kernel. Then it asks "
                           "write() to do it."),
                .question = N_("What does each get?"),
                .choices = {N_("the byte"), N_("SIGSEGV both times"),
                            N_("SIGSEGV for its own read, EFAULT from write()")},
                .right = 2,
                .sees = {{N_("its own read is answered by SIGSEGV"),
                          N_("siginfo, as the process itself reports it")},
                         {N_("write() fails with EFAULT"),
                          N_("write(2), as the process itself reports it"),
                          N_("write() is given an address of the child's own")},
                         {N_("the child lives on: it caught the signal"), "/proc/PID/stat field 3",
                          N_("the child is ended afterwards")}},
                .explains = N_("The processor is in user mode and may not use the kernel's "
                               "pages: it raises a fault, and the kernel sends SIGSEGV. In a "
                               "system call the kernel checks the address itself before it "
                               "uses it, and returns an error instead."),
                .manual = "write(2), signal(7)",
                .breaks = N_("both use an address of the child's own"),
                .run = boundary_touch,
            },
        },
    .reading = "mmap(2), write(2), sigaction(2)",
};
