#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "reaptop/base/array.h"
#include "reaptop/base/helper.h"
#include "reaptop/model/reference.h"
#include "reaptop/model/why.h"
#include "why_table.h"

static struct why_evidence evidence;
static struct why_chain chain;

static void release(void)
{
    why_chain_done(&chain);
    why_evidence_done(&evidence);
}

TestSuite(why, .fini = release);

static struct why_task *add(pid_t pid, char state, int64_t call)
{
    struct why_task *task = why_evidence_add(&evidence);
    cr_assert_not_null(task);
    task->tid = task->id.pid = pid;
    task->state = state;
    task->threads = 1;
    (void)snprintf(task->comm, sizeof(task->comm), "p%d", pid);
    task->syscall = (struct syscall_record){
        .access = ACCESS_OK,
        .place = SYSCALL_INSIDE,
        .number = call,
        .stack_pointer = sizeof(long) == 8 ? UINT64_C(0x7ffc00000000) : 0xffffd000};
    return task;
}

/* Waits for a mutex that `owner` holds. */
static void add_mutex_waiter(pid_t pid, pid_t owner)
{
    struct why_task *task = add(pid, 'S', SYS_futex);
    task->syscall.arguments[0] = 0x1000;
    task->syscall.arguments[2] = 2;
    task->wait = why_classify(task);
    task->wait.memory_access = ACCESS_OK;
    task->wait.futex.words[0] = 2;
    task->wait.futex.words[2] = (uint32_t)owner;
    task->wait.futex.words[3] = 1;
    task->wait.futex.word_count = WHY_FUTEX_WORDS;
    task->wait.futex.owner_lives = task->wait.futex.owner_is_ours = true;
}

static void add_waiter_for_child(pid_t pid, pid_t child)
{
    struct why_task *task = add(pid, 'S', SYS_wait4);
    task->syscall.arguments[0] = UINT32_MAX;
    task->wait = why_classify(task);
    task->found[task->found_count++] =
        (struct why_holder){.pid = child, .role = WHY_ROLE_CHILD, .fd = -1};
}

static void build(void)
{
    cr_assert_eq(why_build(&evidence, false, &chain), 0);
}

/* ---- what a task waits on ---- */

static const struct {
    char state;
    int64_t call;
    uint64_t arguments[6];
    const char *wchan;
    enum why_kind kind;
    int fd;
} waits[] = {
    {'S', SYS_read, {3}, "pipe_read", WHY_READ, 3},
    {'S', SYS_write, {1}, "", WHY_WRITE, 1},
    {'S', SYS_recvfrom, {4}, "", WHY_READ, 4},
    {'S', SYS_accept4, {5}, "", WHY_ACCEPT, 5},
    {'S', SYS_flock, {6, 2}, "", WHY_LOCK, 6},
    {'S', SYS_fcntl, {6, 7}, "", WHY_LOCK, 6},     /* F_SETLKW */
    {'S', SYS_fcntl, {6, 1}, "", WHY_UNKNOWN, -1}, /* F_GETFD does not wait */
    {'S', SYS_wait4, {UINT32_MAX}, "", WHY_CHILD, -1},
    {'S', SYS_openat, {0}, "wait_for_partner", WHY_OPEN_FIFO, -1},
    {'S', SYS_openat, {0}, "", WHY_OPEN, -1},
    {'D', SYS_clone, {0}, "kernel_clone", WHY_VFORK, -1},
    {'D', SYS_read, {7}, "folio_wait_bit", WHY_READ, 7},
    {'D', SYS_fsync, {7}, "jbd2_log_wait_commit", WHY_DISK, -1},
    {'S', SYS_read, {3}, "do_freezer_trap", WHY_FROZEN, -1},
    {'S', SYS_restart_syscall, {0}, "hrtimer_nanosleep", WHY_TIMER, -1},
    {'S', SYS_restart_syscall, {4096}, "futex_wait_queue", WHY_FUTEX, -1},
    {'S', SYS_getpid, {0}, "", WHY_UNKNOWN, -1},
    {'R', SYS_read, {3}, "", WHY_RUNNING, -1},
    {'T', SYS_read, {3}, "do_signal_stop", WHY_STOPPED, -1},
    {'t', SYS_read, {3}, "ptrace_stop", WHY_TRACED, -1},
    {'Z', 0, {0}, "", WHY_ZOMBIE, -1},
    {'X', 0, {0}, "", WHY_ZOMBIE, -1},
    {'I', 0, {0}, "worker_thread", WHY_KERNEL_IDLE, -1},
};

