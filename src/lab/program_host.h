/*
 * program_host: the two processes between a viewer and an experiment's program
 * that reports its lines. Private to the lab.
 */
#ifndef REAPTOP_LAB_PROGRAM_HOST_H
#define REAPTOP_LAB_PROGRAM_HOST_H

#include <stdint.h>

/* What the host says, once all processes of the program have ended. */
struct program_verdict {
    int32_t status; /* of its first process, as waitpid(2) gives it */
    uint32_t is_timed_out;
};

/* The guard's life, a helper_main (base/helper.h); `argument`: the program's name; `memory_fd`: a
 * file with a struct trace_memory. */
void program_guard_main(void *argument, int socket, int memory_fd);

#endif
