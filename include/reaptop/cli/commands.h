/*
 * commands: one function for each subcommand; src/cli/command.c has the table.
 * Each takes the options and its operands (argv[0] is its own name), writes
 * the result to standard output and returns an exit status.
 */
#ifndef REAPTOP_CLI_COMMANDS_H
#define REAPTOP_CLI_COMMANDS_H

#include "reaptop/cli/options.h"

int command_tree(const struct options *options, int argc, char **argv);
int command_events(const struct options *options, int argc, char **argv);
int command_maps(const struct options *options, int argc, char **argv);
int command_pages(const struct options *options, int argc, char **argv);
int command_files(const struct options *options, int argc, char **argv);
int command_why(const struct options *options, int argc, char **argv);
int command_explain(const struct options *options, int argc, char **argv);
int command_show(const struct options *options, int argc, char **argv);
int command_threads(const struct options *options, int argc, char **argv);
int command_signals(const struct options *options, int argc, char **argv);
int command_run(const struct options *options, int argc, char **argv);
int command_lab(const struct options *options, int argc, char **argv);
int command_metrics(const struct options *options, int argc, char **argv);
int command_record(const struct options *options, int argc, char **argv);
int command_who(const struct options *options, int argc, char **argv);
int command_send(const struct options *options, int argc, char **argv);

/* Options of their own, as command.h's `options` has them. */
extern const struct option_info tree_options[];    /* --from FILE --at TIME */
extern const struct option_info show_options[];    /* likewise */
extern const struct option_info why_options[];     /* likewise */
extern const struct option_info run_options[];     /* --syscalls --all-syscalls -o FILE */
extern const struct option_info threads_options[]; /* --stacks */
extern const struct option_info events_options[];  /* -k KINDS --from FILE --signals */
extern const struct option_info lab_options[];     /* -i --source --worksheet --answers */
extern const struct option_info maps_options[];    /* -s COLUMN */
extern const struct option_info metrics_options[]; /* -o FILE */
extern const struct option_info record_options[];  /* --no-args --max-size --threads --signals */
extern const struct option_info send_options[];    /* -s -l -g --session -T … */

#endif
