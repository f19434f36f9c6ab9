#include "reaptop/cli/event_text.h"

#include <stdint.h>
#include <time.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/text.h"

static void print(const struct event *event, const struct tm *local, struct strbuf *out)
{
    _cleanup_(strbuf_done) struct strbuf raw = STRBUF_INIT;
    strbuf_printf(out, "%02d:%02d:%02d.%03d %-8s ", local->tm_hour, local->tm_min, local->tm_sec,
                  (int)(event->time_ns / NS_PER_MS % 1000), event_kind_name(event->kind));
    event_describe(event, &raw);
    text_append_visible(out, strbuf_text(&raw), raw.length, SIZE_MAX);
    strbuf_printf(out, " (%s)\n", event_source_name(event->source));
}

void event_text(const struct event *event, struct strbuf *out)
{
    time_t seconds = (time_t)(event->time_ns / NS_PER_SEC);
    struct tm local = {0};
    (void)localtime_r(&seconds, &local);
    print(event, &local, out);
}

void event_text_at(const struct event *event, int32_t utc_offset_s, struct strbuf *out)
{
    time_t seconds = (time_t)(event->time_ns / NS_PER_SEC) + utc_offset_s;
    struct tm there = {0};
    (void)gmtime_r(&seconds, &there);
    print(event, &there, out);
}
