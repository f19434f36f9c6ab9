/*
 * app: the interactive screen: poll, sweep, compose, draw, act.
 */
#ifndef REAPTOP_APP_APP_H
#define REAPTOP_APP_APP_H

#include "reaptop/cli/options.h"

/* Runs until the person leaves. Returns an exit status (cli/command.h). */
int app_run(const struct options *options);

/* The same screen of a recording: argv[1] is its file, or "-" for standard input. */
int app_replay(const struct options *options, int argc, char **argv);

#endif
