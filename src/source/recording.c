#include "reaptop/source/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/process.h"
#include "recording_fields.h"

struct recording_reader {
    struct strbuf bytes; /* fed; those before `taken` are done with */
    size_t taken;
    uint64_t position, line;
    bool is_finished; /* nothing will be fed any more */
    bool has_header, has_ended;
    bool is_partial; /* `next` waits for more lines */
    struct recording_header header;
    struct snapshot last, next;
    struct event *events;
    size_t event_count, event_capacity;
    struct error failure; /* for good */
};

struct recording_reader *recording_reader_new(void)
{
    return calloc(1, sizeof(struct recording_reader));
}

void recording_reader_free(struct recording_reader *reader)
{
    if (!reader)
        return;
    strbuf_done(&reader->bytes);
    snapshot_done(&reader->last);
    snapshot_done(&reader->next);
    free(reader->events);
    free(reader);
}

const struct recording_header *recording_header(const struct recording_reader *reader)
{
    return &reader->header;
}

const struct snapshot *recording_snapshot(const struct recording_reader *reader)
{
    return &reader->last;
}

const struct event *recording_events(const struct recording_reader *reader, size_t *ret_count)
{
    *ret_count = reader->event_count;
    return reader->events;
}

uint64_t recording_position(const struct recording_reader *reader, uint64_t *ret_line)
{
    *ret_line = reader->line;
    return reader->position;
}

static void drop_bytes(struct recording_reader *reader)
{
    strbuf_clear(&reader->bytes);
    reader->taken = 0;
}

int recording_go_on(struct recording_reader *reader, const struct recording_place *place)
{
    struct snapshot copy = SNAPSHOT_INIT;
    int r = snapshot_copy(place->snapshot, &copy);
    if (r < 0)
        return r;
    snapshot_done(&reader->last);
    reader->last = copy;
    reader->position = place->position;
    reader->line = place->line;
    reader->has_header = place->line > 0;
    if (reader->has_header)
        reader->header = place->header;
    reader->is_finished = reader->has_ended = reader->is_partial = false;
    reader->failure = ERROR_INIT;
    drop_bytes(reader);
    return 0;
}

/* ---- what is wrong ---- */

/* "line N: " and the reason; bytes of the recording in it are made visible by whoever prints it. */
__attribute__((format(printf, 2, 3))) static int wrong(struct recording_reader *reader,
                                                       const char *format, ...)
{
    char reason[192];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    return error_set(&reader->failure, -EBADMSG, _("line %" PRIu64 ": %s"), reader->line, reason);
}

static int no_memory(struct recording_reader *reader)
{
    return error_set_errno(&reader->failure, -ENOMEM, _("line %" PRIu64), reader->line);
}

/* ---- values ---- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes \xNN. The result may hold any byte but NUL. */
static int decode_text(struct recording_reader *reader, const char *key, const json_t *value,
                       struct strbuf *out)
{
    const char *text = json_string_value(value);
    if (!text)
        return wrong(reader, _("%s: a text is expected"), key);
    size_t length = json_string_length(value);
    for (size_t i = 0; i < length; i++) {
        int high = -1, low = -1;
        if (text[i] == '\\' && i + 3 < length && text[i + 1] == 'x') {
            high = hex_digit(text[i + 2]);
            low = high < 0 ? -1 : hex_digit(text[i + 3]);
        }
        char byte = text[i];
        if (low >= 0) {
            byte = (char)(high << 4 | low);
            i += 3;
        }
        if (byte == '\0')
            return wrong(reader, _("%s: a NUL byte is in it"), key);
        strbuf_putc(out, byte);
    }
    return out->error < 0 ? no_memory(reader) : 0;
}

static int take_integer(struct recording_reader *reader, const char *key, const json_t *value,
                        int64_t least, int64_t most, int64_t *ret_number)
{
    int64_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < least || number > most)
        return wrong(reader, _("%s: a number from %" PRId64 " to %" PRId64 " is expected"), key,
                     least, most);
    *ret_number = number;
    return 0;
}

