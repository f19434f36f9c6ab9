#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/control/send.h"
#include "reaptop/source/live.h"
#include "support/cgroup_fixture.h"
#include "support/rounds.h"
#include "support/spawn.h"

TestSuite(send, .fini = spawn_done, .timeout = 600);

static void cleanup_batch(struct send_batch **batch)
{
    send_free(*batch);
}

#define _cleanup_batch_ _cleanup_(cleanup_batch)

enum {
    LONG_NS = 10,  /* seconds: no test waits that long unless it fails */
    SHORT_MS = 100 /* where it is the end of the wait that is looked at */
};

static struct send_batch *new_batch(bool is_forced)
{
    struct send_batch *batch = NULL;
    cr_assert_eq(send_new(is_forced, &batch), 0);
    return batch;
}

static struct send_batch *batch_of(pid_t pid)
{
    struct send_batch *batch = new_batch(false);
    cr_assert_eq(send_add(batch, (struct identity){.pid = pid}, NULL), 0);
    cr_assert_eq(send_count(batch), 1);
    return batch;
}

static const struct send_target *deliver(struct send_batch *batch, struct send_order order,
                                         uint64_t wait_ns)
{
    send_deliver(batch, &order, false);
    send_wait(batch, wait_ns);
    return send_at(batch, 0);
}

static void assert_says(const struct send_target *target, int signal, const char *expected)
{
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    send_describe(target, signal, &out);
    cr_assert(strstr(strbuf_text(&out), expected), "'%s' does not say '%s'", strbuf_text(&out),
              expected);
}

/* ---- one target, each outcome ---- */

Test(send, ends_a_process_and_reports_how)
{
    _cleanup_batch_ struct send_batch *batch = batch_of(spawn_child(spawn_pause, NULL));
    cr_assert_eq(send_at(batch, 0)->result, SEND_READY);
    const struct send_target *target =
        deliver(batch, (struct send_order){.signal = SIGTERM}, LONG_NS * NS_PER_SEC);
    cr_assert_eq(target->result, SEND_ENDED, "%s", send_result_name(target->result));
    cr_assert(WIFSIGNALED(target->exit_status) && WTERMSIG(target->exit_status) == SIGTERM);
    cr_assert(target->is_zombie);
    cr_assert_eq(target->ppid, getpid());
    assert_says(target, SIGTERM, "SIGTERM");
    assert_says(target, SIGTERM, "has not collected it");
    (void)spawn_reap(target->id.pid);
    cr_assert_eq(send_look_at_zombies(batch), 0);
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    send_describe(target, SIGTERM, &out);
    cr_assert_str_eq(strbuf_text(&out), "killed by SIGTERM", "nobody need wait any more");
}

static int trace(void *argument)
{
    pid_t pid = *(const pid_t *)argument;
    spawn_report(ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ? errno : 0);
    return spawn_pause(NULL);
}

Test(send, names_the_tracer_that_holds_a_zombie)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    pid_t tracer = spawn_child(trace, &pid);
    int32_t code = 0;
    cr_assert(spawn_receive(tracer, &code));
    if (code != 0)
        cr_skip_test("ptrace(2): %s", strerror(code));
    _cleanup_batch_ struct send_batch *batch = batch_of(pid);
    const struct send_target *target =
        deliver(batch, (struct send_order){.signal = SIGKILL}, LONG_NS * NS_PER_SEC);
    char expected[64];
    (void)snprintf(expected, sizeof(expected), "tracer %d has not collected it", (int)tracer);
    assert_says(target, SIGKILL, expected);
    (void)spawn_kill(tracer);
    cr_assert_eq(send_look_at_zombies(batch), 1, "it is for its parent now");
    (void)snprintf(expected, sizeof(expected), "parent %d has not collected it", (int)getpid());
    assert_says(target, SIGKILL, expected);
}

static void *pause_thread(void *argument)
{
    spawn_report((int32_t)syscall(SYS_gettid));
    for (;;)
        (void)pause();
    return argument;
}

static int have_two_threads(void *argument)
{
    pthread_t thread;
    (void)pthread_create(&thread, NULL, pause_thread, NULL);
    return spawn_pause(argument);
}

