/*
 * stacks_tab: the user-space stacks of a process, as a document that stands below its threads.
 */
#ifndef REAPTOP_VIEW_STACKS_TAB_H
#define REAPTOP_VIEW_STACKS_TAB_H

#include "reaptop/model/tasks.h"
#include "reaptop/model/user_stack.h"
#include "reaptop/view/document.h"

/* `list` has the threads' names and is of about the same time. */
void stacks_tab(struct document *doc, const struct user_stacks *stacks,
                const struct task_list *list);

#endif
