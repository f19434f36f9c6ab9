#include "life_json.h"

#include <string.h>

#include "reaptop/cli/event_json.h"
#include "reaptop/cli/json.h"

static json_t *relatives_json(const struct relatives *relatives)
{
    if (relatives->id.pid == 0)
        return json_null();
    json_t *object = json_object();
    json_put(object, "pid", json_integer(relatives->id.pid));
    json_put(object, "comm", json_text(relatives->comm, strlen(relatives->comm)));
    return object;
}

/* A time that may not have come. */
static json_t *moment_json(uint64_t ns)
{
    return ns > 0 ? json_unsigned(ns) : json_null();
}

static json_t *adoption_json(const struct history *history)
{
    if (history->adopted_ns == 0)
        return json_null();
    json_t *object = json_object();
    json_put(object, "mono_ns", json_unsigned(history->adopted_ns));
    json_put(object, "from", relatives_json(&history->adopted_from));
    if (history->adopted_to > 0)
        json_put(object, "to", json_integer(history->adopted_to));
    else
        json_unavailable(object, "to", ACCESS_GONE);
    return object;
}

static json_t *states_json(const struct history *history, uint64_t now_ns)
{
    static const char letters[] = SAMPLED_STATES "?";
    json_t *object = json_object();
    for (size_t i = 0; i < STATE_KINDS; i++) {
        uint64_t ns = history_time_in(history, letters[i], now_ns);
        const char key[] = {letters[i], '\0'};
        if (ns > 0)
            json_put(object, key, json_unsigned(ns));
    }
    return object;
}

json_t *life_json(const struct history *history, uint64_t now_ns)
{
    char samples[STATE_SAMPLES];
    size_t count = history_samples(history, samples, sizeof(samples));
    json_t *object = json_object();
    json_put(object, "born_mono_ns", json_unsigned(history->born_ns));
    json_put(object, "was_seen_born", json_boolean(history->was_seen_born));
    json_put(object, "born_of", relatives_json(&history->born_of));
    json_put(object, "adopted", adoption_json(history));
    json_put(object, "execs", json_integer(history->execs));
    json_put(object, "zombie_mono_ns", moment_json(history->zombie_ns));
    json_put(object, "ended_mono_ns", moment_json(history->ended_ns));
    json_put(object, "reaped_by", relatives_json(&history->reaped_by));
    json_put(object, "removal",
             history->ended_ns ? json_string(ending_removal_name(history_removal(history)))
                               : json_null());
    json_put(object, "states_ns", states_json(history, now_ns));
    json_put(object, "state_samples", json_text(samples, count));
    json_put(object, "sample_interval_ns", json_unsigned(history_interval_ns(history)));
    json_put(object, "moments_dropped", json_integer(history->moments_dropped));
    json_t *moments = json_array();
    for (size_t i = 0; i < history->moment_count; i++) {
        struct event event = history_moment(history, i);
        json_add(moments, event_json(&event));
    }
    json_put(object, "moments", moments);
    return object;
}
