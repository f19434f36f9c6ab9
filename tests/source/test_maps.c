#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/source/read_maps.h"
#include "support/spawn.h"

static struct reader *reader;
static struct mapping_list list;

static void setup(void)
{
    cr_assert_eq(reader_new(&reader, NULL), 0);
}

static void teardown(void)
{
    spawn_done();
    mapping_list_done(&list);
    reader_free(reader);
}

TestSuite(maps, .init = setup, .fini = teardown);

static void read_maps(pid_t pid, enum maps_want want)
{
    cr_assert_eq(maps_read(reader, (struct identity){.pid = pid}, want, &list), 0);
}

/* ---- a child with known mappings ---- */

enum {
    PAGE = 4096
};

struct known {
    char *partly;  /* anonymous, 16 pages, 5 touched */
    char *shared;  /* shared and anonymous, 8 pages, 3 touched */
    char *guard;   /* no access, 4 pages */
    char *file;    /* private, 2 pages of a file, 1 read and 1 written */
    char *deleted; /* shared, of a file without a name */
};

static char *map(size_t pages, int protection, int flags, int fd)
{
    char *memory = mmap(NULL, pages * PAGE, protection, flags, fd, 0);
    if (memory == MAP_FAILED)
        _exit(90);
    return memory;
}

static void touch(char *memory, size_t pages)
{
    for (size_t i = 0; i < pages; i++)
        memory[i * PAGE] = 1;
}

static int make_file(const char *path)
{
    char bytes[2 * PAGE] = "x";
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, sizeof(bytes)) != sizeof(bytes) || unlink(path) < 0)
        _exit(91);
    return fd;
}

static void make_known(struct known *known)
{
    const int both = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    /* Holes on both sides keep the kernel from joining neighbours. */
    char *room = map(64, PROT_NONE, anonymous | MAP_NORESERVE, -1);
    known->partly = mmap(room + 8 * PAGE, 16 * PAGE, both, anonymous | MAP_FIXED, -1, 0);
    (void)munmap(room, 8 * PAGE);
    (void)munmap(room + 24 * PAGE, 40 * PAGE);
    (void)madvise(known->partly, 16 * PAGE, MADV_NOHUGEPAGE);
    touch(known->partly, 5);

    known->shared = map(8, both, MAP_SHARED | MAP_ANONYMOUS, -1);
    touch(known->shared, 3);

    known->guard = map(6, PROT_NONE, anonymous, -1);
    (void)munmap(known->guard, PAGE);
    (void)munmap(known->guard + 5 * PAGE, PAGE);
    known->guard += PAGE;

    int fd = make_file("/tmp/reaptop test\nmaps \033[31m");
    known->file = map(2, both, MAP_PRIVATE, fd);
    *(volatile char *)known->file;
    known->file[PAGE] = 1;
    known->deleted = map(1, both, MAP_SHARED, fd);
}

static int be_known(void *argument)
{
    make_known(argument);
    return spawn_pause(NULL);
}

/* On SIGUSR1 some of it changes. */
static int be_changing(void *argument)
{
    struct known *known = argument;
    sigset_t asked;
    int signal;
    (void)sigemptyset(&asked);
    (void)sigaddset(&asked, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &asked, NULL);
    make_known(known);
    spawn_ready();
    (void)sigwait(&asked, &signal);
    (void)munmap(known->guard, 4 * PAGE);
    touch(known->partly, 7);
    known->guard = map(100, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1);
    return spawn_pause(NULL);
}

static const struct mapping *at(const char *address)
{
    const struct mapping *mapping = mapping_list_find(&list, (uint64_t)(uintptr_t)address);
    cr_assert_not_null(mapping);
    cr_expect_eq(mapping->start, (uint64_t)(uintptr_t)address);
    return mapping;
}

static uint64_t kib(const struct mapping *mapping, enum figure figure)
{
    cr_assert(figure_is_known(&mapping->figures, figure), "%s", figures[figure].smaps);
    return mapping->figures.kib[figure];
}

