#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arguments.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/process.h"
#include "reaptop/source/live.h"
#include "reaptop/source/parse_stat.h"
#include "reaptop/source/procfs.h"
#include "reaptop/source/reader.h"
#include "support/held.h"
#include "support/spawn.h"
#include "support/test_child.h"

enum {
    SKIPPED = 77
};

static void live_cleanup(struct live **live)
{
    live_free(*live);
}

#define LIVE_SWEPT(live, snapshot, with_threads)                                                   \
    _cleanup_(live_cleanup) struct live *live = NULL;                                              \
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;                             \
    cr_assert_eq(live_new(&(live), NULL), 0);                                                      \
    cr_assert_eq(live_sweep((live), (with_threads), &(snapshot), NULL), 0)

static void body_named(void *name)
{
    (void)prctl(PR_SET_NAME, name);
    specimen_ready();
    specimen_stay();
}

Test(live, a_hostile_name_stays_raw_and_shifts_no_field)
{
    static char *names[] = {") R 1 (\n\033[31m", "a.b?c", "\xc3\xff\xfe", " ", "))((", "plain"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        pid_t pid = specimen_start(body_named, names[i]);
        cr_assert_gt(pid, 0);
        LIVE_SWEPT(live, snapshot, false);
        const struct process *process = snapshot_find(&snapshot, pid);
        cr_assert_not_null(process);
        cr_expect_str_eq(process->comm, names[i]);
        cr_expect_eq(process->ppid, getpid());
        cr_expect_eq(process->tgid, pid);
        cr_expect_eq(process->sid, getsid(0));
        cr_expect_eq(process->pgid, getpgid(0));
        cr_expect_eq(process->uid, geteuid());
        cr_expect_eq(process->threads, 1);
        cr_expect(!process->is_kernel);
        cr_expect_eq(process->exit_status, -1);
        cr_expect_eq(process->argv_access, ACCESS_UNREAD);
        cr_expect_gt(process->virtual_kib, 100);
        cr_expect_lt(process->age_ns, UINT64_C(60000000000));
        specimen_end(pid);
    }
}

static void body_exits(void *argument)
{
    (void)argument;
    specimen_ready();
    _exit(3);
}

Test(live, a_zombie_reports_its_exit_status)
{
    pid_t pid = specimen_start(body_exits, NULL);
    cr_assert_gt(pid, 0);
    cr_assert_eq(specimen_wait_dead(pid), 0);
    LIVE_SWEPT(live, snapshot, false);
    const struct process *process = snapshot_find(&snapshot, pid);
    cr_assert_not_null(process);
    cr_expect_eq(process->state, 'Z');
    cr_expect_eq(process->exit_status, 3 << 8);
    specimen_end(pid);
}

/* Children that nobody waits for are released by the kernel as they end. */
static void body_storms(void *argument)
{
    (void)argument;
    (void)signal(SIGCHLD, SIG_IGN);
    specimen_ready();
    for (;;)
        if (fork() == 0)
            _exit(0);
}

Test(live, a_process_that_is_being_released_is_no_row)
{
    pid_t pid = specimen_start(body_storms, NULL);
    cr_assert_gt(pid, 0);
    LIVE_SWEPT(live, snapshot, false);
    for (int i = 0; i < 200; i++) {
        cr_assert_eq(live_sweep(live, false, &snapshot, NULL), 0);
        for (size_t j = 0; j < snapshot.count; j++) {
            cr_assert_neq(snapshot.processes[j].threads, 0);
            cr_assert_neq(snapshot.processes[j].pgid, -1);
        }
    }
    specimen_end(pid);
}

