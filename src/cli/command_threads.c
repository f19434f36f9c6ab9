#include "reaptop/source/read_tasks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "operand.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/model/tuning.h"
#include "reaptop/source/user_stacks.h"
#include "reaptop/view/stacks_tab.h"
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

/* ---- user-space stacks ---- */

static json_t *json_frame(const struct user_frame *frame)
{
    json_t *object = json_object();
    json_put(object, "address", json_address(frame->address));
    if (frame->symbol) {
        json_put(object, "symbol", json_text(frame->symbol, strlen(frame->symbol)));
        json_put(object, "offset", json_unsigned(frame->offset));
    } else {
        json_put(object, "symbol", json_null());
    }
    json_put(object, "module",
             frame->module ? json_text(frame->module, strlen(frame->module)) : json_null());
    return object;
}

static json_t *json_stack(const struct user_stack *stack)
{
    json_t *object = json_object(), *frames = json_array();
    for (size_t i = 0; i < stack->count; i++)
        json_add(frames, json_frame(&stack->frames[i]));
    json_put(object, "tid", json_integer(stack->tid));
    json_put(object, "frames", frames);
    json_put(object, "end", json_string(stack_end_word(stack->end)));
    return object;
}

static void put_stacks(json_t *doc, const struct user_stacks *stacks)
{
    json_t *array = json_array();
    for (size_t i = 0; i < stacks->count; i++)
        json_add(array, json_stack(&stacks->threads[i]));
    json_put(doc, "stacks", array);
    json_put(doc, "stopped_ms", json_real((double)stacks->held_ns / (double)NS_PER_MS));
    json_put(doc, "stacks_left_out", json_unsigned(stacks->left_out));
}

/* ---- the command ---- */

/* `stacks` NULL: they were not asked for. */
static int print_json(const struct task_list *list, const struct user_stacks *stacks)
{
    json_t *doc = json_document("threads");
    json_put(doc, "pid", json_integer(list->id.pid));
    json_put(doc, "start_ticks", json_unsigned(list->id.start_ticks));
    json_t *threads = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_add(threads, json_task(&list->tasks[i]));
    json_put_access(doc, "threads", list->access, threads);
    if (stacks)
        put_stacks(doc, stacks);
    return json_output(doc);
}

enum own_option {
    OWN_STACKS
};

const struct option_info threads_options[] = {
    [OWN_STACKS] = {"stacks", '\0', NULL,
                    N_("the functions that each thread is in: stops it for a moment (ptrace)")},
    [OWN_STACKS + 1] = {NULL, '\0', NULL, NULL},
};

int command_threads(const struct options *options, int argc, char **argv)
{
    struct identity id;
    bool has_stacks = options->own[OWN_STACKS];
    if (has_stacks && options->readonly)
        return command_usage_error(
            "threads", "%s",
            _("--stacks stops the process for a moment, which --readonly forbids"));
    int status = operand_process(argc, argv, &id);
    if (status != EXIT_DONE)
        return status;

    _cleanup_(task_list_done) struct task_list tasks = TASK_LIST_INIT;
    int r = tasks_read(id, TASKS_SIGNALS | TASKS_WAITS, &tasks);
    if (r < 0)
        return operand_failed("threads", id.pid, r);
    _cleanup_(user_stacks_done) struct user_stacks stacks = USER_STACKS_INIT;
    if (has_stacks && (r = user_stacks_read(tasks.id, &stacks)) < 0)
        return r == -ESRCH
                   ? operand_failed("threads", id.pid, r)
                   : command_fail(EXIT_FAULT, _("threads: --stacks: %s"), user_stacks_sentence(r));
    if (options->json)
        return print_json(&tasks, has_stacks ? &stacks : NULL);

    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    threads_tab(&doc, &tasks, NULL);
    if (has_stacks)
        stacks_tab(&doc, &stacks, &tasks);
    return output_document(&doc);
}