Test(maps, a_child_with_known_mappings)
{
    struct known *known =
        mmap(NULL, sizeof(*known), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = spawn_child(be_known, known);
    read_maps(pid, MAPS_FIGURES);
    cr_assert_eq(list.access, ACCESS_OK);
    cr_expect_eq(list.figures_access, ACCESS_OK);
    cr_expect_eq(list.rollup_access, ACCESS_OK);
    cr_expect_eq(list.bad_lines, 0);

    const struct mapping *partly = at(known->partly);
    cr_expect_eq(partly->kind, MAPPING_ANONYMOUS);
    cr_expect_eq(kib(partly, FIGURE_SIZE), 64);
    cr_expect_eq(kib(partly, FIGURE_RSS), 20);
    cr_expect_eq(kib(partly, FIGURE_PRIVATE_DIRTY), 20);
    cr_expect(partly->has_flags);

    const struct mapping *shared = at(known->shared);
    cr_expect_eq(shared->kind, MAPPING_SHARED);
    cr_expect_eq(kib(shared, FIGURE_RSS), 12);

    const struct mapping *guard = at(known->guard);
    cr_expect_eq(guard->kind, MAPPING_GUARD);
    cr_expect_eq(kib(guard, FIGURE_SIZE), 16);
    cr_expect_eq(kib(guard, FIGURE_RSS), 0);

    const struct mapping *file = at(known->file);
    cr_expect_eq(file->kind, MAPPING_DATA);
    cr_expect(file->is_deleted);
    cr_expect_str_eq(file->path, "/tmp/reaptop test\\012maps \033[31m (deleted)");
    cr_expect_eq(kib(file, FIGURE_ANONYMOUS), 4);
    cr_expect_eq(kib(file, FIGURE_RSS), 8);
    cr_expect_eq(at(known->deleted)->kind, MAPPING_SHARED);
    cr_expect_eq(at(known->deleted)->inode, file->inode);

    struct mapping_group groups[MAPPING_KIND_COUNT];
    mapping_list_group(&list, groups);
    cr_expect_eq(groups[MAPPING_STACK].count, 1);
    cr_expect_geq(groups[MAPPING_TEXT].count, 2);
    cr_expect_eq(groups[MAPPING_VDSO].count, 1);
    (void)munmap(known, sizeof(*known));
}

Test(maps, lines_alone_ask_for_no_figures)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    read_maps(pid, MAPS_LINES);
    cr_expect_eq(list.access, ACCESS_OK);
    cr_expect_eq(list.figures_access, ACCESS_UNREAD);
    cr_expect_eq(list.rollup_access, ACCESS_UNREAD);
    cr_expect_gt(list.count, 5);
    cr_expect(!figure_is_known(&list.total, FIGURE_RSS));
}

/* ---- figures against the kernel's own sum ---- */

static uint64_t by_sharing(const struct figures *of)
{
    return of->kib[FIGURE_SHARED_CLEAN] + of->kib[FIGURE_SHARED_DIRTY] +
           of->kib[FIGURE_PRIVATE_CLEAN] + of->kib[FIGURE_PRIVATE_DIRTY];
}

/* What is shared and what is dirty may change between the two readings; their sum may not. */
static void expect_rollup_agrees(pid_t pid)
{
    static const enum figure exact[] = {FIGURE_RSS, FIGURE_ANONYMOUS, FIGURE_SWAP, FIGURE_LOCKED};
    for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++)
        cr_expect_eq(list.total.kib[exact[i]], list.rollup.kib[exact[i]], "%d: %s %lu %lu", pid,
                     figures[exact[i]].smaps, list.total.kib[exact[i]], list.rollup.kib[exact[i]]);
    cr_expect_eq(by_sharing(&list.total), by_sharing(&list.rollup), "%d", pid);
    cr_expect_leq(list.total.kib[FIGURE_PSS], list.rollup.kib[FIGURE_PSS]);
    cr_expect_leq(list.rollup.kib[FIGURE_PSS], list.total.kib[FIGURE_PSS] + list.count, "%d", pid);
    cr_expect(!figure_is_known(&list.rollup, FIGURE_SIZE));
}

static bool is_pss_of_one_moment(void)
{
    uint64_t sum = list.total.kib[FIGURE_PSS], rollup = list.rollup.kib[FIGURE_PSS];
    return sum <= rollup && rollup <= sum + list.count;
}

/* Who shares its pages, as tests beside this one do, may end between the two readings. */
static void read_while_sharing_holds(pid_t pid)
{
    enum {
        READINGS_MOST = 20
    };
    for (int i = 0; i < READINGS_MOST; i++) {
        read_maps(pid, MAPS_FIGURES);
        if (is_pss_of_one_moment())
            return;
    }
}

