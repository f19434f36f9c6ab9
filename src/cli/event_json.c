#include "reaptop/cli/event_json.h"

#include <string.h>
#include <sys/wait.h>

#include "reaptop/cli/json.h"
#include "reaptop/model/signals.h"

static void put_status(json_t *object, int32_t status)
{
    if (status == EXIT_UNKNOWN)
        json_unavailable(object, "exit_code", ACCESS_DENIED);
    else if (WIFEXITED(status))
        json_put(object, "exit_code", json_integer(WEXITSTATUS(status)));
    else
        json_put(object, "signal", json_string_or_null(signal_name(WTERMSIG(status))));
}

static void put_adoption(json_t *object, const struct event *event)
{
    static const char *const reasons[] = {
        [ADOPT_UNKNOWN] = "unknown", [ADOPT_BY_INIT] = "init", [ADOPT_BY_SUBREAPER] = "subreaper"};
    json_put(object, "from", json_integer(event->from));
    if (event->to > 0)
        json_put(object, "to", json_integer(event->to));
    else
        json_unavailable(object, "to", ACCESS_GONE);
    json_put(object, "reason", json_string_or_null(reasons[event->reason]));
}

static void put_details(json_t *object, const struct event *event)
{
    switch (event->kind) {
    case EVENT_EXIT:
    case EVENT_REAP:
        put_status(object, event->exit_status);
        break;
    case EVENT_ADOPT:
        put_adoption(object, event);
        break;
    case EVENT_STATE:
        json_put(object, "from", json_text(&event->state_from, 1));
        json_put(object, "to", json_text(&event->state_to, 1));
        break;
    case EVENT_UID:
    case EVENT_GID:
    case EVENT_SID:
    case EVENT_PTRACE:
        json_put(object, "from", json_integer(event->from));
        json_put(object, "to", json_integer(event->to));
        break;
    case EVENT_COMM:
        json_put(object, "from", json_text(event->detail, strlen(event->detail)));
        json_put(object, "to", json_text(event->comm, strlen(event->comm)));
        break;
    case EVENT_EXEC:
        if (event->detail[0])
            json_put(object, "argv", json_text(event->detail, strlen(event->detail)));
        break;
    case EVENT_SIGNAL:
        json_put(object, "signal", json_string_or_null(signal_name(event->signal)));
        json_put(object, "sender", json_integer(event->sender));
        if (event->detail[0])
            json_put(object, "detail", json_text(event->detail, strlen(event->detail)));
        break;
    case EVENT_LOST:
        json_put(object, "count", json_unsigned(event->count));
        break;
    case EVENT_FORK:
    case EVENT_ZOMBIE:
    case EVENT_COREDUMP:
    case EVENT_KIND_COUNT:
        break;
    }
}

json_t *event_json(const struct event *event)
{
    json_t *object = json_document("event");
    json_put(object, "time", json_real((double)event->time_ns / 1e9));
    json_put(object, "mono_ns", json_unsigned(event->mono_ns));
    json_put(object, "event", json_string_or_null(event_kind_name(event->kind)));
    json_put(object, "pid", json_integer(event->id.pid));
    json_put(object, "ppid", json_integer(event->ppid));
    json_put(object, "comm", json_text(event->comm, strlen(event->comm)));
    json_put(object, "source", json_string_or_null(event_source_name(event->source)));
    put_details(object, event);
    return object;
}
