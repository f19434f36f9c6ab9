#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/model/details.h"
#include "reaptop/model/life.h"
#include "reaptop/model/process.h"
#include "reaptop/model/tree.h"
#include "reaptop/model/why.h"
#include "reaptop/source/recorder.h"
#include "reaptop/view/life_tab.h"
#include "reaptop/view/show_tab.h"
#include "reaptop/view/why_tab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    PROCESSES_REPORTED = 4 /* of a snapshot: enough to meet each kind */
};

/*
 * What was read is taken by the lives and the tree, is told of each process, and
 * can be recorded and read once more.
 */
struct pipeline {
    struct snapshot before, now;
    struct life *life;
    struct tree tree;
    struct recorder *recorder;
    struct strbuf text;
};

static void report(const struct pipeline *pipeline, const struct process *process)
{
    struct details details = DETAILS_INIT;
    struct document life = DOCUMENT_INIT, doc = DOCUMENT_INIT;
    struct why_evidence evidence = WHY_EVIDENCE_INIT;
    struct why_chain chain = {0};
    life_tab(&life, life_find(pipeline->life, process->id), pipeline->now.mono_ns, 3600);
    if (details_recorded(process, &pipeline->now, 100, &details) == 0)
        show_recorded(&doc, &details, false, &life);
    if (why_recorded(&pipeline->now, process->id.pid, &evidence) == 0 &&
        why_build(&evidence, true, &chain) == 0)
        why_tab(&doc, &chain, false);
    details_done(&details);
    document_done(&life);
    document_done(&doc);
    why_chain_done(&chain);
    why_evidence_done(&evidence);
}

/* A copy goes on in the life's place. */
static void copy_life(struct pipeline *pipeline)
{
    struct life *kept = life_copy(pipeline->life, 0);
    life_free(pipeline->life);
    pipeline->life = life_copy(kept, 64);
    life_free(kept);
}

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
    for (size_t i = 0; i < pipeline->now.count && i < PROCESSES_REPORTED; i++)
        report(pipeline, &pipeline->now.processes[i]);
    (void)life_add_ended(pipeline->life, &pipeline->now, 3000000000);
    (void)tree_build(&pipeline->tree, &pipeline->now, pipeline->life, &options);
    copy_life(pipeline);
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
            life_receive(pipeline.life, events, count);
        } else if (item == RECORDING_NEEDS_MORE && !is_fed) {
            (void)recording_feed(reader, (const char *)data + half, size - half);
            recording_finish(reader);
            is_fed = true;
        } else if (item == RECORDING_HEADER) {
            life_set_kernel_reports(pipeline.life, recording_header(reader)->has_all_events);
        } else {
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