static int be_varied(void *argument)
{
    size_t number = (size_t)(intptr_t)argument;
    char *memory = map(number + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    touch(memory, number / 2);
    return spawn_pause(NULL);
}

Test(maps, totals_of_two_hundred_processes_agree_with_the_rollup)
{
    static pid_t pids[200];
    for (size_t i = 0; i < 200; i++)
        pids[i] = spawn_child(be_varied, (void *)(intptr_t)i);
    /* All are there and asleep now, so nothing moves between smaps and its rollup. */
    for (size_t i = 0; i < 200; i++)
        cr_assert_eq(spawn_await_state(pids[i], "S"), 'S');
    for (size_t i = 0; i < 200; i++) {
        read_while_sharing_holds(pids[i]);
        cr_assert_eq(list.access, ACCESS_OK);
        expect_rollup_agrees(pids[i]);
    }
}

/* ---- those that have none, and those that may not be read ---- */

static int end_at_once(void *argument)
{
    (void)argument;
    spawn_ready();
    return 0;
}

Test(maps, a_zombie_has_none_and_is_not_called_denied)
{
    pid_t pid = spawn_child(end_at_once, NULL);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    read_maps(pid, MAPS_FIGURES);
    cr_expect_eq(list.access, ACCESS_ZOMBIE);
    cr_expect_eq(list.figures_access, ACCESS_ZOMBIE);
    read_maps(pid, MAPS_LINES);
    cr_expect_eq(list.access, ACCESS_ZOMBIE);
    cr_expect_eq(list.count, 0);
}

Test(maps, the_gone_are_gone)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    (void)spawn_kill(pid);
    read_maps(pid, MAPS_FIGURES);
    cr_expect_eq(list.access, ACCESS_GONE);
    cr_expect_eq(list.count, 0);
}

Test(maps, a_successor_is_not_taken_for_the_process)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    struct identity former = {.pid = pid, .start_ticks = 1};
    cr_assert_eq(maps_read(reader, former, MAPS_FIGURES, &list), 0);
    cr_expect_eq(list.access, ACCESS_GONE);
}

static pid_t kernel_thread(void)
{
    char name[64];
    _cleanup_file_ FILE *file = fopen("/proc/2/comm", "re");
    return file && fgets(name, sizeof(name), file) && strcmp(name, "kthreadd\n") == 0 ? 2 : 0;
}

Test(maps, a_kernel_thread_has_no_address_space)
{
    if (kernel_thread() == 0)
        cr_skip_test("no kernel threads in this PID namespace");
    read_maps(kernel_thread(), MAPS_FIGURES);
    cr_expect_eq(list.access, ACCESS_EMPTY);
    cr_expect(list.is_kernel);
}

static int read_as_nobody(void *argument)
{
    struct reader *own = NULL;
    struct mapping_list seen = MAPPING_LIST_INIT;
    if (reader_new(&own, NULL) < 0)
        return 1;
    int r = maps_read(own, (struct identity){.pid = *(pid_t *)argument}, MAPS_FIGURES, &seen);
    enum access access = seen.access;
    mapping_list_done(&seen);
    reader_free(own);
    return r < 0 ? 2 : 10 + (int)access;
}

Test(maps, another_users_process_is_denied)
{
    if (geteuid() != 0)
        cr_skip_test("needs root to become another user");
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_expect_eq(spawn_run_as_nobody(read_as_nobody, &pid), 10 + ACCESS_DENIED);
    pid = spawn_child(end_at_once, NULL);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    cr_expect_eq(spawn_run_as_nobody(read_as_nobody, &pid), 10 + ACCESS_ZOMBIE);
}

/* ---- many ---- */

enum {
    MANY = 65000
};