Test(send, foresees_what_is_pending_for_another_thread)
{
    int32_t tid = 0;
    pid_t pid = spawn_child(have_two_threads, NULL);
    cr_assert(spawn_receive(pid, &tid));
    (void)kill(pid, SIGSTOP);
    cr_assert_eq(spawn_await_state(pid, "T"), 'T');
    cr_assert_eq(syscall(SYS_tgkill, pid, tid, SIGTERM), 0);
    _cleanup_batch_ struct send_batch *batch = batch_of(pid);
    struct forecast forecast = send_forecast(batch, 0, SIGCONT, false);
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    forecast_sentence(&forecast, &out);
    cr_expect(strstr(strbuf_text(&out), "SIGTERM, which is pending, ends it"), "%s",
              strbuf_text(&out));
    const struct send_target *target =
        deliver(batch, (struct send_order){.signal = SIGCONT}, LONG_NS * NS_PER_SEC);
    cr_expect_eq(target->result, SEND_ENDED, "%s", send_result_name(target->result));
    cr_expect(WIFSIGNALED(target->exit_status) && WTERMSIG(target->exit_status) == SIGTERM);
}

static void keep_line(void *data, enum send_standing standing, const char *text)
{
    strbuf_printf(data, "%d %s\n", (int)standing, text);
}

Test(send, five_that_end_alike_are_one_line)
{
    _cleanup_batch_ struct send_batch *batch = new_batch(false);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(
            send_add(batch, (struct identity){.pid = spawn_child(spawn_pause, NULL)}, NULL), 0);
    const struct send_order order = {.signal = SIGTERM, .waits_for_end = true};
    (void)deliver(batch, order, LONG_NS * NS_PER_SEC);
    for (size_t i = 0; i < 5; i++)
        (void)spawn_reap(send_at(batch, i)->id.pid);
    cr_assert_eq(send_look_at_zombies(batch), 0);
    _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
    cr_assert_eq(send_report(batch, &order, keep_line, &out), 0);
    static const char begin[] = "0 5 processes killed by SIGTERM: ";
    cr_expect_eq(strncmp(strbuf_text(&out), begin, sizeof(begin) - 1), 0, "%s", strbuf_text(&out));
    cr_expect(strstr(strbuf_text(&out), " and 1 more\n"), "%s", strbuf_text(&out));
}

static void report_signal(int signal)
{
    spawn_report(signal);
}

static int catch_all(void *argument)
{
    (void)argument;
    struct sigaction action = {.sa_handler = report_signal};
    (void)sigaction(SIGUSR1, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGTSTP, &action, NULL);
    return spawn_pause(NULL);
}

Test(send, sees_a_handler_take_it)
{
    static const int taken[] = {SIGUSR1, SIGTERM, SIGTSTP};
    pid_t pid = spawn_child(catch_all, NULL);
    for (size_t i = 0; i < ELEMENTS(taken); i++) {
        _cleanup_batch_ struct send_batch *batch = batch_of(pid);
        const struct send_target *target =
            deliver(batch, (struct send_order){.signal = taken[i]}, LONG_NS * NS_PER_SEC);
        cr_assert_eq(target->result, SEND_CAUGHT, "%s", send_result_name(target->result));
        int32_t reported;
        cr_assert(spawn_receive(pid, &reported));
        cr_assert_eq(reported, taken[i]);
        assert_says(target, taken[i], "its handler took");
        assert_says(target, taken[i], "lives on");
    }
}

static void end_slowly(int signal)
{
    (void)poll(NULL, 0, 30);
    _exit(signal == SIGTERM ? 7 : 8);
}

static int end_in_handler(void *argument)
{
    struct sigaction action = {.sa_handler = end_slowly};
    (void)sigaction(SIGTERM, &action, NULL);
    return spawn_pause(argument);
}

Test(send, waits_for_the_end_that_a_handler_brings)
{
    _cleanup_batch_ struct send_batch *batch = batch_of(spawn_child(end_in_handler, NULL));
    struct send_order order = {.signal = SIGTERM, .waits_for_end = true};
    const struct send_target *target = deliver(batch, order, LONG_NS * NS_PER_SEC);
    cr_assert_eq(target->result, SEND_ENDED);
    cr_assert(WIFEXITED(target->exit_status) && WEXITSTATUS(target->exit_status) == 7);
}

Test(send, says_that_a_handler_did_not_end_it)
{
    _cleanup_batch_ struct send_batch *batch = batch_of(spawn_child(catch_all, NULL));
    struct send_order order = {.signal = SIGTERM, .waits_for_end = true};
    const struct send_target *target = deliver(batch, order, SHORT_MS * NS_PER_MS);
    cr_assert_eq(target->result, SEND_CAUGHT);
    cr_assert(target->is_settled);
}