Test(live, fields_agree_with_our_own_stat_line)
{
    LIVE_SWEPT(live, snapshot, false);
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    struct stat_line line;
    cr_assert_eq(procfs_read(AT_FDCWD, "/proc/self/stat", STAT_TEXT_LIMIT, &text), 0);
    cr_assert_eq(parse_stat(text.data, text.length, &line), 0);
    const struct process *process = snapshot_find(&snapshot, getpid());
    cr_assert_not_null(process);
    cr_expect_str_eq(process->comm, line.comm);
    cr_expect_eq(process->id.start_ticks, line.start_ticks);
    cr_expect_eq(process->tty, line.tty);
    cr_expect_eq(process->tpgid, line.tpgid);
    cr_expect_eq(process->nice, line.nice);
    cr_expect_eq(process->priority, line.priority);
    cr_expect_eq(process->policy, line.policy);
    cr_expect_eq(process->rt_priority, line.rt_priority);
    cr_expect_eq(process->major_faults, line.major_faults);
    cr_expect_leq(process->minor_faults, line.minor_faults);
    cr_expect_leq(process->utime_ticks, line.utime_ticks);
    cr_expect_gt(process->rss_kib, 0);
    cr_expect_leq(process->virtual_kib, line.virtual_bytes / 1024 + 4096);
}

Test(live, kernel_threads_are_known_by_their_flag)
{
    LIVE_SWEPT(live, snapshot, false);
    const struct process *kthreadd = snapshot_find(&snapshot, 2);
    if (!kthreadd || strcmp(kthreadd->comm, "kthreadd") != 0)
        cr_skip("PID 2 is not kthreadd here");
    cr_expect(kthreadd->is_kernel);
    const struct process *ourselves = snapshot_find(&snapshot, getpid());
    cr_assert_not_null(ourselves);
    cr_expect(!ourselves->is_kernel);
}

static void body_spins(void *argument)
{
    (void)argument;
    specimen_ready();
    for (;;)
        ;
}

/* Returns once the process has used at least that many ticks more; bounded by the test's timeout.
 */
static void wait_for_ticks(pid_t pid, uint64_t ticks)
{
    uint64_t first = 0, used = 0;
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    do {
        _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
        struct stat_line line;
        cr_assert_eq(procfs_read(AT_FDCWD, path, STAT_TEXT_LIMIT, &text), 0);
        cr_assert_eq(parse_stat(text.data, text.length, &line), 0);
        used = line.utime_ticks + line.stime_ticks;
        if (first == 0)
            first = used + 1;
        (void)sched_yield();
    } while (used + 1 < first + ticks);
}

Test(live, a_spinner_uses_processor_time)
{
    pid_t pid = specimen_start(body_spins, NULL);
    cr_assert_gt(pid, 0);
    LIVE_SWEPT(live, snapshot, false);
    const struct process *process = snapshot_find(&snapshot, pid);
    cr_assert_not_null(process);
    cr_expect_lt(process->cpu_percent, 0, "nothing to compare with yet");
    cr_expect_lt(snapshot.machine.cpu_user_percent, 0);

    wait_for_ticks(pid, 3);
    cr_assert_eq(live_sweep(live, false, &snapshot, NULL), 0);
    process = snapshot_find(&snapshot, pid);
    cr_assert_not_null(process);
    cr_expect_gt(process->cpu_percent, 0);
    cr_expect_leq(process->cpu_percent, 100);
    cr_expect_gt(snapshot.machine.cpu_user_percent, 0);
    cr_expect_leq(snapshot.machine.cpu_user_percent, 100);
    specimen_end(pid);
}

Test(live, the_machine)
{
    LIVE_SWEPT(live, snapshot, false);
    char host[65];
    cr_assert_eq(gethostname(host, sizeof(host)), 0);
    cr_expect_str_eq(snapshot.machine.host, host);
    cr_expect_neq(snapshot.machine.kernel[0], '\0');
    cr_expect_eq(snapshot.machine.processors, sysconf(_SC_NPROCESSORS_ONLN));
    cr_expect_eq(snapshot.machine.memory_total_kib / 1024,
                 (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 1048576);
    cr_expect_gt(snapshot.machine.memory_available_kib, 0);
    cr_expect_geq(snapshot.machine.load[0], 0);
    cr_expect_gt(snapshot.machine.uptime_ns, 0);
}

static void *sleep_in_thread(void *name)
{
    (void)prctl(PR_SET_NAME, name);
    specimen_ready();
    specimen_stay();
}

static void body_with_thread(void *name)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, sleep_in_thread, name) == 0)
        specimen_stay();
}

