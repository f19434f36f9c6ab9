#include "reaptop/source/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"

enum {
    HELD_MOST = 1 << 16 /* events that wait for their snapshot */
};

struct feed {
    const struct feed_operations *operations;
    void *source;
    struct feed_input input;
    struct recording_header header; /* of what was taken: input.header may be of what is ahead */
    struct life *life;              /* NULL: none is wanted */
    struct snapshot snapshots[2];
    int newest;
    uint64_t snapshot_count;
    bool is_ahead; /* feed_look(): input.next is whole and not taken yet */
    struct event *held;
    size_t held_count, held_capacity;
};

int feed_new(const struct feed_operations *operations, void *source,
             const struct feed_memory *memory, struct feed **ret_feed, struct error *error)
{
    struct feed *feed = calloc(1, sizeof(*feed));
    if (feed && memory->events > 0)
        feed->life = life_new(memory->events, memory->ended);
    if (!feed || (memory->events > 0 && !feed->life)) {
        operations->close(source);
        free(feed);
        return error_set_errno(error, -ENOMEM, "%s", "feed");
    }
    feed->operations = operations;
    feed->source = source;
    feed->newest = feed->life ? 1 : 0;
    feed->input.next = &feed->snapshots[0];
    *ret_feed = feed;
    return 0;
}

void feed_close(struct feed *feed)
{
    if (!feed)
        return;
    feed->operations->close(feed->source);
    life_free(feed->life);
    snapshot_done(&feed->snapshots[0]);
    snapshot_done(&feed->snapshots[1]);
    free(feed->held);
    free(feed);
}

void *feed_source(const struct feed *feed, const struct feed_operations *operations)
{
    return feed && feed->operations == operations ? feed->source : NULL;
}

/* ---- reading ---- */

size_t feed_fds(const struct feed *feed, struct pollfd fds[static FEED_FDS_MOST], bool *ret_is_due)
{
    *ret_is_due = false;
    return feed->operations->fds(feed->source, fds, ret_is_due);
}

void feed_sweep(struct feed *feed, bool with_threads)
{
    if (feed->operations->sweep)
        feed->operations->sweep(feed->source, with_threads, feed->input.next);
}

static void receive_held(struct feed *feed)
{
    if (feed->life)
        life_receive(feed->life, feed->held, feed->held_count);
    feed->held_count = 0;
}

static int hold_events(struct feed *feed)
{
    const struct feed_input *input = &feed->input;
    if (feed->held_count + input->count > HELD_MOST)
        receive_held(feed);
    int r = array_reserve(&feed->held, &feed->held_capacity, feed->held_count + input->count);
    if (r < 0)
        return r;
    if (input->count > 0)
        memcpy(&feed->held[feed->held_count], input->events, input->count * sizeof(*feed->held));
    feed->held_count += input->count;
    return 0;
}

/* Snapshots take turns where lives compare them; else there is one only. */
int feed_take(struct feed *feed)
{
    feed->is_ahead = false;
    feed->snapshot_count++;
    feed->header = feed->input.header;
    if (!feed->life)
        return 0;
    life_set_kernel_reports(feed->life, feed->input.header.has_all_events);
    receive_held(feed);
    struct snapshot *previous = &feed->snapshots[feed->newest];
    int r = life_update(feed->life, previous, feed->input.next, NULL, 0);
    feed->newest = !feed->newest;
    feed->input.next = previous;
    return r;
}

/* Events that came with another item happened before it. */
int feed_next(struct feed *feed, bool waits, struct error *error)
{
    struct feed_input *input = &feed->input;
    input->count = 0;
    int item = feed->operations->next(feed->source, input, waits, error);
    feed->header = input->header;
    if (feed->life && item == FEED_NOTICE)
        life_set_kernel_reports(feed->life, input->header.has_all_events);
    if (feed->life && input->count > 0)
        life_receive(feed->life, input->events, input->count);
    int r = item == FEED_SNAPSHOT ? feed_take(feed) : 0;
    return r < 0 ? error_set_errno(error, r, "%s", "life") : item;
}

int feed_refresh(struct feed *feed, bool with_threads, struct error *error)
{
    int item;
    feed_sweep(feed, with_threads);
    do
        item = feed_next(feed, true, error);
    while (item == FEED_NOTICE || item == FEED_EVENTS);
    return item;
}

int feed_look(struct feed *feed, bool waits, struct error *error)
{
    int item = FEED_SNAPSHOT;
    while (!feed->is_ahead) {
        feed->input.count = 0;
        item = feed->operations->next(feed->source, &feed->input, waits, error);
        int r = item == FEED_EVENTS ? hold_events(feed) : 0;
        if (r < 0)
            item = error_set_errno(error, r, "%s", "feed");
        feed->is_ahead = item == FEED_SNAPSHOT;
        if (item == FEED_EVENTS || item == FEED_NOTICE)
            continue;
        if (item < 0 || item == FEED_END)
            receive_held(feed);
        break;
    }
    return item;
}

const struct snapshot *feed_ahead(const struct feed *feed)
{
    return feed->is_ahead ? feed->input.next : NULL;
}

/* ---- what it gave ---- */

struct snapshot *feed_snapshot(struct feed *feed)
{
    return &feed->snapshots[feed->newest];
}

const struct snapshot *feed_previous(const struct feed *feed)
{
    return &feed->snapshots[!feed->newest];
}

uint64_t feed_snapshot_count(const struct feed *feed)
{
    return feed->snapshot_count;
}

struct life *feed_life(const struct feed *feed)
{
    return feed->life;
}

const struct event *feed_events(const struct feed *feed, size_t *ret_count)
{
    *ret_count = feed->input.count;
    return feed->input.events;
}

const struct recording_header *feed_header(const struct feed *feed)
{
    return &feed->header;
}

const char *feed_notice(const struct feed *feed)
{
    return feed->input.notice;
}

struct life_losses feed_losses(const struct feed *feed)
{
    return feed->life ? life_losses(feed->life) : (struct life_losses){0};
}

int feed_go_back(struct feed *feed, const struct recording_place *place, struct life *life,
                 struct snapshot *shown)
{
    int r = feed->operations->go_back ? feed->operations->go_back(feed->source, place) : -ESPIPE;
    if (r < 0)
        return r;
    life_free(feed->life);
    feed->life = life;
    feed->is_ahead = false;
    feed->held_count = 0;
    snapshot_done(&feed->snapshots[0]);
    snapshot_done(&feed->snapshots[1]);
    feed->snapshots[feed->newest] = *shown;
    *shown = SNAPSHOT_INIT;
    feed->input.header = feed->header = place->header;
    return 0;
}
