/*
 * tasks: fills model/tasks.h from /proc/PID/task, a part at a time, so that a
 * process of thousands of threads holds nobody up.
 *
 *     struct tasks *tasks;
 *     r = tasks_new(id, TASKS_SIGNALS, &tasks);
 *     while (r >= 0 && (r = tasks_step(tasks, 5 * NS_PER_MS)) > 0)
 *         …;                         the screen answers keys here
 *     tasks_list(tasks);
 */
#ifndef REAPTOP_SOURCE_TASKS_H
#define REAPTOP_SOURCE_TASKS_H

#include "reaptop/model/tasks.h"

enum tasks_what {
    TASKS_SIGNALS = 1U << 0, /* status: masks and context switches */
    TASKS_WAITS = 1U << 1,   /* wchan and syscall */
};

struct tasks;

/*
 * -ESRCH: gone, or another process than `id` has the number now; -EACCES,
 * -EPERM: hidden; -ENOMEM.
 */
int tasks_new(struct identity id, unsigned what, struct tasks **ret_tasks);
void tasks_free(struct tasks *tasks);

static inline void cleanup_tasks(struct tasks **tasks)
{
    tasks_free(*tasks);
}

/*
 * Reads threads for about `budget_ns` (0: to the end). 1: there are more; 0:
 * all are there. A thread that ends on the way is left out. -ESRCH: the process
 * was reaped; -ENOMEM.
 */
int tasks_step(struct tasks *tasks, uint64_t budget_ns);

/* What was read so far. Belongs to `tasks`. */
const struct task_list *tasks_list(const struct tasks *tasks);

#endif