static int take_real(struct recording_reader *reader, const struct recorded_field *field,
                     const json_t *value, double *ret_number)
{
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= (double)field->least) ||
        !(number <= (double)field->most))
        return wrong(reader, _("%s: a number from %" PRId64 " to %" PRId64 " is expected"),
                     field->key, field->least, field->most);
    *ret_number = number;
    return 0;
}

static int take_word(struct recording_reader *reader, const struct recorded_field *field,
                     const json_t *value, int *ret_number)
{
    const char *text = json_string_value(value);
    for (int i = 0; text && i <= field->most; i++) {
        if (strcmp(text, field->word(i)) == 0) {
            *ret_number = i;
            return 0;
        }
    }
    return wrong(reader, _("%s: '%.40s' is not known"), field->key, text ? text : "?");
}

static int take_char(struct recording_reader *reader, const struct recorded_field *field,
                     const json_t *value, char *ret_char)
{
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) > 1 || (*text && (*text < ' ' || *text > '~')))
        return wrong(reader, _("%s: one letter is expected"), field->key);
    *ret_char = *text;
    return 0;
}

static int take_text(struct recording_reader *reader, const struct recorded_field *field,
                     const json_t *value, struct arena *strings, const char **ret_text)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (json_is_null(value)) {
        *ret_text = NULL;
        return 0;
    }
    int r = decode_text(reader, field->key, value, &text);
    if (r < 0)
        return r;
    char *kept = arena_strndup(strings, strbuf_text(&text), text.length);
    if (!kept)
        return no_memory(reader);
    *ret_text = kept;
    return 0;
}

static int take_array(struct recording_reader *reader, const struct recorded_field *field,
                      const json_t *value, char *ret_text)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int r = decode_text(reader, field->key, value, &text);
    if (r < 0)
        return r;
    if (text.length >= EVENT_COMM_SIZE)
        return wrong(reader, _("%s: it has more than %d bytes"), field->key, EVENT_COMM_SIZE - 1);
    memcpy(ret_text, strbuf_text(&text), text.length + 1);
    return 0;
}

static int take_value(struct recording_reader *reader, const struct recorded_field *field,
                      const json_t *value, void *record, struct arena *strings)
{
    void *at = (char *)record + field->offset;
    int64_t number = 0;
    int r;
    switch (field->type) {
    case RECORDED_INT32:
    case RECORDED_UINT32:
    case RECORDED_UINT64:
        r = take_integer(reader, field->key, value, field->least, field->most, &number);
        if (r == 0 && field->type == RECORDED_INT32)
            *(int32_t *)at = (int32_t)number;
        else if (r == 0 && field->type == RECORDED_UINT32)
            *(uint32_t *)at = (uint32_t)number;
        else if (r == 0)
            *(uint64_t *)at = (uint64_t)number;
        return r;
    case RECORDED_CHAR:
        return take_char(reader, field, value, at);
    case RECORDED_BOOL:
        if (!json_is_boolean(value))
            return wrong(reader, _("%s: true or false is expected"), field->key);
        *(bool *)at = json_is_true(value);
        return 0;
    case RECORDED_REAL:
        return take_real(reader, field, value, at);
    case RECORDED_WORD:
        return take_word(reader, field, value, at);
    case RECORDED_TEXT:
        return take_text(reader, field, value, strings, at);
    case RECORDED_ARRAY:
        return take_array(reader, field, value, at);
    }
    return 0;
}

