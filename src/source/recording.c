#include "reaptop/source/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/process.h"
#include "recording_fields.h"
#include "recording_values.h"

struct recording_reader {
    struct strbuf bytes; /* fed; those before `taken` are done with */
    size_t taken;
    uint64_t position;
    bool is_finished; /* nothing will be fed any more */
    bool has_header, has_ended;
    bool is_partial; /* `next` waits for more lines */
    struct recording_header header;
    struct snapshot last, next;
    struct event *events;
    size_t event_count, event_capacity;
    struct recording_fault fault; /* for good; its line is the one that is read */
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
    *ret_line = reader->fault.line;
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
    reader->fault.line = place->line;
    reader->has_header = place->line > 0;
    if (reader->has_header)
        reader->header = place->header;
    reader->is_finished = reader->has_ended = reader->is_partial = false;
    reader->fault.error = ERROR_INIT;
    drop_bytes(reader);
    return 0;
}

/* ---- the header ---- */

static int check_schema(struct recording_reader *reader, const json_t *schema)
{
    static const char family[] = "reaptop/recording/";
    const char *name = json_string_value(schema);
    if (name && strcmp(name, RECORDING_SCHEMA) == 0)
        return 0;
    if (name && strncmp(name, family, sizeof(family) - 1) == 0)
        return recorded_wrong(&reader->fault, _("it is %.60s; this reaptop reads %s"), name,
                              RECORDING_SCHEMA);
    return recorded_wrong(&reader->fault,
                          _("it is no reaptop recording: it does not begin with the schema %s"),
                          RECORDING_SCHEMA);
}

static int take_header(struct recording_reader *reader, json_t *root)
{
    struct recording_header header = {.has_arguments = true, .interval_ns = NS_PER_SEC};
    int64_t ticks = 100;
    int r = check_schema(reader, json_object_get(root, "schema"));
    if (r == 0)
        r = recorded_member(&reader->fault, root, "ticks_per_second", 1, 1000000, &ticks);
    if (r == 0)
        r = recorded_fields(&reader->fault, recorded_headers, root, "header", &header, NULL);
    if (r < 0)
        return r;
    if (reader->has_header && strcmp(reader->header.host, header.host) != 0)
        return recorded_wrong(&reader->fault, _("another machine's recording begins here"));
    header.ticks_per_second = (long)ticks;
    reader->header = header;
    reader->has_header = true;
    reader->has_ended = false;
    return RECORDING_HEADER;
}

/* ---- events ---- */

static int take_event(struct recording_reader *reader, json_t *object)
{
    if (array_reserve(&reader->events, &reader->event_capacity, reader->event_count + 1) < 0)
        return recorded_no_memory(&reader->fault);
    struct event *event = &reader->events[reader->event_count];
    *event = recorded_usual_event();
    int r = recorded_fields(&reader->fault, recorded_events, object, "events", event, NULL);
    if (r < 0)
        return r;
    if (event->kind == EVENT_KIND_COUNT)
        return recorded_wrong(&reader->fault, _("an event does not say which"));
    if (event->kind != EVENT_LOST && event->id.pid == 0)
        return recorded_wrong(&reader->fault, _("an event does not say whose: pid is missing"));
    reader->event_count++;
    return 0;
}

