/* Who ran when: the kernel's own account of its switches. */
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"
#include "reaptop/base/clock.h"
#include "reaptop/source/visibility.h"
#include "switch_trace.h"

enum {
    TURNS = 5,
    FAIR_MS = 30,
    NICE_MS = 80,
    TRIES = 20,
    SLICES_SHOWN = 8,
    LEFT_FOR_GOOD = 0x30 /* X and Z in the tracepoint's prev_state */
};

/* One of ours, and what it got since the step began. */
struct account {
    struct role *role;
    uint64_t since_ns; /* on the processor since; 0: it is not */
    uint64_t ran_ns;
    unsigned turns;     /* how often it was given the processor */
    unsigned preempted; /* how often it had to leave although it wanted to go on */
    unsigned slept;     /* how often it left by itself */
};

static struct role *one, *two, *sleeper;
static struct account accounts[2];
static char timeline[LAB_TEXT_SIZE / 2];
static unsigned slices;
static char why_not[512];
static unsigned processor_index;

/* ---- roles ---- */

static void scheduler_worker(struct bench *bench)
{
    bool naps = is_sight_broken(bench, 1, 2);

    if (is_left_out(bench, 1, 1) && strcmp(bench->self->name, "two") == 0)
        role_idle(bench);
    while (naps) {
        (void)poll(NULL, 0, 1);
        if (role_is_alone(bench))
            return;
    }
    role_burn(bench);
}

static void scheduler_sleeper(struct bench *bench)
{
    for (;;)
        if (role_await(bench) == 'w' && is_sight_broken(bench, 3, 3))
            role_burn(bench);
}

/* ---- reading the trace ---- */

static void begin_accounts(void)
{
    accounts[0] = (struct account){.role = one};
    accounts[1] = (struct account){.role = two};
    timeline[0] = '\0';
    slices = 0;
    switch_trace_forget();
}

static void add_slice(const char *name, uint64_t ns)
{
    size_t length = strlen(timeline);

    if (++slices <= SLICES_SHOWN)
        (void)snprintf(timeline + length, sizeof(timeline) - length, "%s%s %.1f",
                       length ? ", " : "", name, (double)ns / (double)NS_PER_MS);
}

static void count_switch(const struct sched_event *event)
{
    for (size_t i = 0; i < 2; i++) {
        struct account *account = &accounts[i];
        if (event->prev == account->role->pid && account->since_ns) {
            account->ran_ns += event->time_ns - account->since_ns;
            add_slice(account->role->name, event->time_ns - account->since_ns);
            account->since_ns = 0;
            /* TASK_RUNNING, or with the bit that says: preempted. */
            if ((event->prev_state & 0xff) == 0)
                account->preempted++;
            else
                account->slept++;
        }
        if (event->next == account->role->pid) {
            account->since_ns = event->time_ns;
            account->turns++;
        }
    }
}

/* Takes in what happened meanwhile. Always true, for use in a condition. */
static bool take_in(void)
{
    struct sched_event event;

    while (switch_trace_next(&event))
        if (!event.is_wakeup)
            count_switch(&event);
    return true;
}

/* What happened to the sleeper since the trace was last forgotten. */
struct waking {
    bool is_woken, has_next, has_run, has_left;
    uint64_t woken_ns, run_ns;
    pid_t next; /* who got the processor at the first switch after it was woken */
    int64_t left_state;
};

static bool follow(struct waking *waking)
{
    struct sched_event event;

    while (switch_trace_next(&event)) {
        if (event.is_wakeup) {
            if (event.next == sleeper->pid && !waking->is_woken) {
                waking->is_woken = true;
                waking->woken_ns = event.time_ns;
            }
            continue;
        }
        if (!waking->is_woken)
            continue;
        if (!waking->has_next) {
            waking->has_next = true;
            waking->next = event.next;
        }
        if (event.next == sleeper->pid && !waking->has_run) {
            waking->has_run = true;
            waking->run_ns = event.time_ns;
        }
        /* Others may take the processor from it before it is through. */
        if (event.prev == sleeper->pid && waking->has_run && (event.prev_state & 0xff) != 0 &&
            !waking->has_left) {
            waking->has_left = true;
            waking->left_state = event.prev_state & 0xff;
        }
    }
    return waking->has_left;
}

