#include "reaptop/view/signals_tab.h"

#include <stdio.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"

enum {
    LABEL_COLS = 18,
    THREADS_LISTED = 200, /* of unlike masks; a process has a handful */
    COL_NAME = 3,
    COL_PENDING = 12, /* behind RTMIN+15 */
    COL_BLOCKED = 20,
    COL_IGNORED = 28,
    COL_CAUGHT = 33,
    COL_WHAT = 39
};

static bool has_signals(const struct task_list *list)
{
    return list && access_has_value(list->signals_access);
}

/* The names of a set; those that came since the set before are marked, those that went are
 * reported. */
static void add_set(struct document *doc, const char *label, signal_set set,
                    const signal_set *before)
{
    const char *separator = "";
    if (!before || *before == set) {
        _cleanup_(strbuf_done) struct strbuf names = STRBUF_INIT;
        signal_set_describe(set, &names);
        document_field(doc, 0, LABEL_COLS, label, STYLE_NORMAL, "%s",
                       set ? strbuf_text(&names) : _("none"));
        return;
    }
    document_field(doc, 0, LABEL_COLS, label, STYLE_NORMAL, "%s", set ? "" : _("none"));
    for (int number = 1; number <= SIGNAL_MAX; number++) {
        if (!signal_set_has(set, number))
            continue;
        bool is_new = !signal_set_has(*before, number);
        document_add(doc, STYLE_NORMAL, "%s", separator);
        document_add(doc, is_new ? STYLE_CHANGED : STYLE_NORMAL, "%s", signal_name(number));
        separator = " ";
    }
    signal_set gone = *before & ~set;
    if (gone != 0) {
        _cleanup_(strbuf_done) struct strbuf names = STRBUF_INIT;
        signal_set_describe(gone, &names);
        document_add(doc, STYLE_CHANGED, _("  (no longer: %s)"), strbuf_text(&names));
    }
}

static void add_process_sets(struct document *doc, const struct task_list *list,
                             const struct task_list *previous)
{
    const struct task_list *before = has_signals(previous) ? previous : NULL;
    add_set(doc, _("pending, process"), list->shared_pending,
            before ? &before->shared_pending : NULL);
    add_set(doc, _("ignored"), list->ignored, before ? &before->ignored : NULL);
    add_set(doc, _("caught"), list->caught, before ? &before->caught : NULL);
    bool is_full = list->sig_queued >= list->sig_queue_limit;
    document_field(doc, 0, LABEL_COLS, _("queue"), is_full ? STYLE_WARNING : STYLE_NORMAL,
                   _("%llu of %llu, of all processes of its real user"),
                   (unsigned long long)list->sig_queued, (unsigned long long)list->sig_queue_limit);
}

/* ---- threads ---- */

static bool is_alike(const struct task *a, const struct task *b)
{
    return a->signals_access == b->signals_access && a->pending == b->pending &&
           a->blocked == b->blocked;
}

static void add_thread_sets(struct document *doc, const struct task *task, size_t alike,
                            const struct task_list *previous)
{
    const struct task *before = previous ? task_list_find(previous, task->tid) : NULL;
    document_begin(doc, 0);
    document_mark(doc, SIGNAL_MAX + (uint64_t)task->tid);
    document_add(doc, STYLE_STRONG, _("thread %d "), (int)task->tid);
    document_add_text(doc, STYLE_NORMAL, task->comm, strlen(task->comm));
    if (alike > 0)
        document_add(
            doc, STYLE_DIM,
            ngettext(" and %zu more like it", " and %zu more like it", (unsigned long)alike),
            alike);
    if (!access_has_value(task->signals_access)) {
        document_add(doc, STYLE_UNKNOWN, ": %s", access_sentence(task->signals_access));
        return;
    }
    if (before && !access_has_value(before->signals_access))
        before = NULL;
    add_set(doc, _("  pending"), task->pending, before ? &before->pending : NULL);
    add_set(doc, _("  blocked"), task->blocked, before ? &before->blocked : NULL);
}

/* Threads with the same sets are reported once: the first of each kind, and how many are like it.
 */
