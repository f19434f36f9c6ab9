/*
 * capture: what a command writes to standard output and standard error, kept
 * in files without a name, while the test goes on.
 *
 *     capture_begin();
 *     int status = command_tree(&options, argc, argv);
 *     capture_end(&out, &err);
 */
#ifndef TESTS_SUPPORT_CAPTURE_H
#define TESTS_SUPPORT_CAPTURE_H

#include "reaptop/base/strbuf.h"

/* 0, or -1; not nested. */
int capture_begin(void);

/* Gives both descriptors back and appends what was written (1 MiB of each at most). */
void capture_end(struct strbuf *out, struct strbuf *err);

#endif