static int ignore_term(void *argument)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGTERM, &action, NULL);
    return spawn_pause(argument);
}

Test(send, sees_it_ignored_by_choice_and_by_default)
{
    static const int discarded[] = {SIGTERM, SIGCHLD, SIGWINCH, SIGCONT};
    pid_t pid = spawn_child(ignore_term, NULL);
    for (size_t i = 0; i < ELEMENTS(discarded); i++) {
        _cleanup_batch_ struct send_batch *batch = batch_of(pid);
        const struct send_target *target =
            deliver(batch, (struct send_order){.signal = discarded[i]}, LONG_NS * NS_PER_SEC);
        cr_assert_eq(target->result, SEND_IGNORED, "%d: %s", discarded[i],
                     send_result_name(target->result));
        assert_says(target, discarded[i], "discarded");
    }
}

static int block_all(void *argument)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    return spawn_pause(argument);
}

Test(send, sees_it_pending_where_it_is_blocked)
{
    pid_t pid = spawn_child(block_all, NULL);
    for (int round = 0; round < 2; round++) {
        _cleanup_batch_ struct send_batch *batch = batch_of(pid);
        const struct send_target *target =
            deliver(batch, (struct send_order){.signal = SIGUSR1}, SHORT_MS * NS_PER_MS);
        cr_assert_eq(target->result, SEND_PENDING, "%s", send_result_name(target->result));
        assert_says(target, SIGUSR1, "SIGUSR1 is pending: it blocks it");
        if (round == 1)
            assert_says(target, SIGUSR1, "count once");
    }
}

Test(send, stops_and_continues)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    static const struct {
        int signal;
        enum send_result result;
        const char *letters;
    } steps[] = {
        {SIGSTOP, SEND_STOPPED, "T"},
        {SIGCONT, SEND_CONTINUED, "SR"},
        {SIGCONT, SEND_IGNORED, "SR"},
    };
    for (size_t i = 0; i < ELEMENTS(steps); i++) {
        _cleanup_batch_ struct send_batch *batch = batch_of(pid);
        const struct send_target *target =
            deliver(batch, (struct send_order){.signal = steps[i].signal}, LONG_NS * NS_PER_SEC);
        cr_assert_eq(target->result, steps[i].result, "%zu: %s", i,
                     send_result_name(target->result));
        cr_assert_neq(spawn_await_state(pid, steps[i].letters), '\0');
    }
}

Test(send, says_that_the_stopped_take_it_when_continued)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    (void)kill(pid, SIGSTOP);
    cr_assert_eq(spawn_await_state(pid, "T"), 'T');
    _cleanup_batch_ struct send_batch *batch = batch_of(pid);
    const struct send_target *target =
        deliver(batch, (struct send_order){.signal = SIGTERM}, SHORT_MS * NS_PER_MS);
    cr_assert_eq(target->result, SEND_STUCK, "%s", send_result_name(target->result));
    assert_says(target, SIGTERM, "SIGTERM pending");
    assert_says(target, SIGTERM, "when the process is continued");
}

Test(send, distinguishes_the_dead_from_the_living)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    (void)kill(pid, SIGKILL);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    _cleanup_batch_ struct send_batch *batch = batch_of(pid);
    const struct send_target *target =
        deliver(batch, (struct send_order){.signal = SIGTERM}, LONG_NS * NS_PER_SEC);
    cr_assert_eq(target->result, SEND_ZOMBIE);
    assert_says(target, SIGTERM, "it was dead before");
}

static int wait_for_signal(void *argument)
{
    sigset_t wanted;
    int number = 0;
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGUSR2);
    (void)sigprocmask(SIG_BLOCK, &wanted, NULL);
    spawn_ready();
    (void)sigwait(&wanted, &number);
    spawn_report(number);
    return spawn_pause(argument);
}

Test(send, sees_a_blocked_signal_taken)
{
    pid_t pid = spawn_child(wait_for_signal, NULL);
    _cleanup_batch_ struct send_batch *batch = batch_of(pid);
    const struct send_target *target =
        deliver(batch, (struct send_order){.signal = SIGUSR2}, LONG_NS * NS_PER_SEC);
    cr_assert_eq(target->result, SEND_TAKEN, "%s", send_result_name(target->result));
    int32_t reported;
    cr_assert(spawn_receive(pid, &reported));
    cr_assert_eq(reported, SIGUSR2);
}

