#include "reaptop/model/why.h"

#include <errno.h>
#include <string.h>

#include "operand.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"
#include "reaptop/source/evidence.h"
#include "reaptop/source/procfs.h"
#include "reaptop/view/why_tab.h"
#include "recorded.h"

const struct option_info why_options[] = {
    {"from", '\0', N_("FILE"), N_("of a recording: what states and parents tell")},
    {"at", '\0', N_("TIME"), N_("in the recording: as it was at 14:03:07, or +30s from its begin")},
    {NULL, '\0', NULL, NULL},
};

enum own_option {
    WHY_FROM,
    WHY_AT
};

static json_t *json_notes(const struct why_link *link)
{
    json_t *notes = json_array();
    for (uint32_t i = 0; i < link->note_count; i++)
        json_add(notes, json_string_or_null(link->notes[i]));
    return notes;
}

static json_t *json_link(const struct why_chain *chain, const struct why_link *link)
{
    json_t *object = json_object();
    const char state[] = {link->state, '\0'};
    json_put(object, "pid", json_integer(link->pid));
    json_put(object, "tid", json_integer(link->tid));
    json_put(object, "comm", json_text(link->comm, strlen(link->comm)));
    if (link->was_looked_into) {
        json_put(object, "state", json_text(state, 1));
        json_put(object, "kind", json_string(why_kind_name(link->kind)));
        json_put(object, "waits_for", json_string_or_null(link->waits_for));
        json_put(object, "evidence", json_string_or_null(link->evidence));
        json_put(object, "certainty",
                 json_string(link->certainty == WHY_OBSERVED ? "observed" : "inferred"));
    } else {
        json_unavailable(object, "state", ACCESS_UNREAD);
        json_unavailable(object, "waits_for", ACCESS_UNREAD);
        json_unavailable(object, "evidence", ACCESS_UNREAD);
        json_put(object, "certainty", json_string("inferred"));
    }
    json_put(object, "depth", json_integer(link->depth));
    json_put(object, "holds_up",
             link->from < 0 ? json_null() : json_integer(chain->links[link->from].tid));
    json_put(object, "relation", json_string_or_null(link->relation));
    json_put(object, "act", json_string_or_null(link->act));
    json_put(object, "must_act", json_boolean(link->must_act));
    json_put(object, "circle", json_boolean(link->circle_to >= 0));
    json_put(object, "notes", json_notes(link));
    return object;
}

static const char *verdict_word(enum why_verdict verdict)
{
    switch (verdict) {
    case WHY_VERDICT_IDLE:
    case WHY_VERDICT_INTERRUPTIBLE:
        return "idle";
    case WHY_VERDICT_STUCK:
        return "stuck";
    case WHY_VERDICT_CIRCLE:
        return "deadlock";
    default:
        return "none";
    }
}

static int print_json(const struct why_chain *chain)
{
    json_t *doc = json_document("why");
    json_t *links = json_array();
    for (size_t i = 0; i < chain->count; i++)
        json_add(links, json_link(chain, &chain->links[i]));
    json_put(doc, "pid", json_integer(chain->count > 0 ? chain->links[0].pid : 0));
    json_put(doc, "verdict", json_string(verdict_word(chain->verdict)));
    json_put(doc, "conclusion", json_string_or_null(chain->conclusion));
    json_put(doc, "truncated", json_boolean(chain->is_bounded));
    json_put(doc, "chain", links);
    return json_output(doc);
}

static int print_text(const struct why_chain *chain)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    why_tab(&doc, chain, false);
    return output_document(&doc);
}

static int print(const struct options *options, const struct why_evidence *evidence)
{
    _cleanup_(why_chain_done) struct why_chain chain = {0};
    int r = why_build(evidence, !options->json, &chain);
    if (r < 0)
        return command_fail(EXIT_FAULT, "why: %s", strerror(-r));
    return options->json ? print_json(&chain) : print_text(&chain);
}

static int why_from(const struct options *options, const char *from, int argc, char **argv)
{
    _cleanup_(recorded_done) struct recorded recorded = RECORDED_INIT;
    _cleanup_(why_evidence_done) struct why_evidence evidence = WHY_EVIDENCE_INIT;
    pid_t pid;
    int status = recorded_operand(argc, argv, &pid);
    if (status == EXIT_DONE)
        status = recorded_read(&recorded, "why", from, options->own[WHY_AT], pid);
    if (status != EXIT_DONE)
        return status;
    if (recorded.is_lost)
        return recorded_ended(&recorded, "why", pid);
    int r = why_recorded(recorded_snapshot(&recorded), pid, &evidence);
    if (r < 0 && r != -ESRCH)
        return command_fail(EXIT_FAULT, "why: %s", strerror(-r));
    if (r == 0)
        status = print(options, &evidence);
    return recorded_status(&recorded, "why", pid, r == 0, status);
}

int command_why(const struct options *options, int argc, char **argv)
{
    const char *from;
    int status =
        recorded_from(options, "why", options->own[WHY_FROM], options->own[WHY_AT], 1, &from);
    if (status != EXIT_DONE)
        return status;
    if (from)
        return why_from(options, from, argc, argv);
    struct identity id;
    _cleanup_(cleanup_reader) struct reader *reader = NULL;
    status = operand_with_reader(argc, argv, &id, &reader);
    if (status != EXIT_DONE)
        return status;

    _cleanup_(cleanup_evidence) struct evidence *evidence = NULL;
    pid_t tid = id.pid, process = procfs_process_of(tid);
    int r = process == tid
                ? evidence_new(reader, id, 0, &evidence)
                : evidence_new(reader, (struct identity){.pid = process}, tid, &evidence);
    if (r == 0)
        r = evidence_gather(evidence);
    if (r < 0)
        return operand_failed("why", id.pid, r);

    return print(options, evidence_why(evidence));
}
