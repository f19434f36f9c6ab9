#include "reaptop/base/strbuf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"

void strbuf_done(struct strbuf *buf)
{
    free(buf->data);
    *buf = STRBUF_INIT;
}

void strbuf_clear(struct strbuf *buf)
{
    buf->length = 0;
    buf->error = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

/* Room for `extra` bytes and the NUL; false, with `error` set, where there is none. */
static int has_room(struct strbuf *buf, size_t extra)
{
    if (extra >= SIZE_MAX - buf->length - 1 ||
        array_reserve(&buf->data, &buf->capacity, buf->length + extra + 1) < 0) {
        buf->error = -ENOMEM;
        return 0;
    }
    return 1;
}

void strbuf_append(struct strbuf *buf, const char *bytes, size_t length)
{
    if (!has_room(buf, length))
        return;
    if (length > 0)
        memcpy(buf->data + buf->length, bytes, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
}

void strbuf_puts(struct strbuf *buf, const char *string)
{
    strbuf_append(buf, string, strlen(string));
}

void strbuf_putc(struct strbuf *buf, char c)
{
    strbuf_append(buf, &c, 1);
}

void strbuf_repeat(struct strbuf *buf, char c, size_t times)
{
    if (!has_room(buf, times))
        return;
    memset(buf->data + buf->length, c, times);
    buf->length += times;
    buf->data[buf->length] = '\0';
}

void strbuf_vprintf(struct strbuf *buf, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length >= 0 && has_room(buf, (size_t)length)) {
        (void)vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
        buf->length += (size_t)length;
    }
    va_end(again);
}

void strbuf_printf(struct strbuf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(buf, format, arguments);
    va_end(arguments);
}

const char *strbuf_text(const struct strbuf *buf)
{
    return buf->data ? buf->data : "";
}

char *strbuf_take(struct strbuf *buf)
{
    if (buf->error == 0 && !buf->data)
        strbuf_puts(buf, "");
    char *taken = buf->error == 0 ? buf->data : NULL;
    if (taken)
        buf->data = NULL;
    strbuf_done(buf);
    return taken;
}
