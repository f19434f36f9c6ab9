#include "conditions.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/cgroup_fixture.h"
#include "support/spawn.h"

const int tried_signals[TRIED_SIGNALS] = {SIGTERM, SIGKILL, SIGCONT, SIGSTOP, SIGCHLD, SIGINT};

static struct test_cgroup group;
static pid_t waiting, waiting_thread, tracer;
static unsigned *handled; /* in memory shared with the waiter: by signal number */

/* ---- what is done to the waiter ---- */

static bool stop(pid_t pid)
{
    return kill(pid, SIGSTOP) == 0 && spawn_await_state(pid, "T") == 'T';
}

/* Its first thread has ended, and stays Z. */
static bool stop_thread(pid_t pid)
{
    return kill(pid, SIGSTOP) == 0 && spawn_await_state(waiting_thread, "T") == 'T';
}

static void resume(pid_t pid)
{
    (void)kill(pid, SIGCONT);
}

static int trace_body(void *argument)
{
    pid_t pid = *(pid_t *)argument;
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
        return 1;
    (void)waitpid(pid, NULL, __WALL);
    return spawn_pause(NULL);
}

static bool trace(pid_t pid)
{
    tracer = spawn_child(trace_body, &pid);
    return spawn_await_state(pid, "t") == 't';
}

static int seize_body(void *argument)
{
    return ptrace(PTRACE_SEIZE, *(pid_t *)argument, NULL, NULL) < 0 ? 1 : spawn_pause(NULL);
}

static bool seize(pid_t pid)
{
    tracer = spawn_child(seize_body, &pid);
    return tracer > 0;
}

/* The end of the tracer detaches it; a signal that it held back is delivered. */
static void end_tracer(pid_t pid)
{
    (void)pid;
    if (tracer > 0)
        (void)spawn_kill(tracer);
    tracer = 0;
}

static bool freeze_v2(pid_t pid)
{
    return test_cgroup_make(&group, "") && test_cgroup_add(&group, pid) &&
           test_cgroup_write(&group, "cgroup.freeze", "1") &&
           test_cgroup_await(&group, "cgroup.events", "frozen 1");
}

static bool freeze_v1(pid_t pid)
{
    return test_cgroup_make(&group, "freezer") && test_cgroup_add(&group, pid) &&
           test_cgroup_write(&group, "freezer.state", "FROZEN") &&
           test_cgroup_await(&group, "freezer.state", "FROZEN");
}

static void thaw(pid_t pid)
{
    (void)pid;
    test_cgroup_thaw(&group);
}

/* A quota holds back what runs: who sleeps waits for what it waited for before. */
static bool limit(pid_t pid)
{
    return test_cgroup_make(&group, "cpu") &&
           test_cgroup_write(&group, "cpu.cfs_period_us", "1000000") &&
           test_cgroup_write(&group, "cpu.cfs_quota_us", "1000") && test_cgroup_add(&group, pid);
}

/* Nothing of it comes to an end: it does not wait, and only a quota holds it back. */
static void compute(void)
{
    volatile unsigned turn = 1;
    while (turn != 0)
        turn = turn | 1;
}

static const struct situation computing = {
    .name = "computing", .kind = "running", .state = 'R', .wait = compute, .takes_thread = true};

/* One part in a hundred of a processor, and that is used up. */
static bool throttle(pid_t pid)
{
    return test_cgroup_make(&group, "cpu") &&
           test_cgroup_write(&group, "cpu.cfs_period_us", "100000") &&
           test_cgroup_write(&group, "cpu.cfs_quota_us", "1000") && test_cgroup_add(&group, pid) &&
           test_cgroup_await_throttled(&group);
}

/* Stopped, and SIGTERM waits until it is continued. */
static bool stop_and_terminate(pid_t pid)
{
    return stop(pid) && kill(pid, SIGTERM) == 0;
}

static bool freeze_seized(pid_t pid)
{
    return seize(pid) && freeze_v2(pid);
}

static void thaw_and_end_tracer(pid_t pid)
{
    end_tracer(pid);
    thaw(pid);
}

