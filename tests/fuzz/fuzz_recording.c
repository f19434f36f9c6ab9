#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/life.h"
#include "reaptop/model/tree.h"
#include "reaptop/source/recorder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is taken by the lives and the tree, and can be recorded and read once more. */
struct pipeline {
    struct snapshot before, now;
    struct life *life;
    struct tree tree;
    struct recorder *recorder;
    struct strbuf text;
};

static void step(struct pipeline *pipeline, const struct recording_reader *reader)
{
    const struct tree_options options = {.shape = TREE_BY_ORIGINAL_PARENT, .sort = FIELD_PID};
    snapshot_done(&pipeline->before);
    pipeline->before = pipeline->now;
    pipeline->now = SNAPSHOT_INIT;
    if (snapshot_copy(recording_snapshot(reader), &pipeline->now) < 0)
        abort();
    (void)recorder_snapshot(pipeline->recorder, &pipeline->now, &pipeline->text);
    (void)life_update(pipeline->life, &pipeline->before, &pipeline->now, NULL, 0);
    (void)life_add_ended(pipeline->life, &pipeline->now, 3000000000);
    (void)tree_build(&pipeline->tree, &pipeline->now, pipeline->life, &options);
}

static void read_again(const struct strbuf *text)
{
    struct recording_reader *reader = recording_reader_new();
    int item;
    (void)recording_feed(reader, strbuf_text(text), text->length);
    while ((item = recording_next(reader, NULL)) > 0)
        ;
    if (item < 0)
        abort(); /* what was accepted must be written so that it is accepted */
    recording_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recording_reader *reader = recording_reader_new();
    struct pipeline pipeline = {.life = life_new(64, 16), .recorder = recorder_new()};
    const struct recording_header header = {.ticks_per_second = 100, .interval_ns = 1};
    size_t half = size / 2, count;
    recorder_begin(pipeline.recorder, &header, &pipeline.text);
    (void)recording_feed(reader, (const char *)data, half);
    bool is_fed = false;
    for (;;) {
        int item = recording_next(reader, NULL);
        if (item == RECORDING_SNAPSHOT) {
            step(&pipeline, reader);
        } else if (item == RECORDING_EVENTS) {
            const struct event *events = recording_events(reader, &count);
            recorder_events(pipeline.recorder, events, count, &pipeline.text);
            life_hear(pipeline.life, events, count);
        } else if (item == RECORDING_NEEDS_MORE && !is_fed) {
            (void)recording_feed(reader, (const char *)data + half, size - half);
            recording_finish(reader);
            is_fed = true;
        } else if (item != RECORDING_HEADER) {
            break;
        }
    }
    read_again(&pipeline.text);
    recording_reader_free(reader);
    recorder_free(pipeline.recorder);
    strbuf_done(&pipeline.text);
    tree_done(&pipeline.tree);
    life_free(pipeline.life);
    snapshot_done(&pipeline.before);
    snapshot_done(&pipeline.now);
    return 0;
}
