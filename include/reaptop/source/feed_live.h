/*
 * feed_live: this machine as a feed: its process table (source/live.h), when
 * feed_sweep() asks for it; events of the proc connector, of the signal
 * tracepoints where wanted, and of pidfds, as they come.
 */
#ifndef REAPTOP_SOURCE_FEED_LIVE_H
#define REAPTOP_SOURCE_FEED_LIVE_H

#include "reaptop/source/feed.h"
#include "reaptop/source/live.h"
#include "reaptop/source/watch.h"

struct feed_live_options {
    struct feed_memory memory;
    bool has_events; /* the connector is asked for, and a watch is made */
};

/*
 * -ENODEV, -ENOMEM: what live_new() says. That the connector is not granted is
 * no failure: feed_notice() says it, and feed_header() that has_kernel_events is false.
 */
int feed_live_open(const struct feed_live_options *options, struct feed **ret_feed,
                   struct error *error);

/* Opens or closes the signal tracepoints. What trace_open() fails with. */
int feed_trace(struct feed *feed, bool is_wanted, struct error *error);

/* For command lines of its rows: live_fill(). NULL where the feed is not this machine. */
struct live *feed_live(const struct feed *feed);

/* Whose ends are to be reported at once is put into it. NULL: there is none. */
struct watch *feed_watch(const struct feed *feed);

/*
 * Takes in events that came from elsewhere (our own wait(2)), behind those that
 * the kernel has reported until now. The feed has lives.
 */
void feed_receive(struct feed *feed, const struct event *events, size_t count);

#endif
