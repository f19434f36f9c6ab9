#include "reaptop/view/document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"

void document_done(struct document *doc)
{
    strbuf_done(&doc->text);
    free(doc->spans);
    free(doc->lines);
    *doc = DOCUMENT_INIT;
}

void document_clear(struct document *doc)
{
    strbuf_clear(&doc->text);
    doc->span_count = 0;
    doc->line_count = 0;
    doc->error = 0;
}

void document_begin(struct document *doc, int indent)
{
    if (array_reserve(&doc->lines, &doc->line_capacity, doc->line_count + 1) < 0) {
        doc->error = -ENOMEM;
        return;
    }
    doc->lines[doc->line_count++] =
        (struct document_line){.first_span = doc->span_count, .indent = indent > 0 ? indent : 0};
}

static struct document_line *last_line(struct document *doc)
{
    return doc->line_count > 0 ? &doc->lines[doc->line_count - 1] : NULL;
}

/* What was appended to the text since `start` becomes a span of the last line. */
static void close_span(struct document *doc, enum style style, size_t start)
{
    if (doc->text.error)
        doc->error = doc->text.error;
    if (doc->line_count == 0)
        document_begin(doc, 0);
    struct document_line *line = last_line(doc);
    size_t length = doc->text.length - start;
    if (!line || length == 0)
        return;
    if (line->span_count > 0) {
        struct document_span *last = &doc->spans[doc->span_count - 1];
        if (last->style == style && last->start + last->length == start) {
            last->length += length;
            return;
        }
    }
    if (array_reserve(&doc->spans, &doc->span_capacity, doc->span_count + 1) < 0) {
        doc->error = -ENOMEM;
        return;
    }
    doc->spans[doc->span_count++] =
        (struct document_span){.start = start, .length = length, .style = (uint8_t)style};
    line->span_count++;
}

static void add_formatted(struct document *doc, enum style style, const char *format,
                          va_list arguments) __attribute__((format(printf, 3, 0)));

static void add_formatted(struct document *doc, enum style style, const char *format,
                          va_list arguments)
{
    size_t start = doc->text.length;
    strbuf_vprintf(&doc->text, format, arguments);
    close_span(doc, style, start);
}

void document_heading(struct document *doc, const char *format, ...)
{
    if (doc->line_count > 0)
        document_begin(doc, 0);
    document_begin(doc, 0);
    va_list arguments;
    va_start(arguments, format);
    add_formatted(doc, STYLE_TITLE, format, arguments);
    va_end(arguments);
    struct document_line *line = last_line(doc);
    if (line)
        line->is_heading = true;
}

void document_add(struct document *doc, enum style style, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_formatted(doc, style, format, arguments);
    va_end(arguments);
}

void document_add_text(struct document *doc, enum style style, const char *bytes, size_t length)
{
    size_t start = doc->text.length;
    strbuf_append(&doc->text, bytes, length);
    close_span(doc, style, start);
}

/* Columns of the line behind its indent. */
static size_t line_width(const struct document *doc, const struct document_line *line)
{
    size_t columns = 0;
    for (size_t i = 0; i < line->span_count; i++) {
        const struct document_span *span = &doc->spans[line->first_span + i];
        columns += text_width(strbuf_text(&doc->text) + span->start, span->length);
    }
    return columns;
}

void document_pad(struct document *doc, size_t column)
{
    struct document_line *line = last_line(doc);
    size_t width = line ? line_width(doc, line) : 0;
    if (width >= column && width == 0)
        return;
    size_t start = doc->text.length;
    strbuf_repeat(&doc->text, ' ', width < column ? column - width : 1);
    close_span(doc, STYLE_NORMAL, start);
}

void document_add_legend(struct document *doc, size_t columns, enum style style, char letter,
                         const char *name)
{
    const struct document_line *line = last_line(doc);
    if (line && line_width(doc, line) + 2 + text_width(name, strlen(name)) > columns)
        document_begin(doc, 0);
    document_add(doc, style, "%c", letter);
    document_add(doc, STYLE_DIM, " %s  ", name);
}

