/*
 * session: one run of an experiment as host and guard share it: the socket to
 * the viewer, and the end, at which its processes and named objects go. Private
 * to the lab; bench and host stand on it.
 */
#ifndef REAPTOP_LAB_SESSION_H
#define REAPTOP_LAB_SESSION_H

#include "bench.h"

enum request_kind {
    REQUEST_NEXT = 1,
    REQUEST_STOP = 2
};

struct request {
    uint32_t kind;
    int32_t prediction;
};

/* Kills and reaps all descendants, removes what has a name, and exits. Host and guard. */
_Noreturn void bench_end(struct bench *bench);

/* Sends it to the viewer, or ends. */
void bench_send(struct bench *bench, const struct lab_message *message);

/* The next request, or `false` at once / after waiting; ends when viewer or guard are gone. */
bool bench_poll(struct bench *bench, int timeout_ms, struct request *ret_request);

#endif
