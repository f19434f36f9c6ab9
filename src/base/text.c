#include "reaptop/base/text.h"

#include <stdint.h>
#include <string.h>

#include "reaptop/base/array.h"

static const struct text_cell bad_cell = {.chars = {L'?'}, .width = 1, .bad = true};

/*
 * One UTF-8 sequence: returns its length and the code point, or 0 where the
 * bytes are not one (overlong, surrogate, above U+10FFFF, cut short).
 */
static size_t decode_utf8(const unsigned char *bytes, size_t length, uint32_t *ret_point)
{
    size_t size = bytes[0] < 0x80   ? 1
                  : bytes[0] < 0xc2 ? 0
                  : bytes[0] < 0xe0 ? 2
                  : bytes[0] < 0xf0 ? 3
                  : bytes[0] < 0xf5 ? 4
                                    : 0;
    if (size == 0 || size > length)
        return 0;

    static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t point = bytes[0] & lead_mask[size];
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (bytes[i] & 0x3fU);
    }
    if (point < smallest[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    *ret_point = point;
    return size;
}

/* Characters that wcwidth() may pass but that move, hide or reorder what is around them. */
static bool is_deceptive(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x00ad, 0x00ad},   /* soft hyphen */
        {0x034f, 0x034f},   /* combining grapheme joiner */
        {0x061c, 0x061c},   /* Arabic letter mark */
        {0x115f, 0x1160},   /* Hangul fillers: blank */
        {0x17b4, 0x17b5},   /* Khmer inherent vowels: invisible */
        {0x180b, 0x180f},   /* Mongolian selectors */
        {0x200b, 0x200f},   /* zero width, direction marks */
        {0x2028, 0x202e},   /* separators, embeddings, overrides */
        {0x2060, 0x206f},   /* word joiner, isolates */
        {0x3164, 0x3164},   /* Hangul filler */
        {0xe000, 0xf8ff},   /* private use: width unknown to us */
        {0xfe00, 0xfe0f},   /* variation selectors change a width after the fact */
        {0xfeff, 0xfeff},   /* byte order mark */
        {0xffa0, 0xffa0},   /* half-width Hangul filler */
        {0xfff0, 0xfffb},   /* specials, annotations */
        {0x1bca0, 0x1bca3}, /* shorthand format controls */
        {0x1d173, 0x1d17a}, /* musical format controls */
        {0xe0000, 0xe0fff}, /* tags, selectors */
        {0xf0000, 0x10ffff} /* private use planes */
    };
    for (size_t i = 0; i < ELEMENTS(ranges); i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

/* Columns of a character that may be shown (0: combining), or -1. */
static int visible_width(uint32_t point)
{
    if (point < 0x20 || (point >= 0x7f && point < 0xa0) || is_deceptive(point))
        return -1;
    if (point < 0x7f)
        return 1;
    return wcwidth((wchar_t)point);
}

size_t text_next(const char *bytes, size_t length, struct text_cell *ret_cell)
{
    if (length == 0)
        return 0;

    const unsigned char *at = (const unsigned char *)bytes;
    uint32_t point = 0;
    size_t used = decode_utf8(at, length, &point);
    int width = used > 0 ? visible_width(point) : -1;
    if (width <= 0) {
        *ret_cell = bad_cell;
        return used > 0 ? used : 1;
    }

    *ret_cell = (struct text_cell){.chars = {(wchar_t)point}, .width = width};
    for (int i = 1; i <= TEXT_COMBINING_MAX && used < length; i++) {
        size_t size = decode_utf8(at + used, length - used, &point);
        if (size == 0 || visible_width(point) != 0)
            break;
        ret_cell->chars[i] = (wchar_t)point;
        used += size;
    }
    return used;
}

size_t text_encode(uint32_t point, char ret_bytes[static TEXT_BYTES_MAX])
{
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    for (size_t i = size - 1; i > 0; i--) {
        ret_bytes[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    ret_bytes[0] = (char)(lead[size] | point);
    return size;
}

size_t text_width(const char *bytes, size_t length)
{
    size_t columns = 0, used;
    struct text_cell cell;
    while ((used = text_next(bytes, length, &cell)) > 0) {
        columns += (size_t)cell.width;
        bytes += used;
        length -= used;
    }
    return columns;
}

size_t text_append_visible(struct strbuf *out, const char *bytes, size_t length, size_t columns)
{
    size_t written = 0, used;
    struct text_cell cell;
    while ((used = text_next(bytes, length, &cell)) > 0) {
        if (written + (size_t)cell.width > columns)
            break;
        if (cell.bad)
            strbuf_putc(out, '?');
        else
            strbuf_append(out, bytes, used);
        written += (size_t)cell.width;
        bytes += used;
        length -= used;
    }
    return written;
}

void text_append_escaped(struct strbuf *out, const char *bytes, size_t length)
{
    while (length > 0) {
        uint32_t point;
        size_t used = decode_utf8((const unsigned char *)bytes, length, &point);
        if (used > 0) {
            strbuf_append(out, bytes, used);
        } else {
            used = 1;
            strbuf_printf(out, "\\x%02x", (unsigned char)bytes[0]);
        }
        bytes += used;
        length -= used;
    }
}
