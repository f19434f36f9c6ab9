#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
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
    uint64_t is_partial;
    uint64_t span_count;
    uint64_t line_count;
    uint64_t text_length;
    char left[HELPER_TEXT_SIZE];
};

/* All parts, in one message as far as the socket takes them. */
static int write_whole(int fd, struct iovec *parts, size_t count)
{
    while (count > 0) {
        const struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -errno;
        size_t left = (size_t)sent;
        for (; count > 0 && left >= parts->iov_len; count--)
            left -= (parts++)->iov_len;
        if (count == 0)
            break;
        parts->iov_base = (char *)parts->iov_base + left;
        parts->iov_len -= left;
    }
    return 0;
}

int document_send(int fd, const struct document *doc, enum access access, bool is_partial,
                  const char left[static HELPER_TEXT_SIZE])
{
    struct wire_header header = {
        .magic = WIRE_MAGIC,
        .access = access,
        .is_partial = is_partial,
        .span_count = doc->span_count,
        .line_count = doc->line_count,
        .text_length = doc->text.length,
    };
    memcpy(header.left, left, sizeof(header.left));
    struct iovec parts[] = {
        {.iov_base = &header, .iov_len = sizeof(header)},
        {.iov_base = doc->spans, .iov_len = doc->span_count * sizeof(*doc->spans)},
        {.iov_base = doc->lines, .iov_len = doc->line_count * sizeof(*doc->lines)},
        {.iov_base = doc->text.data, .iov_len = doc->text.length},
    };
    return write_whole(fd, parts, ELEMENTS(parts));
}

/* The bytes behind the header; 0 where it cannot be one. */
static size_t body_size(const struct wire_header *header)
{
    if (header->magic != WIRE_MAGIC || header->access >= ACCESS_COUNT ||
        header->span_count > WIRE_BYTES_MAX / sizeof(struct document_span) ||
        header->line_count > WIRE_BYTES_MAX / sizeof(struct document_line) ||
        header->text_length > WIRE_BYTES_MAX)
        return SIZE_MAX;
    return (size_t)header->span_count * sizeof(struct document_span) +
           (size_t)header->line_count * sizeof(struct document_line) + (size_t)header->text_length;
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
    size_t spans = (size_t)header->span_count, lines = (size_t)header->line_count;
    document_clear(doc);
    int r = array_reserve(&doc->spans, &doc->span_capacity, spans);
    if (r == 0)
        r = array_reserve(&doc->lines, &doc->line_capacity, lines);
    if (r < 0)
        return r;
    size_t spans_size = spans * sizeof(*doc->spans);
    size_t lines_size = lines * sizeof(*doc->lines);
    if (spans_size > 0)
        memcpy(doc->spans, body, spans_size);
    if (lines_size > 0)
        memcpy(doc->lines, body + spans_size, lines_size);
    strbuf_append(&doc->text, body + spans_size + lines_size, (size_t)header->text_length);
    doc->span_count = spans;
    doc->line_count = lines;
    if (doc->text.error < 0)
        return doc->text.error;
    return is_sound(doc) ? 0 : -EBADMSG;
}

int document_receive(struct strbuf *incoming, struct document *doc, enum access *ret_access,
                     bool *ret_is_partial, char ret_left[static HELPER_TEXT_SIZE])
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
    *ret_is_partial = header.is_partial != 0;
    memcpy(ret_left, header.left, HELPER_TEXT_SIZE);
    ret_left[HELPER_TEXT_SIZE - 1] = '\0';
    return 1;
}
