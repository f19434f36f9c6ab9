/* What a control group does to its processes: frozen, throttled. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "bench.h"
#include "experiment_cgroup.h"

static struct role *worker, *witness;
static char why_not[512]; /* no control group */

/* The group is made and `worker` put into it. */
static bool enter_group(struct bench *bench, enum cgroup_kind kind, void (*play)(struct bench *))
{
    if (cgroup_make(bench, kind, why_not, sizeof(why_not)) < 0)
        return false;
    worker = role_spawn(bench, "worker", play);
    int r = cgroup_add(bench, worker->pid);
    if (r < 0)
        (void)snprintf(why_not, sizeof(why_not),
                       _("a process cannot be moved into a control group (%s): as root"),
                       strerror(-r));
    return r == 0;
}

/* Processor time in ticks: /proc/PID/stat fields 14 and 15. */
static int64_t ticks_of(pid_t pid)
{
    return observe_stat(pid, 14) + observe_stat(pid, 15);
}

/* ---- freeze ---- */

enum {
    WITNESS_TICKS = 3
};

static volatile int handled;

static void count_signal(int number)
{
    (void)number;
    handled++;
}

static void freeze_worker(struct bench *bench)
{
    (void)signal(SIGUSR1, count_signal);
    role_report(bench, 0);
    role_burn(bench);
}

static void freeze_witness(struct bench *bench)
{
    role_burn(bench);
}

static void set_frozen(struct bench *bench, bool is_frozen)
{
    if (cgroup_is_v2(bench))
        (void)cgroup_write(bench, "cgroup.freeze", is_frozen ? "1" : "0");
    else
        (void)cgroup_write(bench, "freezer.state", is_frozen ? "FROZEN" : "THAWED");
}

static bool is_frozen(struct bench *bench, char *ret_text, size_t size)
{
    char line[64];

    if (cgroup_is_v2(bench)) {
        int64_t frozen = cgroup_number(bench, "cgroup.events", "frozen");
        (void)snprintf(ret_text, size, "cgroup.events: frozen %" PRId64, frozen);
        return frozen == 1;
    }
    (void)cgroup_line(bench, "freezer.state", line, sizeof(line));
    (void)snprintf(ret_text, size, "freezer.state: %s", line);
    return strcmp(line, "FROZEN") == 0;
}

static void see_frozen(struct bench *bench, unsigned sight)
{
    char text[128] = "";
    bool seen = until(bench, is_frozen(bench, text, sizeof(text)));

    (void)see(bench, sight, seen, "%s", text);
}

static void freeze_group(struct bench *bench)
{
    int64_t ready;

    if (!enter_group(bench, CGROUP_FREEZER, freeze_worker) && see_lacking(bench, 3, why_not))
        return;
    (void)role_receive(bench, worker, &ready);
    witness = role_spawn(bench, "witness", freeze_witness);
    if (bench->broken_step != 1)
        set_frozen(bench, true);
    see_frozen(bench, 0);
    int64_t before = ticks_of(worker->pid), outside = ticks_of(witness->pid);
    (void)until(bench, ticks_of(witness->pid) >= outside + WITNESS_TICKS);
    (void)until_broken(bench, bench->broken_step != 1 || ticks_of(worker->pid) > before);
    (void)see(bench, 1, ticks_of(worker->pid) == before,
              _("/proc/PID/stat fields 14 and 15: the worker %" PRId64
                " ticks more, the witness %" PRId64),
              ticks_of(worker->pid) - before, ticks_of(witness->pid) - outside);
    (void)kill(witness->pid, SIGKILL);
    (void)see_state(bench, 2, worker->pid, "SD");
}

static void freeze_signal(struct bench *bench)
{
    if (see_lacking(bench, 2, why_not))
        return;
    if (is_left_out(bench, 2, 1))
        set_frozen(bench, false);
    (void)kill(worker->pid, SIGUSR1);
    if (is_left_out(bench, 2, 1))
        (void)until_broken(bench, observe_number(worker->pid, "status", "ShdPnd") == 0);
    (void)see_signals(bench, 0, worker->pid, "ShdPnd", UINT64_C(1) << (SIGUSR1 - 1), 0);
    if (is_sight_broken(bench, 2, 2)) {
        int count = 0;
        set_frozen(bench, false);
        (void)until_broken(bench, bench_peek(worker->pid, &handled, &count, sizeof(count)) < 0 ||
                                      count > 0);
    }
    (void)see_word(bench, 1, worker->pid, &handled, 0, _("how often the handler ran"));
}

