#include "reaptop/model/tasks.h"

#include <stdlib.h>

void task_list_done(struct task_list *list)
{
    free(list->tasks);
    arena_done(&list->strings);
    *list = TASK_LIST_INIT;
}

static int compare_tid(const void *key, const void *element)
{
    pid_t tid = *(const pid_t *)key;
    const struct task *task = element;
    return (tid > task->tid) - (tid < task->tid);
}

const struct task *task_list_find(const struct task_list *list, pid_t tid)
{
    if (list->count == 0)
        return NULL;
    return bsearch(&tid, list->tasks, list->count, sizeof(list->tasks[0]), compare_tid);
}

size_t task_list_count_blocked(const struct task_list *list, int signal)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += access_has_value(list->tasks[i].signals_access) &&
                 signal_set_has(list->tasks[i].blocked, signal);
    return count;
}

size_t task_list_count_pending(const struct task_list *list, int signal)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += access_has_value(list->tasks[i].signals_access) &&
                 signal_set_has(list->tasks[i].pending, signal);
    return count;
}