/* The word is written on the processor that is traced, so that the waking is seen there. */
static void wake(struct bench *bench, struct waking *ret_waking)
{
    cpu_set_t usable;

    *ret_waking = (struct waking){0};
    (void)until(bench, observe_state(sleeper->pid) == 'S');
    (void)sched_getaffinity(0, sizeof(usable), &usable);
    (void)bench_pin(0, processor_index);
    switch_trace_forget();
    if (!is_left_out(bench, 3, 1))
        role_go(bench, sleeper, 'w');
    (void)sched_setaffinity(0, sizeof(usable), &usable);
    (void)until(bench, follow(ret_waking));
}

/* ---- the steps ---- */

/* For sabotage: the sleeper away from the processor that is traced; the only one it never leaves.
 */
static bool move_sleeper(struct bench *bench, unsigned sight)
{
    if (bench_processors() > 1)
        return bench_pin(sleeper->pid, processor_index - 1);
    see_skipped(bench, sight, "%s", _("there is only one processor"));
    return false;
}

/* The number of the processor that the task is pinned to. */
static unsigned processor_of(pid_t pid)
{
    cpu_set_t set;
    unsigned number = 0;

    if (sched_getaffinity(pid, sizeof(set), &set) < 0)
        return 0;
    while (number < CPU_SETSIZE && !CPU_ISSET(number, &set))
        number++;
    return number;
}

static bool have_run(uint64_t each_ms)
{
    (void)take_in();
    return accounts[0].ran_ns >= each_ms * NS_PER_MS && accounts[1].ran_ns >= each_ms * NS_PER_MS &&
           accounts[0].turns >= TURNS && accounts[1].turns >= TURNS;
}

/* Others may want the processor so much that ours hardly run: that shows nothing. */
static bool is_too_busy(struct bench *bench, unsigned sights, bool has_run)
{
    if (has_run || bench->broken_step)
        return false;
    for (unsigned i = 0; i < sights; i++)
        see_skipped(bench, i, _("the processor is too busy: one ran for %.1f ms, two for %.1f ms"),
                    (double)accounts[0].ran_ns / (double)NS_PER_MS,
                    (double)accounts[1].ran_ns / (double)NS_PER_MS);
    return true;
}

static void scheduler_turns(struct bench *bench)
{
    processor_index = bench_processors() - 1;
    one = role_spawn(bench, "one", scheduler_worker);
    two = role_spawn(bench, "two", scheduler_worker);
    (void)bench_pin(one->pid, processor_index);
    (void)bench_pin(two->pid, processor_index);
    if (is_sight_broken(bench, 1, 3))
        (void)setpriority(PRIO_PROCESS, (id_t)two->pid, getpriority(PRIO_PROCESS, 0) + 10);
    if (visibility_is_in_pid_namespace())
        (void)snprintf(why_not, sizeof(why_not), "%s",
                       _("the tracepoint has the numbers of the first PID namespace, and this is "
                         "another"));
    if (why_not[0] || switch_trace_open(processor_of(one->pid), why_not, sizeof(why_not)) < 0) {
        (void)see_lacking(bench, 3, why_not);
        return;
    }
    begin_accounts();
    bool has_run = until(bench, have_run(FAIR_MS));
    if (is_too_busy(bench, 3, has_run))
        return;
    const struct account *first = &accounts[0], *second = &accounts[1];
    (void)see(bench, 0, first->turns >= TURNS && second->turns >= TURNS,
              _("sched_switch, in ms: %s …; one had the processor %u times, two %u times"),
              timeline, first->turns, second->turns);
    (void)see(bench, 1,
              first->preempted > 0 && second->preempted > 0 && first->slept + second->slept == 0,
              _("sched_switch prev_state: R %u times, asleep %u times"),
              first->preempted + second->preempted, first->slept + second->slept);
    (void)see(bench, 2, first->ran_ns < second->ran_ns * 2 && second->ran_ns < first->ran_ns * 2,
              _("sched_switch: one %.1f ms, two %.1f ms, %" PRIu64 " events lost"),
              (double)first->ran_ns / (double)NS_PER_MS, (double)second->ran_ns / (double)NS_PER_MS,
              switch_trace_lost());
}

static bool have_been_nice(void)
{
    (void)take_in();
    return accounts[0].ran_ns >= NICE_MS * NS_PER_MS && accounts[1].turns > 0 &&
           accounts[1].ran_ns > 0;
}

