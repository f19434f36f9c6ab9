#include "reaptop/source/read_tasks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "operand.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/model/tuning.h"
#include "reaptop/view/threads_tab.h"

static void put_text(json_t *object, const char *key, enum access access, const char *text)
{
    json_put_access(object, key, access,
                    access_has_value(access) ? json_text(text, strlen(text)) : NULL);
}

/* The call's name, or its number where we have no name; null while it is in none. */
static void put_syscall(json_t *object, const struct syscall_record *record)
{
    if (!access_has_value(record->access)) {
        json_unavailable(object, "syscall", record->access);
        return;
    }
    const char *name = record->place == SYSCALL_INSIDE ? syscall_record_name(record) : NULL;
    if (record->place != SYSCALL_INSIDE)
        json_put(object, "syscall", json_null());
    else
        json_put(object, "syscall", name ? json_string(name) : json_integer(record->number));
}

static json_t *json_task(const struct task *task)
{
    const char *policy = policy_name(task->policy);
    const enum access switches = task->switches_access;
    json_t *object = json_object();
    json_put(object, "tid", json_integer(task->tid));
    json_put(object, "state", json_text(&task->state, 1));
    json_put(object, "comm", json_text(task->comm, strlen(task->comm)));
    json_put(object, "nice", json_integer(task->nice));
    json_put(object, "priority", json_integer(task->priority));
    json_put(object, "realtime_priority", json_integer(task->rt_priority));
    json_put(object, "policy", policy ? json_string(policy) : json_integer(task->policy));
    json_put(object, "processor", json_integer(task->processor));
    json_put_access(object, "voluntary_switches", switches,
                    json_unsigned(task->voluntary_switches));
    json_put_access(object, "involuntary_switches", switches,
                    json_unsigned(task->involuntary_switches));
    json_put(object, "utime_ticks", json_unsigned(task->utime_ticks));
    json_put(object, "stime_ticks", json_unsigned(task->stime_ticks));
    put_text(object, "wchan", task->wchan_access, task->wchan);
    put_syscall(object, &task->syscall);
    return object;
}

static int print_json(const struct task_list *list)
{
    json_t *doc = json_document("threads");
    json_put(doc, "pid", json_integer(list->id.pid));
    json_put(doc, "start_ticks", json_unsigned(list->id.start_ticks));
    json_t *threads = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_add(threads, json_task(&list->tasks[i]));
    json_put_access(doc, "threads", list->access, threads);
    return json_output(doc);
}

int command_threads(const struct options *options, int argc, char **argv)
{
    struct identity id;
    int status = operand_process(argc, argv, &id);
    if (status != EXIT_DONE)
        return status;

    _cleanup_(task_list_done) struct task_list tasks = TASK_LIST_INIT;
    int r = tasks_read(id, TASKS_SIGNALS | TASKS_WAITS, &tasks);
    if (r < 0)
        return operand_failed("threads", id.pid, r);
    if (options->json)
        return print_json(&tasks);

    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    threads_tab(&doc, &tasks, NULL);
    return output_document(&doc);
}
