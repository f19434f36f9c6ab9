/* Every experiment shows what it teaches, and says so when it does not. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drive.h"
#include "reaptop/base/array.h"

struct run {
    char name[32];
    unsigned step;  /* the sabotaged one, from 1 */
    unsigned sight; /* of that step, from 1; 0: the whole step */
};

static struct criterion_test_params all_experiments(void)
{
    static struct run runs[128];
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    for (size_t i = 0; i < count; i++)
        (void)snprintf(runs[i].name, sizeof(runs[i].name), "%s", experiments[i]->name);
    return cr_make_param_array(struct run, runs, count);
}

static void expect_seen(const char *name)
{
    struct drive result;

    drive_adopt();
    int r = drive(name, 0, 0, &result);
    cr_assert_eq(r, 0, "%s: %s", name, strerror(-r));
    cr_expect_neq(result.whole, LAB_NOT_SEEN, "%s: %s", name, result.complaint);
    cr_expect_neq(result.whole, LAB_NOT_REACHED, "%s", name);
    cr_expect(result.skips_are_named, "%s: skipped without a reason", name);
    cr_expect(drive_is_alone(), "%s: processes are left", name);
}

ParameterizedTestParameters(experiments, seen)
{
    return all_experiments();
}

ParameterizedTest(struct run *run, experiments, seen)
{
    expect_seen(run->name);
}

ParameterizedTestParameters(experiments, seen_by_an_ordinary_user)
{
    return all_experiments();
}

ParameterizedTest(struct run *run, experiments, seen_by_an_ordinary_user)
{
    if (geteuid() != 0)
        cr_skip("the test above has been that");
    cr_assert(drive_as_nobody());
    expect_seen(run->name);
}

/* What has no sabotage of its own must not be seen under that of its step. */
static void expect_every_sight_gone(const struct run *run, const struct drive *result)
{
    const struct lab_step *step = &lab_find(run->name)->steps[run->step - 1];

    for (unsigned i = 0; i < lab_sight_count(step); i++) {
        enum lab_result seen = result->sights[run->step - 1][i];
        if (!step->sees[i].breaks && seen != LAB_SKIPPED)
            cr_expect_eq(seen, LAB_NOT_SEEN, "%s step %u, %s: although %s", run->name, run->step,
                         step->sees[i].claim, step->breaks);
    }
}

ParameterizedTestParameters(experiments, sabotage_is_not_seen)
{
    static struct run runs[512];
    size_t count, n = 0;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    for (size_t i = 0; i < count; i++)
        for (unsigned j = 0; j < lab_step_count(experiments[i]); j++) {
            if (!experiments[i]->steps[j].breaks)
                continue;
            (void)snprintf(runs[n].name, sizeof(runs[n].name), "%s", experiments[i]->name);
            runs[n++].step = j + 1;
        }
    return cr_make_param_array(struct run, runs, n);
}

ParameterizedTest(struct run *run, experiments, sabotage_is_not_seen)
{
    struct drive result;

    drive_adopt();
    int r = drive(run->name, run->step, 0, &result);
    cr_assert_eq(r, 0, "%s: %s", run->name, strerror(-r));
    for (unsigned i = 0; i + 1 < run->step; i++)
        cr_expect_neq(result.steps[i], LAB_NOT_SEEN, "%s step %u is not the broken one: %s",
                      run->name, i + 1, result.complaint);
    if (result.steps[run->step - 1] == LAB_SKIPPED)
        cr_skip("not on this machine");
    cr_expect_eq(result.steps[run->step - 1], LAB_NOT_SEEN, "%s step %u: although %s, it is %s",
                 run->name, run->step, lab_find(run->name)->steps[run->step - 1].breaks,
                 lab_result_word(result.steps[run->step - 1]));
    cr_expect_eq(result.whole, LAB_NOT_SEEN, "%s", run->name);
    expect_every_sight_gone(run, &result);
    cr_expect(drive_is_alone(), "%s: processes are left", run->name);
}