/* One that was reaped may be preempted once more before its last switch, in state X. */
static bool has_left_for_good(pid_t pid)
{
    struct sched_event event;

    while (switch_trace_next(&event))
        if (!event.is_wakeup && event.prev == pid && (event.prev_state & LEFT_FOR_GOOD))
            return true;
    return false;
}

static void scheduler_nice(struct bench *bench)
{
    if (see_lacking(bench, 3, why_not) || !bench_set_nice_0(bench, one->pid, 3) ||
        !bench_set_nice_0(bench, two->pid, 3))
        return;
    if (!is_left_out(bench, 2, 1) && !is_sight_broken(bench, 2, 2))
        (void)setpriority(PRIO_PROCESS, (id_t)two->pid, 19);
    if (is_sight_broken(bench, 2, 3)) {
        int status;
        switch_trace_forget();
        (void)kill(two->pid, SIGKILL);
        (void)bench_reap(bench, two->pid, &status);
        (void)until_broken(bench, has_left_for_good(two->pid));
    }
    if (!is_sight_broken(bench, 2, 3))
        (void)see_stat(bench, 0, two->pid, 19, 19);
    begin_accounts();
    bool has_run = until(bench, have_been_nice());
    if (is_too_busy(bench, 3, has_run))
        return;
    uint64_t first = accounts[0].ran_ns, second = accounts[1].ran_ns;
    (void)see(bench, 1, first > second * 5,
              _("sched_switch: one %.1f ms, two %.1f ms; their weights are 1024 and 15"),
              (double)first / (double)NS_PER_MS, (double)second / (double)NS_PER_MS);
    (void)see(bench, 2, accounts[1].turns > 0,
              _("sched_switch, in ms: %s …; two had the processor %u times"), timeline,
              accounts[1].turns);
}

static void scheduler_wake(struct bench *bench)
{
    struct waking waking;

    if (see_lacking(bench, 3, why_not))
        return;
    sleeper = role_spawn(bench, "sleeper", scheduler_sleeper);
    (void)bench_pin(sleeper->pid, processor_index);
    if (is_sight_broken(bench, 3, 2) && !move_sleeper(bench, 1))
        return;
    wake(bench, &waking);
    (void)see(bench, 0, waking.is_woken, _("sched_wakeup of PID %d: %s"), sleeper->pid,
              waking.is_woken ? _("yes") : _("no"));
    (void)see(bench, 1, waking.has_run, _("sched_switch to it: %" PRIu64 " us after the waking"),
              waking.has_run ? (waking.run_ns - waking.woken_ns) / 1000 : 0);
    (void)see(bench, 2, waking.has_left && waking.left_state == 1,
              _("sched_switch from it: prev_state %" PRId64 " (1 is S; 0: it has not slept)"),
              waking.has_left ? waking.left_state : 0);
}

static void scheduler_fifo(struct bench *bench)
{
    struct sched_param parameters = {.sched_priority = 1};
    struct waking waking;
    bool is_next = false;
    int tries = 0;

    if (see_lacking(bench, 2, why_not))
        return;
    if (is_sight_broken(bench, 4, 2) && !move_sleeper(bench, 1))
        return;
    if (is_left_out(bench, 4, 1)) {
        parameters.sched_priority = 0;
        (void)sched_setscheduler(sleeper->pid, SCHED_IDLE, &parameters);
    } else if (sched_setscheduler(sleeper->pid, SCHED_FIFO, &parameters) < 0) {
        for (unsigned i = 0; i < 2; i++)
            see_skipped(bench, i, "%s", _("SCHED_FIFO wants CAP_SYS_NICE or RLIMIT_RTPRIO"));
        return;
    }
    (void)see_stat(bench, 0, sleeper->pid, 41, SCHED_FIFO);
    /* The kernel's own threads of a higher class may come between now and then. */
    while (tries++ < TRIES && !is_next) {
        wake(bench, &waking);
        is_next = waking.has_next && waking.next == sleeper->pid;
    }
    (void)see(bench, 1, is_next,
              _("sched_switch after sched_wakeup of PID %d: to PID %d, %" PRIu64 " us later"),
              sleeper->pid, waking.next,
              waking.has_run ? (waking.run_ns - waking.woken_ns) / 1000 : 0);
}

