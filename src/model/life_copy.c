/*
 * life_copy: a life that another one can go on from, for going back in time.
 */
#include <stdlib.h>
#include <string.h>

#include "life_private.h"

/* The record alone, without its place among the others. */
static struct record *copy_record(struct record *record)
{
    struct record *copy = malloc(sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *record;
    copy->next_in_bucket = copy->older_ended = copy->newer_ended = copy->twin = NULL;
    /* Strings of a snapshot that is gone: the row is made of the history's. */
    copy->last.comm = copy->last.user = NULL;
    struct history *history = &copy->history;
    history->moments = NULL;
    size_t size = history->moment_capacity * sizeof(struct moment);
    if (size > 0 && !(history->moments = malloc(size))) {
        free(copy);
        return NULL;
    }
    if (size > 0)
        memcpy(history->moments, record->history.moments, size);
    record->twin = copy;
    return copy;
}

/* The chains, each in its order. */
static bool copy_buckets(const struct life *life, struct life *copy)
{
    for (size_t i = 0; i < life->bucket_count; i++) {
        struct record **end = &copy->buckets[i];
        for (struct record *record = life->buckets[i]; record; record = record->next_in_bucket) {
            *end = copy_record(record);
            if (!*end)
                return false;
            end = &(*end)->next_in_bucket;
        }
    }
    return true;
}

static void copy_ended(const struct life *life, struct life *copy)
{
    for (const struct record *record = life->newest_ended; record; record = record->older_ended) {
        record->twin->older_ended = record->older_ended ? record->older_ended->twin : NULL;
        record->twin->newer_ended = record->newer_ended ? record->newer_ended->twin : NULL;
    }
    copy->newest_ended = life->newest_ended ? life->newest_ended->twin : NULL;
    copy->oldest_ended = life->oldest_ended ? life->oldest_ended->twin : NULL;
}

struct life *life_copy(struct life *life, size_t log_capacity)
{
    struct life *copy = malloc(sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *life;
    copy->newest_ended = copy->oldest_ended = NULL;
    copy->log = (struct event_log){0};
    copy->buckets = calloc(life->bucket_count, sizeof(struct record *));
    if (!copy->buckets || event_log_copy(&life->log, log_capacity, &copy->log) < 0 ||
        !copy_buckets(life, copy)) {
        life_free(copy);
        return NULL;
    }
    copy_ended(life, copy);
    return copy;
}

size_t life_copy_bytes(const struct life *life)
{
    return sizeof(*life) + life_bytes(life) + life->log.count * sizeof(struct event);
}