/* The child of vfork() tells its parent's PID and stays, so the parent is in D. */
static int wait_in_vfork(void *argument)
{
    struct sigaction action = {.sa_handler = report_signal};
    (void)sigaction(SIGUSR1, &action, NULL);
    pid_t pid = vfork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        spawn_ready();
        for (;;)
            (void)pause();
    }
    (void)argument;
    return 0;
}

Test(send, says_that_uninterruptible_sleep_holds_it_up)
{
    pid_t pid = spawn_child(wait_in_vfork, NULL);
    cr_assert_eq(spawn_await_state(pid, "D"), 'D');
    _cleanup_batch_ struct send_batch *batch = batch_of(pid);
    const struct send_target *target =
        deliver(batch, (struct send_order){.signal = SIGUSR1}, SHORT_MS * NS_PER_MS);
    cr_assert_eq(target->result, SEND_STUCK, "%s", send_result_name(target->result));
    assert_says(target, SIGUSR1, "state D");
}

Test(send, does_not_call_the_frozen_killed)
{
    struct test_cgroup group;
    if (!test_cgroup_make(&group, "freezer"))
        cr_skip("needs a v1 freezer");
    pid_t pid = spawn_child(spawn_pause, NULL);
    cr_assert(test_cgroup_add(&group, pid));
    cr_assert(test_cgroup_write(&group, "freezer.state", "FROZEN"));

    struct send_batch *batch = batch_of(pid);
    const struct send_target *target =
        deliver(batch, (struct send_order){.signal = SIGKILL}, SHORT_MS * NS_PER_MS);
    enum send_result result = target->result;
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    send_describe(target, SIGKILL, &sentence);
    send_free(batch);

    test_cgroup_thaw(&group);
    (void)spawn_kill(pid);
    test_cgroup_remove(&group);
    cr_assert_eq(result, SEND_STUCK, "%s", send_result_name(result));
    cr_assert(strstr(strbuf_text(&sentence), "SIGKILL pending"), "%s", strbuf_text(&sentence));
}

static void *stay(void *argument)
{
    spawn_ready();
    (void)pause();
    return argument;
}

static int end_first_thread(void *argument)
{
    pthread_t thread;
    (void)pthread_create(&thread, NULL, stay, argument);
    pthread_exit(NULL);
}

Test(send, knows_a_zombie_leader_with_live_threads)
{
    pid_t pid = spawn_child(end_first_thread, NULL);
    cr_assert_eq(spawn_await_state(pid, "Z"), 'Z');
    _cleanup_batch_ struct send_batch *batch = batch_of(pid);
    const struct send_target *target =
        deliver(batch, (struct send_order){.signal = SIGWINCH}, LONG_NS * NS_PER_SEC);
    cr_assert_eq(target->result, SEND_IGNORED, "%s", send_result_name(target->result));
    assert_says(target, SIGWINCH, "1 live on");
    cr_assert(!target->is_zombie);

    _cleanup_batch_ struct send_batch *second = batch_of(pid);
    target = deliver(second, (struct send_order){.signal = SIGKILL}, LONG_NS * NS_PER_SEC);
    cr_assert_eq(target->result, SEND_ENDED, "%s", send_result_name(target->result));
}

/* ---- values, escalation, forecasts ---- */

static int report_value(void *argument)
{
    (void)argument;
    sigset_t wanted;
    siginfo_t info = {0};
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGRTMIN);
    (void)sigprocmask(SIG_BLOCK, &wanted, NULL);
    spawn_ready();
    (void)sigwaitinfo(&wanted, &info);
    spawn_report(info.si_value.sival_int);
    return 0;
}

Test(send, queues_a_value)
{
    pid_t pid = spawn_child(report_value, NULL);
    _cleanup_batch_ struct send_batch *batch = batch_of(pid);
    struct send_order order = {.signal = SIGRTMIN, .has_value = true, .value = 42};
    (void)deliver(batch, order, LONG_NS * NS_PER_SEC);
    int32_t reported;
    cr_assert(spawn_receive(pid, &reported));
    cr_assert_eq(reported, 42);
}