const struct lab_experiment experiment_scheduler = {
    .name = "scheduler",
    .chapter = LAB_THREADS,
    .place = 10,
    .title = N_("Who ran when"),
    .question = N_("How does the kernel divide a processor?"),
    .roles = {{"one", N_("computes")},
              {"two", N_("computes on the same processor")},
              {"sleeper", N_("sleeps there until it is woken")}},
    .steps =
        {
            {
                .does = N_("Two processes that only compute are allowed the same processor. The "
                           "kernel's tracepoint sched_switch tells each change there."),
                .question = N_("Who runs?"),
                .choices = {N_("one, then two, when one is done"), N_("they take turns"),
                            N_("both at once")},
                .right = 1,
                .sees = {{N_("each was given the processor five times"), "sched_switch",
                          N_("the second does not compute")},
                         {N_("each time it was taken from them: they wanted to run on"),
                          "sched_switch prev_state", N_("they sleep again and again")},
                         {N_("both got about as much"), "sched_switch",
                          N_("the second is niced by 10")}},
                .explains = N_("The time between two switches is a slice. When it is used up, "
                               "the scheduler takes the processor (preemption) and gives it "
                               "to a task that has had less than its share. The run queue "
                               "holds all that are R."),
                .manual = "sched(7)",
                .breaks = N_("the second does not compute"),
                .run = scheduler_turns,
            },
            {
                .does = N_("The second process is niced to 19."),
                .question = N_("What does it get?"),
                .choices = {N_("nothing while the other computes"), N_("a small share"),
                            N_("half, in shorter slices")},
                .right = 1,
                .sees = {{N_("its nice value is 19"), "/proc/PID/stat field 19",
                          N_("it is not niced")},
                         {N_("the first gets more than five times as much"), "sched_switch",
                          N_("it is not niced")},
                         {N_("the second still gets the processor"), "sched_switch",
                          N_("it is ended")}},
                .explains = N_("Nice values are weights: each step is about a quarter more or "
                               "less. Nobody starves. The scheduler has kept one tree of tasks by "
                               "virtual time since Linux 2.6.23 (CFS; EEVDF since 6.6); before, "
                               "O(1) had two arrays for each processor."),
                .manual = "sched(7), nice(2)",
                .breaks = N_("it is not niced"),
                .run = scheduler_nice,
            },
            {
                .does = N_("A third process sleeps on the same processor and is woken by a byte in "
                           "a pipe. Then it sleeps again."),
                .question = N_("When does it run?"),
                .choices = {N_("at the moment of the waking"),
                            N_("when the scheduler switches to it, a little later")},
                .right = 1,
                .sees = {{N_("it was woken: it is in the run queue"), "sched_wakeup",
                          N_("nothing is written")},
                         {N_("then it was given the processor"), "sched_switch",
                          N_("it is on another processor")},
                         {N_("it left by itself, in state S"), "sched_switch prev_state",
                          N_("it computes instead of sleeping")}},
                .explains = N_("Waking makes a task R; running is the second step. What lies "
                               "between is the scheduling latency. Leaving by itself is a "
                               "voluntary switch, being preempted an involuntary one."),
                .manual = "sched(7)",
                .breaks = N_("nothing is written"),
                .run = scheduler_wake,
            },
            {
                .does = N_("The sleeper becomes SCHED_FIFO, priority 1, and is woken again."),
                .question = N_("Who gets the processor next?"),
                .choices = {N_("whoever has had least"), N_("the sleeper, at once")},
                .right = 1,
                .sees = {{N_("its policy is 1, SCHED_FIFO"), "/proc/PID/stat field 41",
                          N_("its policy is SCHED_IDLE")},
                         {N_("the first switch after the waking goes to it"),
                          "sched_wakeup, sched_switch", N_("it is on another processor")}},
                .explains = N_("A real-time task goes before all ordinary ones, whatever their "
                               "nice value, and keeps the processor until it sleeps. So it needs "
                               "a privilege, and kernel.sched_rt_runtime_us leaves the others a "
                               "rest."),
                .manual = "sched(7), sched_setscheduler(2)",
                .breaks = N_("its policy is SCHED_IDLE"),
                .run = scheduler_fifo,
            },
        },
    .reading = "sched(7), perf_event_open(2), nice(2)",
};