static int take_fields(struct recording_reader *reader, const struct recorded_field *table,
                       json_t *object, const char *what, void *record, struct arena *strings)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return wrong(reader, _("%s: an object is expected"), what);
    json_object_foreach(object, key, value)
    {
        const struct recorded_field *field = table;
        while (field->key && strcmp(field->key, key) != 0)
            field++;
        int r = field->key ? take_value(reader, field, value, record, strings) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* A member that may be missing: 0 and `ret_number` untouched. */
static int take_member(struct recording_reader *reader, json_t *object, const char *key,
                       int64_t least, int64_t most, int64_t *ret_number)
{
    json_t *value = json_object_get(object, key);
    return value ? take_integer(reader, key, value, least, most, ret_number) : 0;
}

static int take_flag(struct recording_reader *reader, json_t *object, const char *key,
                     bool *ret_flag)
{
    json_t *value = json_object_get(object, key);
    if (value && !json_is_boolean(value))
        return wrong(reader, _("%s: true or false is expected"), key);
    if (value)
        *ret_flag = json_is_true(value);
    return 0;
}

/* ---- the header ---- */

static int take_name(struct recording_reader *reader, json_t *root, const char *key,
                     char ret_name[static 65])
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    json_t *value = json_object_get(root, key);
    int r = value ? decode_text(reader, key, value, &text) : 0;
    if (r < 0)
        return r;
    if (text.length > 64)
        return wrong(reader, _("%s: it has more than %d bytes"), key, 64);
    memcpy(ret_name, strbuf_text(&text), text.length + 1);
    return 0;
}

static int check_schema(struct recording_reader *reader, const json_t *schema)
{
    static const char family[] = "reaptop/recording/";
    const char *name = json_string_value(schema);
    if (name && strcmp(name, RECORDING_SCHEMA) == 0)
        return 0;
    if (name && strncmp(name, family, sizeof(family) - 1) == 0)
        return wrong(reader, _("it is %.60s; this reaptop reads %s"), name, RECORDING_SCHEMA);
    return wrong(reader, _("it is no reaptop recording: it does not begin with the schema %s"),
                 RECORDING_SCHEMA);
}

static int take_header(struct recording_reader *reader, json_t *root)
{
    struct recording_header header = {.has_arguments = true};
    int64_t started = 0, interval = (int64_t)NS_PER_SEC, ticks = 100, offset = 0;
    int r = check_schema(reader, json_object_get(root, "schema"));
    if (r == 0)
        r = take_name(reader, root, "host", header.host);
    if (r == 0)
        r = take_name(reader, root, "kernel", header.kernel);
    if (r == 0)
        r = take_member(reader, root, "ticks_per_second", 1, 1000000, &ticks);
    if (r == 0)
        r = take_member(reader, root, "started_ns", 0, INT64_MAX, &started);
    if (r == 0)
        r = take_member(reader, root, "interval_ns", 1, INT64_MAX / 2, &interval);
    if (r == 0)
        r = take_member(reader, root, "utc_offset_s", -86400, 86400, &offset);
    if (r == 0)
        r = take_flag(reader, root, "arguments", &header.has_arguments);
    if (r == 0)
        r = take_flag(reader, root, "threads", &header.has_threads);
    if (r == 0)
        r = take_flag(reader, root, "kernel_events", &header.has_kernel_events);
    if (r == 0)
        r = take_flag(reader, root, "all_events", &header.has_all_events);
    if (r == 0)
        r = take_flag(reader, root, "signals", &header.has_signals);
    if (r == 0)
        r = take_flag(reader, root, "notes", &header.has_notes);
    if (r < 0)
        return r;
    if (reader->has_header && strcmp(reader->header.host, header.host) != 0)
        return wrong(reader, _("another machine's recording begins here"));
    header.ticks_per_second = (long)ticks;
    header.started_ns = (uint64_t)started;
    header.interval_ns = (uint64_t)interval;
    header.utc_offset_s = (int32_t)offset;
    reader->header = header;
    reader->has_header = true;
    reader->has_ended = false;
    return RECORDING_HEADER;
}

/* ---- events ---- */

static int take_event(struct recording_reader *reader, json_t *object)
{
    if (array_reserve(&reader->events, &reader->event_capacity, reader->event_count + 1) < 0)
        return no_memory(reader);
    struct event *event = &reader->events[reader->event_count];
    *event = recorded_usual_event();
    int r = take_fields(reader, recorded_events, object, "events", event, NULL);
    if (r < 0)
        return r;
    if (event->kind == EVENT_KIND_COUNT)
        return wrong(reader, _("an event does not say which"));
    if (event->kind != EVENT_LOST && event->id.pid == 0)
        return wrong(reader, _("an event does not say whose: pid is missing"));
    reader->event_count++;
    return 0;
}

