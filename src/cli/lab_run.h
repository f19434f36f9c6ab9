/*
 * lab_run: one experiment run to its end, with somebody who is told of each message:
 * the narration, the JSON, or nobody. Signals that would end us are taken by a signalfd,
 * so that the experiment is always stopped first: then the signal ends us after all, where
 * nobody wants to say something before.
 */
#ifndef REAPTOP_CLI_LAB_RUN_H
#define REAPTOP_CLI_LAB_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lab_lesson.h"
#include "reaptop/lab/lab.h"
#include "run_calls.h"

/* What one run came to. */
struct lab_outcome {
    enum lab_result result;
    char missing[LAB_TEXT_SIZE]; /* the first thing that was skipped, or not seen, and why */
    uint64_t time_ns;
};

/* What to do with each message, beside keeping the outcome. */
struct lab_listener {
    int (*receive)(struct lab_listener *listener, const struct lab_experiment *experiment,
                   const struct lab_message *message);
    json_t *doc;   /* the whole experiment */
    json_t *steps; /* borrowed from doc */
    json_t *step;  /* borrowed from steps: the one that runs */
    json_t *sights;
    json_t *processes;
    struct run_calls *calls;   /* NULL: system calls are not told */
    struct lab_lesson *lesson; /* NULL: it is not recorded */
    uint64_t pause_ns;         /* of a recorded step: time to read */
    bool asks;                 /* -i: a person takes the steps */
    bool outlives_signals;     /* the caller ends us, once it has said what was run */
    int prediction;            /* for the step that runs, or LAB_NO_PREDICTION */
};

/*
 * EXIT_DONE where it came to an end, whatever end. Where a signal ended it, does not return, or
 * returns EXIT_INTERRUPTED where the listener outlives signals.
 */
int lab_run(const struct lab_experiment *experiment, struct lab_listener *listener,
            struct lab_outcome *outcome);

#endif
