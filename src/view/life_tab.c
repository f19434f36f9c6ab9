#include "reaptop/view/life_tab.h"

#include <stdio.h>
#include <string.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/view/columns.h"

enum {
    LABEL_COLUMNS = 13,
    THREAD_LABEL_COLUMNS = 24, /* "1234567 a name of fifteen  " */
    STRIP_LEAST = 8
};

static void add_relatives(struct document *doc, const char *label,
                          const struct relatives *relatives, const char *remark)
{
    document_field(doc, 0, LABEL_COLUMNS, label, STYLE_NORMAL, "%d ",
                   (int)pid_local(relatives->id.pid));
    document_add_text(doc, STYLE_STRONG, relatives->comm, strlen(relatives->comm));
    document_add(doc, STYLE_DIM, "%s", remark);
    document_link(doc, relatives->id.pid);
}

static void add_adoption(struct document *doc, const struct history *history)
{
    if (history->adopted_ns == 0)
        return;
    document_field(doc, 0, LABEL_COLUMNS, _("adopted by"), STYLE_CHANGED, "%s", "");
    if (history->adopted_to > 0) {
        document_add(doc, STYLE_CHANGED, "%d", (int)history->adopted_to);
        document_link(doc, history->adopted_to);
    } else {
        document_add(doc, STYLE_INFERRED, "%s", _("somebody not seen (inferred)"));
    }
    document_add(doc, STYLE_NORMAL, _(", when %d "), (int)pid_local(history->adopted_from.id.pid));
    document_add_text(doc, STYLE_NORMAL, history->adopted_from.comm,
                      strlen(history->adopted_from.comm));
    document_add(doc, STYLE_NORMAL, _(" ended"));
}

static void add_origin(struct document *doc, const struct history *history)
{
    if (history->born_of.id.pid > 0)
        add_relatives(doc, _("child of"), &history->born_of,
                      history->was_seen_born ? "" : _(" (its parent when first seen)"));
    add_adoption(doc, history);
}

/* ---- the end ---- */

static void format_span(uint64_t ns, char ret_text[static COLUMN_TEXT_SIZE])
{
    if (ns < NS_PER_SEC)
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%u ms", (unsigned)(ns / NS_PER_MS));
    else if (ns < 60 * NS_PER_SEC)
        (void)snprintf(ret_text, COLUMN_TEXT_SIZE, "%.1f s", (double)ns / (double)NS_PER_SEC);
    else
        format_age(ns, ret_text);
}

/* Where only a sweep showed that it is gone, it may have been reaped long before. */
static void add_zombie_time(struct document *doc, const struct history *history, uint64_t now_ns)
{
    char age[COLUMN_TEXT_SIZE];
    if (history->was_autoreaped)
        return;
    bool is_bound = history->ended_ns > 0 && history->end_source == EVENT_FROM_DIFF;
    format_span(history_zombie_time(history, now_ns), age);
    document_field(doc, 0, LABEL_COLUMNS, _("zombie"), STYLE_ZOMBIE,
                   is_bound ? _("for at most %s") : _("for %s"), age);
    if (is_bound && !history->was_swept_zombie)
        document_add(doc, STYLE_DIM, "%s", _(" (no sweep saw it as one)"));
}

static void add_reaper(struct document *doc, const struct history *history)
{
    static const char *const remarks[] = {
        [REMOVAL_WAITED] = "",
        [REMOVAL_INFERRED] = N_(" (inferred: its parent then)"),
        [REMOVAL_AUTOREAPED] = N_(" ignores SIGCHLD: nobody had to wait"),
    };
    enum removal removal = history_removal(history);
    if (history->ended_ns == 0)
        return;
    if (removal == REMOVAL_NOT_SEEN) {
        document_field(doc, 0, LABEL_COLUMNS, _("reaped by"), STYLE_UNKNOWN, "%s",
                       _("it is gone; who reaped it was not seen"));
        return;
    }
    add_relatives(doc, removal == REMOVAL_AUTOREAPED ? _("parent") : _("reaped by"),
                  &history->reaped_by, remarks[removal][0] ? _(remarks[removal]) : "");
}

static void add_last_signal(struct document *doc, const struct history *history)
{
    struct event last;
    if (!history_last_signal(history, &last))
        return;
    struct strbuf words = STRBUF_INIT;
    delivery_describe_sender(&last, &words);
    document_field(doc, 0, LABEL_COLUMNS, _("signalled"), STYLE_DYING, "%s", "");
    document_add_text(doc, STYLE_DYING, strbuf_text(&words), words.length);
    if (last.sender > 0 && last.sender != history->id.pid)
        document_link(doc, last.sender);
    strbuf_done(&words);
}

static void add_end(struct document *doc, const struct history *history, uint64_t now_ns)
{
    if (history->zombie_ns == 0)
        return;
    struct strbuf words = STRBUF_INIT;
    exit_status_describe(history->exit_status, &words);
    document_field(doc, 0, LABEL_COLUMNS, _("end"), STYLE_DYING, "%s", strbuf_text(&words));
    strbuf_done(&words);
    add_last_signal(doc, history);
    add_zombie_time(doc, history, now_ns);
    add_reaper(doc, history);
}

/* ---- states ---- */

