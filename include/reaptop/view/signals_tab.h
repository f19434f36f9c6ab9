/*
 * signals_tab: one process's pending, blocked, ignored and caught signals, as
 * a document: the sets by name, each thread's own, and a grid of the signals
 * that are anything but default, with what would happen if one came.
 */
#ifndef REAPTOP_VIEW_SIGNALS_TAB_H
#define REAPTOP_VIEW_SIGNALS_TAB_H

#include "reaptop/model/tasks.h"
#include "reaptop/view/document.h"

/*
 * With the list of the refresh before, what changed since is STYLE_CHANGED;
 * NULL: nothing is. A grid line is marked with its signal's number.
 */
void signals_tab(struct document *doc, const struct task_list *list,
                 const struct task_list *previous);

#endif