static bool stop_frozen_v2(pid_t pid)
{
    return stop(pid) && freeze_v2(pid);
}

static void thaw_and_resume(pid_t pid)
{
    thaw(pid);
    resume(pid);
}

const struct condition conditions[] = {
    {.name = "plain", .keeps_chain = true, .term = "delivered"},
    {.name = "nobody's", .place = OF_NOBODY, .keeps_chain = true, .term = "delivered"},
    {.name = "stopped",
     .apply = stop,
     .lift = resume,
     .kind = "stopped",
     .term = "stopped",
     .is_d_exempt = true},
    {.name = "traced",
     .apply = trace,
     .lift = end_tracer,
     .kind = "traced",
     .term = "traced",
     .is_d_exempt = true},
    {.name = "seized",
     .every = 2,
     .apply = seize,
     .lift = end_tracer,
     .keeps_chain = true,
     .term = "traced"},
    {.name = "frozen, version 2",
     .apply = freeze_v2,
     .lift = thaw,
     .kind = "frozen",
     .term = "delivered",
     .term_in_d = "disk_sleep"}, /* a frozen vforking parent is ended by SIGKILL only */
    {.name = "frozen, version 1",
     .every = 2,
     .apply = freeze_v1,
     .lift = thaw,
     .kind = "frozen",
     .term = "frozen",
     .is_d_exempt = true},
    {.name = "limited", .every = 2, .apply = limit, .keeps_chain = true, .term = "delivered"},
    {.name = "throttled",
     .only = &computing,
     .apply = throttle,
     .kind = "throttled",
     .term = "delivered"},
    {.name = "in a thread, throttled",
     .only = &computing,
     .place = IN_THREAD,
     .apply = throttle,
     .kind = "futex",
     .thread_kind = "throttled",
     .term = "delivered"},
    {.name = "first thread ended, throttled",
     .only = &computing,
     .place = LEADER_ENDED,
     .apply = throttle,
     .kind = "zombie_leader",
     .thread_kind = "throttled",
     .term = "delivered"},
    {.name = "in a thread",
     .place = IN_THREAD,
     .kind = "futex",
     .keeps_chain = true,
     .term = "delivered"},
    {.name = "first thread ended",
     .place = LEADER_ENDED,
     .kind = "zombie_leader",
     .keeps_chain = true,
     .term = "delivered"},
    {.name = "in a thread, frozen, version 2",
     .every = 4,
     .place = IN_THREAD,
     .apply = freeze_v2,
     .lift = thaw,
     .kind = "frozen",
     .term = "delivered"},
    {.name = "in a thread, stopped",
     .every = 4,
     .place = IN_THREAD,
     .apply = stop,
     .lift = resume,
     .kind = "stopped",
     .term = "stopped"},
    {.name = "first thread ended, frozen, version 2",
     .every = 4,
     .place = LEADER_ENDED,
     .apply = freeze_v2,
     .lift = thaw,
     .kind = "zombie_leader",
     .thread_kind = "frozen",
     .term = "delivered"},
    {.name = "first thread ended, frozen, version 1",
     .every = 4,
     .place = LEADER_ENDED,
     .apply = freeze_v1,
     .lift = thaw,
     .kind = "zombie_leader",
     .thread_kind = "frozen",
     .term = "frozen"},
    {.name = "first thread ended, stopped",
     .every = 4,
     .place = LEADER_ENDED,
     .apply = stop_thread,
     .lift = resume,
     .kind = "zombie_leader",
     .thread_kind = "stopped",
     .term = "stopped"},
    /* forecasts alone */
    {.name = "catching", .disposition = CATCHES, .is_forecast_only = true},
    {.name = "ignoring", .disposition = IGNORES, .is_forecast_only = true},
    {.name = "blocking", .disposition = BLOCKS, .is_forecast_only = true},
    {.name = "catching, in a thread",
     .place = IN_THREAD,
     .disposition = CATCHES,
     .is_forecast_only = true},
    {.name = "blocking, first thread ended",
     .place = LEADER_ENDED,
     .disposition = BLOCKS,
     .is_forecast_only = true},
    {.name = "catching, stopped",
     .disposition = CATCHES,
     .apply = stop,
     .lift = resume,
     .is_d_exempt = true,
     .is_forecast_only = true},
    {.name = "blocking, stopped",
     .disposition = BLOCKS,
     .apply = stop,
     .lift = resume,
     .is_d_exempt = true,
     .is_forecast_only = true},
    {.name = "catching, frozen, version 2",
     .disposition = CATCHES,
     .apply = freeze_v2,
     .lift = thaw,
     .is_forecast_only = true},
    {.name = "ignoring, seized",
     .disposition = IGNORES,
     .apply = seize,
     .lift = end_tracer,
     .is_forecast_only = true},
    {.name = "blocking, seized",
     .disposition = BLOCKS,
     .apply = seize,
     .lift = end_tracer,
     .is_forecast_only = true},
    {.name = "blocking, traced",
     .disposition = BLOCKS,
     .apply = trace,
     .lift = end_tracer,
     .is_d_exempt = true,
     .is_forecast_only = true},
    {.name = "catching, traced",
     .disposition = CATCHES,
     .apply = trace,
     .lift = end_tracer,
     .is_d_exempt = true,
     .is_forecast_only = true},
    {.name = "stopped, TERM pending",
     .apply = stop_and_terminate,
     .lift = resume,
     .pending = SIGTERM,
     .is_d_exempt = true,
     .is_forecast_only = true},
    {.name = "seized, frozen, version 2",
     .apply = freeze_seized,
     .lift = thaw_and_end_tracer,
     .is_forecast_only = true},
    {.name = "stopped, frozen, version 2",
     .apply = stop_frozen_v2,
     .lift = thaw_and_resume,
     .is_d_exempt = true,
     .is_forecast_only = true},
};
const size_t condition_count = sizeof(conditions) / sizeof(conditions[0]);

