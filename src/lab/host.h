/*
 * host: the two processes between a viewer and an experiment's roles. Private
 * to the lab.
 */
#ifndef REAPTOP_LAB_HOST_H
#define REAPTOP_LAB_HOST_H

#include "bench.h"

struct guard_start {
    const struct lab_experiment *experiment;
    const struct lab_options *options; /* NULL: the defaults */
};

/* The guard's life, a helper_main (base/helper.h) of a guard_start; `socket` is the host's end. */
void guard_main(void *argument, int socket, int unused_fd);

#endif