void document_field(struct document *doc, int indent, size_t label_columns, const char *label,
                    enum style style, const char *format, ...)
{
    document_begin(doc, indent);
    document_add(doc, STYLE_LABEL, *label ? "%s:" : "%s", label);
    struct document_line *line = last_line(doc);
    size_t least = line ? line_width(doc, line) + 1 : 0;
    document_pad(doc, least > label_columns ? least : label_columns);
    va_list arguments;
    va_start(arguments, format);
    add_formatted(doc, style, format, arguments);
    va_end(arguments);
}

void document_link(struct document *doc, pid_t pid)
{
    struct document_line *line = last_line(doc);
    if (line)
        line->link = pid;
}

void document_mark(struct document *doc, uint64_t mark)
{
    struct document_line *line = last_line(doc);
    if (line)
        line->mark = mark;
}

/* ---- drawing ---- */

/*
 * Draws the part of the bytes right of `*skip` columns and counts `*skip` down;
 * a wide character cut by the left edge leaves a blank. Returns columns drawn.
 */
static int draw_span(struct grid *grid, int row, int col, int cols, enum style style,
                     const char *bytes, size_t length, size_t *skip)
{
    size_t used;
    struct text_cell cell;
    while (*skip > 0 && (used = text_next(bytes, length, &cell)) > 0) {
        bytes += used;
        length -= used;
        if ((size_t)cell.width > *skip) {
            *skip = 0;
            int drawn = grid_text(grid, row, col, cols, style, " ", 1);
            return drawn + grid_text(grid, row, col + drawn, cols - drawn, style, bytes, length);
        }
        *skip -= (size_t)cell.width;
    }
    return grid_text(grid, row, col, cols, style, bytes, length);
}

static void draw_line(const struct document *doc, const struct document_line *line,
                      struct grid *grid, struct rect rect, size_t left, bool is_selected)
{
    size_t indent = (size_t)line->indent;
    size_t skip = left > indent ? left - indent : 0;
    int drawn = left < indent ? (int)(indent - left) : 0;
    if (is_selected)
        grid_fill(grid, rect, STYLE_SELECTED, L' ');
    for (size_t i = 0; i < line->span_count && drawn < rect.cols; i++) {
        const struct document_span *span = &doc->spans[line->first_span + i];
        enum style style = is_selected ? STYLE_SELECTED : (enum style)span->style;
        drawn += draw_span(grid, rect.row, rect.col + drawn, rect.cols - drawn, style,
                           strbuf_text(&doc->text) + span->start, span->length, &skip);
    }
}

void document_draw(const struct document *doc, struct grid *grid, struct rect rect, size_t top,
                   size_t left, ssize_t selected)
{
    for (int i = 0; i < rect.rows; i++) {
        size_t at = top + (size_t)i;
        if (at >= doc->line_count)
            return;
        struct rect row = {rect.row + i, rect.col, 1, rect.cols};
        draw_line(doc, &doc->lines[at], grid, row, left, selected >= 0 && (size_t)selected == at);
    }
}

/* ---- wrapping ---- */

/* Text without blanks is broken beside a wide character, but for these: GB/T 15834. */
static bool may_break(const struct text_cell *before, const struct text_cell *cell)
{
    return (before->width == 2 || cell->width == 2) && !wcschr(L"（《“‘【「", before->chars[0]) &&
           !wcschr(L"，。；：、！？）》”’】」…,.;:!?)]}%", cell->chars[0]);
}

size_t document_fit(const char *text, size_t length, size_t columns)
{
    size_t at = 0, width = 0, last_break = 0, used;
    struct text_cell cell, before = {0};
    while ((used = text_next(text + at, length - at, &cell)) > 0) {
        if (text[at] == ' ' || (at > 0 && may_break(&before, &cell)))
            last_break = at;
        if (width + (size_t)cell.width > columns) {
            if (text[at] == ' ')
                return at;
            return last_break > 0 ? last_break : at > 0 ? at : used;
        }
        width += (size_t)cell.width;
        at += used;
        before = cell;
    }
    return length;
}

/* Adds the bytes [from, to) of the line's text with the styles that they have there. */
static void copy_piece(const struct document *doc, const struct document_line *line, size_t from,
                       size_t to, struct document *out)
{
    for (size_t i = 0; i < line->span_count; i++) {
        const struct document_span *span = &doc->spans[line->first_span + i];
        size_t start = span->start > from ? span->start : from;
        size_t end = span->start + span->length < to ? span->start + span->length : to;
        if (start < end)
            document_add_text(out, (enum style)span->style, strbuf_text(&doc->text) + start,
                              end - start);
    }
}

