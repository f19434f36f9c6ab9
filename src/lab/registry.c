#include "reaptop/lab/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"

#define EXPERIMENT(name) extern const struct lab_experiment experiment_##name;
#include "experiments.inc"
#undef EXPERIMENT

#define EXPERIMENT(name) &experiment_##name,
static const struct lab_experiment *experiments[] = {
#include "experiments.inc"
};
#undef EXPERIMENT

static int by_place(const void *a, const void *b)
{
    const struct lab_experiment *left = *(const struct lab_experiment *const *)a;
    const struct lab_experiment *right = *(const struct lab_experiment *const *)b;

    if (left->chapter != right->chapter)
        return left->chapter < right->chapter ? -1 : 1;
    return (left->place > right->place) - (left->place < right->place);
}

const struct lab_experiment *const *lab_experiments(size_t *ret_count)
{
    static bool is_sorted;

    if (!is_sorted) {
        qsort(experiments, ELEMENTS(experiments), sizeof(experiments[0]), by_place);
        is_sorted = true;
    }
    *ret_count = ELEMENTS(experiments);
    return experiments;
}

const struct lab_experiment *lab_find(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(experiments); i++)
        if (strcmp(experiments[i]->name, name) == 0)
            return experiments[i];
    return NULL;
}

/* src/lab/programs/NAME.c, as lab.mk embeds them. */
static const struct program {
    const char *name;
    const char *text;
} programs[] = {
#include "programs.inc"
};

const char *lab_program(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(programs); i++)
        if (strcmp(programs[i].name, name) == 0)
            return programs[i].text;
    return NULL;
}

unsigned lab_program_lines(const char *name)
{
    unsigned count = 0;
    for (const char *at = lab_program(name); at && (at = strchr(at, '\n')) != NULL; at++)
        count++;
    return count;
}

size_t lab_step_count(const struct lab_experiment *experiment)
{
    size_t count = 0;
    while (count < LAB_STEPS_MAX && experiment->steps[count].does)
        count++;
    return count;
}

size_t lab_sight_count(const struct lab_step *step)
{
    size_t count = 0;
    while (count < LAB_SIGHTS_MAX && step->sees[count].claim)
        count++;
    return count;
}

size_t lab_choice_count(const struct lab_step *step)
{
    size_t count = 0;
    while (count < LAB_CHOICES_MAX && step->choices[count])
        count++;
    return count;
}

size_t lab_role_count(const struct lab_experiment *experiment)
{
    size_t count = 0;
    while (count < LAB_ROLES_MAX && experiment->roles[count].name)
        count++;
    return count;
}

const char *lab_chapter_title(enum lab_chapter chapter)
{
    static const char *const titles[LAB_CHAPTER_COUNT] = {
        [LAB_BIRTH] = N_("Birth and image"),
        [LAB_DEATH] = N_("Death and family"),
        [LAB_STATES] = N_("States"),
        [LAB_SIGNALS] = N_("Signals"),
        [LAB_PIPES] = N_("Pipes, queues, memory, sockets"),
        [LAB_SYNC] = N_("Synchronising"),
        [LAB_THREADS] = N_("Threads and scheduling"),
        [LAB_PAGES] = N_("Pages"),
    };
    return _(titles[chapter]);
}

static const char *const result_words[LAB_RESULT_COUNT] = {
    [LAB_NOT_SEEN] = N_("not seen"),
    [LAB_SEEN] = N_("seen"),
    [LAB_SKIPPED] = N_("skipped"),
    [LAB_NOT_REACHED] = N_("not reached"),
};

const char *lab_result_word(enum lab_result result)
{
    return result_words[result];
}

const char *lab_result_text(enum lab_result result)
{
    return _(result_words[result]);
}

enum lab_result lab_result_join(enum lab_result whole, enum lab_result part)
{
    if (whole == LAB_NOT_SEEN || part == LAB_NOT_SEEN)
        return LAB_NOT_SEEN;
    if (whole == LAB_SKIPPED || part == LAB_SKIPPED)
        return LAB_SKIPPED;
    if (whole == LAB_NOT_REACHED || part == LAB_NOT_REACHED)
        return LAB_NOT_REACHED;
    return LAB_SEEN;
}