static void freeze_thaw(struct bench *bench)
{
    if (see_lacking(bench, 2, why_not))
        return;
    if (bench->broken_step != 3)
        set_frozen(bench, false);
    (void)see_word(bench, 0, worker->pid, &handled, 1, _("how often the handler ran"));
    (void)see_state(bench, 1, worker->pid, "R");
}

static bool freeze_kill_v2(struct bench *bench)
{
    int status = 0;
    bool reaped = bench_reap(bench, worker->pid, &status) > 0;

    return see(bench, 1, reaped && WIFSIGNALED(status),
               _("cgroup v2: waitpid(%d): %s while the group is frozen"), worker->pid,
               reaped ? _("ended by a signal") : _("still alive"));
}

static bool freeze_kill_v1(struct bench *bench)
{
    char text[128];
    signal_set set = 0;

    (void)until(bench, observe_signals(worker->pid, "ShdPnd", &set) && set != 0);
    return see(bench, 1, set != 0 && is_frozen(bench, text, sizeof(text)),
               _("cgroup v1: /proc/%d/status ShdPnd: %016" PRIx64 ", it waits for the thaw"),
               worker->pid, (uint64_t)set);
}

static void freeze_kill(struct bench *bench)
{
    if (see_lacking(bench, 3, why_not))
        return;
    if (!is_sight_broken(bench, 4, 1))
        set_frozen(bench, true);
    see_frozen(bench, 0);
    if (!is_left_out(bench, 4, 2) && !is_sight_broken(bench, 4, 3))
        (void)kill(worker->pid, SIGKILL);
    if (cgroup_is_v2(bench) ? freeze_kill_v2(bench) : freeze_kill_v1(bench))
        set_frozen(bench, false);
    int status = 0;
    if (!cgroup_is_v2(bench) && !is_sight_broken(bench, 4, 3))
        (void)bench_reap(bench, worker->pid, &status);
    (void)see_gone(bench, 2, worker->pid);
}

#define GROUP_STATE "cgroup.events (v2) or freezer.state (v1)"

