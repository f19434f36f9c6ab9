#include "reaptop/model/history.h"

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

void history_done(struct history *history)
{
    free(history->moments);
    free(history->state_ns);
    history->moments = NULL;
    history->state_ns = NULL;
    history->moment_count = history->moment_capacity = 0;
}

static void copy_text(char to[MOMENT_TEXT_SIZE], const char *from)
{
    size_t length = strnlen(from, MOMENT_TEXT_SIZE - 1);
    memcpy(to, from, length);
    to[length] = '\0';
}

/* The ring begins at 0 until it is as long as it may become. */
static bool make_room(struct history *history)
{
    int capacity = history->moment_capacity > 0 ? 2 * history->moment_capacity : MOMENTS_FIRST;
    if (capacity > MOMENTS_MAX || history->moment_first != 0)
        return false;
    struct moment *grown = reallocarray(history->moments, (size_t)capacity, sizeof(*grown));
    if (!grown)
        return false;
    history->moments = grown;
    history->moment_capacity = (uint8_t)capacity;
    return true;
}

static struct moment *at(const struct history *history, size_t index)
{
    return &history->moments[(history->moment_first + index) % history->moment_capacity];
}

static struct moment *add_moment(struct history *history)
{
    if (history->moment_count == history->moment_capacity && !make_room(history)) {
        history->moments_dropped++;
        if (history->moment_capacity == 0)
            return NULL;
        history->moment_first = (uint8_t)((history->moment_first + 1) % history->moment_capacity);
        history->moment_count--;
    }
    return at(history, history->moment_count++);
}

static bool is_signal(enum event_kind kind)
{
    return kind == EVENT_SIGNAL || kind == EVENT_DELIVERY;
}

void history_note(struct history *history, const struct event *event)
{
    bool is_end = event->kind == EVENT_EXIT || event->kind == EVENT_REAP;
    bool is_sent = is_signal(event->kind);
    struct moment *moment = add_moment(history);
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
        .reason = event->kind == EVENT_REAP ? event->is_autoreaped : (uint8_t)event->reason,
        .signal = (uint8_t)event->signal,
        .cause = (uint8_t)event->cause,
        .fate = (uint8_t)event->fate,
        .state_from = event->state_from,
        .state_to = event->state_to,
    };
    copy_text(moment->text,
              event->kind == EVENT_EXEC && event->detail[0] == '\0' ? event->comm : event->detail);
}

struct event history_moment(const struct history *history, size_t index)
{
    const struct moment *moment = at(history, index);
    bool is_end = moment->kind == EVENT_EXIT || moment->kind == EVENT_REAP;
    bool is_sent = is_signal((enum event_kind)moment->kind);
    struct event event = {
        .kind = (enum event_kind)moment->kind,
        .source = (enum event_source)moment->source,
        .mono_ns = moment->mono_ns,
        .time_ns = moment->time_ns,
        .id = history->id,
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
        .reason = moment->kind == EVENT_REAP ? ADOPT_UNKNOWN : (enum adopt_reason)moment->reason,
        .is_autoreaped = moment->kind == EVENT_REAP && moment->reason != 0,
        .state_from = moment->state_from,
        .state_to = moment->state_to,
        .signal = moment->signal,
        .sender = moment->sender,
    };
    memcpy(event.comm, history->comm, sizeof(event.comm));
    memcpy(event.detail, moment->text, sizeof(moment->text));
    return event;
}

bool history_note_outcome(struct history *history, int signal, const char *outcome)
{
    for (size_t i = history->moment_count; i > 0; i--) {
        struct moment *moment = at(history, i - 1);
        if (moment->kind != EVENT_SIGNAL || moment->source == EVENT_FROM_TRACE ||
            moment->signal != signal)
            continue;
        copy_text(moment->text, outcome);
        return true;
    }
    return false;
}

