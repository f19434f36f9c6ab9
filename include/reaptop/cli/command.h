/*
 * command: the subcommands, as one table. app/main parses the options, finds
 * the command and runs it; help, the manual page and completion read the same
 * table.
 *
 * A command writes its result to standard output through cli/output.h and
 * returns an exit status. Errors are one line on standard error:
 * `reaptop: what: why`.
 */
#ifndef REAPTOP_CLI_COMMAND_H
#define REAPTOP_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reaptop/cli/options.h"

enum exit_status {
    EXIT_DONE = 0,
    EXIT_NO_MATCH = 1, /* nothing matched, or the process is gone */
    EXIT_USAGE = 2,
    EXIT_FAULT = 3,        /* the kernel or a file failed us */
    EXIT_SOME_FAILED = 64, /* send: some targets, not all */
};

struct command {
    const char *name;
    const char *arguments; /* "[PID]", as usage lines have it */
    const char *summary;   /* N_(): one line */
    const char *details;   /* N_(): for the manual page; NULL: none */
    /* Options of its own, with those of every command (cli/options.h), in usage's words. */
    const struct option_info *options; /* ends with a NULL name; NULL: none */
    /* Which of OPTIONS_SELECTIVE it follows; others are refused before it runs. NULL: all. */
    const char *accepts;
    /*
     * Before options are taken: mends `argv` (ends with NULL) where the command has words that
     * getopt_long(3) cannot read. -EINVAL with the reason. NULL: nothing to mend.
     */
    int (*prepare)(char **argv, struct error *error);
    /*
     * argv[0] is the command's name, the rest are operands; the options are in
     * `options`. NULL for replay, which needs the screen (app/app.h).
     */
    int (*run)(const struct options *options, int argc, char **argv);
    /* Its operands are another command's line: nothing behind the first is an option of ours. */
    bool stops_at_operand;
    /* The capabilities that it needs (base/privilege.h); it gives up all others before it runs. */
    uint64_t privileges;
    bool starts_commands; /* the others are its reserve: privileges_keep() */
};

/* Ends with a NULL name. */
extern const struct command commands[];

const struct command *command_find(const char *name);

/* "reaptop: tree: …" on standard error, then EXIT_USAGE. */
int command_usage_error(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "reaptop: what: why" on standard error, then `status`. */
int command_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
