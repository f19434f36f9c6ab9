/*
 * json_stream: a JSON document with one array that is too long to be built in
 * memory: its elements are printed as they come.
 *
 *     struct json_stream stream;
 *     json_stream_begin(&stream, head, "pages");      {"schema":…,"pages":[
 *     json_stream_add(&stream, page);                 {…},
 *     return json_stream_end(&stream, tail);          ],"counts":…}
 */
#ifndef REAPTOP_CLI_JSON_STREAM_H
#define REAPTOP_CLI_JSON_STREAM_H

#include <stdbool.h>

#include "reaptop/cli/json.h"

struct json_stream {
    bool has_elements;
    int error; /* 0, or the negative errno of the first write that failed */
};

/* Takes over `head`, an object that json_document() made. */
void json_stream_begin(struct json_stream *stream, json_t *head, const char *key);

/* Takes over `value`; NULL (no memory) fails the stream. */
void json_stream_add(struct json_stream *stream, json_t *value);

/* What comes after the array: an object's members. Takes over `tail`. As json_output(). */
int json_stream_end(struct json_stream *stream, json_t *tail);

#endif