Test(live, threads_have_rows_where_asked_for)
{
    static char name[] = "a\nthread";
    pid_t pid = specimen_start(body_with_thread, name);
    cr_assert_gt(pid, 0);

    LIVE_SWEPT(live, snapshot, true);
    cr_expect(snapshot.has_threads);
    const struct process *leader = snapshot_find(&snapshot, pid), *thread = NULL;
    cr_assert_not_null(leader);
    cr_expect(!process_is_thread(leader));
    cr_expect_eq(leader->threads, 2);
    for (size_t i = 0; i < snapshot.count; i++) {
        cr_expect(i == 0 || snapshot.processes[i - 1].id.pid < snapshot.processes[i].id.pid);
        if (snapshot.processes[i].tgid == pid && snapshot.processes[i].id.pid != pid)
            thread = &snapshot.processes[i];
    }
    cr_assert_not_null(thread);
    cr_expect_str_eq(thread->comm, name);
    cr_expect_eq(thread->ppid, getpid());

    cr_assert_eq(live_sweep(live, false, &snapshot, NULL), 0);
    for (size_t i = 0; i < snapshot.count; i++)
        cr_expect(!process_is_thread(&snapshot.processes[i]));
    specimen_end(pid);
}

/* ---- a /proc that is not there, or hides ---- */

/* A mount namespace of our own where nothing leaks out; a user namespace too where needed. */
static int enter_mount_namespace(void)
{
    if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return -1;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static int fails_on_tmpfs(void *argument)
{
    (void)argument;
    struct error error = ERROR_INIT;
    struct live *live = NULL;
    if (enter_mount_namespace() < 0 || mount("none", "/proc", "tmpfs", 0, NULL) < 0)
        return SKIPPED;
    int r = live_new(&live, &error);
    return r == -ENODEV && !live && strstr(error.message, "procfs") ? 0 : 1;
}

static int fails_once_proc_is_gone(void *argument)
{
    (void)argument;
    struct error error = ERROR_INIT;
    struct live *live = NULL;
    struct snapshot snapshot = SNAPSHOT_INIT;
    if (live_new(&live, NULL) < 0 || live_sweep(live, false, &snapshot, NULL) < 0)
        return 2;
    if (enter_mount_namespace() < 0 || mount("none", "/proc", "tmpfs", 0, NULL) < 0)
        return SKIPPED;
    int r = live_sweep(live, false, &snapshot, &error);
    int is_right = r == -ENODEV && snapshot.count == 0 && error.message[0] != '\0';
    snapshot_done(&snapshot);
    live_free(live);
    return is_right ? 0 : 1;
}

/* Becomes nobody below a /proc that is mounted with the options. */
static int notice_holds(const char *options, const char *expected)
{
    struct live *live = NULL;
    struct snapshot snapshot = SNAPSHOT_INIT;
    if (geteuid() != 0 || enter_mount_namespace() < 0 ||
        mount("proc", "/proc", "proc", 0, options) < 0 || setresgid(65534, 65534, 65534) < 0 ||
        setresuid(65534, 65534, 65534) < 0)
        return SKIPPED;
    if (live_new(&live, NULL) < 0 || live_sweep(live, false, &snapshot, NULL) < 0)
        return 2;
    int is_right = snapshot.count > 0 && snapshot.notice && strstr(snapshot.notice, expected);
    if (strstr(options, "subset"))
        is_right = is_right && snapshot.machine.memory_total_kib == 0 &&
                   snapshot.machine.cpu_user_percent < 0;
    snapshot_done(&snapshot);
    live_free(live);
    return is_right ? 0 : 1;
}

/* What is hidden is not gone, and what is gone is not hidden. */
static int distinguishes_hidden_from_gone(void *argument)
{
    (void)argument;
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    if (waitpid(gone, NULL, 0) != gone)
        return 2;
    if (geteuid() != 0 || enter_mount_namespace() < 0 ||
        mount("proc", "/proc", "proc", 0, "hidepid=2") < 0 || setgid(65534) < 0 ||
        setresuid(65534, 65534, 65534) < 0)
        return SKIPPED;
    return procfs_is_hidden(1) && !procfs_is_hidden(gone) && !procfs_is_hidden(getpid()) ? 0 : 1;
}

static int notices_hidepid_1(void *argument)
{
    (void)argument;
    return notice_holds("hidepid=1", "hidepid");
}

static int notices_hidepid_2(void *argument)
{
    (void)argument;
    return notice_holds("hidepid=2", "hidepid");
}

static int notices_hidepid_4(void *argument)
{
    (void)argument;
    return notice_holds("hidepid=4", "hidepid");
}

static int notices_subset(void *argument)
{
    (void)argument;
    return notice_holds("subset=pid", "subset");
}

/* Runs the body as PID 1 of a new PID namespace. */
static int in_pid_namespace(int (*body)(void))
{
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0 &&
        unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) < 0)
        return SKIPPED;
    pid_t pid = fork();
    if (pid == 0)
        _exit(body());
    int status;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

