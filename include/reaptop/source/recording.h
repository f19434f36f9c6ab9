/*
 * recording: what was recorded, read back into model records.
 *
 * A recording is JSON Lines, one object a line:
 *
 *     {"schema":"reaptop/recording/1","host":"build7","kernel":"6.1.0",
 *      "ticks_per_second":100,"started_ns":…,"interval_ns":…,"utc_offset_s":3600,
 *      "arguments":true,"threads":false,"kernel_events":true,"all_events":true,
 *      "signals":false,"notes":true}
 *     {"snapshot":{"mono_ns":…,"time_ns":…,"machine":{…},"processes":[{"pid":1,…},…]}}
 *     {"events":[{"event":"fork","pid":812,"ppid":1,…},…]}
 *     {"delta":{"mono_ns":…,"time_ns":…,"processes":[{"pid":1,"rss_kib":9},…],"gone":[812]}}
 *     {"end":{}}
 *
 * A snapshot stands for itself; a delta holds what changed since the refresh
 * before it: the fields that differ, of the processes in which any does. A
 * field that is absent has its usual value in a process that is new, and its
 * former one in any other. Events stand where they were received, from whatever
 * source but the difference of two refreshes, which reports the same again when
 * it is read: reported by two sources, they are there twice, and taken in once
 * (life_receive()). `"more":true`
 * says that the next line goes on with the same refresh. A recording without an
 * end line was cut. Several that were joined are read as one.
 *
 * Texts are bytes from other processes: what is not valid UTF-8 is \xNN, and so
 * is a backslash (\x5c), so that every byte comes back. Numbers have the units
 * and ranges of model/process.h, snapshot.h and event.h.
 *
 * Reading is total: whatever the bytes are, the answer is a record that every
 * layer above can take, or a line and a reason. Keys that are new to us are
 * passed over.
 */
#ifndef REAPTOP_SOURCE_RECORDING_H
#define REAPTOP_SOURCE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/error.h"
#include "reaptop/base/helper.h"
#include "reaptop/model/event.h"
#include "reaptop/model/snapshot.h"

#define RECORDING_SCHEMA "reaptop/recording/1"

enum {
    RECORDING_LINE_MOST = 4 << 20,      /* bytes of one line */
    RECORDING_PROCESSES_MOST = 1 << 18, /* in one snapshot */
    RECORDING_EVENTS_MOST = 1024        /* in one line */
};

struct recording_header {
    char host[65];
    char kernel[65];
    uint64_t started_ns;    /* CLOCK_REALTIME */
    uint64_t interval_ns;   /* between two refreshes, as asked for */
    long ticks_per_second;  /* of utime_ticks, stime_ticks, start_ticks */
    int32_t utc_offset_s;   /* of the recorded machine's local time */
    bool has_arguments;     /* command lines are in it */
    bool has_threads;       /* threads have rows of their own */
    bool has_kernel_events; /* events of the connector were received, not only the diff */
    bool has_all_events;    /* … without a gap that is not reported: life_set_kernel_reports() */
    bool has_signals;       /* the kernel reported who sends signals to whom */
    bool has_notes;         /* somebody says what is seen: EVENT_NOTE */
};

enum recording_item {
    RECORDING_NEEDS_MORE, /* bytes; recording_feed() or recording_finish() */
    RECORDING_HEADER,     /* again where recordings were joined */
    RECORDING_EVENTS,
    RECORDING_SNAPSHOT,
    RECORDING_END, /* for good */
};

/* ---- bytes to records ---- */

struct recording_reader;

struct recording_reader *recording_reader_new(void); /* NULL without memory */
void recording_reader_free(struct recording_reader *reader);

/* Takes a copy of bytes of any length. -ENOMEM. */
int recording_feed(struct recording_reader *reader, const char *bytes, size_t length);

/* There are no more bytes. */
void recording_finish(struct recording_reader *reader);

/*
 * The next item (enum recording_item), or for good: -EBADMSG "line N: reason",
 * -ENODATA "the recording is cut at line N: …", -ENOMEM.
 */
int recording_next(struct recording_reader *reader, struct error *error);

/* What the last item was. Valid until the next recording_next(). */
const struct recording_header *recording_header(const struct recording_reader *reader);
const struct snapshot *recording_snapshot(const struct recording_reader *reader);
const struct event *recording_events(const struct recording_reader *reader, size_t *ret_count);

/* Bytes of the lines taken so far, and their number. */
uint64_t recording_position(const struct recording_reader *reader, uint64_t *ret_line);

/* Where a reader stood after a refresh, and what it knew there. */
struct recording_place {
    uint64_t position, line; /* 0, 0: the begin, before the header */
    struct recording_header header;
    const struct snapshot *snapshot; /* borrowed; at the begin an empty one */
};

/*
 * Goes on there, as if the place's snapshot (copied) had been the last one:
 * bytes fed but not taken are dropped. -ENOMEM.
 */
int recording_go_on(struct recording_reader *reader, const struct recording_place *place);

/*
 * A time as people write it, by the recorded machine's clock (CLOCK_REALTIME):
 * "14:03" and "14:03:07" on the day of `now_ns`, "2026-11-20 14:03", with a
 * blank or a T, or "+30s" and "-5m" from `now_ns` on. -EINVAL.
 */
int recording_parse_time(const char *text, uint64_t now_ns, int32_t utc_offset_s,
                         uint64_t *ret_time_ns);

/* The forms of a time, for an error or a prompt. Translated, static. */
const char *recording_time_forms(void);

/* ---- a file or a pipe ---- */

struct recording;

/*
 * Opens a file, or standard input for "-". Where it cannot be read: a negative
 * errno and "NAME: why".
 */
int recording_open(const char *name, struct recording **ret_recording, struct error *error);

/* Of a helper's socket. Takes the helper over, also where it fails. `name` is for messages. */
int recording_of(struct helper *helper, const char *name, struct recording **ret_recording,
                 struct error *error);
void recording_close(struct recording *recording);

/*
 * As recording_next(), reading as needed: waits only where `waits` is true;
 * otherwise RECORDING_NEEDS_MORE where nothing has come yet. Messages begin
 * with the name. Any other negative errno: reading failed.
 */
int recording_read(struct recording *recording, bool waits, struct error *error);

const struct recording_reader *recording_reader(const struct recording *recording);

/* For poll(2); -1 where reading never waits: a regular file. */
int recording_fd(const struct recording *recording);

/* Size in bytes as far as it is written; 0: a pipe. */
uint64_t recording_size(const struct recording *recording);

/* recording_go_on() in a file. -ESPIPE: a pipe. */
int recording_return(struct recording *recording, const struct recording_place *place);

#endif