void history_name_exec(struct history *history, const char *comm)
{
    for (size_t i = history->moment_count; i > 0; i--) {
        struct moment *moment = at(history, i - 1);
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
static size_t find_open(const struct history *history, const struct event *delivery)
{
    size_t found = history->moment_count;
    for (size_t i = 0; i < history->moment_count; i++) {
        const struct moment *moment = at(history, i);
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
static size_t find_fatal(const struct history *history)
{
    for (size_t i = history->moment_count; i > 0; i--) {
        const struct moment *moment = at(history, i - 1);
        const struct signal_info *info = signal_find(moment->signal);
        if (moment->kind == EVENT_SIGNAL && info && info->action == SIGNAL_TERMINATES &&
            delivery_is_open((enum signal_fate)moment->fate))
            return i - 1;
    }
    return history->moment_count;
}

bool history_note_delivery(struct history *history, const struct event *delivery,
                           struct event *ret_sent)
{
    size_t index = find_open(history, delivery);
    if (index == history->moment_count && delivery->signal == SIGKILL)
        index = find_fatal(history);
    if (index == history->moment_count)
        return false;
    struct moment *moment = at(history, index);
    moment->fate = (uint8_t)delivery->fate;
    moment->handler = delivery->handler;
    *ret_sent = history_moment(history, index);
    return true;
}

bool history_note_oom(struct history *history, struct event *ret_sent)
{
    for (size_t i = history->moment_count; i > 0; i--) {
        struct moment *moment = at(history, i - 1);
        if (moment->kind != EVENT_SIGNAL || moment->signal != SIGKILL ||
            moment->cause != CAUSE_KERNEL)
            continue;
        moment->cause = CAUSE_OOM;
        *ret_sent = history_moment(history, i - 1);
        return true;
    }
    return false;
}

bool history_last_signal(const struct history *history, struct event *ret_signal)
{
    int32_t status = history->exit_status;
    if (status == EXIT_UNKNOWN || !WIFSIGNALED(status))
        return false;
    for (size_t i = history->moment_count; i > 0; i--) {
        const struct moment *moment = at(history, i - 1);
        if (moment->kind != EVENT_SIGNAL || moment->signal != WTERMSIG(status) ||
            moment->fate != FATE_DEFAULT)
            continue;
        *ret_signal = history_moment(history, i - 1);
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

/* Where memory fails, the time is not counted. */
static void add_time(struct history *history, char state, uint64_t ns)
{
    if (!history->state_ns)
        history->state_ns = calloc(STATE_KINDS, sizeof(*history->state_ns));
    if (history->state_ns)
        history->state_ns[state_index(state)] += ns;
}

void history_enter(struct history *history, char state, uint64_t ns)
{
    if (history->entered == state)
        return;
    if (history->entered && ns > history->entered_ns)
        add_time(history, history->entered, ns - history->entered_ns);
    history->entered = state;
    history->entered_ns = ns;
}

static void set_sample(struct history *history, size_t at, char state)
{
    uint8_t *pair = &history->samples[at / 2];
    unsigned shift = at % 2 * 4;
    *pair = (uint8_t)((*pair & ~(0xfU << shift)) | (unsigned)state_index(state) << shift);
}

/* A letter that is none of SAMPLED_STATES is kept as '?'. */
static char get_sample(const struct history *history, size_t at)
{
    size_t index = history->samples[at / 2] >> (at % 2 * 4) & 0xf;
    return index < STATE_KINDS - 1 ? SAMPLED_STATES[index] : '?';
}

void history_sample(struct history *history, char state, uint64_t ns)
{
    set_sample(history, history->sample_count % STATE_SAMPLES, state);
    if (history->sample_count++ == 0)
        history->first_sample_ns = ns;
    history->last_sample_ns = ns;
    history_enter(history, state, ns);
}

uint64_t history_time_in(const struct history *history, char state, uint64_t now_ns)
{
    size_t index = state_index(state);
    uint64_t until = history->ended_ns ? history->ended_ns : now_ns;
    uint64_t sum = history->state_ns ? history->state_ns[index] : 0;
    if (history->entered && state_index(history->entered) == index && until > history->entered_ns)
        sum += until - history->entered_ns;
    return sum;
}

size_t history_samples(const struct history *history, char *ret_states, size_t capacity)
{
    size_t kept = history->sample_count < STATE_SAMPLES ? history->sample_count : STATE_SAMPLES;
    size_t count = kept < capacity ? kept : capacity;
    for (size_t i = 0; i < count; i++)
        ret_states[i] = get_sample(history, (history->sample_count - count + i) % STATE_SAMPLES);
    return count;
}

uint64_t history_interval_ns(const struct history *history)
{
    if (history->sample_count < 2)
        return 0;
    return (history->last_sample_ns - history->first_sample_ns) / (history->sample_count - 1);
}

enum removal history_removal(const struct history *history)
{
    return ending_removal(history->reaped_by.id.pid, history->end_source == EVENT_FROM_WAIT,
                          history->was_autoreaped);
}

uint64_t history_zombie_time(const struct history *history, uint64_t now_ns)
{
    uint64_t until = history->ended_ns ? history->ended_ns : now_ns;
    if (history->zombie_ns == 0 || until < history->zombie_ns)
        return 0;
    return until - history->zombie_ns;
}
