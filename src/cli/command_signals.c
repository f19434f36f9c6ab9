#include "reaptop/model/signals.h"

#include <errno.h>
#include <string.h>

#include "operand.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/source/read_tasks.h"
#include "reaptop/view/explain.h"
#include "reaptop/view/signals_tab.h"

/* ---- all signals ---- */

static int list_json(void)
{
    json_t *doc = json_document("signals");
    json_t *list = json_array();
    for (size_t i = 0; i < signals_count(); i++) {
        json_t *object = json_object();
        json_put(object, "number", json_integer(signals[i].number));
        json_put(object, "name", json_string(signals[i].name));
        json_put(object, "action", json_string(signal_action_key(signals[i].action)));
        json_put(object, "meaning", json_string_or_null(signals[i].meaning));
        json_add(list, object);
    }
    json_put(doc, "signals", list);
    return json_output(doc);
}

static int list_all(const struct options *options)
{
    if (options->json)
        return list_json();
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    explain_signals(&doc);
    return output_document(&doc);
}

/* ---- one process's ---- */

static void put_set(json_t *object, const char *key, enum access access, signal_set set)
{
    json_put_access(object, key, access, access_has_value(access) ? json_signals(set) : NULL);
}

static json_t *json_thread(const struct task *task)
{
    json_t *object = json_object();
    json_put(object, "tid", json_integer(task->tid));
    json_put(object, "comm", json_text(task->comm, strlen(task->comm)));
    put_set(object, "pending", task->signals_access, task->pending);
    put_set(object, "blocked", task->signals_access, task->blocked);
    return object;
}

/* `pending` and `blocked` of the document are the first thread's. */
static int process_json(const struct task_list *list)
{
    const enum access access = list->signals_access;
    const struct task *first = &list->tasks[0];
    json_t *doc = json_document("signals");
    json_put(doc, "pid", json_integer(list->id.pid));
    json_put(doc, "start_ticks", json_unsigned(list->id.start_ticks));
    json_put(doc, "comm", json_text(list->comm, strlen(list->comm)));
    put_set(doc, "pending", first->signals_access, first->pending);
    put_set(doc, "shared_pending", access, list->shared_pending);
    put_set(doc, "blocked", first->signals_access, first->blocked);
    put_set(doc, "ignored", access, list->ignored);
    put_set(doc, "caught", access, list->caught);
    json_put_access(doc, "queued", access, json_unsigned(list->sig_queued));
    json_put_access(doc, "queue_limit", access, json_unsigned(list->sig_queue_limit));
    json_t *threads = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_add(threads, json_thread(&list->tasks[i]));
    json_put_access(doc, "threads", list->access, threads);
    return json_output(doc);
}

static int one_process(const struct options *options, struct identity id)
{
    _cleanup_(task_list_done) struct task_list tasks = TASK_LIST_INIT;
    int r = tasks_read(id, TASKS_SIGNALS, &tasks);
    if (r < 0)
        return operand_failed("signals", id.pid, r);
    if (options->json)
        return process_json(&tasks);

    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    signals_tab(&doc, &tasks, NULL);
    return output_document(&doc);
}

int command_signals(const struct options *options, int argc, char **argv)
{
    if (argc < 2)
        return list_all(options);
    struct identity id;
    int status = operand_process(argc, argv, &id);
    return status == EXIT_DONE ? one_process(options, id) : status;
}
