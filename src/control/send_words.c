/*
 * send_words: what came of a signal, in sentences. The result comes first, the
 * reason after it, and what is alike is said once.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/text.h"
#include "reaptop/control/send.h"
#include "reaptop/model/ending.h"
#include "send_private.h"

enum {
    NAMED_MOST = 4, /* of a line for many; the others are counted */
};

bool send_asks_for_end(int signal)
{
    return signal == SIGINT || signal == SIGQUIT || signal == SIGABRT || signal == SIGTERM ||
           signal == SIGKILL;
}

static const char *const result_names[] = {
    [SEND_READY] = "ready",         [SEND_REFUSED] = "refused",     [SEND_GONE] = "gone",
    [SEND_LEFT] = "left",           [SEND_FAILED] = "failed",       [SEND_SENT] = "sent",
    [SEND_ENDED] = "ended",         [SEND_STOPPED] = "stopped",     [SEND_CONTINUED] = "continued",
    [SEND_CAUGHT] = "caught",       [SEND_TAKEN] = "taken",         [SEND_IGNORED] = "ignored",
    [SEND_PENDING] = "pending",     [SEND_STUCK] = "stuck",         [SEND_ZOMBIE] = "zombie",
    [SEND_UNCHANGED] = "unchanged", [SEND_PERMITTED] = "permitted",
};

_Static_assert(ELEMENTS(result_names) == SEND_RESULT_COUNT, "a name for each result");

const char *send_result_name(enum send_result result)
{
    return result_names[result];
}

static void describe_end(const struct send_target *target, struct strbuf *out)
{
    if (target->exit_status == EXIT_UNKNOWN)
        strbuf_puts(out, _("ended; its exit status is not shown to us"));
    else
        exit_status_describe(target->exit_status, out);
}

static void describe_stuck(const struct send_target *target, const char *name, struct strbuf *out)
{
    strbuf_printf(out, _("SIG%s pending, though nothing blocks it: "), name);
    switch (target->state) {
    case 'D':
        strbuf_puts(out, _("it acts when the process wakes from state D, or is thawed"));
        break;
    case 'T':
        strbuf_puts(out, _("it acts when the process is continued"));
        break;
    case 't':
        strbuf_puts(out, _("its tracer has it stopped"));
        break;
    default:
        strbuf_puts(out, _("the process did not run yet"));
    }
}

static void describe_unchanged(const struct send_target *target, int signal, struct strbuf *out)
{
    strbuf_puts(out, _("accepted, and nothing changed"));
    if (target->state == 't' || send_was_traced(target))
        strbuf_puts(out, _(": its tracer decides"));
    else if (signal_default_action(signal) == SIGNAL_STOPS && send_was_orphaned(target))
        strbuf_puts(out, _(": its process group is orphaned, so the kernel drops terminal stops"));
    else if (pid_local(target->id.pid) == 1)
        strbuf_puts(out, _(": PID 1 gets only the signals that it has handlers for"));
}

void send_describe_outcome(const struct send_target *target, int signal, struct strbuf *out)
{
    const char *name = signal_name(signal);
    switch (target->result) {
    case SEND_READY:
        strbuf_puts(out, _("nothing was sent"));
        return;
    case SEND_REFUSED:
        strbuf_printf(out, _("refused: %s"), target->error.message);
        return;
    case SEND_GONE:
    case SEND_LEFT:
        strbuf_printf(out, _("nothing was sent: %s"), target->error.message);
        return;
    case SEND_FAILED:
        strbuf_puts(out, target->error.message);
        return;
    case SEND_SENT:
        strbuf_puts(out, _("sent"));
        return;
    case SEND_ENDED:
        describe_end(target, out);
        return;
    case SEND_STOPPED:
        strbuf_puts(out, _("stopped"));
        return;
    case SEND_CONTINUED:
        strbuf_puts(out, _("continued"));
        return;
    case SEND_CAUGHT:
        strbuf_printf(out, _("caught: its handler took SIG%s"), name);
        break;
    case SEND_TAKEN:
        strbuf_printf(out, _("it blocks SIG%s and took it, as sigwait(3) or signalfd(2) do"), name);
        break;
    case SEND_IGNORED:
        strbuf_printf(out, _("SIG%s was discarded"), name);
        break;
    case SEND_PENDING:
        strbuf_printf(out, _("SIG%s is pending: it blocks it"), name);
        if (send_was_pending(target, signal))
            strbuf_puts(out, _("; one was pending before, and they count once"));
        break;
    case SEND_STUCK:
        describe_stuck(target, name, out);
        return;
    case SEND_ZOMBIE:
        strbuf_puts(out, _("nothing changed: it was dead before"));
        return;
    case SEND_UNCHANGED:
        describe_unchanged(target, signal, out);
        break;
    case SEND_PERMITTED:
        strbuf_puts(out, _("it exists, and a signal may be sent to it"));
        return;
    case SEND_RESULT_COUNT:
        return;
    }
    if (target->live_threads > 0)
        strbuf_printf(out, _("; its first thread ended, %u live on"), target->live_threads);
    else if (target->state != '\0')
        strbuf_printf(out, _("; it lives on in state %c"), target->state);
}