static int take_events(struct recording_reader *reader, json_t *events)
{
    if (!json_is_array(events) || json_array_size(events) > RECORDING_EVENTS_MOST)
        return wrong(reader, _("events: an array of %d at most is expected"),
                     RECORDING_EVENTS_MOST);
    reader->event_count = 0;
    for (size_t i = 0; i < json_array_size(events); i++) {
        int r = take_event(reader, json_array_get(events, i));
        if (r < 0)
            return r;
    }
    return RECORDING_EVENTS;
}

/* ---- refreshes ---- */

static int take_gone(struct recording_reader *reader, json_t *gone)
{
    struct snapshot *next = &reader->next;
    if (!gone)
        return 0;
    if (!json_is_array(gone))
        return wrong(reader, _("%s: an array is expected"), "gone");
    for (size_t i = 0; i < json_array_size(gone); i++) {
        int64_t pid = 0;
        int r = take_integer(reader, "gone", json_array_get(gone, i), 1, INT32_MAX, &pid);
        if (r < 0)
            return r;
        struct process *process = snapshot_find(next, (pid_t)pid);
        if (!process)
            return wrong(reader, _("gone: %d was not there"), (int)pid);
        process->is_ended = true;
    }
    size_t kept = 0;
    for (size_t i = 0; i < next->count; i++)
        if (!next->processes[i].is_ended)
            next->processes[kept++] = next->processes[i];
    next->count = kept;
    return 0;
}

static int check_process(struct recording_reader *reader, const struct process *process)
{
    if (!process->comm)
        return wrong(reader, _("%s: a text is expected"), "comm");
    if (access_has_value(process->argv_access) && !process->argv)
        return wrong(reader, _("%d: argv is missing"), process->id.pid);
    if (process->exit_status > 0xffff)
        return wrong(reader, _("%d: exit_status is not one of wait(2)'s"), process->id.pid);
    return 0;
}

/* Those in the first `sorted` places are of the refresh before. */
static int take_process(struct recording_reader *reader, json_t *object, size_t sorted)
{
    int64_t pid = 0;
    if (!json_is_object(object))
        return wrong(reader, _("%s: an object is expected"), "processes");
    int r = take_integer(reader, "pid", json_object_get(object, "pid"), 1, INT32_MAX, &pid);
    if (r < 0)
        return r;
    struct snapshot *next = &reader->next;
    const struct snapshot before = {.processes = next->processes, .count = sorted};
    struct process *process = snapshot_find(&before, (pid_t)pid);
    if (!process) {
        if (next->count >= RECORDING_PROCESSES_MOST)
            return wrong(reader, _("more than %d processes"), RECORDING_PROCESSES_MOST);
        process = snapshot_add(next);
        if (!process)
            return no_memory(reader);
        *process = recorded_usual_process((pid_t)pid);
    }
    r = take_fields(reader, recorded_processes, object, "processes", process, &next->strings);
    return r < 0 ? r : check_process(reader, process);
}

static int take_processes(struct recording_reader *reader, json_t *processes)
{
    size_t sorted = reader->next.count;
    if (!processes)
        return 0;
    if (!json_is_array(processes))
        return wrong(reader, _("%s: an array is expected"), "processes");
    for (size_t i = 0; i < json_array_size(processes); i++) {
        int r = take_process(reader, json_array_get(processes, i), sorted);
        if (r < 0)
            return r;
    }
    snapshot_finish(&reader->next);
    return 0;
}

