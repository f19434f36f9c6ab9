#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pane.h"
#include "reaptop/base/array.h"

enum {
    WIRE_MAGIC = 0x72746470,
    WIRE_BYTES_MAX = 256 << 20
};

/* Spans, lines and text follow, in this order, as they lie in memory. */
struct wire_header {
    uint32_t magic;
    uint32_t access;
    uint64_t span_count;
    uint64_t line_count;
    uint64_t text_length;
};

static int write_whole(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -errno;
        at += sent;
        length -= (size_t)sent;
    }
    return 0;
}

int document_send(int fd, const struct document *doc, enum access access)
{
    const struct wire_header header = {
        .magic = WIRE_MAGIC,
        .access = access,
        .span_count = doc->span_count,
        .line_count = doc->line_count,
        .text_length = doc->text.length,
    };
    int r = write_whole(fd, &header, sizeof(header));
    if (r == 0)
        r = write_whole(fd, doc->spans, doc->span_count * sizeof(*doc->spans));
    if (r == 0)
        r = write_whole(fd, doc->lines, doc->line_count * sizeof(*doc->lines));
    return r < 0 ? r : write_whole(fd, strbuf_text(&doc->text), doc->text.length);
}

/* The bytes behind the header; 0 where it cannot be one. */
static size_t body_size(const struct wire_header *header)
{
    if (header->magic != WIRE_MAGIC || header->access >= ACCESS_COUNT ||
        header->span_count > WIRE_BYTES_MAX / sizeof(struct document_span) ||
        header->line_count > WIRE_BYTES_MAX / sizeof(struct document_line) ||
        header->text_length > WIRE_BYTES_MAX)
        return SIZE_MAX;
    return header->span_count * sizeof(struct document_span) +
           header->line_count * sizeof(struct document_line) + header->text_length;
}

static bool is_sound(const struct document *doc)
{
    for (size_t i = 0; i < doc->span_count; i++)
        if (doc->spans[i].start > doc->text.length ||
            doc->spans[i].length > doc->text.length - doc->spans[i].start ||
            doc->spans[i].style >= STYLE_COUNT)
            return false;
    for (size_t i = 0; i < doc->line_count; i++)
        if (doc->lines[i].first_span > doc->span_count ||
            doc->lines[i].span_count > doc->span_count - doc->lines[i].first_span)
            return false;
    return true;
}

static int unpack(const struct wire_header *header, const char *body, struct document *doc)
{
    document_clear(doc);
    int r = array_reserve(&doc->spans, &doc->span_capacity, header->span_count);
    if (r == 0)
        r = array_reserve(&doc->lines, &doc->line_capacity, header->line_count);
    if (r < 0)
        return r;
    size_t spans_size = header->span_count * sizeof(*doc->spans);
    size_t lines_size = header->line_count * sizeof(*doc->lines);
    if (spans_size > 0)
        memcpy(doc->spans, body, spans_size);
    if (lines_size > 0)
        memcpy(doc->lines, body + spans_size, lines_size);
    strbuf_append(&doc->text, body + spans_size + lines_size, header->text_length);
    doc->span_count = header->span_count;
    doc->line_count = header->line_count;
    if (doc->text.error < 0)
        return doc->text.error;
    return is_sound(doc) ? 0 : -EBADMSG;
}

int document_receive(struct strbuf *incoming, struct document *doc, enum access *ret_access)
{
    struct wire_header header;
    if (incoming->length < sizeof(header))
        return 0;
    memcpy(&header, incoming->data, sizeof(header));
    size_t size = body_size(&header);
    if (size == SIZE_MAX)
        return -EBADMSG;
    if (incoming->length - sizeof(header) < size)
        return 0;

    int r = unpack(&header, incoming->data + sizeof(header), doc);
    if (r < 0) {
        document_clear(doc);
        return r;
    }
    size_t used = sizeof(header) + size;
    incoming->length -= used;
    memmove(incoming->data, incoming->data + used, incoming->length + 1);
    *ret_access = (enum access)header.access;
    return 1;
}
