/*
 * life_signals: signals as their tracepoints report them: sent, delivered, by the
 * OOM killer.
 */
#include <signal.h>

#include "life_private.h"

#include "reaptop/base/clock.h"

#define SELF_WITHIN_NS NS_PER_SEC

/* The tracepoint reports our own signals too, a moment after we noted them. */
static bool is_reported_signal(const struct record *record, const struct event *event)
{
    const struct history *history = &record->history;
    for (size_t i = history->moment_count; i > 0; i--) {
        const struct event noted = history_moment(history, i - 1);
        if (noted.kind == EVENT_SIGNAL && noted.source == EVENT_FROM_SELF &&
            noted.signal == event->signal && noted.sender == event->sender &&
            noted.mono_ns + SELF_WITHIN_NS > event->mono_ns)
            return event->source == EVENT_FROM_TRACE;
    }
    return false;
}

/* The kernel keeps few names of tasks; it may be known here. */
static void name_sender(const struct life *life, struct event *event)
{
    const struct record *sender = life_newest(life, event->sender);
    if (event->source == EVENT_FROM_TRACE && event->detail[0] == '\0' && sender)
        life_copy_name(event->detail, sender->history.comm);
}

void life_receive_signal(struct life *life, struct record *record, struct event *event)
{
    name_sender(life, event);
    if (!is_reported_signal(record, event))
        life_report(life, record, event);
}

enum {
    SENT_MOST = 256
};

/* A signal that arrives sooner is reported once: as sent, with its fate. */
#define DELAY_REPORTED_NS (100 * NS_PER_MS)

/* Of one whose life was not known when it was sent: among the latest events. */
static bool find_sent(const struct life *life, const struct event *delivery, struct event *ret_sent)
{
    for (size_t i = 0; i < life->log.count && i < SENT_MOST; i++) {
        const struct event *event = event_log_get(&life->log, life->log.count - 1 - i);
        if (event->kind != EVENT_SIGNAL || event->id.pid != delivery->id.pid ||
            event->signal != delivery->signal || !delivery_is_open(event->fate))
            continue;
        *ret_sent = *event;
        ret_sent->fate = delivery->fate;
        ret_sent->handler = delivery->handler;
        return true;
    }
    return false;
}

void life_receive_delivery(struct life *life, struct record *record, struct event *event)
{
    struct event sent;
    bool is_noted = record && history_note_delivery(&record->history, event, &sent);
    if (!is_noted && !find_sent(life, event, &sent)) {
        /* exit_group(2) and execve(2) end the other threads so: nobody sent that. */
        if (event->signal != SIGKILL)
            life_report(life, record, event);
        return;
    }
    event_log_amend(&life->log, &sent);
    uint64_t delay_ns = event->mono_ns > sent.mono_ns ? event->mono_ns - sent.mono_ns : 0;
    if (delay_ns < DELAY_REPORTED_NS)
        return;
    uint64_t delay_ms = delay_ns / NS_PER_MS;
    event->delay_ms = delay_ms < INT32_MAX ? (int32_t)delay_ms : INT32_MAX;
    event->signal = sent.signal;
    event->sender = sent.sender;
    event->code = sent.code;
    event->cause = sent.cause;
    life_copy_name(event->detail, sent.source == EVENT_FROM_TRACE ? sent.detail : "");
    life_report(life, record, event);
}

/* To one whose life is not known, or over. */
void life_receive_stray_delivery(struct life *life, struct record *record, struct event *event)
{
    (void)record;
    life_receive_delivery(life, NULL, event);
}

void life_receive_oom(struct life *life, struct record *record, struct event *event)
{
    struct event killed;
    if (history_note_oom(&record->history, &killed))
        event_log_amend(&life->log, &killed);
    life_report(life, record, event);
}