/* Time of the refresh; it only goes forward, but for the lines of one refresh. */
static int take_time(struct recording_reader *reader, json_t *refresh)
{
    struct snapshot *next = &reader->next;
    int64_t mono = -1, now = (int64_t)next->time_ns;
    int r =
        take_integer(reader, "mono_ns", json_object_get(refresh, "mono_ns"), 1, INT64_MAX, &mono);
    if (r == 0)
        r = take_member(reader, refresh, "time_ns", 0, INT64_MAX, &now);
    if (r < 0)
        return r;
    if (reader->is_partial && (uint64_t)mono != next->mono_ns)
        return wrong(reader, _("mono_ns: the refresh before is not complete"));
    if (!reader->is_partial && (uint64_t)mono <= reader->last.mono_ns)
        return wrong(reader, _("mono_ns: the clock does not go on"));
    next->mono_ns = (uint64_t)mono;
    next->time_ns = (uint64_t)now;
    int64_t uptime = mono;
    r = take_member(reader, refresh, "uptime_ns", 0, INT64_MAX, &uptime);
    if (r == 0 && !reader->is_partial)
        next->machine.uptime_ns = (uint64_t)uptime;
    return r;
}

static int take_notice(struct recording_reader *reader, json_t *notice)
{
    static const struct recorded_field field = {.key = "notice", .type = RECORDED_TEXT};
    return notice ? take_text(reader, &field, notice, &reader->next.strings, &reader->next.notice)
                  : 0;
}

/* What `next` starts from: nothing, the refresh before, or itself where it was not complete. */
static int begin_refresh(struct recording_reader *reader, bool is_delta)
{
    if (!reader->has_header)
        return wrong(reader, _("the header is missing"));
    if (reader->has_ended)
        return wrong(reader, _("there is more behind the end"));
    if (reader->is_partial)
        return is_delta ? 0 : wrong(reader, _("the refresh before is not complete"));
    if (is_delta && reader->last.count == 0)
        return wrong(reader, _("a delta without a snapshot before it"));
    snapshot_done(&reader->next);
    if (is_delta)
        return snapshot_copy(&reader->last, &reader->next) < 0 ? no_memory(reader) : 0;
    reader->next.machine = recorded_usual_machine();
    return 0;
}

/* What follows from what was recorded: ages, and the use of processors. */
static void derive(struct recording_reader *reader)
{
    struct snapshot *next = &reader->next;
    long ticks = reader->header.ticks_per_second;
    for (size_t i = 0; i < next->count; i++) {
        struct process *process = &next->processes[i];
        /* As source/live.c has it, to the bit. */
        double started = (double)process->id.start_ticks * (double)NS_PER_SEC / (double)ticks;
        process->start_ns = started < 9e18 ? (uint64_t)started : UINT64_MAX;
        process->age_ns = next->mono_ns > process->start_ns ? next->mono_ns - process->start_ns : 0;
        if (!reader->header.has_arguments && process->argv_access == ACCESS_UNREAD)
            process->argv_access = ACCESS_UNRECORDED;
    }
    memcpy(next->machine.host, reader->header.host, sizeof(next->machine.host));
    memcpy(next->machine.kernel, reader->header.kernel, sizeof(next->machine.kernel));
    snapshot_cpu(&reader->last, next, ticks);
}

static int complete_refresh(struct recording_reader *reader)
{
    if (reader->next.count == 0)
        return wrong(reader, _("a refresh without processes"));
    derive(reader);
    struct snapshot former = reader->last;
    reader->last = reader->next;
    reader->next = former;
    return RECORDING_SNAPSHOT;
}

static int take_refresh(struct recording_reader *reader, json_t *refresh, bool is_delta)
{
    bool has_more = false, has_threads = false;
    json_t *machine = json_object_get(refresh, "machine");
    if (!json_is_object(refresh))
        return wrong(reader, _("%s: an object is expected"), is_delta ? "delta" : "snapshot");
    int r = begin_refresh(reader, is_delta);
    if (r == 0)
        r = take_time(reader, refresh);
    if (r == 0)
        r = take_flag(reader, refresh, "more", &has_more);
    if (r == 0)
        r = take_flag(reader, refresh, "threads", &has_threads);
    if (r == 0)
        r = take_notice(reader, json_object_get(refresh, "notice"));
    if (r == 0 && machine)
        r = take_fields(reader, recorded_machines, machine, "machine", &reader->next.machine, NULL);
    if (r == 0)
        r = take_gone(reader, json_object_get(refresh, "gone"));
    if (r == 0)
        r = take_processes(reader, json_object_get(refresh, "processes"));
    if (r < 0)
        return r;
    reader->next.has_threads = has_threads || (reader->is_partial && reader->next.has_threads);
    reader->is_partial = has_more;
    return has_more ? RECORDING_NEEDS_MORE : complete_refresh(reader);
}

