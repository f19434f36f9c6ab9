/*
 * lab: running one experiment from outside.
 *
 * The experiment does not run in the caller. lab_start() forks a guard, and the
 * guard forks the host, which forks what the experiment needs:
 *
 *     viewer ── lab-guard ── lab-host ── parent ── child …
 *        └────── socket ────────┘
 *
 * Guard and host are child subreapers (prctl(2)), so whatever is orphaned below
 * stays below. When the host dies, of anything, the guard kills and reaps what
 * is left and removes the objects that have names; when the guard dies, the
 * host does; when the viewer dies, the socket and PR_SET_PDEATHSIG end both.
 * The viewer has one child, the guard, and lab_stop() reaps it.
 *
 *     struct lab *lab = NULL;
 *     r = lab_start("zombie", NULL, &lab, &error);
 *     …poll lab_fd(lab) for POLLIN, then…
 *     while ((r = lab_read(lab, &message)) > 0)
 *         switch (message.kind) { … }
 *     …on LAB_STEP, show the question; on the person's key…
 *     lab_next(lab, choice);
 *     lab_stop(lab);
 *
 * A host says, for each step in turn: LAB_STEP (it waits for lab_next), then any
 * number of LAB_PROCESS and LAB_SIGHT, then LAB_RESULT; after the last one
 * LAB_FINISHED. The processes of the last step live until lab_stop().
 */
#ifndef REAPTOP_LAB_LAB_H
#define REAPTOP_LAB_LAB_H

#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/error.h"
#include "reaptop/lab/experiment.h"

enum lab_message_kind {
    LAB_STEP,     /* `step` is about to start: ask its question, then lab_next */
    LAB_PROCESS,  /* `pid` plays `role` from now on */
    LAB_SIGHT,    /* `step`, `sight`: `result`, and in `text` what was read */
    LAB_RESULT,   /* `step` is over: `result`; `text` says what was missing, if skipped */
    LAB_FINISHED, /* `result` of the whole experiment; nothing follows */
    LAB_MESSAGE_KIND_COUNT
};

enum {
    LAB_TEXT_SIZE = 1024,
    LAB_NO_PREDICTION = -1
};

/*
 * One record of the protocol. Indices and enums have been checked against the
 * experiment's table and `role` and `text` are NUL-terminated, but what is in
 * them was read from other processes: show it as such.
 */
struct lab_message {
    enum lab_message_kind kind;
    enum lab_result result;
    uint32_t step;
    uint32_t sight;
    pid_t pid;
    char role[16];
    char text[LAB_TEXT_SIZE];
};

struct lab_options {
    /*
     * For tests: this step (counted from 1) is sabotaged, its child does not do
     * what the step's `breaks` says; 0: none. A step so broken must come out as
     * not seen.
     */
    unsigned broken_step;
    /*
     * Of that step only the mechanism behind this sight (counted from 1) is
     * replaced, as the sight's `breaks` says; 0: the whole step's.
     */
    unsigned broken_sight;
    uint64_t deadline_ns; /* of one wait; 0: the default, 30 s */
};

struct lab;

/*
 * -ENOENT: no such experiment; -EAGAIN, -ENOMEM, -EMFILE …: it could not be
 * forked. `options` may be NULL. *ret_lab is freed by lab_stop.
 */
int lab_start(const char *name, const struct lab_options *options, struct lab **ret_lab,
              struct error *error);

/* Readable (or hung up) when lab_read has something. Owned by the lab. */
int lab_fd(const struct lab *lab);

const struct lab_experiment *lab_experiment(const struct lab *lab);
pid_t lab_guard_pid(const struct lab *lab);

/* 1: *ret_message is set; 0: nothing more now; -EPIPE: the host is gone; -EBADMSG: it lied. */
int lab_read(struct lab *lab, struct lab_message *ret_message);

/* Lets the announced step run. `prediction` is an index of its choices or LAB_NO_PREDICTION. */
int lab_next(struct lab *lab, int prediction);

/* Of the steps run so far: predictions made, and how many of them were right. */
void lab_score(const struct lab *lab, unsigned *ret_made, unsigned *ret_right);

/*
 * Ends the experiment wherever it is, waits (a few seconds at the most) until
 * its processes are gone, and frees it. NULL is allowed. Returns NULL:
 * `lab = lab_stop(lab);`.
 */
struct lab *lab_stop(struct lab *lab);

/* As lab_stop(), but waits for nothing: guard and host clean up by themselves. */
struct lab *lab_leave(struct lab *lab);

/*
 * How the processes of an experiment are led, and no part of what it shows: a call of one that has
 * not taken its role's name yet, taking it, waiting for the host's next word, telling it a number.
 * `arguments`: as the kernel has them, three at least.
 */
bool lab_call_is_plumbing(const char *comm, int64_t number, const uint64_t *arguments);

#endif
