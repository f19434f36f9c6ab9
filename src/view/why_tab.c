#include "reaptop/view/why_tab.h"

#include <string.h>

#include "reaptop/base/gettext.h"

enum {
    INDENT_STEP = 2,
    DETAIL_INDENT = 4,
};

static void add_raw(struct document *doc, enum style style, const char *text)
{
    document_add_text(doc, style, text, strlen(text));
}

static void add_certainty(struct document *doc, const struct why_link *link)
{
    if (link->certainty == WHY_OBSERVED)
        document_add(doc, STYLE_DIM, "%s", _(" [observed]"));
    else
        document_add(doc, STYLE_INFERRED, "%s", _(" [inferred]"));
}

static void add_name(struct document *doc, const struct why_link *link)
{
    if (link->tid != link->pid)
        document_add(doc, STYLE_STRONG, _("%d (thread of %d) "), link->tid, link->pid);
    else
        document_add(doc, STYLE_STRONG, "%d ", link->pid);
    add_raw(doc, STYLE_STRONG, link->comm);
    if (link->state)
        document_add(doc, style_of_state(link->state), " %c", link->state);
    if (link->relation) {
        document_add(doc, STYLE_NORMAL, " ");
        add_raw(doc, STYLE_NORMAL, link->relation);
    }
}

static void add_wait(struct document *doc, const struct why_link *link, int indent)
{
    document_begin(doc, indent);
    document_link(doc, link->pid);
    if (!link->was_looked_into) {
        document_add(doc, STYLE_UNKNOWN, "%s", _("what it does was not looked into"));
        return;
    }
    if (!link->waits_for)
        return;
    document_add(doc, STYLE_LABEL, "%s ", _("waits for"));
    add_raw(doc, STYLE_NORMAL, link->waits_for);
    add_certainty(doc, link);
}

static void add_details(struct document *doc, const struct why_link *link, int indent)
{
    if (link->evidence) {
        document_begin(doc, indent);
        document_add(doc, STYLE_LABEL, "%s ", _("from"));
        add_raw(doc, STYLE_DIM, link->evidence);
    }
    for (uint32_t i = 0; i < link->note_count; i++) {
        document_begin(doc, indent);
        document_add(doc, STYLE_LABEL, "· ");
        add_raw(doc, STYLE_NORMAL, link->notes[i]);
    }
    if (link->act) {
        document_begin(doc, indent);
        document_add(doc, STYLE_LABEL, "%s ", _("to end that wait it"));
        add_raw(doc, link->must_act ? STYLE_STRONG : STYLE_NORMAL, link->act);
    }
}

/* Of the process that is named above. */
static void add_first(struct document *doc, const struct why_link *link)
{
    if (link->waits_for || !link->was_looked_into)
        add_wait(doc, link, 0);
    add_details(doc, link, 0);
}

static void add_link(struct document *doc, const struct why_chain *chain, size_t index)
{
    const struct why_link *link = &chain->links[index];
    int indent = (int)link->depth * INDENT_STEP;
    document_begin(doc, indent);
    document_link(doc, link->pid);
    document_mark(doc, index + 1);
    if (link->depth > 0)
        document_add(doc, STYLE_DIM, "%s ", link->circle_to >= 0 ? "↺" : "→");
    add_name(doc, link);
    if (link->circle_to >= 0) {
        document_begin(doc, indent + DETAIL_INDENT);
        document_add(doc, STYLE_WARNING, _("that is %d again: a circular wait"),
                     chain->links[link->circle_to].tid);
        for (uint32_t i = 0; i < link->note_count; i++) {
            document_begin(doc, indent + DETAIL_INDENT);
            add_raw(doc, STYLE_NORMAL, link->notes[i]);
        }
        return;
    }
    add_wait(doc, link, indent + DETAIL_INDENT);
    add_details(doc, link, indent + DETAIL_INDENT);
}

static enum style style_of_verdict(enum why_verdict verdict)
{
    switch (verdict) {
    case WHY_VERDICT_CIRCLE:
        return STYLE_ERROR;
    case WHY_VERDICT_STUCK:
        return STYLE_WARNING;
    case WHY_VERDICT_IDLE:
    case WHY_VERDICT_INTERRUPTIBLE:
        return STYLE_GOOD;
    default:
        return STYLE_STRONG;
    }
}

/* A thread's link names the thread, too. */
static bool is_same_name(const struct why_link *link)
{
    return link->tid == link->pid && !link->relation && link->circle_to < 0;
}

void why_tab(struct document *doc, const struct why_chain *chain, bool is_named)
{
    size_t first = is_named && chain->count > 0 && is_same_name(&chain->links[0]) ? 1 : 0;
    if (chain->conclusion) {
        document_begin(doc, 0);
        document_add(doc, STYLE_LABEL, "%s ", _("in short:"));
        add_raw(doc, style_of_verdict(chain->verdict), chain->conclusion);
        document_begin(doc, 0);
    }
    if (first > 0)
        add_first(doc, &chain->links[0]);
    for (size_t i = first; i < chain->count; i++)
        add_link(doc, chain, i);
    if (chain->is_bounded) {
        document_begin(doc, 0);
        document_add(doc, STYLE_UNKNOWN, "%s", _("there is more; the chain is cut here"));
    }
}
