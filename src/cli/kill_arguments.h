/*
 * kill_arguments: kill(1)'s spellings on the command line of send: util-linux,
 * procps, bash and POSIX. Each means what it means to kill(1), or is refused
 * with the form that send has for it; none means something else here.
 */
#ifndef REAPTOP_CLI_KILL_ARGUMENTS_H
#define REAPTOP_CLI_KILL_ARGUMENTS_H

#include "reaptop/base/error.h"

/*
 * Before options_take(): makes the first -TERM or -9 in `argv` (which begins
 * with the command's name and ends with NULL) a --signal=TERM, whose text is
 * static. -EINVAL with the reason: a second signal, a process group as a
 * negative number, an option that only kill(1) has.
 */
int kill_arguments(char **argv, struct error *error);

#endif