Test(why, kinds)
{
    for (size_t i = 0; i < ELEMENTS(waits); i++) {
        struct why_task *task = add((pid_t)i + 1, waits[i].state, waits[i].call);
        memcpy(task->syscall.arguments, waits[i].arguments, sizeof(waits[i].arguments));
        task->wchan_access = waits[i].wchan[0] ? ACCESS_OK : ACCESS_DENIED;
        (void)snprintf(task->wchan, sizeof(task->wchan), "%s", waits[i].wchan);
        struct why_wait wait = why_classify(task);
        cr_expect_eq(wait.kind, waits[i].kind, "%zu: %s", i, why_kind_name(wait.kind));
        cr_expect_eq(wait.fd, waits[i].fd, "%zu", i);
    }
}

Test(why, the_kernel_function_reports_where_the_call_is_hidden)
{
    struct why_task *task = add(1, 'S', SYS_read);
    task->syscall.access = ACCESS_DENIED;
    task->wchan_access = ACCESS_OK;
    (void)snprintf(task->wchan, sizeof(task->wchan), "do_wait");
    task->wait = why_classify(task);
    cr_expect_eq(task->wait.kind, WHY_CHILD);
    cr_expect(task->wait.from_wchan);
    build();
    cr_expect_not_null(strstr(chain.links[0].evidence, "wchan"));
    cr_assert_geq(chain.links[0].note_count, 1);
    cr_expect_not_null(strstr(chain.links[0].notes[0], "CAP_SYS_PTRACE"));
}

Test(why, vfork_and_semop_are_recognised_by_wchan_alone)
{
    static const struct {
        char state;
        const char *wchan;
        enum why_kind kind;
    } hidden[] = {
        {'D', "kernel_clone", WHY_VFORK},
        {'D', "_do_fork", WHY_VFORK},
        {'S', "do_semtimedop", WHY_SEMAPHORE},
        {'S', "ksys_semtimedop", WHY_SEMAPHORE},
    };
    for (size_t i = 0; i < ELEMENTS(hidden); i++) {
        struct why_task *task = add((pid_t)i + 1, hidden[i].state, SYS_read);
        task->syscall.access = ACCESS_DENIED;
        task->wchan_access = ACCESS_OK;
        (void)snprintf(task->wchan, sizeof(task->wchan), "%s", hidden[i].wchan);
        struct why_wait wait = why_classify(task);
        cr_expect_eq(wait.kind, hidden[i].kind, "%s", hidden[i].wchan);
        cr_expect(wait.from_wchan, "%s", hidden[i].wchan);
    }
}

Test(why, a_32_bit_number_is_not_looked_up)
{
    struct why_task *task = add(1, 'S', SYS_read);
    task->syscall.stack_pointer = 0xffffd000;
    task->wait = why_classify(task);
    cr_expect_eq(task->wait.kind, WHY_UNKNOWN);
}

/* ---- the table ---- */

/* A task in that state and call, at the place that the row's first word names, or at none. */
static enum why_kind kind_with(char state, int64_t call, const char *place)
{
    struct why_task *task = add(1, state, call);
    task->syscall.access = call < 0 ? ACCESS_DENIED : ACCESS_OK;
    task->syscall.arguments[1] = F_SETLKW;
    task->wchan_access = place ? ACCESS_OK : ACCESS_DENIED;
    (void)snprintf(task->wchan, sizeof(task->wchan), "%.*s", (int)strcspn(place ? place : "", " *"),
                   place ? place : "");
    struct why_wait wait = why_classify(task);
    evidence.count = 0;
    return wait.kind;
}

static void expect_recognised_by_call(enum why_kind kind)
{
    const struct why_row *row = &why_table[kind];
    for (const struct why_call *one = row->calls; one && one->number >= 0; one++) {
        int64_t call = one->number;
        cr_expect(kind_with('S', call, NULL) == kind || kind_with('D', call, NULL) == kind ||
                      kind_with('S', call, row->places) == kind,
                  "%s: call %lld", row->name, (long long)call);
    }
}

