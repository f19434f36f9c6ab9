/*
 * show_uses: what a process uses, and the unit and container it is in, in the
 * first lines of show and Life.
 */
#ifndef REAPTOP_VIEW_SHOW_USES_H
#define REAPTOP_VIEW_SHOW_USES_H

#include "reaptop/model/details.h"
#include "reaptop/view/document.h"

enum {
    SHOW_LABEL_COLS = 24
};

/* "9999 KiB", "1.5 GiB": for a person; JSON has KiB. */
void show_format_size(uint64_t kib, char text[static 32]);

/* A line: processor time, memory, threads, descriptors, each where it is known. */
void show_add_uses(struct document *doc, const struct details *details);

/* A line for each, where its control group names one. */
void show_add_unit(struct document *doc, const struct details *details);

#endif
