#include "scripted_feed.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    EVENTS_KEPT = 64,
    LIVES_KEPT = 16
};

struct script {
    const struct scripted_item *items;
    size_t count, at;
};

static int next(void *source, struct feed_input *input, bool waits, struct error *error)
{
    (void)waits, (void)error;
    struct script *script = source;
    if (script->at == script->count)
        return FEED_END;
    const struct scripted_item *item = &script->items[script->at++];
    if (item->item == FEED_EVENTS) {
        input->events = item->event;
        input->count = 1;
    } else if (item->item == FEED_NOTICE) {
        input->header = *item->header;
        (void)snprintf(input->notice, sizeof(input->notice), "%s",
                       item->notice ? item->notice : "");
    } else if (item->item == FEED_SNAPSHOT) {
        snapshot_done(input->next);
        if (snapshot_copy(item->snapshot, input->next) < 0)
            return -1;
    }
    return (int)item->item;
}

static size_t fds(const void *source, struct pollfd *fds, bool *ret_is_due)
{
    (void)source, (void)fds;
    *ret_is_due = true;
    return 0;
}

static const struct feed_operations operations = {.next = next, .fds = fds, .close = free};

struct feed *scripted_feed(const struct scripted_item *items, size_t count)
{
    const struct feed_memory memory = {.events = EVENTS_KEPT, .ended = LIVES_KEPT};
    struct script *script = malloc(sizeof(*script));
    struct feed *feed = NULL;
    if (!script)
        return NULL;
    *script = (struct script){.items = items, .count = count};
    return feed_new(&operations, script, &memory, &feed, NULL) < 0 ? NULL : feed;
}
