/*
 * host: the two processes between a viewer and an experiment's roles. Private
 * to the lab.
 */
#ifndef REAPTOP_LAB_HOST_H
#define REAPTOP_LAB_HOST_H

#include "bench.h"

enum request_kind {
    REQUEST_NEXT = 1,
    REQUEST_STOP = 2
};

struct request {
    uint32_t kind;
    int32_t prediction;
};

/* The guard's life, from the fork in lab_start on; `socket` is the host's end. */
_Noreturn void guard_main(const struct lab_experiment *experiment,
                          const struct lab_options *options, int socket, pid_t viewer);

/* Kills and reaps all descendants, removes what has a name, and exits. Host and guard. */
_Noreturn void bench_end(struct bench *bench);

/* Sends it to the viewer, or ends. */
void bench_send(struct bench *bench, const struct lab_message *message);

/* The next request, or `false` at once / after waiting; ends when viewer or guard are gone. */
bool bench_poll(struct bench *bench, int timeout_ms, struct request *ret_request);

#endif