static void add_threads(struct document *doc, const struct task_list *list,
                        const struct task_list *previous)
{
    size_t firsts[THREADS_LISTED], alike[THREADS_LISTED], kinds = 0, unreported = 0;
    for (size_t i = 0; i < list->count; i++) {
        size_t kind = 0;
        while (kind < kinds && !is_alike(&list->tasks[firsts[kind]], &list->tasks[i]))
            kind++;
        if (kind < kinds) {
            alike[kind]++;
        } else if (kinds < THREADS_LISTED) {
            firsts[kinds] = i;
            alike[kinds++] = 0;
        } else {
            unreported++;
        }
    }
    for (size_t kind = 0; kind < kinds; kind++)
        add_thread_sets(doc, &list->tasks[firsts[kind]], alike[kind], previous);
    if (unreported > 0) {
        document_begin(doc, 0);
        document_add(doc, STYLE_DIM, _("%zu more threads with other masks are not shown"),
                     unreported);
    }
}

/* ---- the grid ---- */

/* What the grid says of one signal; compared with the refresh before. */
struct cell_row {
    size_t pending, blocked, readable;
    bool is_shared_pending, is_ignored, is_caught;
};

static struct cell_row row_of(const struct task_list *list, int number)
{
    struct cell_row row = {
        .pending = task_list_count_pending(list, number),
        .blocked = task_list_count_blocked(list, number),
        .is_shared_pending = signal_set_has(list->shared_pending, number),
        .is_ignored = signal_set_has(list->ignored, number),
        .is_caught = signal_set_has(list->caught, number),
    };
    for (size_t i = 0; i < list->count; i++)
        row.readable += (size_t)access_has_value(list->tasks[i].signals_access);
    return row;
}

static bool is_default(const struct cell_row *row)
{
    return !row->pending && !row->blocked && !row->is_shared_pending && !row->is_ignored &&
           !row->is_caught;
}

static void add_cell(struct document *doc, size_t column, bool has_changed, const char *text)
{
    document_pad(doc, column);
    document_add(doc, has_changed ? STYLE_CHANGED : STYLE_NORMAL, "%s", text);
}

/* The effect of one that is delivered, in words that fit the column. */
static const char *effect_words(const struct forecast *forecast)
{
    switch (forecast->effect) {
    case EFFECT_HANDLER:
        return _("its handler runs");
    case EFFECT_TERMINATE:
        return _("it ends");
    case EFFECT_CORE:
        return _("it ends, with a core dump");
    case EFFECT_STOP:
        return _("it stops");
    case EFFECT_CONTINUE:
        return _("it continues, if stopped");
    case EFFECT_UNKNOWN:
        return _("not known");
    case EFFECT_NONE:
    case EFFECT_COUNT:
        break;
    }
    return _("nothing");
}

/* What stands before the effect, or in its place where `is_all`; NULL: the effect alone. */
static const char *kind_words(enum forecast_kind kind, bool *ret_is_all)
{
    static const struct {
        const char *words;
        bool is_all;
    } kinds[FORECAST_KIND_COUNT] = {
        [FORECAST_GONE] = {N_("nothing: it is gone"), true},
        [FORECAST_ZOMBIE] = {N_("nothing: it is dead"), true},
        [FORECAST_KERNEL] = {N_("nothing: it is a kernel thread"), true},
        [FORECAST_INIT] = {N_("nothing: init has no handler for it"), true},
        [FORECAST_DISCARDED] = {N_("nothing"), true},
        [FORECAST_DYING] = {N_("nothing: it ends already"), true},
        [FORECAST_COALESCED] = {N_("nothing: it is pending already"), true},
        [FORECAST_TRACED] = {N_("its tracer decides"), true},
        [FORECAST_BLOCKED] = {N_("stays pending; then: "), false},
        [FORECAST_QUEUE_FULL] = {N_("its user's queue of signals is full"), true},
        [FORECAST_STOPPED] = {N_("pending until SIGCONT; then: "), false},
        [FORECAST_FROZEN] = {N_("pending until it is thawed; then: "), false},
        [FORECAST_DISK] = {N_("when it wakes: "), false},
    };
    *ret_is_all = kinds[kind].is_all;
    return kinds[kind].words;
}

static void add_outcome(struct document *doc, const struct task_list *list, int number)
{
    const struct forecast forecast = task_list_forecast(list, number);
    bool is_all;
    const char *words = kind_words(forecast.kind, &is_all);
    document_pad(doc, COL_WHAT);
    document_add(doc, STYLE_NORMAL, "%s%s", words ? _(words) : "",
                 is_all ? "" : effect_words(&forecast));
}

