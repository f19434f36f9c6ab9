/*
 * recorder: model records as the lines of a recording (source/recording.h).
 * Text goes into a buffer; whose file it is, is the caller's.
 */
#ifndef REAPTOP_SOURCE_RECORDER_H
#define REAPTOP_SOURCE_RECORDER_H

#include "reaptop/base/strbuf.h"
#include "reaptop/source/recording.h"

struct recorder;

/* NULL without memory. */
struct recorder *recorder_new(void);
void recorder_free(struct recorder *recorder);

/*
 * A file begins: its header, and the next refresh is whole. Each of these
 * appends whole lines; a lack of memory is in out->error.
 */
void recorder_begin(struct recorder *recorder, const struct recording_header *header,
                    struct strbuf *out);
void recorder_events(const struct recorder *recorder, const struct event *events, size_t count,
                     struct strbuf *out);
void recorder_end(struct strbuf *out);

/*
 * A refresh: whole at a file's begin and every few minutes, else what changed
 * since the one before. Snapshots come in the order of time. -ENOMEM.
 */
int recorder_snapshot(struct recorder *recorder, const struct snapshot *snapshot,
                      struct strbuf *out);

/* The refresh written last, as it reads back; empty before the first. */
const struct snapshot *recorder_last(const struct recorder *recorder);

#endif
