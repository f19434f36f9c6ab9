#include <errno.h>
#include <string.h>

#include "json_stream.h"
#include "operand.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"
#include "reaptop/cli/commands.h"
#include "reaptop/cli/output.h"
#include "reaptop/source/read_maps.h"
#include "reaptop/view/maps_tab.h"

const struct option_info maps_options[] = {
    {"sort", 's', N_("COLUMN"), N_("order by address (default), rss, pss, size or swap")},
    {NULL, '\0', NULL, NULL},
};

enum {
    MAPS_SORT
};

/* Why a figure is not there. */
static enum access figure_access(const struct mapping_list *list, enum access read)
{
    if (read == ACCESS_UNREAD)
        return list->access;
    return access_has_value(read) ? ACCESS_UNSUPPORTED : read;
}

static void put_figures(json_t *object, const struct figures *set, enum access missing,
                        bool is_rollup)
{
    for (enum figure f = 0; f < FIGURE_COUNT; f++) {
        bool is_rollups = f >= FIGURE_PSS_ANON && f <= FIGURE_PSS_SHMEM;
        bool is_mappings = f == FIGURE_PAGE_SIZE || f == FIGURE_MMU_PAGE_SIZE || f == FIGURE_SIZE;
        if (is_rollup ? is_mappings : is_rollups)
            continue;
        if (figure_is_known(set, f))
            json_put(object, figures[f].key, json_unsigned(set->kib[f]));
        else
            json_unavailable(object, figures[f].key, missing);
    }
}

static json_t *json_flags(const struct mapping *mapping)
{
    json_t *array = json_array();
    for (unsigned bit = 0; *mapping_flags[bit].code; bit++)
        if (mapping->flags >> bit & 1)
            json_add(array, json_string(mapping_flags[bit].code));
    for (size_t i = 0; i < MAPPING_UNKNOWN_FLAGS_MAX && mapping->unknown_flags[i][0]; i++)
        json_add(array, json_text(mapping->unknown_flags[i], 2));
    return array;
}

static json_t *json_device(const struct mapping *mapping)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "%02x:%02x", mapping->device_major, mapping->device_minor);
    return json_string(text);
}

static json_t *json_mapping(const struct mapping_list *list, const struct mapping *mapping)
{
    json_t *object = json_object();
    enum access missing = figure_access(list, list->figures_access);
    json_put(object, "start", json_address(mapping->start));
    json_put(object, "end", json_address(mapping->end));
    json_put(object, "perms", json_string(mapping->perms));
    json_put(object, "offset", json_unsigned(mapping->offset));
    json_put(object, "device", json_device(mapping));
    json_put(object, "inode", json_unsigned(mapping->inode));
    json_put(object, "path", json_text(mapping->path, mapping->path_length));
    json_put(object, "kind", json_string(mapping_kinds[mapping->kind].name));
    json_put(object, "kind_certainty",
             json_string(mapping_kind_is_inferred(mapping->kind) ? "inferred" : "observed"));
    if (mapping->has_flags)
        json_put(object, "flags", json_flags(mapping));
    else
        json_unavailable(object, "flags", missing);
    put_figures(object, &mapping->figures, missing, false);
    return object;
}

static json_t *json_rollup(const struct mapping_list *list)
{
    json_t *object = json_object();
    put_figures(object, &list->rollup, figure_access(list, list->rollup_access), true);
    return object;
}

/* Sums of the mappings; page sizes do not add up. */
static json_t *json_total(const struct mapping_list *list)
{
    json_t *object = json_object();
    put_figures(object, &list->total, figure_access(list, list->figures_access), false);
    json_object_del(object, figures[FIGURE_PAGE_SIZE].key);
    json_object_del(object, figures[FIGURE_MMU_PAGE_SIZE].key);
    json_t *reasons = json_object_get(object, "unavailable");
    json_object_del(reasons, figures[FIGURE_PAGE_SIZE].key);
    json_object_del(reasons, figures[FIGURE_MMU_PAGE_SIZE].key);
    if (reasons && json_object_size(reasons) == 0)
        json_object_del(object, "unavailable");
    return object;
}

static json_t *json_tail(const struct mapping_list *list)
{
    json_t *tail = json_object();
    json_put(tail, "total", json_total(list));
    json_put_access(tail, "rollup", list->rollup_access,
                    access_has_value(list->rollup_access) ? json_rollup(list) : NULL);
    if (list->access == ACCESS_TRUNCATED)
        json_put(tail, "mappings_cut", json_true());
    json_put(tail, "lines_not_understood", json_unsigned(list->bad_lines));
    return tail;
}

static int print_unavailable(json_t *head, const struct mapping_list *list)
{
    json_unavailable(head, "mappings", list->access);
    json_unavailable(head, "total", list->access);
    return json_output(head);
}

static int print_json(struct identity id, const struct mapping_list *list, enum mapping_sort sort)
{
    json_t *head = json_document("maps");
    json_put(head, "pid", json_integer(id.pid));
    json_put(head, "start_ticks", json_unsigned(id.start_ticks));
    if (!access_has_value(list->access))
        return print_unavailable(head, list);

    _cleanup_free_ size_t *order = calloc(list->count + 1, sizeof(*order));
    if (!order) {
        json_decref(head);
        return command_fail(EXIT_FAULT, "maps: %s", strerror(ENOMEM));
    }
    mapping_list_order(list, sort, order);
    struct json_stream stream;
    json_stream_begin(&stream, head, "mappings");
    for (size_t i = 0; i < list->count; i++)
        json_stream_add(&stream, json_mapping(list, &list->items[order[i]]));
    return json_stream_end(&stream, json_tail(list));
}

static int print_text(struct identity id, const struct mapping_list *list, enum mapping_sort sort)
{
    _cleanup_(document_done) struct document doc = DOCUMENT_INIT;
    maps_tab_build(&(struct maps_tab){.list = list, .sort = sort}, &doc);
    if (operand_status(list->access) == EXIT_FAULT)
        return output_refusal("maps", id.pid, &doc);
    return output_document(&doc);
}

/* -1: not such a word, and reported so. */
static int take_sort(const struct options *options)
{
    const char *name = options->own[MAPS_SORT];
    int sort = name ? mapping_sort_from_name(name) : MAPPING_BY_ADDRESS;
    if (sort < 0)
        (void)command_usage_error(
            "maps", _("--sort: invalid value '%s': expected address, rss, pss, size or swap"),
            name);
    return sort < 0 ? -1 : sort;
}

int command_maps(const struct options *options, int argc, char **argv)
{
    struct identity id;
    int sort = take_sort(options);
    if (sort < 0)
        return EXIT_USAGE;
    _cleanup_(cleanup_reader) struct reader *reader = NULL;
    int status = operand_with_reader(argc, argv, &id, &reader);
    if (status != EXIT_DONE)
        return status;

    _cleanup_(mapping_list_done) struct mapping_list list = MAPPING_LIST_INIT;
    int r = maps_read(reader, id, MAPS_FIGURES, &list);
    if (r < 0)
        return operand_failed("maps", id.pid, r);
    if (list.access == ACCESS_GONE)
        return command_fail(EXIT_NO_MATCH, "maps: %d: %s", id.pid, access_sentence(list.access));

    status = options->json ? print_json(id, &list, (enum mapping_sort)sort)
                           : print_text(id, &list, (enum mapping_sort)sort);
    return status != EXIT_DONE ? status : operand_status(list.access);
}
