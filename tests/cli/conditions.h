/*
 * conditions: what can be done to a process that waits in a row of
 * situations.c, and where in it the wait is. A condition is a row of
 * conditions.c: how it is brought about and lifted, and what is true of the
 * process then.
 */
#ifndef TESTS_CLI_CONDITIONS_H
#define TESTS_CLI_CONDITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "situations.h"

enum place {
    IN_PROCESS,
    IN_THREAD,
    LEADER_ENDED, /* in a thread, and the first one has ended */
    OF_NOBODY,    /* the process is user 65534's */
};

/* What the waiter does about each signal of tried_signals. */
enum disposition {
    BY_DEFAULT,
    CATCHES,
    IGNORES,
    BLOCKS,
};

struct condition {
    const char *name;
    enum place place;
    enum disposition disposition;
    bool (*apply)(pid_t pid); /* NULL: nothing is done; false: cannot be done here */
    void (*lift)(pid_t pid);  /* what was held back goes on */
    const char *kind;         /* what `why` says first; NULL: the situation's own kind */
    const char *thread_kind;  /* of the thread that waits; NULL: the situation's own kind */
    bool keeps_chain;         /* who is waited for is still named */
    const char *term;         /* forecast_kind_name() for SIGTERM, whose effect is "terminate" */
    const char *term_in_d;    /* the same for an uninterruptible wait; NULL: as `term` */
    int pending;              /* a signal that ends it as soon as it is lifted; 0: none */
    unsigned every;           /* situations that it is tried with: one of so many; 0: all */
    bool is_d_exempt;         /* not tried with an uninterruptible wait */
    const struct situation *only; /* tried with this one, and not with the table's; NULL: those */
    bool is_forecast_only;        /* no surface but a forecast tells of it */
};

extern const struct condition conditions[];
extern const size_t condition_count;

extern const int tried_signals[];
enum {
    TRIED_SIGNALS = 6
};

/* The condition's own situation, or those of the table; NULL behind the last. */
const struct situation *condition_situation(const struct condition *condition, size_t index);

/* A process in a situation and a condition; conditions_clear() ends it. */
struct subject {
    const struct situation *situation;
    const struct condition *condition;
    pid_t pid, tid; /* tid: the thread that waits */
    pid_t holder;   /* of what is waited for; 0: nobody holds it */
};

enum subject_result {
    SUBJECT_READY,
    SUBJECT_NOT_TRIED,   /* the two do not go together, or this kernel has not got the wait */
    SUBJECT_IMPOSSIBLE,  /* the condition cannot be had here */
    SUBJECT_IS_ELSEWHERE /* it did not come to its wait */
};

/* `before` is called when it waits, and nothing is done to it yet; NULL: nobody looks then. */
enum subject_result subject_make(const struct situation *situation,
                                 const struct condition *condition,
                                 void (*before)(const struct subject *subject),
                                 struct subject *ret);

/* forecast_kind_name() for SIGTERM. */
const char *subject_term(const struct subject *subject);

/* How often the waiter's handler was entered for the signal. */
unsigned subject_handled(int signal);

/* The vforked child of a vforking parent, and others that are held up, go on. */
void subject_lift(const struct subject *subject);

/* Ends everything that subject_make() started, and removes what it left. */
void subject_clear(void);

#endif
