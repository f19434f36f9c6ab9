#include "reaptop/source/feed_recording.h"

#include <errno.h>

static int next(void *source, struct feed_input *input, bool waits, struct error *error)
{
    struct recording *recording = source;
    const struct recording_reader *reader = recording_reader(recording);
    int r, item = recording_read(recording, waits, error);
    switch (item) {
    case RECORDING_NEEDS_MORE:
        return FEED_NOTHING;
    case RECORDING_HEADER:
        input->header = *recording_header(reader);
        return FEED_NOTICE;
    case RECORDING_EVENTS:
        input->events = recording_events(reader, &input->count);
        return FEED_EVENTS;
    case RECORDING_SNAPSHOT:
        snapshot_done(input->next);
        r = snapshot_copy(recording_snapshot(reader), input->next);
        return r < 0 ? error_set_errno(error, r, "%s", "snapshot") : FEED_SNAPSHOT;
    case RECORDING_END:
        return FEED_END;
    default:
        return item;
    }
}

static size_t fds(const void *source, struct pollfd *fds, bool *ret_is_due)
{
    int fd = recording_fd(source);
    *ret_is_due = fd < 0;
    fds[0] = (struct pollfd){.fd = fd, .events = POLLIN};
    return fd >= 0 ? 1 : 0;
}

static void close_source(void *source)
{
    recording_close(source);
}

static int go_back(void *source, const struct recording_place *place)
{
    return recording_return(source, place);
}

static const struct feed_operations operations = {
    .next = next, .fds = fds, .close = close_source, .go_back = go_back};

int feed_recording_open(const char *name, const struct feed_memory *memory, struct feed **ret_feed,
                        struct error *error)
{
    struct recording *recording;
    int r = recording_open(name, &recording, error);
    return r < 0 ? r : feed_new(&operations, recording, memory, ret_feed, error);
}

int feed_recording_of(struct helper *helper, const char *name, const struct feed_memory *memory,
                      struct feed **ret_feed, struct error *error)
{
    struct recording *recording;
    int r = recording_of(helper, name, &recording, error);
    return r < 0 ? r : feed_new(&operations, recording, memory, ret_feed, error);
}

const struct recording *feed_recording(const struct feed *feed)
{
    return feed_source(feed, &operations);
}
