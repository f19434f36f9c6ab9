/*
 * tasks: the threads of one process, with what the Threads and the Signals tab
 * show of each.
 */
#ifndef REAPTOP_MODEL_TASKS_H
#define REAPTOP_MODEL_TASKS_H

#include <stddef.h>

#include "reaptop/base/arena.h"
#include "reaptop/model/access.h"
#include "reaptop/model/forecast.h"
#include "reaptop/model/identity.h"
#include "reaptop/model/signals.h"
#include "reaptop/model/status.h"
#include "reaptop/model/syscall_names.h"

struct task {
    pid_t tid;
    uint64_t start_ticks;
    char state;
    const char *comm; /* raw bytes */
    int32_t nice, priority, rt_priority, policy, processor;
    uint64_t utime_ticks, stime_ticks;

    enum access switches_access;
    uint64_t voluntary_switches, involuntary_switches;

    enum access signals_access;
    signal_set pending, blocked; /* this thread's */
    pid_t tracer_pid;            /* 0: none; read with its signals */

    enum access wchan_access; /* EMPTY: it does not sleep */
    const char *wchan;        /* raw bytes */

    struct syscall_record syscall; /* its access says whether it could be read */
};

struct task_list {
    struct identity id;
    const char *comm; /* of its first thread */
    char state;
    bool is_kernel;
    uint32_t threads;   /* as its stat has it: an ended first thread counts */
    enum access access; /* of the list: TRUNCATED where there are more than TASKS_MAX */
    struct task *tasks; /* ascending TID */
    size_t count, capacity;
    long ticks_per_second;
    uint64_t read_ns; /* CLOCK_BOOTTIME when they were; 0: not known */

    /* The process's, the same for all threads. */
    enum access signals_access;
    signal_set shared_pending, ignored, caught;
    uint64_t sig_queued, sig_queue_limit; /* of the real user */
    struct status first; /* the first thread's; `known` is 0 where it was not read */
    enum cgroup_freezer frozen;
    struct cgroup_quota quota;    /* of its control group */
    bool is_exiting, is_in_vfork; /* as in struct forecast_target */

    struct arena strings;
};

#define TASK_LIST_INIT ((struct task_list){0})

enum {
    TASKS_MAX = 65536
};

void task_list_done(struct task_list *list);

/* The thread, or NULL. O(log n). */
const struct task *task_list_find(const struct task_list *list, pid_t tid);

/*
 * What the signal would do if it came now, whoever may send it. The threads are
 * those of the list; whether a terminal stop is discarded in an orphaned group
 * is not known.
 */
struct forecast task_list_forecast(const struct task_list *list, int signal);

/* How many threads have the signal blocked, or pending for themselves. */
size_t task_list_count_blocked(const struct task_list *list, int signal);
size_t task_list_count_pending(const struct task_list *list, int signal);

#endif
