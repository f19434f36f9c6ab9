/*
 * read_tasks: fills model/tasks.h from /proc/PID/task.
 */
#ifndef REAPTOP_SOURCE_READ_TASKS_H
#define REAPTOP_SOURCE_READ_TASKS_H

#include "reaptop/model/tasks.h"

enum tasks_what {
    TASKS_SIGNALS = 1U << 0, /* status: masks and context switches */
    TASKS_WAITS = 1U << 1,   /* wchan and syscall */
};

/*
 * Reads the threads, ascending TID, and replaces what is in `list`, which is untouched on
 * failure. A thread that ends on the way is left out. -ESRCH: gone, or another process than
 * `id` has the number now; -EACCES, -EPERM: hidden; -ENOMEM.
 */
int tasks_read(struct identity id, unsigned what, struct task_list *list);

#endif
