/*
 * kernel_tab: what a task does inside the kernel: its system call with decoded
 * arguments, the function it sleeps in, and the kernel stack.
 */
#ifndef REAPTOP_VIEW_KERNEL_TAB_H
#define REAPTOP_VIEW_KERNEL_TAB_H

#include "reaptop/model/why.h"
#include "reaptop/view/document.h"

/*
 * `stack` is the text of /proc/PID/task/TID/stack, or NULL; task->stack_access
 * says why it is not there. task->objects, where gathered, show what the
 * descriptors among the arguments are.
 */
void kernel_tab(struct document *doc, const struct why_task *task, const char *stack,
                size_t stack_length);

#endif