ParameterizedTestParameters(experiments, a_sight_s_sabotage_is_not_seen)
{
    static struct run runs[1024];
    size_t count, n = 0;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    for (size_t i = 0; i < count; i++)
        for (unsigned j = 0; j < lab_step_count(experiments[i]); j++)
            for (unsigned k = 0; k < lab_sight_count(&experiments[i]->steps[j]); k++) {
                if (!experiments[i]->steps[j].sees[k].breaks)
                    continue;
                (void)snprintf(runs[n].name, sizeof(runs[n].name), "%s", experiments[i]->name);
                runs[n].step = j + 1;
                runs[n++].sight = k + 1;
            }
    return cr_make_param_array(struct run, runs, n);
}

ParameterizedTest(struct run *run, experiments, a_sight_s_sabotage_is_not_seen)
{
    struct drive result;
    const struct lab_sight *sight = &lab_find(run->name)->steps[run->step - 1].sees[run->sight - 1];

    drive_adopt();
    int r = drive(run->name, run->step, run->sight, &result);
    cr_assert_eq(r, 0, "%s: %s", run->name, strerror(-r));
    enum lab_result seen = result.sights[run->step - 1][run->sight - 1];
    if (seen == LAB_SKIPPED)
        cr_skip("not on this machine");
    cr_expect_eq(seen, LAB_NOT_SEEN, "%s step %u, %s: although %s", run->name, run->step,
                 sight->claim, sight->breaks);
    cr_expect(drive_is_alone(), "%s: processes are left", run->name);
}

Test(experiments, a_directory_that_cannot_be_made_is_named)
{
    static const char *const names[] = {"fifo", "unix-socket"};

    cr_assert_eq(setenv("TMPDIR", "/no/such/place", 1), 0);
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        struct drive result;
        int r = drive(names[i], 0, 0, &result);
        cr_assert_eq(r, 0, "%s: %s", names[i], strerror(-r));
        cr_expect_eq(result.whole, LAB_SKIPPED, "%s: %s", names[i], lab_result_word(result.whole));
        cr_expect_not_null(strstr(result.skipped, "/no/such/place/reaptop-lab-"), "%s: %s",
                           names[i], result.skipped);
    }
}

/* ---- the calls of lab.h ---- */

Test(lab, start_refuses_what_it_does_not_know)
{
    struct lab *lab = NULL;
    struct error error = ERROR_INIT;

    cr_expect_eq(lab_start("no-such", NULL, &lab, &error), -ENOENT);
    cr_expect_null(lab);
    cr_expect_not_null(strstr(error.message, "no-such"));
}

Test(lab, next_is_for_an_announced_step_only)
{
    struct lab *lab = NULL;
    pid_t host;

    cr_assert_eq(lab_start("zombie", NULL, &lab, NULL), 0);
    cr_expect_eq(lab_next(lab, LAB_NO_PREDICTION), -EAGAIN, "nothing is announced yet");
    cr_assert_eq(drive_to_step(lab, 0, &host), 1);
    cr_expect_eq(lab_next(lab, LAB_NO_PREDICTION), 0);
    cr_expect_eq(lab_next(lab, LAB_NO_PREDICTION), -EAGAIN, "twice");
    cr_expect_null(lab_stop(lab));
}

Test(lab, predictions_are_counted)
{
    struct lab *lab = NULL;
    unsigned made, right;
    pid_t host;

    cr_assert_eq(lab_start("zombie", NULL, &lab, NULL), 0);
    const struct lab_step *steps = lab_experiment(lab)->steps;
    cr_assert_eq(drive_to_step(lab, 0, &host), 1);
    cr_assert_eq(lab_next(lab, steps[0].right), 0);
    cr_assert_eq(drive_to_step(lab, 1, &host), 1);
    cr_assert_eq(lab_next(lab, (steps[1].right + 1) % 3), 0);
    cr_assert_eq(drive_to_step(lab, 2, &host), 1);
    cr_assert_eq(lab_next(lab, LAB_NO_PREDICTION), 0);
    lab_score(lab, &made, &right);
    cr_expect_eq(made, 2);
    cr_expect_eq(right, 1);
    cr_expect_null(lab_stop(lab));
}

Test(lab, stop_takes_nobody)
{
    cr_expect_null(lab_stop(NULL));
}