const struct lab_experiment experiment_freeze = {
    .name = "freeze",
    .chapter = LAB_THREADS,
    .place = 8,
    .title = N_("A frozen control group"),
    .question = N_("What can stop a process without a signal?"),
    .roles = {{"worker", N_("computes, and counts SIGUSR1")},
              {"witness", N_("computes outside the group meanwhile")}},
    .steps =
        {
            {
                .does = N_("A computing process is put into a control group, and the group is "
                           "frozen."),
                .question = N_("What does the process do?"),
                .choices = {N_("it runs on"), N_("it is T, stopped"),
                            N_("it neither runs nor is T")},
                .right = 2,
                .sees = {{N_("the group is frozen"), GROUP_STATE, N_("the group is not frozen")},
                         {N_("the process gets no processor time while another one does"),
                          "/proc/PID/stat fields 14 and 15", N_("the group is not frozen")},
                         {N_("it sleeps, although its program never does"),
                          "/proc/PID/stat field 3", N_("the group is not frozen")}},
                .explains = N_("A control group is a set of processes that the kernel counts, "
                               "limits or freezes together. No signal is sent, and the "
                               "process is not told. Its letter is S in cgroup v2 and D in v1."),
                .manual = "cgroups(7)",
                .breaks = N_("the group is not frozen"),
                .run = freeze_group,
            },
            {
                .does = N_("SIGUSR1, which the process catches, is sent to it."),
                .question = N_("When does its handler run?"),
                .choices = {N_("now: the signal wakes it"), N_("when the group is thawed")},
                .right = 1,
                .sees = {{N_("the signal is pending"), "/proc/PID/status ShdPnd",
                          N_("the group is thawed before")},
                         {N_("the handler has not run"), "process_vm_readv(2)",
                          N_("the group is thawed")}},
                .explains = N_("A signal is handled when the process returns to its program, and "
                               "from the freezer it does not. SIGCONT is no help: the process is "
                               "not stopped."),
                .manual = "signal(7), cgroups(7)",
                .breaks = N_("the group is thawed before"),
                .run = freeze_signal,
            },
            {
                .does = N_("The group is thawed."),
                .question = N_("What does the process do first?"),
                .choices = {N_("its handler runs"), N_("nothing: SIGUSR1 is lost")},
                .right = 0,
                .sees = {{N_("the handler ran once"), "process_vm_readv(2)", N_("it stays frozen")},
                         {N_("the process runs"), "/proc/PID/stat field 3", N_("it stays frozen")}},
                .explains = N_("Container managers pause with the freezer; systemd freezes whole "
                               "slices with it before the machine sleeps."),
                .manual = "cgroups(7)",
                .breaks = N_("it stays frozen"),
                .run = freeze_thaw,
            },
            {
                .does = N_("The group is frozen again, and SIGKILL is sent to the process."),
                .question = N_("Does it end?"),
                .choices = {N_("at once"), N_("when the group is thawed"),
                            N_("at once in cgroup v2, when thawed in v1")},
                .right = 2,
                .sees = {{N_("the group is frozen"), GROUP_STATE, N_("it is not frozen")},
                         {N_("v2: it ends while frozen; v1: SIGKILL is pending"),
                          "waitpid(2), /proc/PID/status ShdPnd", N_("SIGKILL is not sent")},
                         {N_("thawed, it is gone in either"), "/proc/PID",
                          N_("SIGKILL is not sent")}},
                .explains = N_("The v1 freezer is one for suspending a machine, from which nothing "
                               "returns; v2 has one of its own, which a fatal signal leaves."),
                .manual = "cgroups(7)",
                .breaks = N_("SIGKILL is not sent"),
                .run = freeze_kill,
            },
        },
    .reading = "cgroups(7), signal(7)",
};

/* ---- quota ---- */

enum {
    QUOTA_US = 2000,
    PERIOD_US = 20000,
    THROTTLED = 10,
    LOOKS = 100,
    FREE_TICKS = 3
};

static void quota_worker(struct bench *bench)
{
    if (is_sight_broken(bench, 1, 2))
        role_idle(bench);
    role_burn(bench);
}

static int set_quota(struct bench *bench, bool is_limited)
{
    char text[64];

    if (cgroup_is_v2(bench)) {
        (void)snprintf(text, sizeof(text), "%d %d", QUOTA_US, PERIOD_US);
        return cgroup_write(bench, "cpu.max", is_limited ? text : "max");
    }
    (void)snprintf(text, sizeof(text), "%d", PERIOD_US);
    (void)cgroup_write(bench, "cpu.cfs_period_us", text);
    (void)snprintf(text, sizeof(text), "%d", is_limited ? QUOTA_US : -1);
    return cgroup_write(bench, "cpu.cfs_quota_us", text);
}

static int64_t throttled(struct bench *bench)
{
    return cgroup_number(bench, "cpu.stat", "nr_throttled");
}

/* Time on a processor: /proc/PID/schedstat field 1. */
static int64_t run_ns(pid_t pid)
{
    char text[128];

    return observe_file(pid, "schedstat", text, sizeof(text)) ? strtoll(text, NULL, 10) : -1;
}

static unsigned runnable_looks(pid_t pid)
{
    unsigned count = 0;

    for (unsigned i = 0; i < LOOKS; i++)
        count += observe_state(pid) == 'R';
    return count;
}