static void expect_recognised_by_place(enum why_kind kind)
{
    const struct why_row *row = &why_table[kind];
    for (const char *place = row->places; place && *place;
         place += strcspn(place, " "), place += strspn(place, " "))
        cr_expect_eq(kind_with('S', -1, place), kind, "%s: %s", row->name, place);
}

Test(why, every_row_is_whole)
{
    for (enum why_kind kind = 0; kind < WHY_KIND_COUNT; kind++) {
        const struct why_row *row = &why_table[kind];
        struct reference entry;
        cr_assert_not_null(row->name, "kind %d has no row", kind);
        for (enum why_kind other = 0; other < kind; other++)
            cr_expect_str_neq(row->name, why_table[other].name);
        cr_assert_not_null(row->reference, "%s: no entry of the reference", row->name);
        cr_expect_eq(reference_find(row->reference, &entry), 0, "%s: %s", row->name,
                     row->reference);
        cr_expect_eq(reference_find(row->name, &entry), 0, "explain %s", row->name);
        bool is_by_state = row->states || row->is || kind == WHY_UNKNOWN;
        cr_expect(is_by_state != (row->calls || row->places), "%s: how it is recognised",
                  row->name);
        cr_expect_not_null(row->ends, "%s: who can end it", row->name);
        cr_expect(row->sentence || row->words, "%s: what it waits for", row->name);
        expect_recognised_by_call(kind);
        expect_recognised_by_place(kind);
    }
}

/* Each has a state of its own, or comes of the others. */
Test(why, every_row_with_a_test_is_reached)
{
    static const struct {
        enum why_kind kind;
        struct why_task task;
    } reached[] = {
        {WHY_UNKNOWN, {.state = 'S'}},
        {WHY_ZOMBIE_LEADER, {.state = 'Z', .threads = 2}},
        {WHY_ZOMBIE, {.state = 'X', .threads = 1}},
        {WHY_STOPPED, {.state = 'T'}},
        {WHY_TRACED, {.state = 't'}},
        {WHY_THROTTLED, {.state = 'R', .is_throttled = true}},
        {WHY_KERNEL_IDLE, {.state = 'S', .is_kernel = true}},
        {WHY_EXITING, {.state = 'S', .is_exiting = true}},
        {WHY_LAB_STEP, {.state = 'S', .awaits_lab = true}},
        {WHY_SECCOMP,
         {.state = 'S', .wchan_access = ACCESS_OK, .wchan = "seccomp_do_user_notification.isra.0"}},
        {WHY_USERFAULT, {.state = 'S', .wchan_access = ACCESS_OK, .wchan = "handle_userfault"}},
        {WHY_FUSE, {.state = 'D', .wchan_access = ACCESS_OK, .wchan = "request_wait_answer"}},
        {WHY_FROZEN, {.state = 'D', .cgroup.freezer = CGROUP_FROZEN_V1}},
        {WHY_RUNNING, {.state = 'S', .syscall = {.access = ACCESS_OK, .place = SYSCALL_RUNNING}}},
        {WHY_DISK, {.state = 'D', .is_kernel = true}},
    };
    size_t tested = 0;
    for (size_t i = 0; i < WHY_KIND_COUNT; i++)
        tested += !why_table[i].calls;
    cr_expect_eq(tested, ELEMENTS(reached));
    for (size_t i = 0; i < ELEMENTS(reached); i++)
        cr_expect_eq(why_classify(&reached[i].task).kind, reached[i].kind, "%s",
                     why_kind_name(reached[i].kind));
}

/* What the kernel names and we do not know is said so, with its name. */
Test(why, an_unknown_place_is_said_to_be_unknown)
{
    static const struct {
        char state;
        int64_t call;
        const char *wchan, *wanted;
    } unknown[] = {
        {'S', -1, "strange_place",
         "unknown: the kernel names the place strange_place, which is not known here"},
        {'D', -1, "strange_place",
         "unknown: the kernel names the place strange_place, which is not known here; no signal "
         "interrupts it"},
        {'S', SYS_getpid, "strange_place",
         "unknown: in the system call getpid the kernel names the place strange_place, which is "
         "not known here"},
        {'S', SYS_getpid, "", "unknown: it is in the system call getpid, which is not known here"},
        {'S', -1, "do_wait_for_common",
         "unknown: the kernel names the place do_wait_for_common, which is not known here"},
        {'S', -1, "", "something that could not be read"},
    };
    for (size_t i = 0; i < ELEMENTS(unknown); i++) {
        struct why_task *task = add(1, unknown[i].state, unknown[i].call);
        task->syscall.access = unknown[i].call < 0 ? ACCESS_DENIED : ACCESS_OK;
        task->wchan_access = unknown[i].wchan[0] ? ACCESS_OK : ACCESS_DENIED;
        (void)snprintf(task->wchan, sizeof(task->wchan), "%s", unknown[i].wchan);
        task->wait = why_classify(task);
        build();
        cr_expect_str_eq(chain.links[0].waits_for, unknown[i].wanted);
        release();
    }
}

