#include <criterion/criterion.h>
#include <string.h>

#include "drive.h"
#include "reaptop/base/array.h"
#include "reaptop/model/reference.h"

/* By chapter, in the order in which they are taught. */
static const char *const names[] = {
    "fork",         "cow",           "exec",         "layout",      "isolation",     "boundary",
    "vfork",        "zombie",        "orphan",       "subreaper",   "zombie-orphan", "autoreap",
    "daemon",       "thread-zombie", "pidns",        "pid-reuse",   "states",        "stop",
    "traced",       "disk-sleep",    "dispositions", "uncatchable", "mask",          "coalesce",
    "order",        "sources",       "group",        "notify",      "pipe",          "pipeline",
    "fifo",         "mqueue",        "shm",          "semaphore",   "unix-socket",   "tcp",
    "socket-types", "tcp-life",      "race",         "mutex",       "rwlock",        "condition",
    "deadlock",     "atomic",        "once",         "waitgroup",   "channel",       "select",
    "pool",         "livelock",      "starvation",   "threads",     "thread-models", "switches",
    "priority",     "modes",         "affinity",     "go-model",    "freeze",        "quota",
    "scheduler",    "demand",        "swap",         "hugepage",    "fault",         "oom",
};

Test(tables, all_experiments_are_there_in_order)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    cr_assert_eq(count, ELEMENTS(names), "%zu experiments", count);
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(experiments[i]->name, names[i]);
}

Test(tables, find_knows_every_name_and_no_other)
{
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        const struct lab_experiment *experiment = lab_find(names[i]);
        cr_assert_not_null(experiment, "%s", names[i]);
        cr_expect_str_eq(experiment->name, names[i]);
    }
    cr_expect_null(lab_find("no-such"));
    cr_expect_null(lab_find(""));
}

static void check_step(const struct lab_experiment *experiment, size_t index)
{
    const struct lab_step *step = &experiment->steps[index];

    cr_expect_not_null(step->question, "%s step %zu", experiment->name, index + 1);
    cr_expect_geq(lab_choice_count(step), 2, "%s step %zu", experiment->name, index + 1);
    cr_expect(step->right >= 0 && (size_t)step->right < lab_choice_count(step), "%s step %zu",
              experiment->name, index + 1);
    cr_expect_geq(lab_sight_count(step), 1, "%s step %zu", experiment->name, index + 1);
    for (size_t i = 0; i < lab_sight_count(step); i++) {
        cr_expect_not_null(step->sees[i].source, "%s step %zu", experiment->name, index + 1);
        cr_expect(step->sees[i].breaks || step->breaks, "%s step %zu, %s: nothing can break it",
                  experiment->name, index + 1, step->sees[i].claim);
    }
    cr_expect_not_null(step->explains, "%s step %zu", experiment->name, index + 1);
    cr_expect(step->manual && strchr(step->manual, '('), "%s step %zu", experiment->name,
              index + 1);
    cr_expect_not_null(step->run, "%s step %zu", experiment->name, index + 1);
}

Test(tables, every_entry_is_complete)
{
    size_t count;
    const struct lab_experiment *const *experiments = lab_experiments(&count);

    for (size_t i = 0; i < count; i++) {
        const struct lab_experiment *experiment = experiments[i];
        size_t steps = lab_step_count(experiment), sabotages = 0;
        cr_expect_not_null(experiment->title, "%s", experiment->name);
        cr_expect_not_null(experiment->question, "%s", experiment->name);
        cr_expect_not_null(experiment->reading, "%s", experiment->name);
        cr_expect_geq(lab_role_count(experiment), 1, "%s", experiment->name);
        for (size_t j = 0; j < lab_role_count(experiment); j++)
            cr_expect_leq(strlen(experiment->roles[j].name), 15, "%s: comm holds 15 bytes",
                          experiment->roles[j].name);
        cr_expect_geq(steps, 1, "%s", experiment->name);
        for (size_t j = 0; j < steps; j++) {
            check_step(experiment, j);
            sabotages += experiment->steps[j].breaks != NULL;
        }
        cr_expect_geq(sabotages, 1, "%s: nothing shows that it can fail", experiment->name);
    }
}

Test(tables, a_whole_is_what_its_worst_part_is)
{
    cr_expect_eq(lab_result_join(LAB_SEEN, LAB_SEEN), LAB_SEEN);
    cr_expect_eq(lab_result_join(LAB_SEEN, LAB_SKIPPED), LAB_SKIPPED);
    cr_expect_eq(lab_result_join(LAB_SKIPPED, LAB_SEEN), LAB_SKIPPED);
    cr_expect_eq(lab_result_join(LAB_SKIPPED, LAB_NOT_SEEN), LAB_NOT_SEEN);
    cr_expect_eq(lab_result_join(LAB_NOT_SEEN, LAB_SEEN), LAB_NOT_SEEN);
    cr_expect_eq(lab_result_join(LAB_SEEN, LAB_NOT_REACHED), LAB_NOT_REACHED);
}

/* `explain` sends a reader to an experiment that exists. */
Test(tables, every_experiment_that_a_term_names_is_there)
{
    for (size_t i = 0; i < reference_count(); i++) {
        struct reference entry = reference_at(i);
        if (entry.lab)
            cr_expect_not_null(lab_find(entry.lab), "%s: lab %s", entry.name, entry.lab);
    }
}
