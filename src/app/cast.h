/*
 * cast: a replay as an asciicast (version 2), the file that asciinema plays: a line of JSON that
 * tells of the terminal, then a line [seconds, "o", bytes] for each refresh.
 */
#ifndef REAPTOP_APP_CAST_H
#define REAPTOP_APP_CAST_H

#include "state.h"

/* Rows and columns of the terminal that is not there: "100x30", columns first. -EINVAL. */
int cast_parse_size(const char *text, int *ret_rows, int *ret_cols);

/*
 * The replay is at its first refresh, the screen has its size: writes it to its end. `name` "-" is
 * standard output; a file that exists is not written over. An exit status, told on
 * standard error; where the recording is cut, what came before is written.
 */
int cast_write(struct app *app, const char *name, const char *title);

#endif