const struct situation *condition_situation(const struct condition *condition, size_t index)
{
    if (!condition->only)
        return situation_at(index);
    return index == 0 ? condition->only : NULL;
}

/* ---- the waiter ---- */

static void count(int signal)
{
    (void)__atomic_add_fetch(&handled[signal], 1, __ATOMIC_SEQ_CST);
}

static void dispose(enum disposition disposition)
{
    struct sigaction action = {.sa_handler = disposition == CATCHES ? count : SIG_IGN};
    sigset_t set;
    (void)sigemptyset(&set);
    for (size_t i = 0; i < TRIED_SIGNALS; i++) {
        (void)sigaddset(&set, tried_signals[i]);
        if (disposition == CATCHES || disposition == IGNORES)
            (void)sigaction(tried_signals[i], &action, NULL);
    }
    if (disposition == BLOCKS)
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
}

static void *wait_in_thread(void *argument)
{
    const struct subject *subject = argument;
    spawn_report((int32_t)gettid());
    subject->situation->wait();
    return NULL;
}

static bool become(enum place place)
{
    return place != OF_NOBODY ||
           (setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0 &&
            prctl(PR_SET_DUMPABLE, 1) == 0);
}

static int waiter(void *argument)
{
    static struct subject kept; /* outlives a first thread that ends */
    pthread_t thread;
    kept = *(const struct subject *)argument;
    enum place place = kept.condition->place;
    if (!become(place))
        return 1;
    dispose(kept.condition->disposition);
    spawn_ready();
    if (place != IN_THREAD && place != LEADER_ENDED) {
        kept.situation->wait();
        return 0;
    }
    (void)pthread_create(&thread, NULL, wait_in_thread, &kept);
    if (place == LEADER_ENDED)
        pthread_exit(NULL);
    (void)pthread_join(thread, NULL);
    return 0;
}

static int holder(void *argument)
{
    const struct subject *subject = argument;
    if (!become(subject->condition->place)) /* or the waiter's user could not look into it */
        return 1;
    subject->situation->hold();
    return spawn_pause(NULL);
}