static int refuses_a_foreign_proc(void)
{
    struct live *live = NULL;
    struct error error = ERROR_INIT;
    int r = live_new(&live, &error);
    return r == -ENODEV && !live && strstr(error.message, "namespace") ? 0 : 1;
}

static int sees_its_namespace_only(void)
{
    struct live *live = NULL;
    struct snapshot snapshot = SNAPSHOT_INIT;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("proc", "/proc", "proc", 0, NULL) < 0)
        return SKIPPED;
    if (live_new(&live, NULL) < 0 || live_sweep(live, false, &snapshot, NULL) < 0)
        return 2;
    int is_right = snapshot.count == 1 && snapshot.processes[0].id.pid == 1 &&
                   snapshot.processes[0].ppid == 0 && snapshot.notice &&
                   strstr(snapshot.notice, "namespace");
    snapshot_done(&snapshot);
    live_free(live);
    return is_right ? 0 : 1;
}

static int refuses_in_pid_namespace(void *argument)
{
    (void)argument;
    return in_pid_namespace(refuses_a_foreign_proc);
}

static int sees_in_pid_namespace(void *argument)
{
    (void)argument;
    return in_pid_namespace(sees_its_namespace_only);
}

static void expect_in_child(int (*body)(void *))
{
    int status = specimen_run(body, NULL);
    if (status == SKIPPED)
        cr_skip("this user or kernel does not allow the mounts");
    cr_expect_eq(status, 0);
}

Test(live, tmpfs_on_proc_is_refused_with_a_sentence)
{
    expect_in_child(fails_on_tmpfs);
}

Test(live, a_proc_that_goes_away_is_reported)
{
    expect_in_child(fails_once_proc_is_gone);
}

Test(live, another_namespaces_proc_is_refused_with_a_sentence)
{
    expect_in_child(refuses_in_pid_namespace);
}

Test(live, a_pid_namespace_is_reported)
{
    expect_in_child(sees_in_pid_namespace);
}

Test(live, hidepid_1_is_reported)
{
    expect_in_child(notices_hidepid_1);
}

Test(live, hidepid_2_is_reported)
{
    expect_in_child(notices_hidepid_2);
}

Test(live, hidden_is_distinguished_from_gone)
{
    expect_in_child(distinguishes_hidden_from_gone);
}

Test(live, hidepid_4_is_reported)
{
    expect_in_child(notices_hidepid_4);
}

Test(live, subset_is_reported_and_the_totals_are_unknown)
{
    expect_in_child(notices_subset);
}

/* ---- tier two ---- */

#define LONG_NS UINT64_C(8000000000)

static void reader_cleanup(struct reader **reader)
{
    reader_free(*reader);
}

#define READER(reader)                                                                             \
    _cleanup_(reader_cleanup) struct reader *reader = NULL;                                        \
    cr_assert_eq(reader_new(&(reader), NULL), 0)

static uint32_t index_of(const struct snapshot *snapshot, pid_t pid)
{
    const struct process *process = snapshot_find(snapshot, pid);
    cr_assert_not_null(process);
    return (uint32_t)(process - snapshot->processes);
}