/* A letter a sample, the newest to the right. */
static void add_strip(struct document *doc, const struct history *history)
{
    char states[STATE_SAMPLES], interval[COLUMN_TEXT_SIZE];
    size_t count = history_samples(history, states, sizeof(states));
    if (count < 2)
        return;
    format_span(history_interval_ns(history), interval);
    document_field(doc, 0, LABEL_COLUMNS, _("states"), STYLE_DIM, "%s", "");
    for (size_t i = 0; i < count; i++)
        document_add_text(doc, style_of_state(states[i]), &states[i], 1);
    document_field(doc, 0, LABEL_COLUMNS, "", STYLE_DIM,
                   _("sampled every %s: what was shorter may be missing"), interval);
}

static void add_state_times(struct document *doc, const struct history *history, uint64_t now_ns)
{
    static const char letters[] = SAMPLED_STATES "?";
    const char *joint = "";
    for (size_t i = 0; i < STATE_KINDS; i++) {
        char span[COLUMN_TEXT_SIZE];
        uint64_t ns = history_time_in(history, letters[i], now_ns);
        if (ns == 0)
            continue;
        if (joint[0] == '\0')
            document_field(doc, 0, LABEL_COLUMNS, _("time in each"), STYLE_NORMAL, "%s", "");
        format_span(ns, span);
        document_add(doc, STYLE_NORMAL, "%s", joint);
        document_add(doc, style_of_state(letters[i]), "%c", letters[i]);
        document_add(doc, STYLE_NORMAL, " %s", span);
        joint = ", ";
    }
}

/* ---- moments ---- */

/* The event without "PID name": the pane's head has that already. */
static void add_event(struct document *doc, const struct event *event, int utc_offset_s)
{
    struct strbuf words = STRBUF_INIT;
    char head[EVENT_COMM_SIZE + 16], clock[CLOCK_TEXT_SIZE];
    int skip = snprintf(head, sizeof(head), "%d %s ", pid_local(event->id.pid),
                        event->comm[0] ? event->comm : "?");
    event_describe(event, &words);
    document_begin(doc, 0);
    document_add(doc, STYLE_DIM, "%s ", clock_text_ms(event->time_ns, utc_offset_s, clock));
    if ((size_t)skip < words.length)
        document_add_text(doc, STYLE_NORMAL, strbuf_text(&words) + skip,
                          words.length - (size_t)skip);
    document_add(doc, STYLE_DIM, " (%s)", event_source_name(event->source));
    strbuf_done(&words);
}

static void add_moments(struct document *doc, const struct history *history, int utc_offset_s)
{
    if (history->moment_count == 0)
        return;
    document_heading(doc, "%s", _("Seen of its life"));
    if (history->moments_dropped > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_DIM, _("%u earlier moments were dropped"),
                     history->moments_dropped);
    }
    for (size_t i = 0; i < history->moment_count; i++) {
        struct event event = history_moment(history, i);
        add_event(doc, &event, utc_offset_s);
    }
}

void life_tab(struct document *doc, const struct history *history, uint64_t now_ns,
              int utc_offset_s)
{
    if (!history)
        return;
    add_origin(doc, history);
    add_end(doc, history, now_ns);
    add_strip(doc, history);
    add_state_times(doc, history, now_ns);
    add_moments(doc, history, utc_offset_s);
}

/* ---- threads ---- */

static void add_thread(struct document *doc, const struct strips *strips, const struct strip *strip,
                       size_t room)
{
    char letters[STRIP_SAMPLES];
    size_t count = strips_letters(strips, strip, letters, room);
    document_begin(doc, 0);
    document_add(doc, STYLE_NORMAL, "%7d ", (int)strip->tid);
    document_add_text(doc, STYLE_STRONG, strip->comm, strlen(strip->comm));
    document_pad(doc, THREAD_LABEL_COLUMNS);
    for (size_t i = 0; i < count; i++) {
        bool is_state = letters[i] != STRIP_ABSENT && letters[i] != STRIP_GAP;
        document_add_text(doc, is_state ? style_of_state(letters[i]) : STYLE_DIM, &letters[i], 1);
    }
}

void life_tab_threads(struct document *doc, const struct strips *strips, size_t width)
{
    char interval[COLUMN_TEXT_SIZE];
    size_t room = STRIP_LEAST;
    if (strips->count < 2)
        return;
    if (width > THREAD_LABEL_COLUMNS + STRIP_LEAST)
        room = width - THREAD_LABEL_COLUMNS;
    document_heading(doc, "%s", _("States of its threads"));
    for (size_t i = 0; i < strips->count; i++)
        add_thread(doc, strips, &strips->strips[i], room);
    document_begin(doc, 0);
    if (strips->left_out > 0)
        document_add(doc, STYLE_NORMAL, _("and %zu more threads. "), strips->left_out);
    format_span(strips_interval_ns(strips), interval);
    if (strips->rounds > 1)
        document_add(doc, STYLE_DIM,
                     _("Sampled every %s while this is shown, the newest to the right, from "
                       "/proc/PID/task/TID/stat: what was shorter may be missing. A dot: it was "
                       "not there; a blank: nobody looked."),
                     interval);
    else
        document_add(doc, STYLE_DIM, "%s", _("One sample so far."));
    document_begin(doc, 0);
}
