/*
 * replay_pane: the inspector's tabs of a recording: what it holds, and that it
 * does not hold the rest.
 */
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/details.h"
#include "reaptop/model/why.h"
#include "reaptop/view/life_tab.h"
#include "reaptop/view/show_tab.h"
#include "reaptop/view/why_tab.h"
#include "state.h"

static void say_no_more(struct document *doc)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_DIM, "%s",
                 _("A recording holds what processes are and what became of them; what is "
                   "inside them was not recorded."));
}

static void add_life(struct app *app, const struct process *process, struct identity id,
                     struct document *doc)
{
    const struct recording_header *header = feed_header(app->feed);
    const struct snapshot *snapshot = app_snapshot(app);
    struct details details = DETAILS_INIT;
    life_tab(doc, life_find(app_life(app), id), snapshot->mono_ns, header->utc_offset_s);
    if (!process || details_recorded(process, snapshot, header->ticks_per_second, &details) < 0) {
        say_no_more(doc);
        return;
    }
    details.utc_offset_s = header->utc_offset_s;
    document_heading(doc, "%s", _("As it was recorded"));
    show_recorded(doc, &details, true, NULL);
    details_done(&details);
}

static void add_why(struct app *app, const struct process *process, struct document *doc)
{
    _cleanup_(why_evidence_done) struct why_evidence evidence = WHY_EVIDENCE_INIT;
    _cleanup_(why_chain_done) struct why_chain chain = {0};
    if (!process || process->is_ended ||
        why_recorded(app_snapshot(app), process->id.pid, &evidence) < 0 ||
        why_build(&evidence, true, &chain) < 0)
        say_no_more(doc);
    else
        why_tab(doc, &chain, true);
}

void replay_pane(struct app *app, enum tab tab, struct identity id, struct document *doc)
{
    const struct process *process = snapshot_find_identity(app_snapshot(app), id);
    if (tab == TAB_LIFE)
        add_life(app, process, id, doc);
    else if (tab == TAB_WHY)
        add_why(app, process, doc);
    else
        say_no_more(doc);
}
