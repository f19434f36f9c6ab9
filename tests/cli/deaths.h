/*
 * deaths: real ways to end, each with its truth. A row of `families` says who
 * is there when a process ends and who must wait for it then; a row of
 * `manners` says how it ends. test_deaths.c crosses them and compares what
 * every command says. A new one is a new row and its body, in deaths.c.
 */
#ifndef TESTS_CLI_DEATHS_H
#define TESTS_CLI_DEATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "reaptop/model/ending.h"

struct manner {
    const char *name;
    void (*die)(void);
    int status; /* as waitpid(2) gives it */
};

struct family {
    const char *name;
    int (*parent)(void *board); /* in a child of the test: starts the one that ends */
    bool (*apply)(void);        /* before it ends; NULL: nothing; false: cannot be had here */
    bool is_traced;             /* a stranger's tracer must wait first */
    bool is_gone;               /* it leaves no zombie behind */
    enum removal removal;       /* is_gone: how it left, as far as that can be seen */
};

extern const struct manner manners[];
extern const size_t manner_count;
extern const struct family families[];
extern const size_t family_count;

/* PIDs are the test's, also of those in other PID namespaces. */
struct death {
    pid_t pid;
    pid_t waiter; /* who must wait, or has waited; the parent that ignores SIGCHLD */
    pid_t tracer; /* 0: none */
};

enum death_result {
    DEATH_READY,
    DEATH_IMPOSSIBLE, /* cannot be had here */
};

/* It lives, and ends as soon as it is told to. */
enum death_result death_prepare(const struct family *family, const struct manner *manner,
                                struct death *ret);

/* It ends; returns when it is a zombie, or gone. False: it is not, after ten seconds. */
bool death_come(const struct family *family, const struct death *death);

/* Ends everything that is left of it. */
void death_clear(void);

#endif