Test(live, a_shown_row_gets_its_arguments_without_waiting)
{
    READER(reader);
    pid_t pid = specimen_start(body_named, "shown");
    LIVE_SWEPT(live, snapshot, false);
    uint32_t shown = index_of(&snapshot, pid);
    const struct process *process = &snapshot.processes[shown];

    cr_assert_eq(live_fill(live, reader, &snapshot, &shown, 1), 0);
    while (process->argv_access == ACCESS_UNREAD) {
        struct pollfd ready = {.fd = reader_fd(reader), .events = POLLIN};
        cr_assert_eq(poll(&ready, 1, 10000), 1);
        reader_pump(reader);
        cr_assert_eq(live_fill(live, reader, &snapshot, &shown, 1), 0);
    }
    cr_expect_eq(process->argv_access, ACCESS_OK);

    _cleanup_(strbuf_done) struct strbuf own = STRBUF_INIT;
    cr_assert_eq(procfs_read(AT_FDCWD, "/proc/self/cmdline", 4096, &own), 0);
    for (size_t i = 0; i + 1 < own.length; i++)
        if (own.data[i] == '\0')
            own.data[i] = ' ';
    cr_expect_str_eq(process->argv, own.data);
    uint32_t other = index_of(&snapshot, getpid());
    cr_expect_eq(snapshot.processes[other].argv_access, ACCESS_UNREAD, "not shown, not read");

    /* The next sweep's row has it at once. */
    cr_assert_eq(live_sweep(live, false, &snapshot, NULL), 0);
    shown = index_of(&snapshot, pid);
    cr_assert_eq(live_fill(live, reader, &snapshot, &shown, 1), 0);
    cr_expect_eq(snapshot.processes[shown].argv_access, ACCESS_OK);
    specimen_end(pid);
}

Test(live, every_row_is_answered_with_its_reason)
{
    READER(reader);
    pid_t zombie = specimen_start(body_exits, NULL);
    cr_assert_eq(specimen_wait_dead(zombie), 0);
    LIVE_SWEPT(live, snapshot, true);
    cr_assert_eq(live_fill_all(live, reader, &snapshot, NULL, 0, LONG_NS), 0);
    for (size_t i = 0; i < snapshot.count; i++) {
        const struct process *process = &snapshot.processes[i];
        cr_expect_neq(process->argv_access, ACCESS_UNREAD, "%d", process->id.pid);
        cr_expect_eq(access_has_value(process->argv_access), process->argv != NULL);
        if (process->is_kernel)
            cr_expect_eq(process->argv_access, ACCESS_EMPTY);
    }
    cr_expect_eq(snapshot_find(&snapshot, zombie)->argv_access, ACCESS_ZOMBIE);
    cr_expect_eq(snapshot_find(&snapshot, getpid())->argv_access, ACCESS_OK);
    specimen_end(zombie);
}

static void body_with_two_users(void *argument)
{
    (void)argument;
    if (setresuid(65534, 0, 0) == 0) {
        specimen_ready();
        specimen_stay();
    }
}

Test(live, a_shown_row_has_the_real_user)
{
    if (geteuid() != 0)
        cr_skip("needs root");
    READER(reader);
    pid_t pid = specimen_start(body_with_two_users, NULL);
    cr_assert_gt(pid, 0);
    LIVE_SWEPT(live, snapshot, false);
    const struct process *process = snapshot_find(&snapshot, pid);
    cr_expect_eq(process->uid, 0);
    cr_expect_str_eq(process->user, "root");
    uint32_t shown = index_of(&snapshot, pid);
    cr_assert_eq(live_fill(live, reader, &snapshot, &shown, 1), 0);
    cr_expect_eq(process->uid, 65534);
    cr_expect_str_eq(process->user, "nobody");
    specimen_end(pid);
}

enum {
    MEBIBYTE = 1024 * 1024,
    GREAT_ARGUMENTS = 256 * MEBIBYTE
};

