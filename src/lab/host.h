/*
 * host: the two processes between a viewer and an experiment's roles. Private
 * to the lab.
 */
#ifndef REAPTOP_LAB_HOST_H
#define REAPTOP_LAB_HOST_H

#include "bench.h"

/* The guard's life, from the fork in lab_start on; `socket` is the host's end. */
_Noreturn void guard_main(const struct lab_experiment *experiment,
                          const struct lab_options *options, int socket, pid_t viewer);

#endif
