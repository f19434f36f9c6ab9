#include "reaptop/cli/process_json.h"

#include "reaptop/cli/json.h"

static void put_state(json_t *object, char state)
{
    json_put(object, "state", json_text(&state, 1));
}

json_t *process_json(const struct process *process)
{
    json_t *object = json_object();
    json_put(object, "pid", json_integer(process->id.pid));
    json_put(object, "ppid", json_integer(process->ppid));
    json_put(object, "pgid", json_integer(process->pgid));
    json_put(object, "sid", json_integer(process->sid));
    json_put(object, "tty", json_string_or_null(process->tty_name));
    put_state(object, process->state);
    json_put(object, "comm", json_string_or_null(process->comm));
    json_put_access(object, "argv", process->argv_access,
                    access_has_value(process->argv_access) ? json_string_or_null(process->argv)
                                                           : NULL);
    json_put(object, "uid", json_integer(process->uid));
    json_put(object, "user", json_string_or_null(process->user));
    json_put(object, "threads", json_integer(process->threads));
    json_put(object, "start_ticks", json_unsigned(process->id.start_ticks));
    json_put(object, "rss_kib", json_unsigned(process->rss_kib));
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
            json_add(processes, process_json(&snapshot->processes[i]));
    json_put(document, "processes", processes);
    return document;
}
