/* The kernel's task iterator, and the stat files, beside libproc2: the same rows, field by field.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/synthetic.h"
#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/process.h"
#include "reaptop/source/live.h"
#include "support/spawn.h"
#include "task_iterator.h"

static struct live *open_live(const char *way)
{
    struct live *live = NULL;
    struct error error = ERROR_INIT;
    (void)setenv("REAPTOP_SWEEP", way, 1);
    int r = live_new(&live, &error);
    (void)unsetenv("REAPTOP_SWEEP");
    if (r < 0)
        cr_skip("%s", error.message);
    return live;
}

#define TICK_NS UINT64_C(10000000)

/* A sweep each, in this order. */
struct sweeps {
    const char *way; /* NULL: the iterator */
    struct live *ours, *libproc;
    struct snapshot before, between, after;
};

static void sweep(struct sweeps *sweeps, bool with_threads)
{
    if (!sweeps->ours)
        sweeps->ours = open_live(sweeps->way ? sweeps->way : "iterator");
    if (!sweeps->libproc)
        sweeps->libproc = open_live("libproc2");
    cr_assert_eq(live_sweep(sweeps->ours, with_threads, &sweeps->before, NULL), 0);
    cr_assert_eq(live_sweep(sweeps->libproc, with_threads, &sweeps->between, NULL), 0);
    cr_assert_eq(live_sweep(sweeps->ours, with_threads, &sweeps->after, NULL), 0);
}

static void sweeps_done(struct sweeps *sweeps)
{
    live_free(sweeps->ours);
    live_free(sweeps->libproc);
    snapshot_done(&sweeps->before);
    snapshot_done(&sweeps->between);
    snapshot_done(&sweeps->after);
}

/* ---- processes that do not move ---- */

static int body_named(void *name)
{
    (void)prctl(PR_SET_NAME, name);
    spawn_ready();
    return spawn_pause(NULL);
}

static int body_scheduled(void *unused)
{
    (void)unused;
    const struct sched_param parameters = {0};
    (void)setpriority(PRIO_PROCESS, 0, 7);
    (void)sched_setscheduler(0, SCHED_BATCH, &parameters);
    (void)setsid();
    spawn_ready();
    return spawn_pause(NULL);
}

static int body_is_real_time(void *unused)
{
    (void)unused;
    const struct sched_param parameters = {.sched_priority = 3};
    (void)sched_setscheduler(0, SCHED_FIFO, &parameters);
    spawn_ready();
    return spawn_pause(NULL);
}

static int body_of_nobody(void *unused)
{
    (void)unused;
    (void)setgid(65534);
    (void)setuid(65534);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    spawn_ready();
    return spawn_pause(NULL);
}

static int body_exits(void *status)
{
    spawn_ready();
    return *(int *)status;
}

static int body_is_killed(void *unused)
{
    (void)unused;
    spawn_ready();
    (void)raise(SIGKILL);
    return 0;
}

