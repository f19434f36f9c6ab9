/*
 * event_json: an event as `events`, `run` and recordings print it.
 */
#ifndef REAPTOP_CLI_EVENT_JSON_H
#define REAPTOP_CLI_EVENT_JSON_H

#include <jansson.h>

#include "reaptop/model/event.h"

/*
 * {"schema": "reaptop/event/1", "time", "mono_ns", "event", "pid", "ppid",
 * "comm", "source", …}: `exit` and `reap` add exit_code or signal, `adopt`
 * from, to and reason, `state` from and to, `lost` count. NULL: no memory.
 */
json_t *event_json(const struct event *event);

#endif
