#include "life_seen.h"

#include <criterion/criterion.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/view/document.h"
#include "reaptop/view/life_tab.h"

struct feed *life_seen_open(bool has_events)
{
    struct error error = ERROR_INIT;
    struct feed *feed = NULL;
    const struct feed_live_options options = {.memory = {.events = 1 << 16, .ended = 1 << 14},
                                              .has_events = has_events};
    cr_assert_eq(feed_live_open(&options, &feed, &error), 0, "%s", error.message);
    return feed;
}

void life_seen_sweep(struct feed *feed)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(feed_refresh(feed, false, &error), FEED_SNAPSHOT, "%s", error.message);
}

void life_seen_print(struct feed *feed, const struct history *history, struct strbuf *out)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    life_tab(&doc, history, feed_snapshot(feed)->mono_ns, 0);
    document_print(&doc, out, 200);
}
