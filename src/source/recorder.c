#include "reaptop/source/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/text.h"
#include "reaptop/model/process.h"
#include "recording_fields.h"

enum {
    WHOLE_EVERY = 300,     /* refreshes; the deltas between them build on it */
    PROCESSES_A_LINE = 64, /* 4 KiB of command line each, escaped, stay below the longest line */
    EVENTS_A_LINE = 256
};

struct recorder {
    struct recording_header header;
    struct snapshot last;
    uint64_t written;
};

struct recorder *recorder_new(void)
{
    return calloc(1, sizeof(struct recorder));
}

void recorder_free(struct recorder *recorder)
{
    if (!recorder)
        return;
    snapshot_done(&recorder->last);
    free(recorder);
}

const struct snapshot *recorder_last(const struct recorder *recorder)
{
    return &recorder->last;
}

/* ---- values ---- */

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Bytes that are not ASCII: UTF-8 as it is, but for C1 controls, which steer terminals. */
static void write_wide(struct strbuf *out, const char *bytes, size_t length)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    text_append_escaped(&text, bytes, length);
    if (text.error < 0)
        out->error = text.error;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        unsigned char next = (unsigned char)text.data[i + 1];
        if (byte == '\\') {
            strbuf_puts(out, "\\\\");
        } else if (byte == 0xc2 && next < 0xa0) {
            strbuf_printf(out, "\\u%04x", next);
            i++;
        } else {
            strbuf_putc(out, (char)byte);
        }
    }
}

static void write_text(struct strbuf *out, const char *text)
{
    if (!text) {
        strbuf_puts(out, "null");
        return;
    }
    strbuf_putc(out, '"');
    while (*text) {
        size_t run = 0;
        while (is_plain((unsigned char)text[run]))
            run++;
        strbuf_append(out, text, run);
        text += run;
        for (run = 0; (unsigned char)text[run] >= 0x80; run++)
            ;
        write_wide(out, text, run);
        text += run;
        if (*text == '\\')
            strbuf_puts(out, "\\\\x5c");
        else if (*text == '"')
            strbuf_puts(out, "\\\"");
        else if (*text && !is_plain((unsigned char)*text) && (unsigned char)*text < 0x80)
            strbuf_printf(out, "\\u%04x", (unsigned char)*text);
        else
            continue;
        text++;
    }
    strbuf_putc(out, '"');
}

/* The shortest that reads back as the same number. */
static void write_real(struct strbuf *out, double value)
{
    static const int digits[] = {6, 15, 17};
    char text[40];
    for (size_t i = 0; i < ELEMENTS(digits); i++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits[i], value);
        if (strtod(text, NULL) == value)
            break;
    }
    /* The locale's decimal point is not JSON's. */
    for (char *at = text; *at; at++)
        if (*at == ',')
            *at = '.';
    strbuf_puts(out, text);
}

static uint64_t within(uint64_t value, int64_t most)
{
    return value > (uint64_t)most ? (uint64_t)most : value;
}

static void write_value(struct strbuf *out, const struct recorded_field *field, const void *record)
{
    const void *at = (const char *)record + field->offset;
    switch (field->type) {
    case RECORDED_INT32:
        strbuf_printf(out, "%" PRId32, *(const int32_t *)at);
        break;
    case RECORDED_UINT32:
        strbuf_printf(out, "%" PRIu32, *(const uint32_t *)at);
        break;
    case RECORDED_UINT64:
        strbuf_printf(out, "%" PRIu64, within(*(const uint64_t *)at, field->most));
        break;
    case RECORDED_CHAR:
        write_text(out, (const char[]){*(const char *)at, '\0'});
        break;
    case RECORDED_BOOL:
        strbuf_puts(out, *(const bool *)at ? "true" : "false");
        break;
    case RECORDED_REAL:
        write_real(out, *(const double *)at);
        break;
    case RECORDED_WORD:
        strbuf_printf(out, "\"%s\"", field->word(*(const int *)at));
        break;
    case RECORDED_TEXT:
        write_text(out, *(const char *const *)at);
        break;
    case RECORDED_ARRAY:
        write_text(out, at);
        break;
    }
}