void send_describe(const struct send_target *target, int signal, struct strbuf *out)
{
    send_describe_outcome(target, signal, out);
    if (!target->is_zombie)
        return;
    const struct ending ending = ending_from('Z', 1, target->ppid, target->tracer);
    strbuf_puts(out, "; ");
    ending_describe(&ending, out);
}

enum send_standing send_standing(const struct send_target *target, const struct send_order *order)
{
    switch (target->result) {
    case SEND_FAILED:
    case SEND_REFUSED:
        return SEND_FAULT;
    case SEND_ENDED:
    case SEND_STOPPED:
    case SEND_CONTINUED:
    case SEND_PERMITTED:
        return SEND_DONE;
    case SEND_CAUGHT:
    case SEND_TAKEN:
    case SEND_IGNORED:
    case SEND_UNCHANGED:
        return order->waits_for_end ? SEND_DOUBT : SEND_DONE;
    default:
        return SEND_DOUBT;
    }
}

/* ---- a report of many ---- */

/* Those whose sentence is the same. */
struct group {
    struct strbuf sentence;
    size_t count;
    struct strbuf named; /* "12 cc1, 13 as" */
    bool is_predicate;   /* "5 processes killed by SIGTERM" */
    enum send_standing standing;
};

static void name_target(struct group *group, const struct send_target *target)
{
    if (group->count++ >= NAMED_MOST)
        return;
    strbuf_printf(&group->named, "%s%s%s%d ", group->count > 1 ? ", " : "",
                  target->host ? target->host : "", target->host ? " " : "",
                  (int)pid_local(target->id.pid));
    text_append_visible(&group->named, target->comm, strlen(target->comm), SIZE_MAX);
}

static int add_to_groups(struct group **groups, size_t *count, size_t *capacity,
                         const struct send_target *target, const struct send_order *order)
{
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    send_describe(target, order->signal, &sentence);
    size_t at = 0;
    while (at < *count && strcmp(strbuf_text(&(*groups)[at].sentence), strbuf_text(&sentence)) != 0)
        at++;
    if (at == *count) {
        if (array_reserve(groups, capacity, *count + 1) < 0)
            return -ENOMEM;
        (*groups)[(*count)++] = (struct group){
            .sentence = sentence,
            .named = STRBUF_INIT,
            .is_predicate = target->result == SEND_STOPPED || target->result == SEND_CONTINUED ||
                            (target->result == SEND_ENDED && target->exit_status != EXIT_UNKNOWN),
            .standing = send_standing(target, order),
        };
        sentence = STRBUF_INIT;
    }
    name_target(&(*groups)[at], target);
    return 0;
}

static void write_group(const struct group *group, struct strbuf *out)
{
    const char *sentence = strbuf_text(&group->sentence);
    if (group->count == 1) {
        strbuf_printf(out, "%s: %s", strbuf_text(&group->named), sentence);
        return;
    }
    strbuf_printf(out, ngettext("%zu process", "%zu processes", (unsigned long)group->count),
                  group->count);
    strbuf_printf(out, "%s %s: %s", group->is_predicate ? "" : ":", sentence,
                  strbuf_text(&group->named));
    if (group->count > NAMED_MOST)
        strbuf_printf(out, _(" and %zu more"), group->count - NAMED_MOST);
}

int send_report(const struct send_batch *batch, const struct send_order *order,
                send_report_line *line, void *data)
{
    struct group *groups = NULL;
    size_t count = 0, capacity = 0;
    int r = 0;
    for (size_t i = 0; r == 0 && i < send_count(batch); i++)
        if (send_at(batch, i)->is_settled)
            r = add_to_groups(&groups, &count, &capacity, send_at(batch, i), order);
    for (size_t i = 0; i < count; i++) {
        _cleanup_(strbuf_done) struct strbuf out = STRBUF_INIT;
        write_group(&groups[i], &out);
        if (r == 0)
            line(data, groups[i].standing, strbuf_text(&out));
        strbuf_done(&groups[i].sentence);
        strbuf_done(&groups[i].named);
    }
    free(groups);
    return r;
}
