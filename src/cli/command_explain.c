#include "reaptop/view/explain.h"

#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/json.h"
#include "reaptop/cli/output.h"

enum {
    SUGGESTIONS_MAX = 5,
    NAMESAKES_MAX = 8
};

static json_t *entry_json(const struct reference *entry)
{
    json_t *object = json_object();
    json_put(object, "kind", json_string_or_null(reference_kind_name(entry->kind)));
    json_put(object, "name", json_string_or_null(entry->name));
    if (entry->kind == REFERENCE_SIGNAL || entry->kind == REFERENCE_ERRNO)
        json_put(object, "number", json_integer(entry->number));
    json_put(object, "title", json_string_or_null(entry->title));
    json_put(object, "meaning", json_string_or_null(entry->meaning));
    json_put(object, "advice", json_string_or_null(entry->advice));
    json_put(object, "origin", json_string_or_null(entry->origin));
    json_put(object, "manual", json_string_or_null(entry->manual));
    json_put(object, "lab", json_string_or_null(entry->lab));

    size_t indices[NAMESAKES_MAX];
    size_t count = reference_namesakes(entry, NAMESAKES_MAX, indices);
    json_t *also = json_array();
    for (size_t i = 0; i < count; i++) {
        struct reference other = reference_at(indices[i]);
        json_t *name = json_object();
        json_put(name, "kind", json_string_or_null(reference_kind_name(other.kind)));
        json_put(name, "name", json_string_or_null(other.name));
        json_add(also, name);
    }
    json_put(object, "see_also", also);
    return object;
}

static int print_document(struct document *doc)
{
    int status = output_document(doc);
    document_done(doc);
    return status;
}

static int explain_kind(const struct options *options, enum reference_kind kind)
{
    if (!options->json) {
        struct document doc = DOCUMENT_INIT;
        explain_list(&doc, kind);
        return print_document(&doc);
    }
    json_t *doc = json_document("explain");
    json_t *entries = json_array();
    for (size_t i = 0; i < reference_count(); i++) {
        struct reference entry = reference_at(i);
        if (entry.kind == kind)
            json_add(entries, entry_json(&entry));
    }
    json_put(doc, "entries", entries);
    return json_output(doc);
}

static int explain_one(const struct options *options, const struct reference *entry)
{
    if (!options->json) {
        struct document doc = DOCUMENT_INIT;
        explain_entry(&doc, entry);
        return print_document(&doc);
    }
    json_t *doc = json_document("explain");
    json_t *entries = json_array();
    json_add(entries, entry_json(entry));
    json_put(doc, "entries", entries);
    return json_output(doc);
}

/* Columns are names of fields, so as JSON the fields say it. */
static int explain_all_columns(const struct options *options)
{
    if (options->json)
        return explain_kind(options, REFERENCE_FIELD);
    struct document doc = DOCUMENT_INIT;
    explain_columns(&doc);
    return print_document(&doc);
}

static int not_found(const char *topic)
{
    size_t indices[SUGGESTIONS_MAX];
    size_t count = reference_suggest(topic, SUGGESTIONS_MAX, indices);
    if (count == 0)
        return command_fail(EXIT_NO_MATCH, _("explain: '%s': no such topic; see reaptop explain"),
                            topic);
    _cleanup_(strbuf_done) struct strbuf list = STRBUF_INIT;
    for (size_t i = 0; i < count; i++)
        strbuf_printf(&list, "%s%s", i > 0 ? ", " : "", reference_at(indices[i]).name);
    return command_fail(EXIT_NO_MATCH, _("explain: '%s': no such topic; perhaps: %s"), topic,
                        strbuf_text(&list));
}

int command_explain(const struct options *options, int argc, char **argv)
{
    if (argc < 2) {
        if (options->json)
            return command_usage_error("explain",
                                       _("--json needs a topic: reaptop explain zombie"));
        struct document doc = DOCUMENT_INIT;
        explain_overview(&doc);
        return print_document(&doc);
    }

    /* "page frame" may come as two words. */
    _cleanup_(strbuf_done) struct strbuf topic = STRBUF_INIT;
    for (int i = 1; i < argc; i++)
        strbuf_printf(&topic, "%s%s", i > 1 ? " " : "", argv[i]);

    struct reference entry;
    int kind = reference_kind_from_plural(strbuf_text(&topic));
    if (kind >= 0)
        return explain_kind(options, (enum reference_kind)kind);
    if (strcmp(strbuf_text(&topic), "columns") == 0)
        return explain_all_columns(options);
    if (explain_find(strbuf_text(&topic), &entry) == 0)
        return explain_one(options, &entry);
    return not_found(strbuf_text(&topic));
}