Test(send, escalates_to_those_that_live_on)
{
    struct send_batch *batch = new_batch(false);
    pid_t meek = spawn_child(spawn_pause, NULL), stubborn = spawn_child(ignore_term, NULL);
    cr_assert_eq(send_add(batch, (struct identity){.pid = meek}, NULL), 0);
    cr_assert_eq(send_add(batch, (struct identity){.pid = stubborn}, NULL), 0);
    (void)deliver(batch, (struct send_order){.signal = SIGTERM, .waits_for_end = true},
                  LONG_NS * NS_PER_SEC);
    cr_assert_eq(send_at(batch, 0)->result, SEND_ENDED);
    cr_assert_eq(send_at(batch, 1)->result, SEND_IGNORED);

    send_deliver(batch, &(struct send_order){.signal = SIGKILL}, true);
    send_wait(batch, LONG_NS * NS_PER_SEC);
    cr_assert_eq(send_at(batch, 1)->result, SEND_ENDED);
    cr_assert_eq(WTERMSIG(send_at(batch, 0)->exit_status), SIGTERM);
    cr_assert_eq(WTERMSIG(send_at(batch, 1)->exit_status), SIGKILL);
    send_free(batch);
}

Test(send, forecasts_what_then_happens)
{
    static const struct {
        spawn_body *body;
        int signal;
        enum forecast_kind kind;
        enum forecast_effect effect;
        enum send_result result;
    } cases[] = {
        {spawn_pause, SIGTERM, FORECAST_DELIVERED, EFFECT_TERMINATE, SEND_ENDED},
        {spawn_pause, SIGSTOP, FORECAST_DELIVERED, EFFECT_STOP, SEND_STOPPED},
        {catch_all, SIGTERM, FORECAST_DELIVERED, EFFECT_HANDLER, SEND_CAUGHT},
        {ignore_term, SIGTERM, FORECAST_DISCARDED, EFFECT_NONE, SEND_IGNORED},
        {block_all, SIGTERM, FORECAST_BLOCKED, EFFECT_TERMINATE, SEND_PENDING},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        pid_t pid = spawn_child(cases[i].body, NULL);
        _cleanup_batch_ struct send_batch *batch = batch_of(pid);
        struct forecast forecast = send_forecast(batch, 0, cases[i].signal, false);
        cr_expect_eq(forecast.kind, cases[i].kind, "%zu: %s", i, forecast_kind_name(forecast.kind));
        cr_expect_eq(forecast.effect, cases[i].effect, "%zu: %s", i,
                     forecast_effect_name(forecast.effect));
        cr_expect_neq(spawn_await_state(pid, "S"), '\0', "a forecast sends nothing");
        const struct send_target *target =
            deliver(batch, (struct send_order){.signal = cases[i].signal}, 300 * NS_PER_MS);
        cr_expect_eq(target->result, cases[i].result, "%zu: %s", i,
                     send_result_name(target->result));
        (void)spawn_kill(pid);
    }
}

Test(send, reports_its_own_event)
{
    _cleanup_batch_ struct send_batch *batch = batch_of(spawn_child(spawn_pause, NULL));
    const struct send_target *target =
        deliver(batch, (struct send_order){.signal = SIGTERM}, LONG_NS * NS_PER_SEC);
    struct event event;
    send_event(target, SIGTERM, &event);
    cr_assert_eq(event.kind, EVENT_SIGNAL);
    cr_assert_eq(event.source, EVENT_FROM_SELF);
    cr_assert_eq(event.signal, SIGTERM);
    cr_assert_eq(event.sender, getpid());
    cr_assert(identity_is_same(event.id, target->id));
    cr_assert_neq(event.comm[0], '\0');
}

/* ---- who gets it ---- */

enum {
    SUBTREE = 3 /* targets of one batch, as of a subtree or of what is tagged */
};

/*
 * Three targets whose PIDs are given to others before the signal and the one that
 * is to follow it are sent. False where choosing a PID is not allowed or another
 * process has it already.
 */