/* ---- futexes ---- */

Test(why, a_word_that_is_no_mutex_names_nobody)
{
    add_mutex_waiter(1, 2);
    struct why_task *task = &evidence.tasks[0];
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_MUTEX);
    task->wait.futex.owner_lives = false;
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_UNKNOWN);
    task->wait.futex.owner_lives = true;
    task->wait.futex.word_count = 2; /* the page ends there */
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_UNKNOWN);
    task->wait.futex.word_count = WHY_FUTEX_WORDS;
    task->wait.futex.words[4] = UINT32_MAX;
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_UNKNOWN);
    task->wait.memory_access = ACCESS_DENIED;
    task->wait.futex.words[4] = 0;
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_UNKNOWN);
}

Test(why, a_robust_mutex_holds_its_owner_in_the_word)
{
    add_mutex_waiter(1, 77);
    struct why_task *task = &evidence.tasks[0];
    task->wait.futex.words[0] = 77 | FUTEX_WAITERS;
    task->wait.number = (int32_t)task->wait.futex.words[0];
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_MUTEX);
    struct why_holder holders[WHY_HOLDERS_MAX];
    bool is_any;
    cr_assert_eq(why_holders(task, holders, &is_any), 1);
    cr_expect_eq(holders[0].pid, 77);
}

Test(why, a_join_is_told_by_the_tid_or_by_the_record)
{
    add_mutex_waiter(1, 0);
    struct why_task *task = &evidence.tasks[0];
    struct why_holder holders[WHY_HOLDERS_MAX];
    bool is_any;
    /* glibc to 2.42 */
    task->wait.flags = FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME;
    task->wait.futex.words[0] = 77;
    task->wait.number = 77;
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_UNKNOWN);
    task->wait.futex.word_lives = true;
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_JOIN);
    cr_assert_eq(why_holders(task, holders, &is_any), 1);
    cr_expect_eq(holders[0].pid, 77);
    /* glibc 2.43 */
    task->wait.futex.word_lives = false;
    task->wait.futex.words[0] = 2;
    task->wait.number = 2;
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_UNKNOWN);
    task->wait.futex.record_of = 78;
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_JOIN);
    cr_assert_eq(why_holders(task, holders, &is_any), 1);
    cr_expect_eq(holders[0].pid, 78);
    task->wait.flags |= FUTEX_PRIVATE_FLAG;
    cr_expect_eq(why_futex_kind(task), FUTEX_IS_UNKNOWN, "the kernel would not wake it");
}

/* ---- chains ---- */

Test(why, a_chain_ends_with_who_must_act)
{
    add_waiter_for_child(1, 2);
    add_mutex_waiter(2, 3);
    struct why_task *last = add(3, 'S', SYS_nanosleep);
    last->wait = why_classify(last);
    build();
    cr_assert_eq(chain.count, 3);
    cr_expect_eq(chain.links[2].tid, 3);
    cr_expect(chain.links[2].must_act);
    cr_expect_not(chain.links[1].must_act);
    cr_expect_eq(chain.links[2].from, 1);
    cr_expect_eq(chain.links[2].depth, 2);
    cr_expect_str_eq(chain.conclusion, "3 p3 must unlock it");
    cr_expect_eq(chain.verdict, WHY_VERDICT_NONE);
}

/* A process whose first thread has ended; threads 11 and 12 of it live on. */
static void add_leaderless(pid_t pid)
{
    struct why_task *task = add(pid, 'Z', 0);
    task->threads = 3;
    task->wait = why_classify(task);
    for (pid_t tid = 11; tid <= 12; tid++) {
        task->found[task->found_count++] =
            (struct why_holder){.pid = tid, .role = WHY_ROLE_THREAD, .fd = -1};
        struct why_task *thread = add(tid, 'S', SYS_rt_sigsuspend);
        thread->id.pid = pid;
        thread->threads = 3;
        thread->wait = why_classify(thread);
    }
}

