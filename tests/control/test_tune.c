#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/control/tune.h"
#include "support/spawn.h"

TestSuite(tune, .fini = spawn_done, .timeout = 600);

static void hold(pid_t pid, struct handle *handle)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(handle_open((struct identity){.pid = pid}, handle, &error), 0, "%s",
                 error.message);
}

Test(tune, reads_what_a_process_has)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    struct tuning_facts facts;
    hold(spawn_child(spawn_pause, NULL), &handle);
    cr_assert_eq(tune_read(&handle, &facts), 0);
    cr_expect_eq(facts.now.nice, getpriority(PRIO_PROCESS, 0));
    cr_expect_eq(facts.now.policy, sched_getscheduler(0));
    cr_expect_gt(cpu_mask_count(&facts.now.cpus), 0);
    cr_expect_gt(cpu_mask_count(&facts.online), 0);
    cr_expect(facts.has_ids && facts.has_limits);
    cr_expect_eq(facts.threads, 1);
}

Test(tune, changes_nice_value_processors_policy_and_io)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    struct tuning_facts before, after;
    struct error error = ERROR_INIT;
    size_t changed = 0;
    hold(spawn_child(spawn_pause, NULL), &handle);
    cr_assert_eq(tune_read(&handle, &before), 0);
    struct tuning want = before.now;
    want.nice = before.now.nice < TUNING_NICE_MOST ? before.now.nice + 1 : TUNING_NICE_MOST;
    cr_assert_eq(tune_apply(&handle, TUNING_NICE, &want, false, &changed, &error), 0, "%s",
                 error.message);
    cr_expect_eq(changed, 1);
    for (unsigned cpu = 0, kept = 0; cpu < TUNING_CPUS_MAX; cpu++)
        if (cpu_mask_has(&want.cpus, cpu) && kept++ > 0)
            cpu_mask_set(&want.cpus, cpu, false);
    cr_assert_eq(tune_apply(&handle, TUNING_AFFINITY, &want, true, &changed, &error), 0, "%s",
                 error.message);
    want.io_class = IO_CLASS_BEST_EFFORT;
    want.io_level = 7;
    cr_assert_eq(tune_apply(&handle, TUNING_IO, &want, false, NULL, &error), 0, "%s",
                 error.message);
    want.policy = POLICY_BATCH;
    cr_assert_eq(tune_apply(&handle, TUNING_POLICY, &want, false, NULL, &error), 0, "%s",
                 error.message);
    cr_assert_eq(tune_read(&handle, &after), 0);
    for (int kind = 0; kind < TUNING_COUNT; kind++)
        cr_expect(tuning_is_same((enum tuning_kind)kind, &after.now, &want), "%s",
                  tuning_title((enum tuning_kind)kind));
}

/* Whoever has the number by then is not touched. */
Test(tune, a_process_that_was_reaped_is_gone)
{
    _cleanup_(handle_done) struct handle handle = HANDLE_INIT;
    struct tuning_facts facts;
    struct error error = ERROR_INIT;
    struct tuning want = {.nice = 5};
    pid_t pid = spawn_child(spawn_pause, NULL);
    hold(pid, &handle);
    cr_assert_eq(kill(pid, SIGKILL), 0);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    cr_expect_eq(tune_apply(&handle, TUNING_NICE, &want, false, NULL, &error), -ESRCH);
    cr_expect_eq(tune_apply(&handle, TUNING_NICE, &want, true, NULL, &error), -ESRCH);
    cr_expect_eq(tune_read(&handle, &facts), -ESRCH);
}
