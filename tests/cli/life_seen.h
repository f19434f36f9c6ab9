/*
 * life_seen: the lives and events that a test compares with what is true, from a feed of the
 * live system.
 */
#ifndef TESTS_CLI_LIFE_SEEN_H
#define TESTS_CLI_LIFE_SEEN_H

#include <stdbool.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/source/feed_live.h"

/* Caller closes it (feed_close()). Without `has_events` the sweeps alone tell. */
struct feed *life_seen_open(bool has_events);

/* One sweep. */
void life_seen_sweep(struct feed *feed);

/* Appends what the Life pane says. */
void life_seen_print(struct feed *feed, const struct history *history, struct strbuf *out);

#endif
