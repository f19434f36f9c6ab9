#include "reaptop/view/life_tab.h"

#include <stdio.h>
#include <string.h>

#include "reaptop/base/clock.h"
#include "reaptop/base/gettext.h"
#include "reaptop/view/columns.h"

enum {
    LABEL_COLUMNS = 13
};

static void add_kin(struct document *doc, const char *label, const struct kin *kin,
                    const char *remark)
{
    document_field(doc, 0, LABEL_COLUMNS, label, STYLE_NORMAL, "%d ", (int)kin->id.pid);
    document_add_text(doc, STYLE_STRONG, kin->comm, strlen(kin->comm));
    document_add(doc, STYLE_DIM, "%s", remark);
    document_link(doc, kin->id.pid);
}

static void add_origin(struct document *doc, const struct biography *biography)
{
    if (biography->born_of.id.pid > 0)
        add_kin(doc, _("child of"), &biography->born_of,
                biography->was_seen_born ? "" : _(" (its parent when first seen)"));
    if (biography->adopted_to > 0) {
        document_field(doc, 0, LABEL_COLUMNS, _("adopted by"), STYLE_CHANGED, "%d",
                       (int)biography->adopted_to);
        document_link(doc, biography->adopted_to);
        document_add(doc, STYLE_NORMAL, _(", when %d "), (int)biography->adopted_from.id.pid);
        document_add_text(doc, STYLE_NORMAL, biography->adopted_from.comm,
                          strlen(biography->adopted_from.comm));
        document_add(doc, STYLE_NORMAL, _(" ended"));
    }
}

static void add_end(struct document *doc, const struct biography *biography, uint64_t now_ns)
{
    if (biography->zombie_ns == 0)
        return;
    struct strbuf words = STRBUF_INIT;
    char age[COLUMN_TEXT_SIZE];
    uint64_t until = biography->ended_ns > 0 ? biography->ended_ns : now_ns;
    exit_status_describe(biography->exit_status, &words);
    document_field(doc, 0, LABEL_COLUMNS, _("end"), STYLE_DYING, "%s", strbuf_text(&words));
    format_age(until > biography->zombie_ns ? until - biography->zombie_ns : 0, age);
    document_add(doc, STYLE_NORMAL,
                 biography->ended_ns > 0 ? _(", reaped after %s") : _(", a zombie for %s"), age);
    strbuf_done(&words);
}

/* The event without "PID name": the pane's head has that already. */
static void add_event(struct document *doc, const struct event *event, int utc_offset_s)
{
    uint64_t day_s = (event->time_ns / NS_PER_SEC + (uint64_t)(int64_t)utc_offset_s) % 86400;
    struct strbuf words = STRBUF_INIT;
    char head[EVENT_COMM_SIZE + 16];
    int skip =
        snprintf(head, sizeof(head), "%d %s ", event->id.pid, event->comm[0] ? event->comm : "?");
    event_describe(event, &words);
    document_begin(doc, 0);
    document_add(doc, STYLE_DIM, "%02d:%02d:%02d.%03d ", (int)(day_s / 3600),
                 (int)(day_s / 60 % 60), (int)(day_s % 60),
                 (int)(event->time_ns / NS_PER_MS % 1000));
    if ((size_t)skip < words.length)
        document_add_text(doc, STYLE_NORMAL, strbuf_text(&words) + skip,
                          words.length - (size_t)skip);
    document_add(doc, STYLE_DIM, " (%s)", event_source_name(event->source));
    strbuf_done(&words);
}

void life_tab(struct document *doc, const struct biography *biography, const struct event_log *log,
              uint64_t now_ns, int utc_offset_s)
{
    if (!biography)
        return;
    add_origin(doc, biography);
    add_end(doc, biography, now_ns);

    bool has_heading = false;
    for (size_t i = 0; i < log->count; i++) {
        const struct event *event = event_log_get(log, i);
        bool is_its_own = event->id.start_ticks != 0 ? identity_is_same(event->id, biography->id)
                                                     : event->id.pid == biography->id.pid &&
                                                           event->mono_ns >= biography->born_ns;
        if (!is_its_own || event->kind == EVENT_LOST)
            continue;
        if (!has_heading)
            document_heading(doc, "%s", _("Seen of its life"));
        has_heading = true;
        add_event(doc, event, utc_offset_s);
    }
}