Test(why, a_first_thread_that_has_ended_waits_for_all_others)
{
    add_leaderless(10);
    build();
    cr_expect_str_eq(chain.conclusion, "its 2 other threads must end");
}

Test(why, any_thread_of_a_process_may_do_what_is_waited_for)
{
    add_waiter_for_child(1, 10);
    add_leaderless(10);
    build();
    cr_assert_eq(chain.count, 4);
    cr_expect_str_eq(chain.conclusion, "10 p10 must end or change state");
    cr_expect(chain.links[1].must_act && !chain.links[2].must_act && !chain.links[3].must_act);
}

Test(why, a_child_ends_with_what_its_first_thread_waits_for)
{
    add_waiter_for_child(1, 2);
    add_mutex_waiter(2, 3);
    evidence.tasks[1].threads = 3;
    struct why_task *last = add(3, 'S', SYS_nanosleep);
    last->wait = why_classify(last);
    build();
    cr_expect_str_eq(chain.conclusion, "3 p3 must unlock it");
}

Test(why, a_circle_is_reported_once)
{
    add_mutex_waiter(1, 2);
    add_mutex_waiter(2, 3);
    add_mutex_waiter(3, 1);
    build();
    cr_assert_eq(chain.count, 4);
    cr_expect_eq(chain.links[3].circle_to, 0);
    cr_expect_eq(chain.verdict, WHY_VERDICT_CIRCLE);
    cr_expect_not_null(strstr(chain.conclusion, "1 → 2 → 3 → 1"));
}

Test(why, a_circle_that_the_start_is_not_in)
{
    add_waiter_for_child(9, 1);
    add_mutex_waiter(1, 2);
    add_mutex_waiter(2, 1);
    build();
    cr_assert_eq(chain.count, 4);
    cr_expect_eq(chain.links[3].circle_to, 1);
    cr_expect_eq(chain.verdict, WHY_VERDICT_CIRCLE);
}

Test(why, a_circle_with_a_way_out_is_no_deadlock)
{
    add_mutex_waiter(1, 2);
    add_mutex_waiter(2, 1);
    evidence.tasks[1].wait.has_timeout = true;
    build();
    cr_assert_eq(chain.count, 3);
    cr_expect_eq(chain.links[2].circle_to, 0);
    cr_expect_eq(chain.verdict, WHY_VERDICT_NONE);
    cr_expect_geq(chain.links[2].note_count, 1);
}

Test(why, of_two_children_either_is_enough)
{
    add_waiter_for_child(1, 2);
    evidence.tasks[0].found[evidence.tasks[0].found_count++] =
        (struct why_holder){.pid = 1, .role = WHY_ROLE_CHILD, .fd = -1};
    struct why_task *child = add(2, 'S', SYS_nanosleep);
    child->wait = why_classify(child);
    build();
    cr_expect_eq(chain.count, 3);
    cr_expect_eq(chain.verdict, WHY_VERDICT_NONE);
}

Test(why, a_diamond_is_walked_once)
{
    add_waiter_for_child(1, 2);
    evidence.tasks[0].found[evidence.tasks[0].found_count++] =
        (struct why_holder){.pid = 3, .role = WHY_ROLE_CHILD, .fd = -1};
    add_mutex_waiter(2, 4);
    add_mutex_waiter(3, 4);
    add_mutex_waiter(4, 5);
    struct why_task *last = add(5, 'S', SYS_nanosleep);
    last->wait = why_classify(last);
    build();
    cr_expect_eq(chain.count, 6); /* 1 2 4 5 3 4, and 5 only once */
    cr_expect_eq(chain.verdict, WHY_VERDICT_NONE);
}

Test(why, a_holder_that_is_gone_ends_the_chain)
{
    add_waiter_for_child(1, 2);
    (void)add(2, '\0', 0);
    build();
    cr_assert_eq(chain.count, 2);
    cr_expect_not(chain.links[1].was_looked_into);
    cr_expect_null(chain.links[1].waits_for);
}

