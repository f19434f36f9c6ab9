#include "reaptop/model/tasks.h"

#include <stdlib.h>

#include "reaptop/base/array.h"
#include "reaptop/model/ending.h"
#include "reaptop/model/process.h"

enum {
    FORECAST_THREADS_MAX = 1024 /* living ones that are looked at for a forecast */
};

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

/* The dead take no signals. */
static size_t living_threads(const struct task_list *list, size_t max,
                             struct forecast_thread *ret_threads, size_t *ret_dead)
{
    size_t count = 0;
    *ret_dead = 0;
    for (size_t i = 0; i < list->count && count < max; i++) {
        const struct task *task = &list->tasks[i];
        if (!access_has_value(task->signals_access))
            continue;
        if (state_is_dead(task->state)) {
            (*ret_dead)++;
            continue;
        }
        ret_threads[count++] = (struct forecast_thread){.pending = task->pending,
                                                        .blocked = task->blocked,
                                                        .tracer_pid = task->tracer_pid,
                                                        .state = task->state,
                                                        .is_first = task->tid == list->id.pid};
    }
    return count;
}

struct forecast task_list_forecast(const struct task_list *list, int signal)
{
    static const struct forecast_sender anybody = {.has_cap_kill = true};
    struct forecast_thread threads[FORECAST_THREADS_MAX];
    const struct task *first = task_list_find(list, list->id.pid);
    struct process process = {.id = list->id,
                              .tgid = list->id.pid,
                              .state = list->state,
                              .threads = list->threads,
                              .policy = first ? first->policy : 0,
                              .is_kernel = list->is_kernel};
    struct status status = list->first;
    if (access_has_value(list->signals_access)) {
        status.known |= STATUS_HAS_SIGNALS;
        status.shared_pending = list->shared_pending;
        status.ignored = list->ignored;
        status.caught = list->caught;
        status.sig_queued = list->sig_queued;
        status.sig_queue_limit = list->sig_queue_limit;
    }
    struct forecast_target target = {.process = &process,
                                     .status = &status,
                                     .threads = threads,
                                     .frozen = list->frozen,
                                     .quota = list->quota,
                                     .is_exiting = list->is_exiting,
                                     .is_in_vfork = list->is_in_vfork};
    target.thread_count = living_threads(list, ELEMENTS(threads), threads, &target.dead_threads);
    return forecast_signal(&target, &anybody, signal, false);
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
