/*
 * filter_prompt: the filter as it is typed.
 */
#ifndef REAPTOP_VIEW_FILTER_PROMPT_H
#define REAPTOP_VIEW_FILTER_PROMPT_H

#include "ui_private.h"

void open_filter(struct ui *ui);
/* What is typed filters at once, where it is an expression by now; the cursor goes to the first
 * match. */
struct intent filter_typed(struct ui *ui, const struct scene *scene);
/* A wrong expression stays to be put right. */
struct intent accept_filter(struct ui *ui, const struct scene *scene);
/* Back to the filter and the process from before. */
struct intent leave_filter(struct ui *ui, const struct scene *scene);
/* Where a filter was typed since the tree was built: the cursor to the first that passes. */
void seek_match(struct ui *ui, const struct scene *scene);

#endif
