#include "reaptop/model/biography.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOMENTS_FIRST = 4
};

/* ---- moments ---- */

void biography_done(struct biography *biography)
{
    free(biography->moments);
    biography->moments = NULL;
    biography->moment_count = biography->moment_capacity = 0;
}

static void copy_text(char to[MOMENT_TEXT_SIZE], const char *from)
{
    size_t length = strnlen(from, MOMENT_TEXT_SIZE - 1);
    memcpy(to, from, length);
    to[length] = '\0';
}

/* The ring begins at 0 until it is as long as it may become. */
static bool grow(struct biography *biography)
{
    int capacity = biography->moment_capacity > 0 ? 2 * biography->moment_capacity : MOMENTS_FIRST;
    if (capacity > MOMENTS_MAX || biography->moment_first != 0)
        return false;
    struct moment *grown = reallocarray(biography->moments, (size_t)capacity, sizeof(*grown));
    if (!grown)
        return false;
    biography->moments = grown;
    biography->moment_capacity = (uint8_t)capacity;
    return true;
}

static struct moment *at(const struct biography *biography, size_t index)
{
    return &biography->moments[(biography->moment_first + index) % biography->moment_capacity];
}

static struct moment *add_moment(struct biography *biography)
{
    if (biography->moment_count == biography->moment_capacity && !grow(biography)) {
        biography->moments_dropped++;
        if (biography->moment_capacity == 0)
            return NULL;
        biography->moment_first =
            (uint8_t)((biography->moment_first + 1) % biography->moment_capacity);
        biography->moment_count--;
    }
    return at(biography, biography->moment_count++);
}

void biography_note(struct biography *biography, const struct event *event)
{
    bool is_end = event->kind == EVENT_EXIT || event->kind == EVENT_REAP;
    struct moment *moment = add_moment(biography);
    if (!moment)
        return;
    *moment = (struct moment){
        .mono_ns = event->mono_ns,
        .time_ns = event->time_ns,
        .from = is_end ? event->exit_status : event->from,
        .to = event->to,
        .ppid = event->ppid,
        .sender = event->sender,
        .kind = (uint8_t)event->kind,
        .source = (uint8_t)event->source,
        .reason = (uint8_t)event->reason,
        .signal = (uint8_t)event->signal,
        .state_from = event->state_from,
        .state_to = event->state_to,
    };
    copy_text(moment->text,
              event->kind == EVENT_EXEC && event->detail[0] == '\0' ? event->comm : event->detail);
}

struct event biography_moment(const struct biography *biography, size_t index)
{
    const struct moment *moment = at(biography, index);
    bool is_end = moment->kind == EVENT_EXIT || moment->kind == EVENT_REAP;
    struct event event = {
        .kind = (enum event_kind)moment->kind,
        .source = (enum event_source)moment->source,
        .mono_ns = moment->mono_ns,
        .time_ns = moment->time_ns,
        .id = biography->id,
        .ppid = moment->ppid,
        .exit_status = is_end ? moment->from : EXIT_UNKNOWN,
        .from = is_end ? 0 : moment->from,
        .to = moment->to,
        .reason = (enum adopt_reason)moment->reason,
        .state_from = moment->state_from,
        .state_to = moment->state_to,
        .signal = moment->signal,
        .sender = moment->sender,
    };
    memcpy(event.comm, biography->comm, sizeof(event.comm));
    memcpy(event.detail, moment->text, sizeof(moment->text));
    return event;
}

static struct moment *latest(const struct biography *biography, enum event_kind kind, int signal)
{
    for (size_t i = biography->moment_count; i > 0; i--) {
        struct moment *moment = at(biography, i - 1);
        if (moment->kind == kind && (signal == 0 || moment->signal == signal))
            return moment;
    }
    return NULL;
}

bool biography_note_outcome(struct biography *biography, int signal, const char *outcome)
{
    struct moment *moment = latest(biography, EVENT_SIGNAL, signal);
    if (moment)
        copy_text(moment->text, outcome);
    return moment != NULL;
}

void biography_name_exec(struct biography *biography, const char *comm)
{
    struct moment *moment = latest(biography, EVENT_EXEC, 0);
    if (moment && moment->text[0] == '\0')
        copy_text(moment->text, comm);
}

/* ---- states ---- */

static size_t state_index(char state)
{
    const char *letter = state ? strchr(SAMPLED_STATES, state) : NULL;
    return letter ? (size_t)(letter - SAMPLED_STATES) : STATE_KINDS - 1;
}

void biography_enter(struct biography *biography, char state, uint64_t ns)
{
    if (biography->entered == state)
        return;
    if (biography->entered && ns > biography->entered_ns)
        biography->state_ns[state_index(biography->entered)] += ns - biography->entered_ns;
    biography->entered = state;
    biography->entered_ns = ns;
}

void biography_sample(struct biography *biography, char state, uint64_t ns)
{
    biography->samples[biography->sample_count % STATE_SAMPLES] = state;
    if (biography->sample_count++ == 0)
        biography->first_sample_ns = ns;
    biography->last_sample_ns = ns;
    biography_enter(biography, state, ns);
}

uint64_t biography_time_in(const struct biography *biography, char state, uint64_t now_ns)
{
    size_t index = state_index(state);
    uint64_t until = biography->ended_ns ? biography->ended_ns : now_ns;
    uint64_t sum = biography->state_ns[index];
    if (biography->entered && state_index(biography->entered) == index &&
        until > biography->entered_ns)
        sum += until - biography->entered_ns;
    return sum;
}

size_t biography_samples(const struct biography *biography, char *ret_states, size_t capacity)
{
    size_t kept = biography->sample_count < STATE_SAMPLES ? biography->sample_count : STATE_SAMPLES;
    size_t count = kept < capacity ? kept : capacity;
    for (size_t i = 0; i < count; i++)
        ret_states[i] = biography->samples[(biography->sample_count - count + i) % STATE_SAMPLES];
    return count;
}

uint64_t biography_interval_ns(const struct biography *biography)
{
    if (biography->sample_count < 2)
        return 0;
    return (biography->last_sample_ns - biography->first_sample_ns) / (biography->sample_count - 1);
}

uint64_t biography_zombie_time(const struct biography *biography, uint64_t now_ns)
{
    uint64_t until = biography->ended_ns ? biography->ended_ns : now_ns;
    if (biography->zombie_ns == 0 || until < biography->zombie_ns)
        return 0;
    return until - biography->zombie_ns;
}
