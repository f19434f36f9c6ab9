#include "reaptop/cli/event_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "reaptop/base/clock.h"
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

/* 0: nobody that matters, the kernel did it by itself. */
static void put_sender(json_t *object, const struct event *event)
{
    json_put(object, "sender", json_integer(event->sender));
    if (event->source == EVENT_FROM_TRACE && event->sender > 0)
        json_put(object, "sender_comm", json_text(event->detail, strlen(event->detail)));
}

static void put_fate(json_t *object, const struct event *event)
{
    char address[24];
    json_put(object, "fate", json_string(delivery_fate_name(event->fate)));
    if (event->fate == FATE_HANDLED) {
        (void)snprintf(address, sizeof(address), "0x%" PRIx64, event->handler);
        json_put(object, "handler", json_string(address));
    }
    if (event->kind == EVENT_DELIVERY && event->delay_ms > 0)
        json_put(object, "delay_ms", json_integer(event->delay_ms));
}

static void put_signal(json_t *object, const struct event *event)
{
    json_put(object, "signal", json_string_or_null(signal_name(event->signal)));
    put_sender(object, event);
    if (event->cause != CAUSE_UNKNOWN) {
        bool is_inferred = delivery_cause_is_inferred(event->cause);
        json_put(object, "by",
                 json_string(delivery_is_by_process(event->cause) ? "process" : "kernel"));
        json_put(object, "cause", json_string(delivery_cause_name(event->cause)));
        json_put(object, "certainty", json_string(is_inferred ? "inferred" : "observed"));
        json_put(object, "code", json_integer(event->code));
    } else if (event->detail[0]) {
        json_put(object, "detail", json_text(event->detail, strlen(event->detail)));
    }
    if (event->fate != FATE_UNKNOWN)
        put_fate(object, event);
}

static void put_details(json_t *object, const struct event *event)
{
    switch (event->kind) {
    case EVENT_REAP:
        json_put(object, "removal", json_string(ending_removal_name(event_removal(event))));
        put_status(object, event->exit_status);
        break;
    case EVENT_EXIT:
        put_status(object, event->exit_status);
        break;
    case EVENT_ZOMBIE:
        json_put(object, "tracer", event->to > 0 ? json_integer(event->to) : json_null());
        break;
    case EVENT_ADOPT:
        put_adoption(object, event);
        break;
    case EVENT_STATE:
        json_put(object, "from", json_text(&event->state_from, 1));
        json_put(object, "to", json_text(&event->state_to, 1));
        if (event->count > 0) /* its first thread alone has ended */
            json_put(object, "live_threads", json_integer((json_int_t)event->count));
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
    case EVENT_DELIVERY:
        put_signal(object, event);
        break;
    case EVENT_OOM:
        put_sender(object, event);
        json_put(object, "rss_kib", event->count > 0 ? json_unsigned(event->count) : json_null());
        break;
    case EVENT_NOTE:
        json_put(object, "text", json_text(event->detail, strlen(event->detail)));
        break;
    case EVENT_LOST:
        json_put(object, "count", json_unsigned(event->count));
        break;
    case EVENT_FORK:
    case EVENT_COREDUMP:
    case EVENT_KIND_COUNT:
        break;
    }
}

json_t *event_json(const struct event *event)
{
    json_t *object = json_document("event");
    json_put(object, "time", json_real(clock_seconds(event->time_ns)));
    json_put(object, "mono_ns", json_unsigned(event->mono_ns));
    json_put(object, "event", json_string_or_null(event_kind_name(event->kind)));
    json_put(object, "pid", json_integer(event->id.pid));
    json_put(object, "ppid", json_integer(event->ppid));
    json_put(object, "comm", json_text(event->comm, strlen(event->comm)));
    json_put(object, "source", json_string_or_null(event_source_name(event->source)));
    put_details(object, event);
    return object;
}
