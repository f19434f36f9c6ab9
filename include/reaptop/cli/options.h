/*
 * options: the options that several commands take.
 */
#ifndef REAPTOP_CLI_OPTIONS_H
#define REAPTOP_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/field.h"

struct option_info {
    const char *name;     /* long, without dashes; NULL ends a table */
    char letter;          /* '\0': none */
    const char *argument; /* "TIME"; NULL: takes none */
    const char *summary;  /* N_() */
};

enum {
    OPTIONS_OWN_MAX = 12
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
    char *remote;       /* -H: the recording's name, "ssh://web1,db"; NULL: this machine */
    bool control;       /* with `remote`, of the screen: signals may be sent there */
    enum field sort;
    bool has_sort;
    bool json;
    bool readonly;
    bool ascii;
    bool linear; /* of the screen and `tree`: view/linear.h */
    bool no_mouse;
    bool help;
    bool version;
    enum color_when color;
    const char *own[OPTIONS_OWN_MAX]; /* the argument; "" where it takes none; NULL: not given */
};

#define OPTIONS_INIT ((struct options){.delay_ns = NS_PER_SEC})

/* The common options; `help` and `version` are among them. */
extern const struct option_info option_table[];

/*
 * Takes options out of argv (which begins with a program's or command's name)
 * and leaves the operands in order behind that name; "--" ends the options.
 * `own` (NULL, or ended by a NULL name) are the command's own options:
 * options->own[i] says whether own[i] was given. With `stops_at_operand`
 * nothing behind the first operand is looked at. -EINVAL: `error` names the
 * option and the right form; -ENOMEM. May be called again for more of argv.
 */
int options_take(struct options *options, int *argc, char **argv, const struct option_info *own,
                 bool stops_at_operand, struct error *error);
void options_done(struct options *options);

/* The letters of those that not everybody can follow: the rest hold everywhere. */
#define OPTIONS_SELECTIVE "dnpuSsJH"

/*
 * The name of an option that was given and is not among the letters `accepts`
 * (out of OPTIONS_SELECTIVE), so that none is ignored in silence; NULL: none.
 */
const char *options_unused(const struct options *options, const char *accepts);

/*
 * -u and -S as a filter's expression (model/filter.h), appended to `out`;
 * nothing where neither was given. -p is tree_options' roots.
 */
void options_filter_expression(const struct options *options, struct strbuf *out);

#endif
