/*
 * lab_quiz: `lab quiz`, the questions of all experiments asked one after another on
 * the terminal, the missed ones again until each was answered right. Nothing is run.
 */
#ifndef REAPTOP_CLI_LAB_QUIZ_H
#define REAPTOP_CLI_LAB_QUIZ_H

#include <stdio.h>

#include "reaptop/lab/experiment.h"

/* Of all experiments, or of `only`. Answers are lines of `input`. The exit status. */
int lab_quiz(const struct lab_experiment *only, FILE *input);

#endif
