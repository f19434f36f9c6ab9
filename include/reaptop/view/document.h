/*
 * document: styled lines, the one thing that every inspector tab, dialog text,
 * help page and experiment is made of. The command line prints the same
 * document without styles; the screen shows a scrolled part of it. Whoever
 * makes one is a pure function of model records.
 *
 *     document_begin(doc, 0);
 *     document_add(doc, STYLE_LABEL, _("parent: "));
 *     document_add_text(doc, STYLE_STRONG, comm, strlen(comm));
 *     document_link(doc, ppid);
 *
 * Memory that runs out sets `error`, which stays; the document is then shorter.
 */
#ifndef REAPTOP_VIEW_DOCUMENT_H
#define REAPTOP_VIEW_DOCUMENT_H

#include <stddef.h>
#include <sys/types.h>

#include "reaptop/base/strbuf.h"
#include "reaptop/view/grid.h"

struct document_span {
    size_t start; /* in the document's text */
    size_t length;
    uint8_t style;
};

struct document_line {
    size_t first_span;
    size_t span_count;
    int indent;    /* columns; continuation lines of a wrapped line hang two deeper */
    pid_t link;    /* Enter on this line goes to that process; 0: nowhere */
    uint64_t mark; /* the maker's own, to find a line again after a refresh; 0: none */
    bool is_heading;
};

struct document {
    struct strbuf text; /* raw, untrusted bytes; sanitised where it is written out */
    struct document_span *spans;
    size_t span_count, span_capacity;
    struct document_line *lines;
    size_t line_count, line_capacity;
    int error;
};

#define DOCUMENT_INIT ((struct document){0})

void document_done(struct document *doc);
void document_clear(struct document *doc);

/* Starts a line; what is added next goes there. */
void document_begin(struct document *doc, int indent);

/* An empty line, and then a heading line of its own. */
void document_heading(struct document *doc, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds to the line begun last. */
void document_add(struct document *doc, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void document_add_text(struct document *doc, enum style style, const char *bytes, size_t length);

/*
 * Pads the line begun last with blanks up to that column (from the line's indent);
 * one that is there already gets one blank, so that no value touches the next.
 */
void document_pad(struct document *doc, size_t column);

/* Adds "x name  ", on a line of its own where it would end beyond `columns`. */
void document_add_legend(struct document *doc, size_t columns, enum style style, char letter,
                         const char *name);

/* Begins a line "label: value"; labels are padded to `label_columns`. */
void document_field(struct document *doc, int indent, size_t label_columns, const char *label,
                    enum style style, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* The line begun last leads to that process, or carries that mark. */
void document_link(struct document *doc, pid_t pid);
void document_mark(struct document *doc, uint64_t mark);

/* Appends all of `more`'s lines, or `count` of them from `first` on. */
void document_append(struct document *doc, const struct document *more);
void document_append_lines(struct document *doc, const struct document *more, size_t first,
                           size_t count);

/* How many lines stand before the first heading and the blank line above it. */
size_t document_head(const struct document *doc);

/*
 * Draws lines from `top` into the rectangle, cut at its right edge from column
 * `left` on; `selected` (a line's index, or -1) is drawn in STYLE_SELECTED.
 */
void document_draw(const struct document *doc, struct grid *grid, struct rect rect, size_t top,
                   size_t left, ssize_t selected);

/*
 * Appends to `out` the same lines, broken between words where they are longer
 * than `columns`; what is broken off keeps link and mark.
 */
void document_wrap(const struct document *doc, size_t columns, struct document *out);

/* How many bytes of the text go on a line of `columns`: up to the last place to break that fits. */
size_t document_fit(const char *text, size_t length, size_t columns);

/*
 * The document as text for a terminal or a file: sanitised, a line each, no
 * styles. `columns` > 0 wraps between words there; 0 does not wrap.
 */
void document_print(const struct document *doc, struct strbuf *out, size_t columns);

#endif