static int body_is_traced(void *unused)
{
    (void)unused;
    (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    spawn_ready();
    (void)raise(SIGUSR1);
    return 0;
}

enum {
    BUSY_TICKS = 3,
    BUSY_THREADS = 3
};

/* Some of the time in the kernel. */
static void be_busy(clockid_t clock)
{
    struct timespec now;
    do {
        (void)clock_gettime(clock, &now);
        (void)syscall(SYS_getppid);
    } while (now.tv_sec == 0 && now.tv_nsec < BUSY_TICKS * 10 * 1000 * 1000);
}

static int body_was_busy(void *unused)
{
    (void)unused;
    be_busy(CLOCK_PROCESS_CPUTIME_ID);
    spawn_ready();
    (void)raise(SIGSTOP);
    return 0;
}

static void *busy_in_thread(void *unused)
{
    be_busy(CLOCK_THREAD_CPUTIME_ID);
    return unused;
}

static _Noreturn void *sleep_in_thread(void *unused)
{
    (void)unused;
    (void)prctl(PR_SET_NAME, "a thread");
    for (;;)
        (void)pause();
}

/* One thread has ended, whose time stays the process's; others were busy and sleep. */
static _Noreturn int body_with_threads(void *first_ends)
{
    pthread_t threads[BUSY_THREADS];
    for (int i = 0; i < BUSY_THREADS; i++)
        (void)pthread_create(&threads[i], NULL, i == 0 ? busy_in_thread : sleep_in_thread, NULL);
    (void)pthread_join(threads[0], NULL);
    spawn_ready();
    if (first_ends)
        (void)syscall(SYS_exit, 0);
    for (;;)
        (void)pause();
}

static int body_storms(void *unused)
{
    (void)unused;
    (void)signal(SIGCHLD, SIG_IGN);
    spawn_ready();
    for (;;)
        if (fork() == 0)
            _exit(0);
}

static int status_3 = 3;
static char hostile[] = ") R 1 (\n\033[31m", bytes[] = "a.b?\xc3\xff";

static const struct still {
    spawn_body *body;
    void *argument;
    const char *states;
} stills[] = {
    {body_named, hostile, "S"},     {body_named, bytes, "S"},          {body_scheduled, NULL, "S"},
    {body_is_real_time, NULL, "S"}, {body_of_nobody, NULL, "S"},       {body_exits, &status_3, "Z"},
    {body_is_killed, NULL, "Z"},    {body_is_traced, NULL, "t"},       {body_was_busy, NULL, "T"},
    {body_with_threads, NULL, "S"}, {body_with_threads, hostile, "Z"},
};

#define EXPECT_SAME(a, b, member)                                                                  \
    cr_expect_eq((a)->member, (b)->member, "%d (%s) %s: %" PRId64 ", and libproc2 %" PRId64,       \
                 (a)->id.pid, (a)->comm, #member, (int64_t)(a)->member, (int64_t)(b)->member)

static void expect_same_numbers(const struct process *a, const struct process *b)
{
    EXPECT_SAME(a, b, id.start_ticks);
    EXPECT_SAME(a, b, tgid);
    EXPECT_SAME(a, b, ppid);
    EXPECT_SAME(a, b, pgid);
    EXPECT_SAME(a, b, sid);
    EXPECT_SAME(a, b, tpgid);
    EXPECT_SAME(a, b, tty);
    EXPECT_SAME(a, b, is_kernel);
    EXPECT_SAME(a, b, has_execed);
    EXPECT_SAME(a, b, threads);
    EXPECT_SAME(a, b, nice);
    EXPECT_SAME(a, b, policy);
    EXPECT_SAME(a, b, uid);
    EXPECT_SAME(a, b, start_ns);
    cr_expect_str_eq(a->user, b->user);
}

static bool is_swept(enum field field)
{
    return field_part(field) == EXTRA_NONE && !field_is_of_subtree(field) && field != FIELD_HOST &&
           field != FIELD_ARGV && field != FIELD_AGE_SECONDS && field != FIELD_CPU_PERCENT &&
           field != FIELD_MEMORY_PERCENT; /* of the machine, whose memory may change */
}

/* Each field of a sweep, and what no field shows. has_value: libproc2 had more than 0 of one. */
static void expect_same(const struct process *a, const struct process *b,
                        bool has_value[FIELD_COUNT])
{
    for (enum field field = 0; field < FIELD_COUNT; field++) {
        struct value ours = field_value(field, a), theirs = field_value(field, b);
        cr_expect(!is_swept(field) || is_same_value(&ours, &theirs),
                  "%d (%s) %s: %" PRId64 " %s, and libproc2 %" PRId64 " %s", a->id.pid, a->comm,
                  fields[field].name, ours.integer, ours.text ? ours.text : "", theirs.integer,
                  theirs.text ? theirs.text : "");
        has_value[field] |= theirs.integer != 0 || theirs.real > 0 || theirs.text;
    }
    expect_same_numbers(a, b);
    EXPECT_SAME(a, b, utime_ticks);
    EXPECT_SAME(a, b, tracer);
    EXPECT_SAME(a, b, exit_status);
    EXPECT_SAME(a, b, ignores_sigchld);
}

/* Twice each: what was kept of the first sweep tells nothing else. A field that is added needs a
   still that has a value of it, or a reason here to have none. */
static void compare_stills(struct sweeps *sweeps, bool with_threads)
{
    bool has_value[FIELD_COUNT] = {
        /* 0: the leader is in another PID namespace; no other user can be had; no privilege */
        [FIELD_SID] = true,
        [FIELD_PGID] = true,
        [FIELD_UID] = true,
        [FIELD_RT_PRIORITY] = true,
        /* none: no terminal; the kernel's choice; all was in memory */
        [FIELD_TTY] = true,
        [FIELD_POLICY] = true,
        [FIELD_PROCESSOR] = true,
        [FIELD_MAJOR_FAULTS] = true};
    pid_t pids[ELEMENTS(stills)];
    sweep(sweeps, false); /* where it is to be skipped, before anything is started */
    for (size_t i = 0; i < ELEMENTS(stills); i++) {
        pids[i] = spawn_child(stills[i].body, stills[i].argument);
        cr_assert_neq(spawn_await_state(pids[i], stills[i].states), '\0', "%zu", i);
    }
    pid_t storm = spawn_child(body_storms, NULL);
    for (int turn = 0; turn < 2; turn++) {
        sweep(sweeps, with_threads && turn > 0);
        for (size_t i = 0; i < ELEMENTS(stills); i++) {
            const struct process *ours = snapshot_find(&sweeps->before, pids[i]);
            const struct process *theirs = snapshot_find(&sweeps->between, pids[i]);
            cr_assert_not_null(ours);
            cr_assert_not_null(theirs);
            expect_same(ours, theirs, has_value);
        }
    }
    for (enum field field = 0; field < FIELD_COUNT; field++)
        cr_expect(has_value[field] || !is_swept(field), "%s is 0 of all", fields[field].name);
    (void)spawn_kill(storm);
    for (size_t i = 0; i < ELEMENTS(stills); i++)
        (void)spawn_kill(pids[i]);
}

Test(iterator, every_field_of_what_stands_still_is_libproc2s, .fini = spawn_done)
{
    _cleanup_(sweeps_done) struct sweeps sweeps = {0};
    compare_stills(&sweeps, true);
}

Test(stat_files, every_field_of_what_stands_still_is_libproc2s, .fini = spawn_done)
{
    _cleanup_(sweeps_done) struct sweeps sweeps = {.way = "stat"};
    compare_stills(&sweeps, false);
}

/* Its file was kept open. */
Test(stat_files, who_is_gone_has_no_row, .fini = spawn_done)
{
    _cleanup_(sweeps_done) struct sweeps sweeps = {.way = "stat"};
    pid_t pid = spawn_child(body_named, bytes);
    sweep(&sweeps, false);
    cr_expect_not_null(snapshot_find(&sweeps.after, pid));
    (void)spawn_kill(pid);
    sweep(&sweeps, false);
    cr_expect_null(snapshot_find(&sweeps.before, pid));
    cr_expect_null(snapshot_find(&sweeps.after, pid));
}

Test(iterator, threads_have_rows_of_their_own, .fini = spawn_done)
{
    _cleanup_(sweeps_done) struct sweeps sweeps = {0};
    sweep(&sweeps, false);
    for (size_t i = 0; i < sweeps.before.count; i++)
        cr_assert(!process_is_thread(&sweeps.before.processes[i]));
    pid_t pid = spawn_child(body_with_threads, NULL);
    cr_assert_eq(spawn_await_state(pid, "S"), 'S');
    sweep(&sweeps, true);
    int threads = 0;
    for (size_t i = 0; i < sweeps.before.count; i++) {
        const struct process *ours = &sweeps.before.processes[i];
        if (ours->tgid != pid || ours->id.pid == pid)
            continue;
        const struct process *theirs = snapshot_find(&sweeps.between, ours->id.pid);
        cr_assert_not_null(theirs);
        expect_same(ours, theirs, (bool[FIELD_COUNT]){false});
        threads++;
    }
    cr_expect_eq(threads, BUSY_THREADS - 1);
    (void)spawn_kill(pid);
}

/*
 * Other tests' processes may do what they like meanwhile, so that only what does
 * not go back and forth is compared: what both sweeps around it agree in,
 * libproc2's must have too, and what is counted only grows.
 */
static void expect_between(const struct process *before, const struct process *between,
                           const struct process *after)
{
    uint64_t first = before->utime_ticks + before->stime_ticks;
    uint64_t second = between->utime_ticks + between->stime_ticks;
    uint64_t third = after->utime_ticks + after->stime_ticks;
    /* Each of the two parts is cut to ticks. */
    cr_expect(first <= second + 1 && second <= third + 1,
              "%d: %" PRIu64 " %" PRIu64 " %" PRIu64 " ticks", before->id.pid, first, second,
              third);
    cr_expect_leq(before->minor_faults, between->minor_faults);
    cr_expect_leq(between->minor_faults, after->minor_faults);
    EXPECT_SAME(before, between, tgid);
    EXPECT_SAME(before, between, is_kernel);
    if (before->ppid == after->ppid)
        EXPECT_SAME(before, between, ppid);
    if (before->pgid == after->pgid)
        EXPECT_SAME(before, between, pgid);
    if (before->sid == after->sid)
        EXPECT_SAME(before, between, sid);
    if (before->has_execed == after->has_execed)
        EXPECT_SAME(before, between, has_execed);
}

/* Those of `some` that were there when `all` was begun, and are not in it. */
static void expect_none_missing(const struct snapshot *some, const struct snapshot *all)
{
    for (size_t i = 0; i < some->count; i++) {
        const struct process *process = &some->processes[i];
        if (process->start_ns + 2 * TICK_NS < all->mono_ns)
            cr_expect(snapshot_find_identity(all, process->id), "%d (%s) is missing",
                      process->id.pid, process->comm);
    }
}

Test(iterator, all_processes_are_libproc2s_under_churn, .fini = spawn_done)
{
    _cleanup_(sweeps_done) struct sweeps sweeps = {0};
    sweep(&sweeps, false);
    pid_t storm = spawn_child(body_storms, NULL);
    for (int turn = 0; turn < 20; turn++) {
        size_t common = 0;
        sweep(&sweeps, turn % 2);
        for (size_t i = 0; i < sweeps.before.count; i++) {
            const struct process *before = &sweeps.before.processes[i];
            const struct process *between = snapshot_find_identity(&sweeps.between, before->id);
            const struct process *after = snapshot_find_identity(&sweeps.after, before->id);
            if (!after || !between)
                continue;
            common++;
            expect_between(before, between, after);
        }
        cr_expect_geq(common, 2);
        expect_none_missing(&sweeps.between, &sweeps.before);
        expect_none_missing(&sweeps.after, &sweeps.between);
    }
    (void)spawn_kill(storm);
}

/* ---- without a kernel ---- */

static const struct task_units units = {.ticks_per_second = 100, .page_kib = 4};

static struct process filled(const struct task_record *record)
{
    const char *comm;
    struct process process = {0};
    task_record_fill(record, &units, &process, &comm);
    return process;
}

Test(task_record, states_are_the_kernels_letters)
{
    static const struct {
        unsigned state, exit_state;
        char letter;
    } cases[] = {{0, 0, 'R'},      {1, 0, 'S'},       {2, 0, 'D'},     {0x102, 0, 'D'},
                 {4, 0, 'T'},      {0x104, 0, 'T'},   {8, 0, 't'},     {0x80, 0x10, 'X'},
                 {0, 0x20, 'Z'},   {0x80, 0x20, 'Z'}, {0x40, 0, 'P'},  {0x402, 0, 'I'},
                 {0x1000, 0, 'D'}, {0x8000, 0, 'D'},  {0x2001, 0, 'S'}};
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        const struct task_record record = {.state = cases[i].state,
                                           .exit_state = cases[i].exit_state};
        cr_expect_eq(filled(&record).state, cases[i].letter, "%x %x: %c", cases[i].state,
                     cases[i].exit_state, filled(&record).state);
    }
}

#define SECOND_NS UINT64_C(1000000000)

Test(task_record, run_time_is_divided_as_the_kernel_does)
{
    static const struct {
        uint64_t user, system, run, shown_user, shown_system;
        uint64_t user_ticks, system_ticks;
    } cases[] = {
        {0, 0, SECOND_NS, 0, 0, 100, 0},
        {0, 3, SECOND_NS, 0, 0, 0, 100},
        {3, 0, SECOND_NS, 0, 0, 100, 0},
        {3 * SECOND_NS, SECOND_NS, 8 * SECOND_NS, 0, 0, 600, 200},
        /* Nothing new: what was shown. */
        {3 * SECOND_NS, SECOND_NS, 8 * SECOND_NS, 4 * SECOND_NS, 4 * SECOND_NS, 400, 400},
        /* Neither part goes back. */
        {3 * SECOND_NS, SECOND_NS, 8 * SECOND_NS, 0, 3 * SECOND_NS, 500, 300},
        {3 * SECOND_NS, SECOND_NS, 8 * SECOND_NS, 7 * SECOND_NS, 0, 700, 100},
        /* Products beyond 64 bits. */
        {UINT64_C(1) << 62, UINT64_C(1) << 62, 2 * SECOND_NS, 0, 0, 100, 100},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        const struct task_record record = {.utime_ns = cases[i].user,
                                           .stime_ns = cases[i].system,
                                           .runtime_ns = cases[i].run,
                                           .shown_utime_ns = cases[i].shown_user,
                                           .shown_stime_ns = cases[i].shown_system};
        const struct process process = filled(&record);
        cr_expect_eq(process.utime_ticks, cases[i].user_ticks, "%zu", i);
        cr_expect_eq(process.stime_ticks, cases[i].system_ticks, "%zu", i);
    }
}

Test(task_record, negative_counters_of_pages_are_none)
{
    const struct task_record record = {
        .file_pages = -3, .anonymous_pages = 2, .shared_pages = 1, .virtual_pages = 5};
    cr_expect_eq(filled(&record).rss_kib, 12);
    cr_expect_eq(filled(&record).virtual_kib, 20);
}

Test(task_record, an_exit_code_of_0_is_none_while_threads_live)
{
    struct task_record record = {.tid = 7, .tgid = 7, .threads = 2, .exit_state = 0x20};
    cr_expect_eq(filled(&record).exit_status, -1);
    record.exit_code = 9;
    cr_expect_eq(filled(&record).exit_status, 9);
    record.exit_code = 0;
    record.threads = 1;
    cr_expect_eq(filled(&record).exit_status, 0);
    record.exit_state = 0;
    cr_expect_eq(filled(&record).exit_status, -1);
}
