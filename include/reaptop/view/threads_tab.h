/*
 * threads_tab: the threads of a process, a line each, as a document.
 */
#ifndef REAPTOP_VIEW_THREADS_TAB_H
#define REAPTOP_VIEW_THREADS_TAB_H

#include "reaptop/model/tasks.h"
#include "reaptop/view/document.h"

/*
 * Each line is marked (document_mark) with its TID. With the list of the
 * refresh before, threads that are new and states that changed are styled so;
 * NULL: none is.
 */
void threads_tab(struct document *doc, const struct task_list *list,
                 const struct task_list *previous);

#endif
