/*
 * environment_tab: the environment a process was started with, as
 * /proc/PID/environ holds it (proc(5)): NAME=VALUE, each ended by a NUL. The
 * process may have changed its own copy since.
 */
#ifndef REAPTOP_VIEW_ENVIRONMENT_TAB_H
#define REAPTOP_VIEW_ENVIRONMENT_TAB_H

#include "reaptop/view/document.h"

/* Appends a line for each variable, in the order of the file. */
void environment_tab(struct document *doc, const char *bytes, size_t length);

#endif
