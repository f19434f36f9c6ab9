/*
 * matrix: how much of the tables of situations, conditions and deaths is tried.
 * A sample, in which every row and every surface turns up, is enough for each
 * change; all of it is tried by `make matrix`.
 */
#ifndef TESTS_CLI_MATRIX_H
#define TESTS_CLI_MATRIX_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* One of so many is tried; 1 where all are. */
static inline size_t matrix_every(size_t sample)
{
    const char *part = getenv("REAPTOP_MATRIX");
    return sample == 0 || (part && strcmp(part, "whole") == 0) ? 1 : sample;
}

#endif