static bool send_to_successors(void)
{
    pid_t pids[SUBTREE];
    struct send_batch *batch = new_batch(false);
    bool are_all_new = true;
    for (size_t i = 0; i < SUBTREE; i++) {
        pids[i] = spawn_child(spawn_pause, NULL);
        cr_assert_eq(send_add(batch, (struct identity){.pid = pids[i]}, NULL), 0);
    }
    for (size_t i = 0; i < SUBTREE; i++) {
        (void)spawn_kill(pids[i]);
        are_all_new &= spawn_with_pid(pids[i], spawn_pause, NULL) == pids[i];
    }
    (void)deliver(batch, (struct send_order){.signal = SIGTERM}, LONG_NS * NS_PER_SEC);
    send_deliver(batch, &(struct send_order){.signal = SIGKILL}, true);
    send_wait(batch, LONG_NS * NS_PER_SEC);
    for (size_t i = 0; i < SUBTREE && are_all_new; i++) {
        const struct send_target *target = send_at(batch, i);
        cr_assert_eq(target->result, SEND_GONE, "%s", send_result_name(target->result));
        assert_says(target, SIGKILL, "is gone");
        cr_assert_eq(spawn_await_state(pids[i], "S"), 'S', "the newcomer lives");
    }
    send_free(batch);
    spawn_done();
    return are_all_new;
}

Test(send, never_reaches_a_successor)
{
    long reached = 0;
    for (long i = 0; i < rounds(1); i++)
        reached += send_to_successors();
    if (reached == 0)
        cr_skip("choosing a PID takes CAP_CHECKPOINT_RESTORE");
    rounds_report(reached * SUBTREE);
}

Test(send, refuses_with_the_reason)
{
    const struct {
        pid_t pid;
        const char *reason;
        bool needs_yes;
    } refused[] = {
        {1, "PID 1", true},
        {getpid(), "reaptop itself", true},
        {getppid(), "parent", true},
        {2, "kernel thread", false},
    };
    for (size_t i = 0; i < ELEMENTS(refused); i++) {
        _cleanup_batch_ struct send_batch *batch = batch_of(refused[i].pid);
        const struct send_target *target = send_at(batch, 0);
        if (refused[i].pid == 2 && strcmp(target->comm, "kthreadd") != 0)
            continue; /* in a PID namespace 2 is an ordinary process */
        cr_assert_eq(target->result, SEND_REFUSED);
        cr_assert_eq(target->needs_yes, refused[i].needs_yes);
        assert_says(target, SIGTERM, refused[i].reason);
        target = deliver(batch, (struct send_order){.signal = SIGURG}, LONG_NS * NS_PER_SEC);
        cr_assert(!target->was_sent);
    }
}

Test(send, reaches_its_parent_after_a_second_yes)
{
    struct send_batch *batch = new_batch(true);
    cr_assert_eq(send_add(batch, (struct identity){.pid = getppid()}, NULL), 0);
    cr_assert_eq(send_at(batch, 0)->result, SEND_READY);
    cr_assert(
        deliver(batch, (struct send_order){.signal = SIGURG}, LONG_NS * NS_PER_SEC)->was_sent);
    send_free(batch);
}

Test(send, takes_nobody_twice)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    _cleanup_batch_ struct send_batch *batch = batch_of(pid);
    cr_assert_eq(send_add(batch, (struct identity){.pid = pid}, NULL), 0);
    cr_assert_eq(send_add(batch, send_at(batch, 0)->id, NULL), 0);
    cr_assert_eq(send_count(batch), 1);
}

/*
 * The leader of a session with: a child in its group, one in a group of its
 * own, and one in a session of its own. It tells their PIDs.
 */
