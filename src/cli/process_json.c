#include "reaptop/cli/process_json.h"

#include <unistd.h>

#include "reaptop/cli/json.h"
#include "reaptop/model/process.h"

static void put_state(json_t *object, char state)
{
    json_put(object, "state", json_text(&state, 1));
}

/* A recording keeps the arguments joined: where one ends is not known there. */
static void put_arguments(json_t *object, const struct process *process)
{
    enum access access = process->argv_access;
    if (access_has_value(access) && !process->arguments) {
        json_unavailable(object, "argv", ACCESS_UNRECORDED);
        json_put(object, "command_line", json_string_or_null(process->argv));
        return;
    }
    json_put_access(object, "argv", access,
                    access_has_value(access)
                        ? json_arguments(process->arguments, process->arguments_size)
                        : NULL);
}

/* Epoch seconds; what the clock says now of then. */
static void put_start_time(json_t *object, const struct snapshot *snapshot,
                           const struct process *process)
{
    if (process->start_ns == 0)
        json_unavailable(object, "start_time", ACCESS_UNREAD);
    else
        json_put(object, "start_time",
                 json_real(((double)snapshot->time_ns - (double)process->age_ns) / 1e9));
}

json_t *process_json(const struct snapshot *snapshot, const struct process *process)
{
    json_t *object = json_object();
    json_put(object, "pid", json_integer(process->id.pid));
    json_put(object, "ppid", json_integer(process->ppid));
    json_put(object, "pgid", json_integer(process->pgid));
    json_put(object, "sid", json_integer(process->sid));
    json_put(object, "tty", json_string_or_null(process->tty_name));
    put_state(object, process->state);
    json_put(object, "comm", json_string_or_null(process->comm));
    put_arguments(object, process);
    json_put(object, "uid", json_integer(process->uid));
    json_put(object, "user", json_string_or_null(process->user));
    json_put(object, "threads", json_integer(process->threads));
    json_put(object, "start_ticks", json_unsigned(process->id.start_ticks));
    put_start_time(object, snapshot, process);
    json_put(object, "rss_kib", json_unsigned(process->rss_kib));
    json_put(object, "cpu_seconds",
             json_real((double)(process->utime_ticks + process->stime_ticks) /
                       (double)sysconf(_SC_CLK_TCK)));
    if (process->cpu_percent >= 0)
        json_put(object, "cpu_percent", json_real(process->cpu_percent));
    else
        json_unavailable(object, "cpu_percent", ACCESS_UNREAD);
    return object;
}

json_t *processes_json(const struct snapshot *snapshot, const bool *is_shown)
{
    json_t *document = json_document("tree");
    json_put(document, "time", json_real((double)snapshot->time_ns / 1e9));
    json_put(document, "host", json_string_or_null(snapshot->machine.host));
    if (snapshot->notice)
        json_put(document, "notice", json_string_or_null(snapshot->notice));

    json_t *processes = json_array();
    for (size_t i = 0; i < snapshot->count; i++)
        if (is_shown[i])
            json_add(processes, process_json(snapshot, &snapshot->processes[i]));
    json_put(document, "processes", processes);
    return document;
}
