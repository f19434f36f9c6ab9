/*
 * help: --help and --version, from the tables of commands and options.
 */
#ifndef REAPTOP_APP_HELP_H
#define REAPTOP_APP_HELP_H

#include "reaptop/cli/command.h"

/* Each prints to standard output and returns an exit status. */
int help_program(void);
int help_command(const struct command *command);
int help_version(void);

#endif