/* ---- lines ---- */

static int take_end(struct recording_reader *reader)
{
    if (!reader->has_header || reader->is_partial || reader->has_ended)
        return wrong(reader, _("the end stands in the wrong place"));
    reader->has_ended = true;
    return RECORDING_NEEDS_MORE;
}

static int take_root(struct recording_reader *reader, json_t *root)
{
    json_t *value;
    if (!json_is_object(root))
        return wrong(reader, _("an object is expected"));
    bool begins = !reader->has_header || json_object_get(root, "schema");
    if (begins && reader->is_partial)
        return wrong(reader, _("the refresh before is not complete"));
    if (begins)
        return take_header(reader, root);
    if ((value = json_object_get(root, "delta")))
        return take_refresh(reader, value, true);
    if ((value = json_object_get(root, "snapshot")))
        return take_refresh(reader, value, false);
    if ((value = json_object_get(root, "events")))
        return take_events(reader, value);
    if (json_object_get(root, "end"))
        return take_end(reader);
    return wrong(reader, _("neither snapshot, delta, events nor end"));
}

static int cut(struct recording_reader *reader, const char *how)
{
    return error_set(&reader->failure, -ENODATA, _("the recording is cut at line %" PRIu64 ": %s"),
                     reader->line, how);
}

static int take_line(struct recording_reader *reader, const char *line, size_t length,
                     bool is_whole)
{
    json_error_t error;
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        if (!is_whole)
            return cut(reader, _("the line breaks off"));
        if (!reader->has_header)
            return wrong(reader, _("it is no reaptop recording"));
        return json_error_code(&error) == json_error_out_of_memory
                   ? no_memory(reader)
                   : wrong(reader, "%.*s", JSON_ERROR_TEXT_LENGTH, error.text);
    }
    int r = take_root(reader, root);
    json_decref(root);
    return r;
}

int recording_feed(struct recording_reader *reader, const char *bytes, size_t length)
{
    struct strbuf *buf = &reader->bytes;
    if (reader->taken > 0) {
        memmove(buf->data, buf->data + reader->taken, buf->length - reader->taken + 1);
        buf->length -= reader->taken;
        reader->taken = 0;
    }
    strbuf_append(buf, bytes, length);
    return buf->error;
}

void recording_finish(struct recording_reader *reader)
{
    reader->is_finished = true;
}

static int at_end(struct recording_reader *reader)
{
    if (!reader->is_finished)
        return RECORDING_NEEDS_MORE;
    if (reader->has_ended)
        return RECORDING_END;
    if (reader->line == 0) {
        reader->line = 1;
        return wrong(reader, _("it is empty"));
    }
    return cut(reader, _("its end is not there"));
}

int recording_next(struct recording_reader *reader, struct error *error)
{
    int r = reader->failure.code;
    while (r == RECORDING_NEEDS_MORE) {
        const char *line = strbuf_text(&reader->bytes) + reader->taken;
        size_t left = reader->bytes.length - reader->taken;
        const char *newline = left > 0 ? memchr(line, '\n', left) : NULL;
        size_t length = newline ? (size_t)(newline - line) : left;
        if (!newline && length <= RECORDING_LINE_MOST && (left == 0 || !reader->is_finished)) {
            r = at_end(reader);
            break;
        }
        reader->line++;
        if (length > RECORDING_LINE_MOST) {
            r = wrong(reader, _("it has more than %d bytes"), RECORDING_LINE_MOST);
            break;
        }
        reader->taken += length + (newline ? 1 : 0);
        reader->position += length + (newline ? 1 : 0);
        r = take_line(reader, line, length, newline != NULL);
    }
    if (r < 0 && error)
        *error = reader->failure;
    return r;
}