static void wrap_line(const struct document *doc, const struct document_line *line, size_t columns,
                      struct document *out)
{
    const struct document_span *spans = &doc->spans[line->first_span];
    size_t at = line->span_count > 0 ? spans[0].start : 0, end = at;
    int indent = line->indent;
    if (line->span_count > 0)
        end = spans[line->span_count - 1].start + spans[line->span_count - 1].length;
    do {
        const char *text = strbuf_text(&doc->text) + at;
        size_t room = columns > (size_t)indent ? columns - (size_t)indent : 1;
        size_t used = at < end ? document_fit(text, end - at, room) : 0;
        document_begin(out, indent);
        copy_piece(doc, line, at, at + used, out);
        document_link(out, line->link);
        document_mark(out, line->mark);
        at += used;
        while (at < end && doc->text.data[at] == ' ')
            at++;
        indent = line->indent + 2;
    } while (at < end);
}

void document_wrap(const struct document *doc, size_t columns, struct document *out)
{
    for (size_t i = 0; i < doc->line_count; i++)
        wrap_line(doc, &doc->lines[i], columns, out);
}

/* ---- printing ---- */

static void trim_blanks(struct strbuf *out, size_t start)
{
    while (out->length > start && out->data[out->length - 1] == ' ')
        out->data[--out->length] = '\0';
}

static void print_wrapped(struct strbuf *out, const char *text, size_t length, size_t indent,
                          size_t columns)
{
    size_t start = out->length;
    bool is_first = true;
    do {
        size_t hang = is_first ? indent : indent + 2;
        size_t room = columns > hang ? columns - hang : 1;
        size_t used = columns == 0 ? length : document_fit(text, length, room);
        strbuf_repeat(out, ' ', hang);
        strbuf_append(out, text, used);
        trim_blanks(out, start);
        strbuf_putc(out, '\n');
        start = out->length;
        text += used;
        length -= used;
        for (; length > 0 && *text == ' '; text++)
            length--;
        is_first = false;
    } while (length > 0);
}

void document_print(const struct document *doc, struct strbuf *out, size_t columns)
{
    _cleanup_(strbuf_done) struct strbuf visible = STRBUF_INIT;
    for (size_t i = 0; i < doc->line_count; i++) {
        const struct document_line *line = &doc->lines[i];
        strbuf_clear(&visible);
        for (size_t j = 0; j < line->span_count; j++) {
            const struct document_span *span = &doc->spans[line->first_span + j];
            (void)text_append_visible(&visible, strbuf_text(&doc->text) + span->start, span->length,
                                      SIZE_MAX);
        }
        if (visible.error)
            out->error = visible.error;
        print_wrapped(out, strbuf_text(&visible), visible.length, (size_t)line->indent, columns);
    }
}

static int append_line(struct document *doc, const struct document *more,
                       const struct document_line *line)
{
    int r = array_reserve(&doc->spans, &doc->span_capacity, doc->span_count + line->span_count);
    if (r == 0)
        r = array_reserve(&doc->lines, &doc->line_capacity, doc->line_count + 1);
    if (r < 0)
        return r;
    struct document_line *added = &doc->lines[doc->line_count++];
    *added = *line;
    added->first_span = doc->span_count;
    for (size_t i = 0; i < line->span_count; i++) {
        const struct document_span *span = &more->spans[line->first_span + i];
        struct document_span *copy = &doc->spans[doc->span_count++];
        *copy = *span;
        copy->start = doc->text.length;
        strbuf_append(&doc->text, more->text.data + span->start, span->length);
    }
    return doc->text.error;
}

void document_append_lines(struct document *doc, const struct document *more, size_t first,
                           size_t count)
{
    for (size_t i = first; i < more->line_count && i - first < count; i++)
        if (append_line(doc, more, &more->lines[i]) < 0) {
            doc->error = -ENOMEM;
            return;
        }
}

void document_append(struct document *doc, const struct document *more)
{
    document_append_lines(doc, more, 0, SIZE_MAX);
}

size_t document_head(const struct document *doc)
{
    for (size_t i = 0; i < doc->line_count; i++)
        if (doc->lines[i].is_heading)
            return i > 0 ? i - 1 : 0;
    return doc->line_count;
}
