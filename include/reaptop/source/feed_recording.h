/*
 * feed_recording: a recording as a feed: a file, or a pipe from wherever reaptop
 * records (ssh HOST reaptop record -).
 */
#ifndef REAPTOP_SOURCE_FEED_RECORDING_H
#define REAPTOP_SOURCE_FEED_RECORDING_H

#include "reaptop/source/feed.h"

/* A file, or "-". What recording_open() fails with, or -ENOMEM. */
int feed_recording_open(const char *name, const struct feed_memory *memory, struct feed **ret_feed,
                        struct error *error);

/* As recording_of(). */
int feed_recording_of(struct helper *helper, const char *name, const struct feed_memory *memory,
                      struct feed **ret_feed, struct error *error);

/* NULL: the feed is of something else. */
const struct recording *feed_recording(const struct feed *feed);

#endif