Test(why, calls_that_a_c_library_makes_for_one_function_are_alike)
{
    cr_assert(why_calls_are_alike(SYS_semop, SYS_semtimedop));
    cr_assert(why_calls_are_alike(SYS_ppoll, SYS_ppoll));
    cr_assert(why_calls_are_alike(SYS_clone3, SYS_clone));
    cr_assert(why_calls_are_alike(SYS_getpid, SYS_getpid), "a call no row has is like itself");
    cr_assert_not(why_calls_are_alike(SYS_read, SYS_write));
    cr_assert_not(why_calls_are_alike(SYS_getpid, SYS_getuid));
}

Test(why, everything_is_bounded)
{
    for (pid_t pid = 1; pid <= WHY_TASKS_MAX; pid++) {
        add_waiter_for_child(pid, pid + 1);
        struct why_task *task = &evidence.tasks[evidence.count - 1];
        for (pid_t other = 1; other < WHY_HOLDERS_MAX; other++)
            task->found[task->found_count++] =
                (struct why_holder){.pid = pid + other * 3, .role = WHY_ROLE_CHILD, .fd = -1};
    }
    cr_expect_null(why_evidence_add(&evidence));
    build();
    cr_expect_leq(chain.count, WHY_LINKS_MAX);
    cr_expect(chain.is_bounded);
    for (size_t i = 0; i < chain.count; i++) {
        cr_expect_lt(chain.links[i].depth, WHY_DEPTH_MAX);
        cr_expect_leq(chain.links[i].note_count, WHY_NOTES_MAX);
    }
}

Test(why, nothing_read_is_nothing_reported)
{
    build();
    cr_expect_eq(chain.count, 0);
    cr_expect_null(chain.conclusion);
}

Test(why, a_thread_of_the_same_process_may_act)
{
    add_mutex_waiter(1, 1);
    evidence.tasks[0].threads = 2;
    build();
    /* By TID it is the thread itself: it locked twice. */
    cr_expect_eq(chain.verdict, WHY_VERDICT_CIRCLE);

    release();
    add_waiter_for_child(1, 2);
    struct why_task *reads = add(2, 'S', SYS_read);
    reads->wait = why_classify(reads);
    struct why_object object = {.access = ACCESS_OK, .fd = 0};
    const struct peer own = {.pid = 1, .fd = 4, .role = PEER_WRITES};
    object.descriptor = (struct descriptor){
        .type = DESCRIPTOR_PIPE, .target = "pipe:[5]", .peers = &own, .peer_count = 1};
    reads->objects = &object;
    reads->object_count = 1;
    evidence.tasks[0].threads = 2;
    build();
    cr_expect_eq(chain.verdict, WHY_VERDICT_NONE);
    cr_assert_eq(chain.count, 3);
    cr_expect_eq(chain.links[2].circle_to, -1);
}

/* What an experiment is led by is no part of it: a wait on that alone is for the next step. */
Test(why, the_lab_s_own_pipes_are_no_end_of_the_wait)
{
    const struct peer host = {
        .pid = 2, .fd = HELPER_LAB_FD_LEAST + 1, .role = PEER_WRITES, .is_lab_helper = true};
    const struct peer other = {.pid = 3, .fd = 5, .role = PEER_WRITES};
    struct why_object objects[] = {
        {.access = ACCESS_OK, .fd = HELPER_LAB_FD_LEAST},
        {.access = ACCESS_OK, .fd = 4},
    };
    struct why_holder holders[WHY_HOLDERS_MAX];
    bool is_any;
    objects[0].descriptor = (struct descriptor){.type = DESCRIPTOR_PIPE,
                                                .fd = HELPER_LAB_FD_LEAST,
                                                .target = "pipe:[5]",
                                                .peers = &host,
                                                .peer_count = 1};
    objects[1].descriptor = (struct descriptor){
        .type = DESCRIPTOR_PIPE, .fd = 4, .target = "pipe:[6]", .peers = &other, .peer_count = 1};
    struct why_task *task = add(1, 'S', SYS_ppoll);
    task->wait = why_classify(task);
    task->objects = objects;
    task->object_count = 2;
    cr_expect_not(why_is_led_by_lab(task));
    cr_assert_eq(why_holders(task, holders, &is_any), 1);
    cr_expect_eq(holders[0].pid, 3);
    task->object_count = 1;
    cr_expect(why_is_led_by_lab(task));
    task->awaits_lab = true;
    task->wait = why_classify(task);
    build();
    cr_assert_eq(chain.count, 1);
    cr_expect_not_null(strstr(chain.conclusion, "the lab wakes it"), "%s", chain.conclusion);
}
