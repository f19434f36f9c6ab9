#include "life_json.h"

#include <string.h>

#include "reaptop/cli/event_json.h"
#include "reaptop/cli/json.h"

static json_t *kin_json(const struct kin *kin)
{
    if (kin->id.pid == 0)
        return json_null();
    json_t *object = json_object();
    json_put(object, "pid", json_integer(kin->id.pid));
    json_put(object, "comm", json_text(kin->comm, strlen(kin->comm)));
    return object;
}

/* A time that may not have come. */
static json_t *moment_json(uint64_t ns)
{
    return ns > 0 ? json_unsigned(ns) : json_null();
}

static json_t *adoption_json(const struct biography *biography)
{
    if (biography->adopted_ns == 0)
        return json_null();
    json_t *object = json_object();
    json_put(object, "mono_ns", json_unsigned(biography->adopted_ns));
    json_put(object, "from", kin_json(&biography->adopted_from));
    if (biography->adopted_to > 0)
        json_put(object, "to", json_integer(biography->adopted_to));
    else
        json_unavailable(object, "to", ACCESS_GONE);
    return object;
}

static json_t *states_json(const struct biography *biography, uint64_t now_ns)
{
    static const char letters[] = SAMPLED_STATES "?";
    json_t *object = json_object();
    for (size_t i = 0; i < STATE_KINDS; i++) {
        uint64_t ns = biography_time_in(biography, letters[i], now_ns);
        const char key[] = {letters[i], '\0'};
        if (ns > 0)
            json_put(object, key, json_unsigned(ns));
    }
    return object;
}

json_t *life_json(const struct biography *biography, uint64_t now_ns)
{
    char samples[STATE_SAMPLES];
    size_t count = biography_samples(biography, samples, sizeof(samples));
    json_t *object = json_object();
    json_put(object, "born_mono_ns", json_unsigned(biography->born_ns));
    json_put(object, "was_seen_born", json_boolean(biography->was_seen_born));
    json_put(object, "born_of", kin_json(&biography->born_of));
    json_put(object, "adopted", adoption_json(biography));
    json_put(object, "execs", json_integer(biography->execs));
    json_put(object, "zombie_mono_ns", moment_json(biography->zombie_ns));
    json_put(object, "ended_mono_ns", moment_json(biography->ended_ns));
    json_put(object, "reaped_by", kin_json(&biography->reaped_by));
    json_put(object, "states_ns", states_json(biography, now_ns));
    json_put(object, "state_samples", json_text(samples, count));
    json_put(object, "sample_interval_ns", json_unsigned(biography_interval_ns(biography)));
    json_put(object, "moments_dropped", json_integer(biography->moments_dropped));
    json_t *moments = json_array();
    for (size_t i = 0; i < biography->moment_count; i++) {
        struct event event = biography_moment(biography, i);
        json_add(moments, event_json(&event));
    }
    json_put(object, "moments", moments);
    return object;
}