static int be_many(void *argument)
{
    (void)argument;
    for (size_t i = 0; i < MANY; i++)
        if (mmap(NULL, PAGE, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
            MAP_FAILED)
            return 1;
    return spawn_pause(NULL);
}

/* AddressSanitizer keeps up to 256 MiB of what was freed: each size that an array has grown from.
 */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_MOST_KIB ((64 + 256) * 1024)
#else
#define MEMORY_MOST_KIB (64 * 1024)
#endif

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

Test(maps, sixty_five_thousand_mappings_in_bounded_memory, .timeout = 600)
{
    pid_t pid = spawn_child(be_many, NULL);
    long before = peak_kib();
    read_while_sharing_holds(pid);
    cr_assert_eq(list.access, ACCESS_OK);
    cr_expect_geq(list.count, MANY);
    expect_rollup_agrees(pid);
    cr_expect_lt(peak_kib() - before, MEMORY_MOST_KIB, "%ld KiB", peak_kib() - before);
}

Test(maps, a_refresh_shows_what_changed)
{
    struct known *known =
        mmap(NULL, sizeof(*known), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = spawn_child(be_changing, known);
    _cleanup_(mapping_list_done) struct mapping_list first = MAPPING_LIST_INIT;
    cr_assert_eq(maps_read(reader, (struct identity){.pid = pid}, MAPS_FIGURES, &first), 0);
    uint64_t guard = (uint64_t)(uintptr_t)known->guard;
    int32_t reported;
    (void)kill(pid, SIGUSR1);
    cr_assert(spawn_receive(pid, &reported));
    const struct mapping_list *now = &list;
    read_maps(pid, MAPS_FIGURES);
    cr_assert_eq(mapping_list_diff(&first, &list), 0);

    cr_assert_eq(now->gone_count, 1);
    cr_expect_eq(now->gone[0].start, guard);
    const struct mapping *fresh = mapping_list_find(now, (uint64_t)(uintptr_t)known->guard);
    const struct mapping *spawned = mapping_list_find(now, (uint64_t)(uintptr_t)known->partly);
    cr_assert(fresh && spawned);
    cr_expect_eq(fresh->mark, MAPPING_NEW);
    cr_expect_eq(spawned->mark, MAPPING_CHANGED);
    cr_expect_eq(spawned->rss_change_kib, 8);
    (void)munmap(known, sizeof(*known));
}

/* ---- what blocks, and what ends meanwhile ---- */

/* The reader's helper, as a target that blocks would leave it: it never comes back. */
static void stop_helper(void)
{
    char path[64];
    int pid = 0;
    (void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)gettid());
    _cleanup_file_ FILE *file = fopen(path, "re");
    if (!file)
        cr_skip_test("no CONFIG_PROC_CHILDREN");
    cr_assert_eq(fscanf(file, "%d", &pid), 1);
    cr_assert_eq(kill(pid, SIGSTOP), 0);
}

Test(maps, figures_that_block_leave_the_lines)
{
    stop_helper();
    read_maps(getpid(), MAPS_FIGURES);
    cr_expect_eq(list.access, ACCESS_OK);
    cr_expect_eq(list.figures_access, ACCESS_BLOCKED);
    cr_expect_eq(list.rollup_access, ACCESS_BLOCKED);
    cr_expect_gt(list.count, 5);
    cr_expect(!figure_is_known(&list.total, FIGURE_RSS));
    cr_expect_eq(reader_replaced(reader), 1);
}

struct killer {
    pid_t target;
    size_t turns; /* of work before it kills */
};

/* The longer it works, the more of the list was read when the target dies. */
static int kill_later(void *argument)
{
    const struct killer *killer = argument;
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", killer->target);
    spawn_ready();
    for (size_t i = 0; i < killer->turns; i++)
        if (access(path, F_OK) < 0)
            return 1;
    return kill(killer->target, SIGKILL);
}

Test(maps, a_process_that_ends_meanwhile_never_leaves_half_a_list, .timeout = 600)
{
    for (size_t eighths = 0; eighths < 8; eighths++) {
        struct killer killer = {.target = spawn_child(be_many, NULL), .turns = eighths * 4000};
        pid_t pid = spawn_child(kill_later, &killer);
        read_maps(killer.target, MAPS_FIGURES);
        enum access access = list.access;
        if (access == ACCESS_OK)
            cr_expect_geq(list.count, MANY);
        else
            cr_expect(access == ACCESS_ZOMBIE || access == ACCESS_GONE, "%s", access_word(access));
        if (access != ACCESS_OK)
            cr_expect_eq(list.count, 0);
        (void)spawn_reap(pid);
        (void)spawn_kill(killer.target);
    }
}
