#include "reaptop/model/biography.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "reaptop/model/signals.h"

enum {
    MOMENTS_FIRST = 4,
    REAL_TIME_FIRST = 32
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

static bool is_signal(enum event_kind kind)
{
    return kind == EVENT_SIGNAL || kind == EVENT_DELIVERY;
}

void biography_note(struct biography *biography, const struct event *event)
{
    bool is_end = event->kind == EVENT_EXIT || event->kind == EVENT_REAP;
    bool is_sent = is_signal(event->kind);
    struct moment *moment = add_moment(biography);
    if (!moment)
        return;
    *moment = (struct moment){
        .mono_ns = event->mono_ns,
        .time_ns = event->time_ns,
        .handler = event->kind == EVENT_OOM ? event->count : event->handler,
        .from = is_end    ? event->exit_status
                : is_sent ? event->code
                          : event->from,
        .to = is_sent ? event->delay_ms : event->to,
        .ppid = event->ppid,
        .sender = event->sender,
        .kind = (uint8_t)event->kind,
        .source = (uint8_t)event->source,
        .reason = (uint8_t)event->reason,
        .signal = (uint8_t)event->signal,
        .cause = (uint8_t)event->cause,
        .fate = (uint8_t)event->fate,
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
    bool is_sent = is_signal((enum event_kind)moment->kind);
    struct event event = {
        .kind = (enum event_kind)moment->kind,
        .source = (enum event_source)moment->source,
        .mono_ns = moment->mono_ns,
        .time_ns = moment->time_ns,
        .id = biography->id,
        .ppid = moment->ppid,
        .exit_status = is_end ? moment->from : EXIT_UNKNOWN,
        .from = is_end || is_sent ? 0 : moment->from,
        .to = is_sent ? 0 : moment->to,
        .code = is_sent ? moment->from : 0,
        .delay_ms = is_sent ? moment->to : 0,
        .cause = (enum signal_cause)moment->cause,
        .fate = (enum signal_fate)moment->fate,
        .handler = is_sent ? moment->handler : 0,
        .count = moment->kind == EVENT_OOM ? moment->handler : 0,
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

bool biography_note_outcome(struct biography *biography, int signal, const char *outcome)
{
    for (size_t i = biography->moment_count; i > 0; i--) {
        struct moment *moment = at(biography, i - 1);
        if (moment->kind != EVENT_SIGNAL || moment->source == EVENT_FROM_TRACE ||
            moment->signal != signal)
            continue;
        copy_text(moment->text, outcome);
        return true;
    }
    return false;
}

void biography_name_exec(struct biography *biography, const char *comm)
{
    for (size_t i = biography->moment_count; i > 0; i--) {
        struct moment *moment = at(biography, i - 1);
        if (moment->kind != EVENT_EXEC)
            continue;
        if (moment->text[0] == '\0')
            copy_text(moment->text, comm);
        return;
    }
}

/* ---- what became of signals ---- */

static bool is_on_its_way(const struct moment *moment, const struct event *delivery)
{
    return moment->kind == EVENT_SIGNAL && moment->signal == delivery->signal &&
           delivery_is_open((enum signal_fate)moment->fate) && moment->mono_ns <= delivery->mono_ns;
}

/*
 * A standard signal is pending once: the latest is it. Real-time ones queue,
 * and arrive in their order.
 */
static size_t find_open(const struct biography *biography, const struct event *delivery)
{
    size_t found = biography->moment_count;
    for (size_t i = 0; i < biography->moment_count; i++) {
        const struct moment *moment = at(biography, i);
        if (!is_on_its_way(moment, delivery))
            continue;
        found = i;
        if (delivery->signal >= REAL_TIME_FIRST && moment->fate != FATE_UNKNOWN)
            break;
    }
    return found;
}

/*
 * A signal whose default action ends the process without a core makes the
 * kernel give each thread a SIGKILL in its stead (complete_signal() of
 * linux/kernel/signal.c): the latest such one is it.
 */
static size_t find_fatal(const struct biography *biography)
{
    for (size_t i = biography->moment_count; i > 0; i--) {
        const struct moment *moment = at(biography, i - 1);
        const struct signal_info *info = signal_find(moment->signal);
        if (moment->kind == EVENT_SIGNAL && info && info->action == SIGNAL_TERMINATES &&
            delivery_is_open((enum signal_fate)moment->fate))
            return i - 1;
    }
    return biography->moment_count;
}

bool biography_note_delivery(struct biography *biography, const struct event *delivery,
                             struct event *ret_sent)
{
    size_t index = find_open(biography, delivery);
    if (index == biography->moment_count && delivery->signal == SIGKILL)
        index = find_fatal(biography);
    if (index == biography->moment_count)
        return false;
    struct moment *moment = at(biography, index);
    moment->fate = (uint8_t)delivery->fate;
    moment->handler = delivery->handler;
    *ret_sent = biography_moment(biography, index);
    return true;
}

bool biography_note_oom(struct biography *biography, struct event *ret_sent)
{
    for (size_t i = biography->moment_count; i > 0; i--) {
        struct moment *moment = at(biography, i - 1);
        if (moment->kind != EVENT_SIGNAL || moment->signal != SIGKILL ||
            moment->cause != CAUSE_KERNEL)
            continue;
        moment->cause = CAUSE_OOM;
        *ret_sent = biography_moment(biography, i - 1);
        return true;
    }
    return false;
}

bool biography_last_signal(const struct biography *biography, struct event *ret_signal)
{
    int32_t status = biography->exit_status;
    if (status == EXIT_UNKNOWN || !WIFSIGNALED(status))
        return false;
    for (size_t i = biography->moment_count; i > 0; i--) {
        const struct moment *moment = at(biography, i - 1);
        if (moment->kind != EVENT_SIGNAL || moment->signal != WTERMSIG(status) ||
            moment->fate != FATE_DEFAULT)
            continue;
        *ret_signal = biography_moment(biography, i - 1);
        return true;
    }
    return false;
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
