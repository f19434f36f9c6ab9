/*
 * options: what INTERFACE's "Options everywhere they make sense" became.
 */
#ifndef REAPTOP_CLI_OPTIONS_H
#define REAPTOP_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/error.h"
#include "reaptop/model/field.h"

struct option_info {
    const char *name;     /* long, without dashes; NULL ends a table */
    char letter;          /* '\0': none */
    const char *argument; /* "TIME"; NULL: takes none */
    const char *summary;  /* N_() */
};

enum color_when {
    COLOR_AUTO,
    COLOR_ALWAYS,
    COLOR_NEVER
};

struct options {
    uint64_t delay_ns; /* default 1 s for the screen and streams */
    bool has_delay;
    uint64_t iterations; /* 0: without end on the screen, once for commands */
    pid_t *pids;         /* -p: these and their descendants; NULL: all */
    size_t pid_count;
    uid_t *uids; /* -u; NULL: all */
    size_t uid_count;
    const char *states; /* -S; NULL: all */
    enum field sort;
    bool has_sort;
    bool json;
    bool readonly;
    bool ascii;
    bool no_mouse;
    enum color_when color;
};

/* The common options; `help` and `version` are among them. */
extern const struct option_info option_table[];

/*
 * Takes the common options out of argv (getopt_long's rules; "--" ends them)
 * and leaves the rest in order. `own` are the command's own options, which are
 * left in place with their arguments. -EINVAL: `error` names the option and
 * the right form.
 */
int options_take(struct options *options, int *argc, char **argv, const struct option_info *own,
                 struct error *error);
void options_done(struct options *options);

#endif