static void quota_limit(struct bench *bench)
{
    bool is_limited = !is_left_out(bench, 1, 1) && !is_sight_broken(bench, 1, 3);

    if (!enter_group(bench, CGROUP_CPU, quota_worker) && see_lacking(bench, 3, why_not))
        return;
    int r = set_quota(bench, is_limited);
    if (r < 0) {
        (void)snprintf(why_not, sizeof(why_not), _("the quota cannot be set: %s"), strerror(-r));
        (void)see_lacking(bench, 3, why_not);
        return;
    }
    (void)until(bench, throttled(bench) > 0);
    int64_t times = throttled(bench), ran = run_ns(worker->pid);
    int64_t periods = cgroup_number(bench, "cpu.stat", "nr_periods");
    unsigned awake = runnable_looks(worker->pid);
    (void)until(bench, throttled(bench) >= times + THROTTLED);
    int64_t more = throttled(bench) - times;
    ran = run_ns(worker->pid) - ran;
    periods = cgroup_number(bench, "cpu.stat", "nr_periods") - periods;
    (void)see(bench, 0, more >= THROTTLED, _("cpu.stat: nr_throttled: %" PRId64 " more"), more);
    (void)see(bench, 1, awake == LOOKS, _("/proc/%d/stat field 3: R in %u of %d looks"),
              worker->pid, awake, LOOKS);
    int64_t share_us = periods > 0 ? ran / periods / 1000 : -1;
    (void)see(
        bench, 2, share_us >= 0 && share_us < PERIOD_US / 2,
        _("/proc/%d/schedstat field 1: %" PRId64 " us of each period of %d us; the quota is %d us"),
        worker->pid, share_us, PERIOD_US, QUOTA_US);
}

static void quota_free(struct bench *bench)
{
    if (see_lacking(bench, 2, why_not))
        return;
    if (bench->broken_step != 2)
        (void)set_quota(bench, false);
    /* A throttling that was under way ends with its period. */
    int64_t start = ticks_of(worker->pid);
    (void)until(bench, ticks_of(worker->pid) > start);
    int64_t before = throttled(bench);
    start = ticks_of(worker->pid);
    bool ran = until(bench, ticks_of(worker->pid) >=
                                start + FREE_TICKS * (bench->broken_step == 2 ? 99 : 1));
    (void)see(bench, 0, ran, _("/proc/%d/stat fields 14 and 15: %" PRId64 " ticks more"),
              worker->pid, ticks_of(worker->pid) - start);
    (void)see(bench, 1, throttled(bench) == before, _("cpu.stat: nr_throttled: %" PRId64 " more"),
              throttled(bench) - before);
}

const struct lab_experiment experiment_quota = {
    .name = "quota",
    .chapter = LAB_THREADS,
    .place = 9,
    .title = N_("Throttled by a quota"),
    .question = N_("Why is a process slow although it is R and the processors are free?"),
    .roles = {{"worker", N_("computes in a control group")}},
    .steps =
        {
            {
                .does =
                    N_("A computing process is put into a control group that may use 2 of every "
                       "20 milliseconds."),
                .question = N_("Which state has it when the 2 milliseconds are used up?"),
                .choices = {N_("S"), N_("T"), N_("R")},
                .right = 2,
                .sees = {{N_("the group was throttled ten times"), "cpu.stat nr_throttled",
                          N_("the group has no quota")},
                         {N_("the process is R whenever one looks"), "/proc/PID/stat field 3",
                          N_("the process waits instead of computing")},
                         {N_("it gets less than half of each period"),
                          "/proc/PID/schedstat field 1, cpu.stat nr_periods",
                          N_("the group has no quota")}},
                .explains = N_("Throttled means: taken out of the run queue until the next period "
                               "begins. R says that a process wants to run, not that it does; "
                               "only the group's cpu.stat tells the difference. systemd calls it "
                               "CPUQuota=, Docker --cpus."),
                .manual = "cgroups(7)",
                .breaks = N_("the group has no quota"),
                .run = quota_limit,
            },
            {
                .does = N_("The quota is taken away."),
                .question = N_("What does nr_throttled do?"),
                .choices = {N_("it grows on"), N_("it stands still")},
                .right = 1,
                .sees = {{N_("the process gets processor time"), "/proc/PID/stat fields 14 and 15",
                          N_("the quota stays")},
                         {N_("and the group is not throttled meanwhile"), "cpu.stat nr_throttled",
                          N_("the quota stays")}},
                .explains = N_("A quota is a limit even where nobody else wants the processor; a "
                               "weight (cpu.weight, nice) divides only what several want."),
                .manual = "cgroups(7), sched(7)",
                .breaks = N_("the quota stays"),
                .run = quota_free,
            },
        },
    .reading = "cgroups(7), sched(7)",
};
