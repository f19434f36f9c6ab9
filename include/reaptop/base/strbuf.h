/*
 * strbuf: a string that grows. `data` is always NUL-terminated once anything
 * was appended (and NULL before); `length` does not count that NUL, and bytes
 * inside may be anything, NUL included.
 *
 * An append that finds no memory leaves the string as it was and sets `error`
 * to -ENOMEM, which stays: a writer may append many times and look once.
 */
#ifndef REAPTOP_BASE_STRBUF_H
#define REAPTOP_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct strbuf {
    char *data;
    size_t length;
    size_t capacity;
    int error;
};

#define STRBUF_INIT ((struct strbuf){0})

void strbuf_done(struct strbuf *buf);

/* Empties the string and clears `error`; memory is kept for the next use. */
void strbuf_clear(struct strbuf *buf);

void strbuf_append(struct strbuf *buf, const char *bytes, size_t length);
void strbuf_puts(struct strbuf *buf, const char *string);
void strbuf_putc(struct strbuf *buf, char c);
void strbuf_repeat(struct strbuf *buf, char c, size_t times);
void strbuf_printf(struct strbuf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *buf, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* The text so far: never NULL. Valid until the next append, clear or done. */
const char *strbuf_text(const struct strbuf *buf);

/* Hands the heap string to the caller (who frees it) and empties `buf`; NULL without memory. */
char *strbuf_take(struct strbuf *buf);

#endif
