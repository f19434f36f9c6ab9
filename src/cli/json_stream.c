#include "json_stream.h"

#include <errno.h>
#include <string.h>

#include "reaptop/base/gettext.h"
#include "reaptop/cli/command.h"

static void put(struct json_stream *stream, const char *text)
{
    errno = 0;
    if (stream->error == 0 && fputs(text, stdout) == EOF)
        stream->error = errno ? -errno : -EIO;
}

static void dump(struct json_stream *stream, json_t *value, size_t flags)
{
    errno = 0;
    if (stream->error == 0 && !value)
        stream->error = -ENOMEM;
    if (stream->error == 0 &&
        json_dumpf(value, stdout, JSON_COMPACT | JSON_ENSURE_ASCII | flags) < 0)
        stream->error = errno ? -errno : -EIO;
    json_decref(value);
}

void json_stream_begin(struct json_stream *stream, json_t *head, const char *key)
{
    *stream = (struct json_stream){0};
    put(stream, "{");
    dump(stream, head, JSON_EMBED);
    put(stream, ",\"");
    put(stream, key);
    put(stream, "\":[");
}

void json_stream_add(struct json_stream *stream, json_t *value)
{
    if (stream->has_elements)
        put(stream, ",");
    stream->has_elements = true;
    dump(stream, value, 0);
}

int json_stream_end(struct json_stream *stream, json_t *tail)
{
    put(stream, "]");
    if (json_object_size(tail) > 0)
        put(stream, ",");
    dump(stream, tail, JSON_EMBED);
    put(stream, "}\n");
    if (stream->error == 0 && json_ran_out())
        stream->error = -ENOMEM;
    if (stream->error == 0 && fflush(stdout) == EOF)
        stream->error = errno ? -errno : -EIO;
    if (stream->error == 0 || stream->error == -EPIPE)
        return EXIT_DONE;
    return command_fail(EXIT_FAULT, "%s: %s", _("standard output"), strerror(-stream->error));
}
