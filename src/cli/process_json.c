#include "reaptop/cli/process_json.h"

#include "reaptop/base/clock.h"
#include "reaptop/cli/json.h"
#include "reaptop/model/field.h"
#include "reaptop/model/process.h"

/* A recording keeps the arguments joined: where one ends is not known there. */
static void put_arguments(json_t *object, const struct process *process)
{
    enum access access = process->argv_access;
    if (access_has_value(access) && !process->arguments) {
        json_unavailable(object, "argv", ACCESS_UNRECORDED);
        json_put(object, "command_line", json_string_or_null(process->argv));
        return;
    }
    json_put_access(object, "argv", access,
                    access_has_value(access)
                        ? json_arguments(process->arguments, process->arguments_size)
                        : NULL);
}

static void put_field(json_t *object, enum field field, const struct process *process)
{
    struct value value = field_value(field, process);
    enum access access = field_access(field, process);
    const char *key = fields[field].name;
    if (field == FIELD_ARGV)
        put_arguments(object, process);
    else if (value.type == VALUE_INTEGER)
        json_put(object, key, json_integer(value.integer));
    else if (value.type == VALUE_REAL)
        json_put(object, key, json_real(value.real));
    else if (!access_has_value(access))
        json_put_access(object, key, access, NULL);
    else if (value.type == VALUE_TEXT || fields[field].type == VALUE_TEXT)
        json_put(object, key, json_string_or_null(value.text));
    else
        json_unavailable(object, key, ACCESS_UNREAD);
}

void process_json_put(json_t *object, const struct process *process, uint64_t time_ns,
                      long ticks_per_second)
{
    uint64_t ticks = process->utime_ticks + process->stime_ticks;
    for (int field = 0; field < FIELD_COUNT; field++)
        if (fields[field].is_in_json)
            put_field(object, (enum field)field, process);
    if (process->host)
        put_field(object, FIELD_HOST, process);
    if (field_value(FIELD_TIME_TICKS, process).type == VALUE_UNKNOWN)
        json_unavailable(object, "cpu_seconds", ACCESS_UNREAD);
    else
        json_put(object, "cpu_seconds", json_real((double)ticks / (double)ticks_per_second));
    /* Epoch seconds; what the clock says now of then. */
    if (process->start_ns == 0)
        json_unavailable(object, "start_time", ACCESS_UNREAD);
    else
        json_put(object, "start_time",
                 json_real(clock_seconds(time_ns) - clock_seconds(process->age_ns)));
}

json_t *processes_json(const struct snapshot *snapshot, const bool *is_shown, long ticks_per_second,
                       const bool asked[static FIELD_COUNT])
{
    json_t *document = json_document("tree");
    json_put(document, "time", json_real(clock_seconds(snapshot->time_ns)));
    json_put(document, "host", json_string_or_null(snapshot->machine.host));
    if (snapshot->notice)
        json_put(document, "notice", json_string_or_null(snapshot->notice));

    json_t *processes = json_array();
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct process *process = &snapshot->processes[i];
        if (!is_shown[i])
            continue;
        json_t *object = json_object();
        process_json_put(object, process, snapshot->time_ns, ticks_per_second);
        for (int field = 0; field < FIELD_COUNT; field++)
            if (asked[field] && !fields[field].is_in_json)
                put_field(object, (enum field)field, process);
        json_add(processes, object);
    }
    json_put(document, "processes", processes);
    return document;
}

json_t *quota_json(const struct cgroup_quota *quota)
{
    if (quota->period_us == 0)
        return json_null();
    json_t *object = json_object();
    json_put(object, "quota_us", json_unsigned(quota->quota_us));
    json_put(object, "period_us", json_unsigned(quota->period_us));
    json_put(object, "periods", json_unsigned(quota->periods));
    json_put(object, "throttled_periods", json_unsigned(quota->throttled));
    return object;
}
