/*
 * run_calls: the system calls that `run --syscalls` and `lab --syscalls` tell,
 * one line or JSON object a call, on standard error in the order of their times.
 */
#ifndef REAPTOP_CLI_RUN_CALLS_H
#define REAPTOP_CLI_RUN_CALLS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "reaptop/control/call_trace.h"

struct run_calls {
    struct call_trace *trace; /* NULL: none are told */
    struct traced *lines;     /* not printed yet, oldest first */
    size_t count, capacity;
    bool is_json;
    FILE *out;
    /* Calls that are left out, though they are told; NULL: none. How many there were. */
    bool (*is_left_out)(const char *comm, int64_t number, const uint64_t *arguments);
    uint64_t left_out;
};

/* 0 or -ENOMEM. `every`: also those that have no words. */
int run_calls_init(struct run_calls *calls, FILE *out, bool every, bool is_json);
void run_calls_done(struct run_calls *calls);

/* Takes what has stopped, and lets it go on. Never waits. */
void run_calls_take(struct run_calls *calls);

/* Prints those that ended before that time (CLOCK_BOOTTIME). */
void run_calls_print(struct run_calls *calls, uint64_t before_ns);

/* Prints what it cost, and which calls were not told; for JSON nothing. */
void run_calls_print_cost(const struct run_calls *calls, const char *command);

#endif
