/*
 * lab_trace: lab --trace NAME: an experiment's program run, and each line that its
 * processes executed, with what they wrote between.
 */
#ifndef REAPTOP_CLI_LAB_TRACE_H
#define REAPTOP_CLI_LAB_TRACE_H

#include <stdbool.h>

#include "reaptop/lab/experiment.h"

/* EXIT_DONE where the program observed what it claims or this machine has not what it shows. */
int lab_trace_print(const struct lab_experiment *experiment, bool json);

#endif