static void write_key(struct strbuf *out, const char *key, bool *has_keys)
{
    strbuf_puts(out, *has_keys ? ",\"" : "\"");
    strbuf_puts(out, key);
    strbuf_puts(out, "\":");
    *has_keys = true;
}

/* What differs from `before`, as members of an object. */
static void write_fields(struct strbuf *out, const struct recorded_field *field, const void *record,
                         const void *before, bool *has_keys)
{
    for (; field->key; field++) {
        if (recorded_is_same(field, record, before))
            continue;
        write_key(out, field->key, has_keys);
        write_value(out, field, record);
    }
}

/* ---- lines ---- */

void recorder_begin(struct recorder *recorder, const struct recording_header *header,
                    struct strbuf *out)
{
    recorder->header = *header;
    recorder->written = 0;
    strbuf_puts(out, "{\"schema\":\"" RECORDING_SCHEMA "\",\"host\":");
    write_text(out, header->host);
    strbuf_puts(out, ",\"kernel\":");
    write_text(out, header->kernel);
    strbuf_printf(
        out,
        ",\"ticks_per_second\":%ld,\"started_ns\":%" PRIu64 ",\"interval_ns\":%" PRIu64
        ",\"utc_offset_s\":%" PRId32 ",\"arguments\":%s,\"threads\":%s,\"kernel_events\":%s,\"all_"
        "events\":%s,\"signals\":%s%s}\n",
        header->ticks_per_second, header->started_ns, header->interval_ns, header->utc_offset_s,
        header->has_arguments ? "true" : "false", header->has_threads ? "true" : "false",
        header->has_kernel_events ? "true" : "false", header->has_all_events ? "true" : "false",
        header->has_signals ? "true" : "false", header->has_notes ? ",\"notes\":true" : "");
}

void recorder_end(struct strbuf *out)
{
    strbuf_puts(out, "{\"end\":{}}\n");
}

static void write_event(const struct recorder *recorder, const struct event *event,
                        struct strbuf *out)
{
    const struct event usual = recorded_usual_event();
    struct event reported = *event;
    bool has_keys = false;
    if (event->kind == EVENT_EXEC && !recorder->header.has_arguments)
        reported.detail[0] = '\0';
    if (reported.signal < 0 || reported.signal > 64)
        reported.signal = 0;
    strbuf_putc(out, '{');
    write_fields(out, recorded_events, &reported, &usual, &has_keys);
    strbuf_putc(out, '}');
}

/* Somebody's, or a loss: anything else has nobody it is about. */
static bool is_reported(const struct event *event)
{
    return event->kind == EVENT_LOST || event->id.pid > 0;
}

void recorder_events(const struct recorder *recorder, const struct event *events, size_t count,
                     struct strbuf *out)
{
    size_t in_line = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_reported(&events[i]))
            continue;
        strbuf_puts(out, in_line == 0 ? "{\"events\":[" : ",");
        write_event(recorder, &events[i], out);
        if (++in_line == EVENTS_A_LINE) {
            strbuf_puts(out, "]}\n");
            in_line = 0;
        }
    }
    if (in_line > 0)
        strbuf_puts(out, "]}\n");
}

/* ---- a refresh ---- */

/* One line is being filled; it is closed with "more" where it has enough. */
struct refresh {
    const struct snapshot *snapshot;
    struct strbuf *out;
    size_t in_line;
};

static void begin_line(struct refresh *refresh, const char *kind)
{
    strbuf_printf(refresh->out, "{\"%s\":{\"mono_ns\":%" PRIu64, kind, refresh->snapshot->mono_ns);
    refresh->in_line = 0;
}

