/*
 * feed: process tables and events of one machine, taken into the lives of its
 * processes: of this machine (feed_live_open()), of a recording (feed_recording_open()), or of
 * whatever else fills struct feed_operations. Who reads a feed need not know which.
 *
 *     while ((item = feed_next(feed, false, &error)) > FEED_NOTHING)
 *         …
 *     poll() on feed_fds()
 */
#ifndef REAPTOP_SOURCE_FEED_H
#define REAPTOP_SOURCE_FEED_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "reaptop/base/error.h"
#include "reaptop/model/life.h"
#include "reaptop/source/recording.h"

struct feed;

enum feed_item {
    FEED_NOTHING,  /* for now */
    FEED_NOTICE,   /* what the feed holds is known or has changed: feed_header(), feed_notice() */
    FEED_EVENTS,   /* were taken into the lives: feed_events(); so they are before any other item */
    FEED_SNAPSHOT, /* was taken, and the lives with it: feed_snapshot() */
    FEED_END,      /* for good */
};

enum {
    FEED_FDS_MOST = 4
};

/* ---- what a source of a feed does ---- */

/* What one call of next() gives, and where it puts it. */
struct feed_input {
    struct snapshot *next;          /* to be filled; the same until FEED_SNAPSHOT was returned */
    struct recording_header header; /* to be kept true: has_all_events, has_signals … */
    const struct event *events;     /* of FEED_EVENTS: borrowed until the next call */
    size_t count;
    char notice[256]; /* of FEED_NOTICE: a sentence, or "" */
};

struct feed_operations {
    /* An item, or a negative errno that is for good. Waits for one only where `waits` is true. */
    int (*next)(void *source, struct feed_input *input, bool waits, struct error *error);

    /* Descriptors to poll(2) for; *ret_is_due: do not wait. At most FEED_FDS_MOST. */
    size_t (*fds)(const void *source, struct pollfd *fds, bool *ret_is_due);
    void (*close)(void *source);

    /* NULL where the source has its own pace: a snapshot of now, into `next`. */
    void (*sweep)(void *source, bool with_threads, struct snapshot *next);

    /* NULL where there is no way back: goes on behind that place. */
    int (*go_back)(void *source, const struct recording_place *place);
};

/* How much the lives remember; a log of 0 events: there are no lives, and one snapshot only. */
struct feed_memory {
    size_t events;
    size_t ended;
    uint64_t interval_ns; /* of other machines' refreshes, which are asked for; 0: 1 s */
};

/* Takes over `source`, also where it fails. `operations` outlive the feed. -ENOMEM. */
int feed_new(const struct feed_operations *operations, void *source,
             const struct feed_memory *memory, struct feed **ret_feed, struct error *error);

/* NULL is accepted. */
void feed_close(struct feed *feed);

static inline void cleanup_feed(struct feed **feed)
{
    feed_close(*feed);
}

/* The source, where these are its operations; else NULL, as for no feed. */
void *feed_source(const struct feed *feed, const struct feed_operations *operations);

/* ---- reading ---- */

/* Fills at most FEED_FDS_MOST and returns how many; *ret_is_due: feed_next() has to do now. */
size_t feed_fds(const struct feed *feed, struct pollfd fds[static FEED_FDS_MOST], bool *ret_is_due);

/*
 * Asks for a snapshot of now, which feed_next() gives when it is whole: the
 * events that came before it are taken in before it. One that was asked for
 * before is begun again. Nothing where the source has its own pace.
 */
void feed_sweep(struct feed *feed, bool with_threads);

/*
 * The next item (enum feed_item), or a negative errno and a sentence: that the
 * snapshot that was asked for failed, or, of a recording, that it goes on no
 * more. With `waits` a recording is waited for, and so is a snapshot that was
 * asked for. A call takes no longer than about 10 ms otherwise.
 */
int feed_next(struct feed *feed, bool waits, struct error *error);

/* feed_sweep(), and all items up to the snapshot, waited for: FEED_SNAPSHOT, FEED_END or an errno.
 */
int feed_refresh(struct feed *feed, bool with_threads, struct error *error);

/*
 * As feed_next(), but what is read is not taken in until feed_take(): events
 * are held back for their snapshot. FEED_NOTHING, FEED_END (what was held is
 * taken in), or FEED_SNAPSHOT: feed_ahead() is that snapshot.
 */
int feed_look(struct feed *feed, bool waits, struct error *error);
const struct snapshot *feed_ahead(const struct feed *feed);
int feed_take(struct feed *feed);

/* ---- what it gave ---- */

/* The newest snapshot, its rows may be filled and added to; and the one before it. */
struct snapshot *feed_snapshot(struct feed *feed);
const struct snapshot *feed_previous(const struct feed *feed);
uint64_t feed_snapshot_count(const struct feed *feed);

/* NULL: it has none. */
struct life *feed_life(const struct feed *feed);
const struct event *feed_events(const struct feed *feed, size_t *ret_count);
const struct recording_header *feed_header(const struct feed *feed);

/* Of the last notice, or of the opening. "": nothing to say. */
const char *feed_notice(const struct feed *feed);

/* How many events did not reach the lives. */
struct life_losses feed_losses(const struct feed *feed);

/*
 * Goes on behind that place with this life (taken over) and the snapshot that
 * is shown there (taken over, zeroed). -ESPIPE: there is no way back. On failure all stays as it
 * is.
 */
int feed_go_back(struct feed *feed, const struct recording_place *place, struct life *life,
                 struct snapshot *shown);

#endif