static int take_events(struct recording_reader *reader, json_t *events)
{
    if (!json_is_array(events) || json_array_size(events) > RECORDING_EVENTS_MOST)
        return recorded_wrong(&reader->fault, _("events: an array of %d at most is expected"),
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
        return recorded_wrong(&reader->fault, _("%s: an array is expected"), "gone");
    for (size_t i = 0; i < json_array_size(gone); i++) {
        int64_t pid = 0;
        int r =
            recorded_integer(&reader->fault, "gone", json_array_get(gone, i), 1, INT32_MAX, &pid);
        if (r < 0)
            return r;
        struct process *process = snapshot_find(next, (pid_t)pid);
        if (!process)
            return recorded_wrong(&reader->fault, _("gone: %d was not there"), (int)pid);
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
        return recorded_wrong(&reader->fault, _("%s: a text is expected"), "comm");
    if (access_has_value(process->argv_access) && !process->argv)
        return recorded_wrong(&reader->fault, _("%d: argv is missing"), process->id.pid);
    if (process->exit_status > 0xffff)
        return recorded_wrong(&reader->fault, _("%d: exit_status is not one of wait(2)'s"),
                              process->id.pid);
    return 0;
}

/* Those in the first `sorted` places are of the refresh before. */
static int take_process(struct recording_reader *reader, json_t *object, size_t sorted)
{
    int64_t pid = 0;
    if (!json_is_object(object))
        return recorded_wrong(&reader->fault, _("%s: an object is expected"), "processes");
    int r =
        recorded_integer(&reader->fault, "pid", json_object_get(object, "pid"), 1, INT32_MAX, &pid);
    if (r < 0)
        return r;
    struct snapshot *next = &reader->next;
    const struct snapshot before = {.processes = next->processes, .count = sorted};
    struct process *process = snapshot_find(&before, (pid_t)pid);
    if (!process) {
        if (next->count >= RECORDING_PROCESSES_MOST)
            return recorded_wrong(&reader->fault, _("more than %d processes"),
                                  RECORDING_PROCESSES_MOST);
        process = snapshot_add(next);
        if (!process)
            return recorded_no_memory(&reader->fault);
        *process = recorded_usual_process((pid_t)pid);
    }
    r = recorded_fields(&reader->fault, recorded_processes, object, "processes", process,
                        &next->strings);
    return r < 0 ? r : check_process(reader, process);
}

static int take_processes(struct recording_reader *reader, json_t *processes)
{
    size_t sorted = reader->next.count;
    if (!processes)
        return 0;
    if (!json_is_array(processes))
        return recorded_wrong(&reader->fault, _("%s: an array is expected"), "processes");
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
    int r = recorded_integer(&reader->fault, "mono_ns", json_object_get(refresh, "mono_ns"), 1,
                             INT64_MAX, &mono);
    if (r == 0)
        r = recorded_member(&reader->fault, refresh, "time_ns", 0, INT64_MAX, &now);
    if (r < 0)
        return r;
    if (reader->is_partial && (uint64_t)mono != next->mono_ns)
        return recorded_wrong(&reader->fault, _("mono_ns: the refresh before is not complete"));
    if (!reader->is_partial && (uint64_t)mono <= reader->last.mono_ns)
        return recorded_wrong(&reader->fault, _("mono_ns: the clock does not go on"));
    next->mono_ns = (uint64_t)mono;
    next->time_ns = (uint64_t)now;
    int64_t uptime = mono;
    r = recorded_member(&reader->fault, refresh, "uptime_ns", 0, INT64_MAX, &uptime);
    if (r == 0 && !reader->is_partial)
        next->machine.uptime_ns = (uint64_t)uptime;
    return r;
}

static int take_notice(struct recording_reader *reader, json_t *notice)
{
    static const struct recorded_field field = {.key = "notice", .type = RECORDED_TEXT};
    return notice ? recorded_text(&reader->fault, &field, notice, &reader->next.strings,
                                  &reader->next.notice)
                  : 0;
}

/* What `next` starts from: nothing, the refresh before, or itself where it was not complete. */
static int begin_refresh(struct recording_reader *reader, bool is_delta)
{
    if (!reader->has_header)
        return recorded_wrong(&reader->fault, _("the header is missing"));
    if (reader->has_ended)
        return recorded_wrong(&reader->fault, _("there is more behind the end"));
    if (reader->is_partial)
        return is_delta ? 0
                        : recorded_wrong(&reader->fault, _("the refresh before is not complete"));
    if (is_delta && reader->last.count == 0)
        return recorded_wrong(&reader->fault, _("a delta without a snapshot before it"));
    snapshot_done(&reader->next);
    if (is_delta)
        return snapshot_copy(&reader->last, &reader->next) < 0 ? recorded_no_memory(&reader->fault)
                                                               : 0;
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
        return recorded_wrong(&reader->fault, _("a refresh without processes"));
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
        return recorded_wrong(&reader->fault, _("%s: an object is expected"),
                              is_delta ? "delta" : "snapshot");
    int r = begin_refresh(reader, is_delta);
    if (r == 0)
        r = take_time(reader, refresh);
    if (r == 0)
        r = recorded_flag(&reader->fault, refresh, "more", &has_more);
    if (r == 0)
        r = recorded_flag(&reader->fault, refresh, "threads", &has_threads);
    if (r == 0)
        r = take_notice(reader, json_object_get(refresh, "notice"));
    if (r == 0 && machine)
        r = recorded_fields(&reader->fault, recorded_machines, machine, "machine",
                            &reader->next.machine, NULL);
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
        return recorded_wrong(&reader->fault, _("the end stands in the wrong place"));
    reader->has_ended = true;
    return RECORDING_NEEDS_MORE;
}

static int take_root(struct recording_reader *reader, json_t *root)
{
    json_t *value;
    if (!json_is_object(root))
        return recorded_wrong(&reader->fault, _("an object is expected"));
    bool begins = !reader->has_header || json_object_get(root, "schema");
    if (begins && reader->is_partial)
        return recorded_wrong(&reader->fault, _("the refresh before is not complete"));
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
    return recorded_wrong(&reader->fault, _("neither snapshot, delta, events nor end"));
}

static int cut(struct recording_reader *reader, const char *how)
{
    return error_set(&reader->fault.error, -ENODATA,
                     _("the recording is cut at line %" PRIu64 ": %s"), reader->fault.line, how);
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
            return recorded_wrong(&reader->fault, _("it is no reaptop recording"));
        return json_error_code(&error) == json_error_out_of_memory
                   ? recorded_no_memory(&reader->fault)
                   : recorded_wrong(&reader->fault, "%.*s", JSON_ERROR_TEXT_LENGTH, error.text);
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
    if (reader->fault.line == 0) {
        reader->fault.line = 1;
        return recorded_wrong(&reader->fault, _("it is empty"));
    }
    return cut(reader, _("its end is not there"));
}

int recording_next(struct recording_reader *reader, struct error *error)
{
    int r = reader->fault.error.code;
    while (r == RECORDING_NEEDS_MORE) {
        const char *line = strbuf_text(&reader->bytes) + reader->taken;
        size_t left = reader->bytes.length - reader->taken;
        const char *newline = left > 0 ? memchr(line, '\n', left) : NULL;
        size_t length = newline ? (size_t)(newline - line) : left;
        if (!newline && length <= RECORDING_LINE_MOST && (left == 0 || !reader->is_finished)) {
            r = at_end(reader);
            break;
        }
        reader->fault.line++;
        if (length > RECORDING_LINE_MOST) {
            r = recorded_wrong(&reader->fault, _("it has more than %d bytes"), RECORDING_LINE_MOST);
            break;
        }
        reader->taken += length + (newline ? 1 : 0);
        reader->position += length + (newline ? 1 : 0);
        r = take_line(reader, line, length, newline != NULL);
    }
    if (r < 0 && error)
        *error = reader->fault.error;
    return r;
}