static void spawn_member(int kind)
{
    int ready[2];
    char byte = 'r';
    (void)!pipe(ready);
    pid_t pid = spawn_bound();
    if (pid == 0) {
        if (kind == 1)
            (void)setpgid(0, 0);
        if (kind == 2)
            (void)setsid();
        (void)!write(ready[1], &byte, 1);
        for (;;)
            (void)pause();
    }
    (void)!read(ready[0], &byte, 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    spawn_report(pid);
}

static int lead_family(void *argument)
{
    (void)setsid();
    spawn_ready();
    for (int kind = 0; kind < 3; kind++)
        spawn_member(kind);
    (void)argument;
    return pause();
}

struct family {
    pid_t leader;
    int32_t same_group, own_group, own_session;
};

static struct family spawn_family(void)
{
    struct family family = {.leader = spawn_child(lead_family, NULL)};
    cr_assert(spawn_receive(family.leader, &family.same_group));
    cr_assert(spawn_receive(family.leader, &family.own_group));
    cr_assert(spawn_receive(family.leader, &family.own_session));
    return family;
}

static void sweep(struct snapshot *snapshot, uint64_t *ret_swept_ns)
{
    struct live *live = NULL;
    struct error error = ERROR_INIT;
    cr_assert_eq(live_new(&live, &error), 0, "%s", error.message);
    *ret_swept_ns = clock_boot_ns();
    cr_assert_eq(live_sweep(live, false, snapshot, &error), 0, "%s", error.message);
    live_free(live);
}

static bool holds(const struct send_batch *batch, pid_t pid)
{
    for (size_t i = 0; i < send_count(batch); i++)
        if (send_at(batch, i)->id.pid == pid)
            return send_at(batch, i)->result == SEND_READY;
    return false;
}

Test(send, takes_exactly_the_members)
{
    struct family family = spawn_family();
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    uint64_t swept_ns;
    sweep(&snapshot, &swept_ns);
    const struct {
        enum target_scope scope;
        size_t count;
        bool own_group, own_session;
    } scopes[] = {
        {TARGET_GROUP, 2, false, false},
        {TARGET_SESSION, 3, true, false},
        {TARGET_SUBTREE, 4, true, true},
    };
    for (size_t i = 0; i < ELEMENTS(scopes); i++) {
        _cleanup_batch_ struct send_batch *batch = new_batch(false);
        struct target target = {.pid = family.leader};
        cr_assert_eq(send_add_scope(batch, target, scopes[i].scope, &snapshot, swept_ns), 0);
        cr_expect_eq(send_count(batch), scopes[i].count, "%zu: %zu", i, send_count(batch));
        cr_expect(holds(batch, family.leader));
        cr_expect(holds(batch, family.same_group));
        cr_expect_eq(holds(batch, family.own_group), scopes[i].own_group);
        cr_expect_eq(holds(batch, family.own_session), scopes[i].own_session);
        cr_expect(!holds(batch, getpid()));
        if (scopes[i].scope == TARGET_SUBTREE)
            cr_expect_eq(send_at(batch, 0)->id.pid, family.leader, "the parent first");
    }
}

Test(send, of_a_scope_with_an_inode_needs_that_process)
{
    struct family family = spawn_family();
    _cleanup_batch_ struct send_batch *probe = batch_of(family.leader);
    struct identity id = send_at(probe, 0)->id;
    if (id.inode == 0)
        cr_skip("needs pidfs (Linux 6.9)");
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    uint64_t swept_ns;
    sweep(&snapshot, &swept_ns);

    _cleanup_batch_ struct send_batch *right = new_batch(false);
    struct target target = {.pid = id.pid, .inode = id.inode};
    cr_assert_eq(send_add_scope(right, target, TARGET_GROUP, &snapshot, swept_ns), 0);
    cr_assert_eq(send_count(right), 2);

    _cleanup_batch_ struct send_batch *wrong = new_batch(false);
    target.inode++;
    cr_assert_eq(send_add_scope(wrong, target, TARGET_GROUP, &snapshot, swept_ns), -ESRCH);
    cr_assert_eq(send_count(wrong), 1);
    cr_assert_eq(send_at(wrong, 0)->result, SEND_GONE);
    cr_assert_neq(send_at(wrong, 0)->error.message[0], '\0');
}

Test(send, says_which_group_or_session_is_not_there)
{
    pid_t pid = spawn_child(spawn_pause, NULL);
    (void)spawn_kill(pid);
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    uint64_t swept_ns;
    sweep(&snapshot, &swept_ns);
    const struct {
        enum target_scope scope;
        const char *reason;
    } cases[] = {
        {TARGET_GROUP, "no process group"},
        {TARGET_SESSION, "no session"},
        {TARGET_SUBTREE, "is gone"},
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        _cleanup_batch_ struct send_batch *batch = new_batch(false);
        struct target target = {.pid = pid};
        cr_assert_eq(send_add_scope(batch, target, cases[i].scope, &snapshot, swept_ns), -ESRCH);
        assert_says(send_at(batch, 0), SIGTERM, cases[i].reason);
    }
}

/* Grows one more child for each SIGUSR1 and tells its PID. */
static int multiply(void *argument)
{
    (void)argument;
    sigset_t wanted;
    int number;
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &wanted, NULL);
    spawn_ready();
    while (sigwait(&wanted, &number) == 0)
        spawn_member(0);
    return 0;
}

