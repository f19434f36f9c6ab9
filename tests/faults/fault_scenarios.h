/*
 * fault_scenarios: the commands and keyed screens that the grid of faults runs, and the files that
 * they use.
 */
#ifndef TESTS_FAULTS_FAULT_SCENARIOS_H
#define TESTS_FAULTS_FAULT_SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SCENARIOS = 35,
    SCENARIO_WORDS = 8,
    SCENARIO_KEYS = 24
};

struct scenario {
    const char *name;
    const char *argv[SCENARIO_WORDS]; /* ends with NULL, unless it is full */
    const char *keys[SCENARIO_KEYS];  /* of a screen, what is typed one after the other */
    bool is_quick;                    /* of the part that is run with every check */
    bool narrates;                    /* it tells on standard error more than a failure */
};

extern const struct scenario scenarios[SCENARIOS];

/* "NAME=value", ends with NULL: the environment of each scenario. */
extern const char *const scenario_env[];

/*
 * Makes a directory with a recording of this machine, a script of free play and a program in ssh's
 * place, and room for a log, whose path comes back. The targets are the calling process. Negative:
 * it could not be made.
 */
int scenarios_prepare(const char *reaptop, char *ret_log, size_t size);

void scenarios_remove(void);

#endif
