#include "reaptop/base/text.h"

#include <langinfo.h>
#include <stdint.h>
#include <stdlib.h>
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

/*
 * Code points that move, hide or reorder what is around them, or that no font and
 * no wcwidth() need agree on: see unicode.sh.
 */
static const struct range {
    uint32_t first, last;
} hidden[] = {
#include "unicode_hidden.inc"
};

static int compare_range(const void *key, const void *element)
{
    uint32_t point = *(const uint32_t *)key;
    const struct range *range = element;
    return point < range->first ? -1 : point > range->last;
}

static bool is_hidden(uint32_t point)
{
    return bsearch(&point, hidden, ELEMENTS(hidden), sizeof(hidden[0]), compare_range) != NULL;
}

/* Columns of a character that may be shown (0: combining), or -1. */
static int visible_width(uint32_t point)
{
    if (point >= 0x20 && point < 0x7f)
        return 1;
    return is_hidden(point) ? -1 : wcwidth((wchar_t)point);
}

char text_ascii_for(uint32_t point)
{
    static const struct {
        uint32_t point;
        char ascii;
    } own[] = {
        {0x00b2, '2'}, {0x00b3, '3'}, {0x00b7, '.'}, {0x00d7, 'x'}, {0x2013, '-'},
        {0x2014, '-'}, {0x2026, '~'}, {0x2076, '6'}, {0x2190, '<'}, {0x2191, '^'},
        {0x2192, '>'}, {0x2193, 'v'}, {0x21ba, '@'}, {0x2264, '<'}, {0x2265, '>'},
    };
    if (point == 0x2500 || point == 0x2501)
        return '-';
    if (point >= 0x2500 && point <= 0x257f)
        return point == 0x2502 || point == 0x2503 ? '|' : '+';
    if (point >= 0x2580 && point <= 0x259f)
        return '#';
    for (size_t i = 0; i < ELEMENTS(own); i++)
        if (own[i].point == point)
            return own[i].ascii;
    return '\0';
}

size_t text_next(const char *bytes, size_t length, struct text_cell *ret_cell)
{
    if (length == 0)
        return 0;

    const unsigned char *at = (const unsigned char *)bytes;
    /* Most of what is shown; a combining character may follow only where more than ASCII does. */
    if (at[0] >= 0x20 && at[0] < 0x7f && (length == 1 || at[1] < 0x80)) {
        *ret_cell = (struct text_cell){.chars = {(wchar_t)at[0]}, .width = 1};
        return 1;
    }
    uint32_t point = 0;
    size_t used = decode_utf8(at, length, &point);
    int width = used > 0 ? visible_width(point) : -1;
    char ascii = used > 1 && width < 0 ? text_ascii_for(point) : '\0';
    if (ascii) {
        *ret_cell = (struct text_cell){.chars = {(wchar_t)ascii}, .width = 1};
        return used;
    }
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
        if (cell.bad || ((bytes[0] & 0x80) && cell.chars[0] < 0x80))
            strbuf_putc(out, cell.bad ? '?' : (char)cell.chars[0]);
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

bool text_is_ascii_only(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

/* Does a reader need to see where it begins and ends? */
static bool needs_quotes(const char *argument, size_t length)
{
    if (length == 0)
        return true;
    for (size_t i = 0; i < length; i++)
        if (strchr(" \t\n'\"", argument[i]))
            return true;
    return false;
}

static void append_quoted(struct strbuf *out, const char *argument, size_t length)
{
    strbuf_putc(out, '\'');
    for (size_t i = 0; i < length; i++)
        if (argument[i] == '\'')
            strbuf_puts(out, "'\\''");
        else
            strbuf_putc(out, argument[i]);
    strbuf_putc(out, '\'');
}

size_t text_trim_nuls(const char *text, size_t length)
{
    while (length > 0 && text[length - 1] == '\0')
        length--;
    return length;
}

/* argv[0] stays as it is: servers write a title there (setproctitle(3bsd)). */
void text_join_arguments(const char *text, size_t length, struct strbuf *out)
{
    for (size_t at = 0; at < length; at++) {
        size_t size = strnlen(text + at, length - at);
        if (at > 0)
            strbuf_putc(out, ' ');
        if (at > 0 && needs_quotes(text + at, size))
            append_quoted(out, text + at, size);
        else
            strbuf_append(out, text + at, size);
        at += size;
    }
}