Test(send, spawns_with_its_subtree)
{
    pid_t pid = spawn_child(multiply, NULL);
    _cleanup_(snapshot_done) struct snapshot before = SNAPSHOT_INIT, after = SNAPSHOT_INIT;
    uint64_t swept_ns;
    sweep(&before, &swept_ns);
    _cleanup_batch_ struct send_batch *batch = new_batch(false);
    struct target target = {.pid = pid};
    cr_assert_eq(send_add_scope(batch, target, TARGET_SUBTREE, &before, swept_ns), 0);
    cr_assert_eq(send_count(batch), 1);

    struct send_order order = {.signal = SIGUSR1};
    send_deliver(batch, &order, false);
    int32_t child;
    cr_assert(spawn_receive(pid, &child));
    sweep(&after, &swept_ns);
    cr_assert_eq(send_add_descendants(batch, &after, swept_ns), 1);
    cr_assert_eq(send_at(batch, 1)->id.pid, child);
    cr_assert_eq(send_at(batch, 1)->result, SEND_READY);
    order.signal = SIGTERM;
    send_deliver(batch, &order, false);
    /* The first one lives on, and a wait for both would take all of its time. */
    for (int i = 0; i < 100 && send_at(batch, 1)->result != SEND_ENDED; i++)
        send_wait(batch, 100 * NS_PER_MS);
    cr_assert_eq(send_at(batch, 1)->result, SEND_ENDED);
    cr_assert_eq(send_add_descendants(batch, &after, swept_ns), 0);
}

/* ---- what the kernel refuses, what is given back ---- */

struct answer {
    pid_t pid;
    enum send_result result;
    enum forecast_kind kind;
    char sentence[256];
};

static int send_as_nobody(void *argument)
{
    struct answer *answer = argument;
    struct send_batch *batch = NULL;
    if (send_new(false, &batch) < 0 ||
        send_add(batch, (struct identity){.pid = answer->pid}, NULL) < 0)
        return 1;
    answer->kind = send_forecast(batch, 0, SIGTERM, false).kind;
    send_deliver(batch, &(struct send_order){.signal = SIGTERM}, false);
    send_wait(batch, NS_PER_SEC);
    answer->result = send_at(batch, 0)->result;
    struct strbuf out = STRBUF_INIT;
    send_describe(send_at(batch, 0), SIGTERM, &out);
    (void)snprintf(answer->sentence, sizeof(answer->sentence), "%s", strbuf_text(&out));
    strbuf_done(&out);
    send_free(batch);
    return 0;
}

Test(send, reports_what_is_not_permitted)
{
    if (getuid() != 0)
        cr_skip("needs root");
    struct answer *answer =
        mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(answer, MAP_FAILED);
    answer->pid = spawn_child(spawn_pause, NULL);
    cr_assert_eq(spawn_run_as_nobody(send_as_nobody, answer), 0);
    cr_assert_eq(answer->kind, FORECAST_DENIED);
    cr_assert_eq(answer->result, SEND_FAILED);
    cr_assert(strstr(answer->sentence, "it runs as root"), "%s", answer->sentence);
    cr_assert_eq(spawn_await_state(answer->pid, "S"), 'S');
}

Test(send, reports_by_poll_that_something_ended)
{
    pid_t pid = spawn_child(block_all, NULL);
    _cleanup_batch_ struct send_batch *batch = batch_of(pid);
    send_deliver(batch, &(struct send_order){.signal = SIGTERM}, false);
    struct pollfd ended_fd = {.fd = send_poll_fd(batch), .events = POLLIN};
    cr_assert_eq(poll(&ended_fd, 1, 0), 0);
    cr_assert(!send_step(batch, NULL));
    (void)kill(pid, SIGKILL);
    cr_assert_eq(poll(&ended_fd, 1, LONG_NS * 1000), 1);
    cr_assert(send_step(batch, NULL));
    cr_assert_eq(send_at(batch, 0)->result, SEND_ENDED);
    cr_assert_eq(poll(&ended_fd, 1, 0), 0, "told once");
}

Test(send, gives_back_every_descriptor)
{
    int before = spawn_count_descriptors();
    for (int i = 0; i < 3; i++) {
        pid_t pid = spawn_child(spawn_pause, NULL);
        struct send_batch *batch = batch_of(pid);
        (void)send_add(batch, (struct identity){.pid = 1}, NULL);
        (void)deliver(batch, (struct send_order){.signal = SIGTERM}, LONG_NS * NS_PER_SEC);
        (void)spawn_kill(pid);
        send_free(batch);
    }
    cr_assert_eq(spawn_count_descriptors(), before);
    send_free(NULL);
}
