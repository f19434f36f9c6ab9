/*
 * cursor: a place in text of known length, for the parsers of lines made of
 * words and numbers. Nothing here reads beyond `end` or needs a NUL.
 */
#ifndef REAPTOP_SOURCE_CURSOR_H
#define REAPTOP_SOURCE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const char *at, *end;
};

static inline struct cursor cursor_of(const char *text, size_t length)
{
    return (struct cursor){.at = text, .end = text + length};
}

/* Takes the next line, without its newline. False: there is no more text. */
static inline bool cursor_line(struct cursor *text, struct cursor *ret_line)
{
    if (text->at == text->end)
        return false;
    const char *newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
    *ret_line = (struct cursor){.at = text->at, .end = newline ? newline : text->end};
    text->at = newline ? newline + 1 : text->end;
    return true;
}

static inline bool cursor_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline void cursor_skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end && cursor_is_blank(*cursor->at))
        cursor->at++;
}

/* Takes `text` if it stands here. */
static inline bool cursor_take(struct cursor *cursor, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

/* The next word, blanks before it skipped. False: there is none. */
static inline bool cursor_word(struct cursor *cursor, struct cursor *ret_word)
{
    cursor_skip_blanks(cursor);
    const char *start = cursor->at;
    while (cursor->at < cursor->end && !cursor_is_blank(*cursor->at))
        cursor->at++;
    *ret_word = (struct cursor){.at = start, .end = cursor->at};
    return cursor->at > start;
}

/* Whether nothing but blanks, which it skips, is left. */
static inline bool cursor_is_at_end(struct cursor *cursor)
{
    cursor_skip_blanks(cursor);
    return cursor->at == cursor->end;
}

static inline bool cursor_is(struct cursor word, const char *text)
{
    return cursor_take(&word, text) && word.at == word.end;
}

static inline int cursor_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 99;
}

/* A number in base 8, 10 or 16 that begins right here. False: none, or above UINT64_MAX. */
static inline bool cursor_digits(struct cursor *cursor, unsigned base, uint64_t *ret_value)
{
    uint64_t value = 0;
    const char *start = cursor->at;
    for (; cursor->at < cursor->end; cursor->at++) {
        unsigned digit = (unsigned)cursor_digit(*cursor->at);
        if (digit >= base)
            break;
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    if (cursor->at == start)
        return false;
    *ret_value = value;
    return true;
}

/* As cursor_digits, blanks before it skipped. */
static inline bool cursor_number(struct cursor *cursor, unsigned base, uint64_t *ret_value)
{
    cursor_skip_blanks(cursor);
    return cursor_digits(cursor, base, ret_value);
}

/* A decimal number that may be negative and fits 32 bits. */
static inline bool cursor_int(struct cursor *cursor, int32_t *ret_value)
{
    cursor_skip_blanks(cursor);
    bool is_negative = cursor_take(cursor, "-");
    uint64_t value;
    if (!cursor_number(cursor, 10, &value) || value > INT32_MAX)
        return false;
    *ret_value = is_negative ? -(int32_t)value : (int32_t)value;
    return true;
}

/* As cursor_number for what fits 32 bits. */
static inline bool cursor_u32(struct cursor *cursor, unsigned base, uint32_t *ret_value)
{
    uint64_t value;
    if (!cursor_number(cursor, base, &value) || value > UINT32_MAX)
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

#endif
