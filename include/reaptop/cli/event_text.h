/*
 * event_text: an event as `events` and `run` print it.
 */
#ifndef REAPTOP_CLI_EVENT_TEXT_H
#define REAPTOP_CLI_EVENT_TEXT_H

#include "reaptop/base/strbuf.h"
#include "reaptop/model/event.h"

/*
 * Appends "14:03:07.512 exit     4711 sleep exited with status 3 (connector)\n", sanitised,
 * by the clock of a machine whose local time is so far from UTC.
 */
void event_text(const struct event *event, int32_t utc_offset_s, struct strbuf *out);

#endif
