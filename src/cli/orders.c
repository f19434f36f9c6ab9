#include "reaptop/cli/orders.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/cli/json.h"
#include "reaptop/model/signals.h"

enum wire_type {
    WIRE_INT32, /* pid_t, int */
    WIRE_UINT32,
    WIRE_UINT64,
    WIRE_BOOL,
    WIRE_CHAR,
    WIRE_WORD /* an enum, by name */
};

/* One member of a record under its key; what is 0 is not written. */
struct wire_field {
    const char *key;
    enum wire_type type;
    size_t offset;
    int count; /* WIRE_WORD: of its values */
    const char *(*word)(int value);
};

static const char *kind_word(int value)
{
    return forecast_kind_name((enum forecast_kind)value);
}

static const char *effect_word(int value)
{
    return forecast_effect_name((enum forecast_effect)value);
}

static const char *certainty_word(int value)
{
    return forecast_certainty_name((enum forecast_certainty)value);
}

static const char *result_word(int value)
{
    return send_result_name((enum send_result)value);
}

static const char *const doubt_words[] = {
    [DOUBT_NONE] = "none",
    [DOUBT_OTHER_THREADS] = "other_threads",
    [DOUBT_KILLABLE_SLEEP] = "killable_sleep",
    [DOUBT_SIGWAIT] = "sigwait",
    [DOUBT_ORPHANED_GROUP] = "orphaned_group",
    [DOUBT_OWNER] = "owner",
    [DOUBT_MASKS] = "masks",
    [DOUBT_KERNEL_THREAD] = "kernel_thread",
    [DOUBT_TRACED_THREAD] = "traced_thread",
};

static const char *doubt_word(int value)
{
    return doubt_words[value];
}

/* clang-format off */
#define F(key, type, member, ...) {key, type, offsetof(struct forecast, member), __VA_ARGS__}
#define T(key, type, member, ...) {key, type, offsetof(struct send_target, member), __VA_ARGS__}

static const struct wire_field forecast_fields[] = {
    F("kind", WIRE_WORD, kind, FORECAST_KIND_COUNT, kind_word),
    F("effect", WIRE_WORD, effect, EFFECT_COUNT, effect_word),
    F("certainty", WIRE_WORD, certainty, CERTAINTY_COUNT, certainty_word),
    F("doubt", WIRE_WORD, doubt, ELEMENTS(doubt_words), doubt_word),
    F("signal", WIRE_INT32, signal, 0, NULL),
    F("pid", WIRE_INT32, pid, 0, NULL),
    F("ppid", WIRE_INT32, ppid, 0, NULL),
    F("tracer", WIRE_INT32, tracer_pid, 0, NULL),
    F("pending_signal", WIRE_INT32, pending_signal, 0, NULL),
    F("discards", WIRE_UINT64, discards, 0, NULL),
    F("resumes", WIRE_BOOL, resumes, 0, NULL),
    F("traced_stop", WIRE_BOOL, is_traced_stop, 0, NULL),
    F("asleep", WIRE_BOOL, is_asleep, 0, NULL),
    F("frozen", WIRE_BOOL, is_frozen, 0, NULL),
    F("exiting", WIRE_BOOL, is_exiting, 0, NULL),
    F("in_vfork", WIRE_BOOL, is_in_vfork, 0, NULL),
    F("held_in_part", WIRE_BOOL, is_held_in_part, 0, NULL),
    F("queued_behind", WIRE_BOOL, is_queued, 0, NULL),
    F("was_ignored", WIRE_BOOL, was_ignored, 0, NULL),
    F("other_threads", WIRE_UINT32, other_threads, 0, NULL),
    F("queued", WIRE_UINT64, queued, 0, NULL),
    F("limit", WIRE_UINT64, limit, 0, NULL),
    F("quota_us", WIRE_UINT64, quota.quota_us, 0, NULL),
    F("period_us", WIRE_UINT64, quota.period_us, 0, NULL),
    F("periods", WIRE_UINT64, quota.periods, 0, NULL),
    F("throttled_periods", WIRE_UINT64, quota.throttled, 0, NULL),
};

static const struct wire_field seen_fields[] = {
    T("inode", WIRE_UINT64, id.inode, 0, NULL),
    T("result", WIRE_WORD, result, SEND_RESULT_COUNT, result_word),
    T("settled", WIRE_BOOL, is_settled, 0, NULL),
    T("sent", WIRE_BOOL, was_sent, 0, NULL),
    T("state", WIRE_CHAR, state, 0, NULL),
    T("exit_status", WIRE_INT32, exit_status, 0, NULL),
    T("zombie", WIRE_BOOL, is_zombie, 0, NULL),
    T("ppid", WIRE_INT32, ppid, 0, NULL),
    T("tracer", WIRE_INT32, tracer, 0, NULL),
    T("live_threads", WIRE_UINT32, live_threads, 0, NULL),
    T("needs_force", WIRE_BOOL, needs_yes, 0, NULL),
};
/* clang-format on */

_Static_assert(sizeof(signal_set) == sizeof(uint64_t), "WIRE_UINT64");

/* ---- writing ---- */