static void write_process(struct refresh *refresh, const struct process *process,
                          const struct process *before)
{
    if (refresh->in_line == PROCESSES_A_LINE) {
        strbuf_puts(refresh->out, "],\"more\":true}}\n");
        begin_line(refresh, "delta");
    }
    bool has_keys = true;
    strbuf_puts(refresh->out, refresh->in_line++ == 0 ? ",\"processes\":[" : ",");
    strbuf_printf(refresh->out, "{\"pid\":%d", process->id.pid);
    write_fields(refresh->out, recorded_processes, process, before, &has_keys);
    strbuf_putc(refresh->out, '}');
}

static void write_head(struct refresh *refresh, const struct snapshot *before)
{
    const struct snapshot *snapshot = refresh->snapshot;
    struct strbuf *out = refresh->out;
    const struct machine usual = recorded_usual_machine();
    const struct machine *former = before ? &before->machine : &usual;
    _cleanup_(strbuf_done) struct strbuf machine = STRBUF_INIT;
    bool has_keys = false;

    strbuf_printf(out, ",\"time_ns\":%" PRIu64, snapshot->time_ns);
    if (snapshot->machine.uptime_ns != snapshot->mono_ns)
        strbuf_printf(out, ",\"uptime_ns\":%" PRIu64, snapshot->machine.uptime_ns);
    if (snapshot->has_threads)
        strbuf_puts(out, ",\"threads\":true");
    const char *notice = before ? before->notice : NULL;
    if ((notice == NULL) != (snapshot->notice == NULL) ||
        (notice && strcmp(notice, snapshot->notice) != 0)) {
        strbuf_puts(out, ",\"notice\":");
        write_text(out, snapshot->notice);
    }
    write_fields(&machine, recorded_machines, &snapshot->machine, former, &has_keys);
    if (machine.error < 0)
        out->error = machine.error;
    if (has_keys)
        strbuf_printf(out, ",\"machine\":{%s}", strbuf_text(&machine));
}

static bool is_changed(const struct process *process, const struct process *before)
{
    for (const struct recorded_field *field = recorded_processes; field->key; field++)
        if (!recorded_is_same(field, process, before))
            return true;
    return false;
}

static const struct process *find_before(const struct snapshot *before,
                                         const struct process *process)
{
    return before ? snapshot_find_identity(before, process->id) : NULL;
}

/* Whose number is free, or somebody else's by now. */
static void write_gone(struct refresh *refresh, const struct snapshot *before)
{
    const char *separator = ",\"gone\":[";
    for (size_t i = 0; before && i < before->count; i++) {
        const struct process *process = &before->processes[i];
        if (snapshot_find_identity(refresh->snapshot, process->id))
            continue;
        strbuf_printf(refresh->out, "%s%d", separator, process->id.pid);
        separator = ",";
    }
    if (separator[1] == '\0')
        strbuf_putc(refresh->out, ']');
}

static void write_refresh(const struct snapshot *snapshot, const struct snapshot *before,
                          struct strbuf *out)
{
    struct refresh refresh = {.snapshot = snapshot, .out = out};
    begin_line(&refresh, before ? "delta" : "snapshot");
    write_head(&refresh, before);
    write_gone(&refresh, before);
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        const struct process usual = recorded_usual_process(process->id.pid);
        const struct process *former = find_before(before, process);
        if (!former || is_changed(process, former))
            write_process(&refresh, process, former ? former : &usual);
    }
    strbuf_puts(out, refresh.in_line > 0 ? "]}}\n" : "}}\n");
}

static void drop_arguments(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        snapshot->processes[i].argv = NULL;
        snapshot->processes[i].argv_access = ACCESS_UNREAD;
    }
}

int recorder_snapshot(struct recorder *recorder, const struct snapshot *snapshot,
                      struct strbuf *out)
{
    struct snapshot kept = SNAPSHOT_INIT;
    int r = snapshot_copy(snapshot, &kept);
    if (r < 0)
        return r;
    if (!recorder->header.has_arguments)
        drop_arguments(&kept);
    bool is_whole = recorder->written++ % WHOLE_EVERY == 0;
    write_refresh(&kept, is_whole ? NULL : &recorder->last, out);
    snapshot_done(&recorder->last);
    recorder->last = kept;
    return out->error;
}
