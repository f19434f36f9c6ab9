#include "reaptop/source/parse_smaps.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "cursor.h"
#include "reaptop/source/parse_maps.h"

static struct mapping *last_of(const struct mapping_list *list)
{
    return list->count > 0 ? &list->items[list->count - 1] : NULL;
}

static int set_path(struct smaps_parser *parser, struct mapping *mapping,
                    const struct maps_line *line)
{
    struct mapping_list *list = parser->list;
    size_t room = parser->path_bytes < SMAPS_PATHS_MAX ? SMAPS_PATH_MAX : SMAPS_PATH_SHORT;
    size_t length = line->path_length < room ? line->path_length : room;
    if (length < line->path_length)
        list->cut_paths++;

    /* A library's mappings stand side by side, and one copy of its path serves them all. */
    const struct mapping *previous = list->count > 1 ? mapping - 1 : NULL;
    if (previous && length > 0 && previous->path_length == length &&
        memcmp(previous->path, line->path, length) == 0) {
        mapping->path = previous->path;
        mapping->path_length = previous->path_length;
        mapping->is_deleted = previous->is_deleted;
        return 0;
    }
    parser->path_bytes += length;
    return mapping_set_path(list, mapping, line->path, length);
}

static int add_mapping(struct smaps_parser *parser, const struct maps_line *line)
{
    struct mapping_list *list = parser->list;
    const struct mapping *previous = last_of(list);
    parser->is_current = false;
    if (previous && line->start < previous->end) {
        list->bad_lines++;
        return 0;
    }
    if (list->count == SMAPS_MAPPINGS_MAX) {
        parser->is_full = true;
        return 1;
    }
    struct mapping *mapping = mapping_list_add(list);
    if (!mapping)
        return -ENOMEM;
    mapping->start = line->start;
    mapping->end = line->end;
    mapping->offset = line->offset;
    mapping->inode = line->inode;
    mapping->device_major = line->device_major;
    mapping->device_minor = line->device_minor;
    memcpy(mapping->perms, line->perms, sizeof(mapping->perms));
    parser->is_current = true;
    parser->expected = 0;
    return set_path(parser, mapping, line);
}

static void add_flag(struct mapping *mapping, const char code[2])
{
    for (unsigned bit = 0; *mapping_flags[bit].code; bit++)
        if (memcmp(mapping_flags[bit].code, code, 2) == 0) {
            mapping->flags |= UINT64_C(1) << bit;
            return;
        }
    for (size_t i = 0; i < MAPPING_UNKNOWN_FLAGS_MAX; i++)
        if (mapping->unknown_flags[i][0] == '\0') {
            memcpy(mapping->unknown_flags[i], code, 2);
            return;
        }
}

static void parse_flags(struct mapping *mapping, const char *at, const char *end)
{
    mapping->has_flags = true;
    while (end - at >= 2) {
        if (*at == ' ') {
            at++;
            continue;
        }
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        if ((blank ? blank : end) - at == 2)
            add_flag(mapping, at);
        if (!blank)
            return;
        at = blank + 1;
    }
}

static bool is_figure(enum figure figure, const char *name, size_t length)
{
    const char *smaps = figures[figure].smaps;
    return strlen(smaps) == length && memcmp(smaps, name, length) == 0;
}

/* FIGURE_COUNT where nobody here knows it. */
static enum figure find_figure(struct smaps_parser *parser, const char *name, size_t length)
{
    enum figure f = parser->expected;
    for (size_t tried = 0; tried < FIGURE_COUNT; tried++, f++) {
        if (f == FIGURE_COUNT)
            f = 0;
        if (is_figure(f, name, length)) {
            parser->expected = f + 1 == FIGURE_COUNT ? 0 : f + 1;
            return f;
        }
    }
    return FIGURE_COUNT;
}

/* "        20 kB" */
static bool parse_kib(struct cursor text, uint64_t *ret_kib)
{
    uint64_t value;
    if (!cursor_number(&text, 10, &value) || !cursor_take(&text, " kB") || text.at != text.end)
        return false;
    *ret_kib = value;
    return true;
}

static void parse_field(struct smaps_parser *parser, const char *line, size_t length)
{
    const char *end = line + length;
    const char *colon = memchr(line, ':', length);
    struct mapping *mapping = parser->is_current ? last_of(parser->list) : NULL;
    if (!colon || !mapping) {
        parser->list->bad_lines++;
        return;
    }
    size_t name_length = (size_t)(colon - line);
    enum figure figure = find_figure(parser, line, name_length);
    uint64_t kib;
    if (figure == FIGURE_COUNT) {
        if (name_length == strlen("VmFlags") && memcmp(line, "VmFlags", name_length) == 0)
            parse_flags(mapping, colon + 1, end);
    } else if (parse_kib((struct cursor){colon + 1, end}, &kib)) {
        figure_set(&mapping->figures, figure, kib);
    } else {
        parser->list->bad_lines++;
    }
}

/* The kernel's fields begin with a capital letter, and its addresses are in small ones. */
static int parse_line(struct smaps_parser *parser, const char *line, size_t length)
{
    struct maps_line mapping;
    if (length > 0 && line[0] >= 'A' && line[0] <= 'Z') {
        parse_field(parser, line, length);
        return 0;
    }
    if (parse_maps_line(line, length, &mapping) == 0)
        return add_mapping(parser, &mapping);
    parser->list->bad_lines++;
    parser->is_current = false;
    return 0;
}

/* Keeps what fits of a line that is not whole yet. */
static int keep_rest(struct smaps_parser *parser, const char *bytes, size_t length)
{
    size_t room = SMAPS_LINE_MAX - parser->rest.length;
    strbuf_append(&parser->rest, bytes, length < room ? length : room);
    return parser->rest.error;
}

static int finish_rest(struct smaps_parser *parser, const char *bytes, size_t length)
{
    int r = keep_rest(parser, bytes, length);
    if (r == 0)
        r = parse_line(parser, strbuf_text(&parser->rest), parser->rest.length);
    strbuf_clear(&parser->rest);
    return r;
}

int smaps_feed(struct smaps_parser *parser, const char *bytes, size_t length)
{
    int r = parser->is_full ? 1 : 0;
    while (r == 0 && length > 0) {
        const char *newline = memchr(bytes, '\n', length);
        if (!newline)
            return keep_rest(parser, bytes, length);
        size_t line = (size_t)(newline - bytes);
        if (parser->rest.length > 0)
            r = finish_rest(parser, bytes, line);
        else
            r = parse_line(parser, bytes, line);
        bytes = newline + 1;
        length -= line + 1;
    }
    return r;
}

int smaps_finish(struct smaps_parser *parser)
{
    int r = parser->is_full ? 1 : 0;
    if (r == 0 && parser->rest.length > 0)
        r = finish_rest(parser, NULL, 0);
    strbuf_done(&parser->rest);
    mapping_list_finish(parser->list);
    return r;
}
