/*
 * scripted_feed: a feed whose items a test wrote down.
 */
#ifndef TESTS_SUPPORT_SCRIPTED_FEED_H
#define TESTS_SUPPORT_SCRIPTED_FEED_H

#include "reaptop/source/feed.h"

/* FEED_EVENTS takes `event`, FEED_SNAPSHOT `snapshot`, FEED_NOTICE `header` and `notice`. */
struct scripted_item {
    enum feed_item item;
    const struct event *event;
    const struct snapshot *snapshot;
    const struct recording_header *header;
    const char *notice;
};

/* Gives these, then FEED_END. Borrowed as long as the feed is open. NULL without memory. */
struct feed *scripted_feed(const struct scripted_item *items, size_t count);

#endif