static void add_row(struct document *doc, const struct task_list *list, int number,
                    const struct cell_row *row, const struct cell_row *before)
{
    char blocked[48], pending[64] = "-";
    const char *shared = row->is_shared_pending ? _("process") : "";
    if (row->pending > 0)
        (void)snprintf(pending, sizeof(pending), "%s%s%zu thr", shared,
                       row->is_shared_pending ? "+" : "", row->pending);
    else if (row->is_shared_pending)
        (void)snprintf(pending, sizeof(pending), "%s", shared);
    if (row->blocked == 0)
        (void)snprintf(blocked, sizeof(blocked), "-");
    else if (row->blocked == row->readable)
        (void)snprintf(blocked, sizeof(blocked), "%s", _("yes"));
    else
        (void)snprintf(blocked, sizeof(blocked), "%zu/%zu", row->blocked, row->readable);

    document_begin(doc, 0);
    document_mark(doc, (uint64_t)number);
    document_add(doc, STYLE_NORMAL, "%2d", number);
    document_pad(doc, COL_NAME);
    document_add(doc, STYLE_STRONG, "%s", signal_name(number));
    add_cell(doc, COL_PENDING,
             before && (before->pending != row->pending ||
                        before->is_shared_pending != row->is_shared_pending),
             pending);
    add_cell(doc, COL_BLOCKED, before && before->blocked != row->blocked, blocked);
    add_cell(doc, COL_IGNORED, before && before->is_ignored != row->is_ignored,
             row->is_ignored ? _("yes") : "-");
    add_cell(doc, COL_CAUGHT, before && before->is_caught != row->is_caught,
             row->is_caught ? _("yes") : "-");
    add_outcome(doc, list, number);
}

static void add_grid_heading(struct document *doc)
{
    static const struct {
        size_t column;
        const char *title;
    } headings[] = {
        {0, N_("NO")},
        {COL_NAME, N_("NAME")},
        {COL_PENDING, N_("PENDING")},
        {COL_BLOCKED, N_("BLOCKED")},
        {COL_IGNORED, N_("IGN")},
        {COL_CAUGHT, N_("CGT")},
        {COL_WHAT, N_("IF IT COMES")},
    };
    document_begin(doc, 0);
    document_begin(doc, 0);
    for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
        document_pad(doc, headings[i].column);
        document_add(doc, STYLE_HEADING, "%s", _(headings[i].title));
    }
}

static void add_grid(struct document *doc, const struct task_list *list,
                     const struct task_list *previous)
{
    size_t plain = 0;
    add_grid_heading(doc);
    for (int number = 1; number <= SIGNAL_MAX; number++) {
        struct cell_row row = row_of(list, number), before = {0};
        bool has_before = has_signals(previous);
        if (has_before)
            before = row_of(previous, number);
        if (is_default(&row) && is_default(&before))
            plain += signal_find(number) != NULL;
        else
            add_row(doc, list, number, &row, has_before ? &before : NULL);
    }
    if (list->is_kernel || (list->state == 'Z' && list->threads <= 1))
        return; /* no action of theirs is taken any more, the default ones neither */
    document_begin(doc, 0);
    document_add(doc, STYLE_DIM,
                 _("The other %zu have their default action: see `reaptop signals`."), plain);
}

void signals_tab(struct document *doc, const struct task_list *list,
                 const struct task_list *previous)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_STRONG, "%d ", (int)list->id.pid);
    document_add_text(doc, STYLE_STRONG, list->comm, strlen(list->comm));
    if (!has_signals(list)) {
        document_add(doc, STYLE_UNKNOWN, ": %s", access_sentence(list->signals_access));
        return;
    }
    if (list->state == 'Z' && list->count > 1)
        document_add(doc, STYLE_ZOMBIE, _("  its first thread has ended, %zu live on"),
                     list->count - 1);
    else if (list->state == 'Z')
        document_add(doc, STYLE_ZOMBIE, "  %s", _("a zombie: no signal does anything any more"));
    add_process_sets(doc, list, previous);
    add_threads(doc, list, previous);
    add_grid(doc, list, previous);
}