static bool await_wait(struct subject *subject)
{
    const struct situation *situation = subject->situation;
    enum place place = subject->condition->place;
    const char letters[] = {situation->state, '\0'};
    int32_t tid = subject->pid;
    if ((place == IN_THREAD || place == LEADER_ENDED) && !spawn_receive(subject->pid, &tid))
        return false;
    subject->tid = waiting_thread = tid;
    while (situation->holder_is_child && situation_holder() == 0)
        (void)sched_yield();
    if (situation->holder_is_child)
        subject->holder = situation_holder();
    return spawn_await_state(tid, letters) != '\0' &&
           (place != LEADER_ENDED || spawn_await_state(subject->pid, "Z") == 'Z') &&
           (place != IN_THREAD || spawn_await_state(subject->pid, "S") == 'S');
}

/* ---- a subject ---- */

/* It started a thread itself, for which it waits. */
static bool has_own_thread(const struct situation *situation)
{
    return situation->holder_is_child && strcmp(situation->kind, "futex") == 0;
}

/* Where a tracer stopped the first thread alone, a signal is for another to take. */
static bool is_tried(const struct situation *situation, const struct condition *condition)
{
    bool is_thread = condition->place == IN_THREAD || condition->place == LEADER_ENDED;
    return !(condition->is_d_exempt && situation->state == 'D') &&
           !(condition->apply == trace && has_own_thread(situation)) &&
           !(is_thread && !situation->takes_thread);
}

static bool make_counters(void)
{
    void *memory = mmap(NULL, _NSIG * sizeof(unsigned), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    handled = memory == MAP_FAILED ? NULL : memory;
    return handled != NULL;
}

enum subject_result subject_make(const struct situation *situation,
                                 const struct condition *condition,
                                 void (*before)(const struct subject *subject), struct subject *ret)
{
    struct subject subject = {.situation = situation, .condition = condition};
    if (!is_tried(situation, condition))
        return SUBJECT_NOT_TRIED;
    if (condition->place == OF_NOBODY && geteuid() != 0)
        return SUBJECT_IMPOSSIBLE; /* only root can become another user */
    if (!make_counters() ||
        (situation->prepare && situation->prepare() < 0 && situation->kind[0] != 'c'))
        return SUBJECT_NOT_TRIED;
    if (situation->hold)
        subject.holder = spawn_child(holder, &subject);
    subject.pid = waiting = spawn_child(waiter, &subject);
    if (!await_wait(&subject))
        return SUBJECT_IS_ELSEWHERE;
    if (before)
        before(&subject);
    if (condition->apply && !condition->apply(subject.pid))
        return SUBJECT_IMPOSSIBLE;
    if (condition->apply) /* a change of group, a tracer or a freezer wakes it for a moment */
        (void)spawn_await_state(subject.tid, situation->state == 'R' ? "R" : "SDTtZ");
    *ret = subject;
    return SUBJECT_READY;
}

/* It started the thread that it waits for: a tracer has stopped the first one alone. */
static bool has_free_thread(const struct subject *subject)
{
    return subject->condition->apply == trace && subject->situation->holder_is_child &&
           strcmp(subject->situation->kind, "futex") == 0;
}

const char *subject_term(const struct subject *subject)
{
    const struct condition *condition = subject->condition;
    if (has_free_thread(subject))
        return "delivered";
    return subject->situation->state == 'D' && condition->term_in_d ? condition->term_in_d
                                                                    : condition->term;
}

unsigned subject_handled(int signal)
{
    return __atomic_load_n(&handled[signal], __ATOMIC_SEQ_CST);
}

void subject_lift(const struct subject *subject)
{
    if (subject->condition->lift)
        subject->condition->lift(subject->pid);
    if (subject->situation->state == 'D' && situation_holder() > 0)
        (void)kill(situation_holder(), SIGKILL);
}

void subject_clear(void)
{
    test_cgroup_thaw(&group);
    if (situation_holder() > 0)
        (void)kill(situation_holder(), SIGKILL);
    end_tracer(0);
    if (waiting > 0) /* before who holds what it waits for: its wait must not end by that */
        (void)spawn_kill(waiting);
    waiting = 0;
    spawn_done();
    test_cgroup_remove(&group);
    situation_clear();
    if (handled)
        (void)munmap(handled, _NSIG * sizeof(unsigned));
    handled = NULL;
}
