#include "reaptop/cli/event_text.h"

#include <stdint.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/text.h"

void event_text(const struct event *event, int32_t utc_offset_s, struct strbuf *out)
{
    _cleanup_(strbuf_done) struct strbuf raw = STRBUF_INIT;
    char clock[CLOCK_TEXT_SIZE];
    strbuf_printf(out, "%s %-8s ", clock_text_ms(event->time_ns, utc_offset_s, clock),
                  event_kind_name(event->kind));
    event_describe(event, &raw);
    text_append_visible(out, strbuf_text(&raw), raw.length, SIZE_MAX);
    strbuf_printf(out, " (%s)\n", event_source_name(event->source));
}