static json_t *value_json(const struct wire_field *field, const void *record)
{
    const char *at = (const char *)record + field->offset;
    const char letter[2] = {*at, '\0'};
    switch (field->type) {
    case WIRE_INT32:
        return json_integer(*(const int32_t *)at);
    case WIRE_UINT32:
        return json_integer(*(const uint32_t *)at);
    case WIRE_UINT64:
        return json_integer((json_int_t) * (const uint64_t *)at);
    case WIRE_BOOL:
        return json_boolean(*(const bool *)at);
    case WIRE_CHAR:
        return json_string(letter);
    case WIRE_WORD:
        return json_string(field->word(*(const int *)at));
    }
    return NULL;
}

static json_t *record_json(const struct wire_field *table, size_t count, const void *record)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        json_put(object, table[i].key, value_json(&table[i], record));
    return object;
}

static json_t *answer_json(size_t target, const char *key, json_t *object)
{
    json_t *answer = json_object();
    json_put(answer, "target", json_integer((json_int_t)target));
    json_put(answer, key, object);
    return answer;
}

json_t *orders_seen_json(size_t target, const struct send_target *seen)
{
    json_t *object = record_json(seen_fields, ELEMENTS(seen_fields), seen);
    json_put(object, "comm", json_text(seen->comm, strlen(seen->comm)));
    json_put(object, "errno", json_integer(seen->error.code));
    json_put(object, "error", json_text(seen->error.message, strlen(seen->error.message)));
    return answer_json(target, "seen", object);
}

json_t *orders_forecast_json(size_t target, const struct forecast *forecast)
{
    return answer_json(target, "forecast",
                       record_json(forecast_fields, ELEMENTS(forecast_fields), forecast));
}

/* ---- reading ---- */

static bool take_word(const struct wire_field *field, const json_t *value, int *ret_value)
{
    const char *text = json_string_value(value);
    for (int i = 0; text && i < field->count; i++) {
        if (strcmp(field->word(i), text) != 0)
            continue;
        *ret_value = i;
        return true;
    }
    return false;
}

static bool take_value(const struct wire_field *field, const json_t *value, void *record)
{
    char *at = (char *)record + field->offset;
    const char *text = json_string_value(value);
    json_int_t number = json_integer_value(value);
    switch (field->type) {
    case WIRE_INT32:
        *(int32_t *)at = (int32_t)number;
        return json_is_integer(value) && number >= INT32_MIN && number <= INT32_MAX;
    case WIRE_UINT32:
        *(uint32_t *)at = (uint32_t)number;
        return json_is_integer(value) && number >= 0 && number <= UINT32_MAX;
    case WIRE_UINT64:
        *(uint64_t *)at = (uint64_t)number;
        return json_is_integer(value);
    case WIRE_BOOL:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value);
    case WIRE_CHAR:
        *at = text && text[0] > ' ' && text[0] < 0x7f ? text[0] : '\0';
        return text != NULL;
    case WIRE_WORD:
        return take_word(field, value, (int *)at);
    }
    return false;
}

/* A key that a reaptop of another version does not know or have is passed over; a wrong one is not.
 */
static bool take_record(const struct wire_field *table, size_t count, const json_t *object,
                        void *record)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, table[i].key);
        if (value && !take_value(&table[i], value, record))
            return false;
    }
    return json_is_object(object);
}

static void take_text(const json_t *object, const char *key, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text)
        (void)snprintf(out, size, "%s", text);
}

static bool take_seen(const json_t *object, struct send_target *seen)
{
    const json_t *code = json_object_get(object, "errno");
    *seen = (struct send_target){.handle = HANDLE_INIT, .exit_status = EXIT_UNKNOWN};
    take_text(object, "comm", seen->comm, sizeof(seen->comm));
    take_text(object, "error", seen->error.message, sizeof(seen->error.message));
    seen->error.code = json_is_integer(code) ? (int)json_integer_value(code) : 0;
    return take_record(seen_fields, ELEMENTS(seen_fields), object, seen);
}

static bool is_known_signal(int number)
{
    return number >= 1 && number <= SIGNAL_MAX && signal_name(number);
}

/* Its sentence names signals: they are ones that there are. */
static bool take_forecast(const json_t *object, struct forecast *forecast)
{
    *forecast = (struct forecast){.kind = FORECAST_UNKNOWN};
    return take_record(forecast_fields, ELEMENTS(forecast_fields), object, forecast) &&
           is_known_signal(forecast->signal) &&
           (forecast->pending_signal == 0 || is_known_signal(forecast->pending_signal));
}

static enum orders_answer take_answer(const json_t *root, struct orders_line *line)
{
    const json_t *target = json_object_get(root, "target");
    const json_t *seen = json_object_get(root, "seen");
    const json_t *forecast = json_object_get(root, "forecast");
    if (!json_is_integer(target) || json_integer_value(target) < 0)
        return ORDERS_NOTHING;
    line->target = (size_t)json_integer_value(target);
    if (seen)
        return take_seen(seen, &line->seen) ? ORDERS_SEEN : ORDERS_NOTHING;
    return forecast && take_forecast(forecast, &line->forecast) ? ORDERS_FORECAST : ORDERS_NOTHING;
}

enum orders_answer orders_parse(const char *line, size_t length, struct orders_line *ret_line)
{
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    enum orders_answer answer = root ? take_answer(root, ret_line) : ORDERS_NOTHING;
    json_decref(root);
    return answer;
}
