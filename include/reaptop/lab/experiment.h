/*
 * experiment: the lab as data. An experiment is one constant in one file of
 * src/lab:
 *
 *     const struct lab_experiment experiment_zombie = { .name = "zombie", … };
 *
 * and nothing else needs to know: src/lab/lab.mk lists these constants in
 * $(BUILD)/gen/experiments.inc, which src/lab/registry.c reads. The screen, the
 * command line, the manual page and the tests all walk the same table.
 *
 * Sentences are N_(): translate them with _() where they are shown.
 */
#ifndef REAPTOP_LAB_EXPERIMENT_H
#define REAPTOP_LAB_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>

enum lab_chapter {
    LAB_BIRTH,
    LAB_DEATH,
    LAB_STATES,
    LAB_SIGNALS,
    LAB_PIPES,
    LAB_SYNC,
    LAB_THREADS,
    LAB_PAGES,
    LAB_CHAPTER_COUNT
};

enum lab_result {
    LAB_NOT_SEEN,    /* the kernel's files did not say it before the deadline */
    LAB_SEEN,        /* they did */
    LAB_SKIPPED,     /* a privilege or a feature is missing, and the text names it */
    LAB_NOT_REACHED, /* an earlier step was not seen, so this one never ran */
    LAB_RESULT_COUNT
};

enum {
    LAB_STEPS_MAX = 8,
    LAB_SIGHTS_MAX = 8, /* observations in a step */
    LAB_CHOICES_MAX = 4,
    LAB_ROLES_MAX = 24,
};

/* One thing that a step must observe. */
struct lab_sight {
    const char *claim;  /* N_(): "the child's state is Z" */
    const char *source; /* where it is read: "/proc/PID/stat field 3", or a system call's result */
    const char *breaks; /* the mechanism that this sight's own sabotage puts in place; NULL: none */
};

struct bench; /* src/lab/bench.h: what a step works with, inside the host */

struct lab_step {
    const char *does;                     /* N_(): what happens, said before it happens */
    const char *question;                 /* N_(): what to predict */
    const char *choices[LAB_CHOICES_MAX]; /* N_(); NULL ends them early */
    int right;                            /* index of the right choice */
    struct lab_sight sees[LAB_SIGHTS_MAX];
    const char *explains; /* N_(): why it is so */
    const char *manual;   /* "fork(2)": where the manual says so */
    const char *breaks;   /* what the sabotage of this step leaves undone; NULL: it has none */
    void (*run)(struct bench *bench);
};

struct lab_role {
    const char *name; /* the comm of that process, at most 15 bytes */
    const char *part; /* N_(): what it is there for */
};

struct lab_experiment {
    const char *name;
    enum lab_chapter chapter;
    int place;            /* in its chapter, from 1 */
    const char *title;    /* N_() */
    const char *question; /* N_(): the one question it answers */
    struct lab_role roles[LAB_ROLES_MAX];
    struct lab_step steps[LAB_STEPS_MAX];
    const char *reading; /* manual pages, comma separated: "wait(2), signal(7)" */
};

/* Counts: the arrays above end at the first entry without a text. */
size_t lab_step_count(const struct lab_experiment *experiment);
size_t lab_sight_count(const struct lab_step *step);
size_t lab_choice_count(const struct lab_step *step);
size_t lab_role_count(const struct lab_experiment *experiment);

/* All experiments, by chapter and place. Static. */
const struct lab_experiment *const *lab_experiments(size_t *ret_count);

/* NULL: no such experiment. */
const struct lab_experiment *lab_find(const char *name);

/*
 * The experiment's program: C that compiles alone with cc -Wall, makes the same
 * calls, prints what it observed and exits 0 only if that is what the experiment
 * claims. NULL: it has none. Static.
 */
const char *lab_program(const char *name);

/* How many lines that program has; 0: it has none. */
unsigned lab_program_lines(const char *name);

/* Does this line of that program do what the step (from 0) does? */
bool lab_program_line_is_of(const char *name, unsigned step, const char *line, size_t length);

/* "Birth and image", translated. Static. */
const char *lab_chapter_title(enum lab_chapter chapter);

/* "seen", "not seen", "skipped", "not reached": not translated (JSON); lab_result_text is. */
const char *lab_result_word(enum lab_result result);
const char *lab_result_text(enum lab_result result);

/* What becomes of a whole of which one more part had this result. */
enum lab_result lab_result_join(enum lab_result whole, enum lab_result part);

#endif