/* 256 MiB of arguments, all but the first unwritten memory, as any user may have them. */
static void body_with_great_arguments(void *argument)
{
    (void)argument;
    char *all = mmap(NULL, GREAT_ARGUMENTS, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        return;
    memset(all, 'A', MEBIBYTE);
    if (specimen_move_arguments(all, GREAT_ARGUMENTS) < 0)
        return;
    specimen_ready();
    specimen_stay();
}

Test(live, great_arguments_stay_bounded)
{
    pid_t pid = specimen_start(body_with_great_arguments, NULL);
    if (pid < 0)
        cr_skip("this kernel does not let a process move its arguments");
    READER(reader);
    LIVE_SWEPT(live, snapshot, false);
    struct rusage before, after;
    cr_assert_eq(getrusage(RUSAGE_SELF, &before), 0);
    cr_assert_eq(live_fill_all(live, reader, &snapshot, NULL, 0, LONG_NS), 0);
    cr_assert_eq(getrusage(RUSAGE_SELF, &after), 0);
    cr_expect_lt(after.ru_maxrss - before.ru_maxrss, 8 * 1024);

    const struct process *process = snapshot_find(&snapshot, pid);
    cr_assert_eq(process->argv_access, ACCESS_TRUNCATED);
    cr_expect_eq(strlen(process->argv), LIVE_ARGV_LIMIT);
    cr_expect_eq(strspn(process->argv, "A"), LIVE_ARGV_LIMIT);
    specimen_end(pid);
}

Test(live, a_row_that_blocks_says_so_and_the_others_are_filled)
{
    struct held held;
    const char *why = "";
    if (held_start(&held, &why) < 0)
        cr_skip("%s", why);
    pid_t pid = held.victim;
    READER(reader);
    LIVE_SWEPT(live, snapshot, false);
    cr_assert_eq(live_fill_all(live, reader, &snapshot, NULL, 0, LONG_NS), 0);
    cr_expect_eq(snapshot_find(&snapshot, pid)->argv_access, ACCESS_BLOCKED);
    cr_expect_eq(snapshot_find(&snapshot, getpid())->argv_access, ACCESS_OK);
    /* The one that read it among others, and the one that read it alone: where there are many. */
    cr_expect_geq(reader_replaced(reader), 1);
    held_end(&held);
}

/* ---- by steps ---- */

TestSuite(live_steps, .fini = spawn_done);

/* Steps until the end; how many that took, or what it failed with. */
static int step_to_the_end(struct live *live, uint64_t step_ns)
{
    for (int steps = 1;; steps++) {
        struct pollfd ready = {.fd = live_sweep_fd(live), .events = POLLIN};
        if (ready.fd >= 0 && poll(&ready, 1, 10000) != 1)
            return -ETIME;
        int r = live_sweep_step(live, clock_boot_ns() + step_ns, NULL);
        if (r <= 0)
            return r < 0 ? r : steps;
    }
}

Test(live_steps, a_sweep_by_steps_shows_what_a_whole_one_shows)
{
    struct live *live = NULL;
    struct snapshot whole = SNAPSHOT_INIT, stepped = SNAPSHOT_INIT;
    cr_assert_eq(live_new(&live, NULL), 0);
    pid_t child = spawn_child(spawn_pause, NULL);
    for (int with_threads = 0; with_threads < 2; with_threads++) {
        cr_assert_eq(live_sweep(live, with_threads, &whole, NULL), 0);
        live_sweep_begin(live, with_threads, &stepped);
        cr_assert_gt(step_to_the_end(live, 0), 0, "each step goes on");
        cr_expect_eq(stepped.has_threads, with_threads);
        cr_expect_geq(stepped.mono_ns, whole.mono_ns);
        const struct process *a = snapshot_find(&whole, child);
        const struct process *b = snapshot_find(&stepped, child);
        cr_assert(a && b);
        cr_expect(identity_is_same(a->id, b->id));
        cr_expect_str_eq(a->comm, b->comm);
        cr_expect_eq(a->ppid, b->ppid);
        cr_expect_eq(b->ppid, getpid());
        cr_expect_str_eq(a->user, b->user);
    }
    cr_expect_eq(live_sweep_step(live, 0, NULL), 0, "none is under way");
    snapshot_done(&whole);
    snapshot_done(&stepped);
    live_free(live);
}

Test(live_steps, a_sweep_is_given_up_for_another_and_at_the_end)
{
    struct live *live = NULL;
    struct snapshot first = SNAPSHOT_INIT, second = SNAPSHOT_INIT;
    cr_assert_eq(live_new(&live, NULL), 0);
    live_sweep_begin(live, true, &first);
    live_sweep_begin(live, false, &second);
    cr_assert_gt(step_to_the_end(live, NS_PER_SEC), 0);
    cr_expect_not_null(snapshot_find(&second, getpid()));
    cr_expect_eq(live_sweep(live, false, &first, NULL), 0);
    cr_expect_not_null(snapshot_find(&first, getpid()));
    live_sweep_begin(live, false, &second);
    live_free(live);
    snapshot_done(&first);
    snapshot_done(&second);
}
