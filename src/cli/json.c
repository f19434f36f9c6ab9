#include "reaptop/cli/json.h"
#include "reaptop/base/array.h"

#include <errno.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/base/text.h"

static _Thread_local bool has_no_memory;

static json_t *made(json_t *value)
{
    if (!value)
        has_no_memory = true;
    return value;
}

/* Documents whose keys changed their type since the first schema: argv is an array there. */
static int schema_of(const char *name)
{
    static const char *const second[] = {"tree", "show"};
    for (size_t i = 0; i < ELEMENTS(second); i++)
        if (strcmp(name, second[i]) == 0)
            return 2;
    return 1;
}

json_t *json_arguments(const char *text, size_t size)
{
    json_t *array = made(json_array());
    for (size_t at = 0; at < size; at++) {
        size_t length = strnlen(text + at, size - at);
        json_add(array, json_text(text + at, length));
        at += length;
    }
    return array;
}

json_t *json_document(const char *name)
{
    _cleanup_(strbuf_done) struct strbuf schema = STRBUF_INIT;
    has_no_memory = false;
    strbuf_printf(&schema, "reaptop/%s/%d", name, schema_of(name));
    json_t *doc = made(json_object());
    json_put(doc, "schema", json_text(strbuf_text(&schema), schema.length));
    return doc;
}

void json_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0)
        has_no_memory = true;
}

void json_add(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) < 0)
        has_no_memory = true;
}

bool json_ran_out(void)
{
    return has_no_memory;
}

json_t *json_text(const char *bytes, size_t length)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    text_append_escaped(&text, bytes, length);
    if (text.error < 0)
        return made(NULL);
    return made(json_stringn(strbuf_text(&text), text.length));
}

json_t *json_string_or_null(const char *string)
{
    return string ? json_text(string, strlen(string)) : made(json_null());
}

json_t *json_address(uint64_t address)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "0x%llx", (unsigned long long)address);
    return made(json_string(text));
}

json_t *json_unsigned(uint64_t value)
{
    return made(value <= INT64_MAX ? json_integer((json_int_t)value) : json_real((double)value));
}

json_t *json_signals(signal_set set)
{
    json_t *names = made(json_array());
    for (int number = 1; number <= SIGNAL_MAX; number++)
        if (signal_set_has(set, number))
            json_add(names, json_string(signal_name(number)));
    return names;
}

static void give_reason(json_t *object, const char *key, enum access access)
{
    json_t *reasons = json_object_get(object, "unavailable");
    if (!reasons) {
        json_put(object, "unavailable", json_object());
        reasons = json_object_get(object, "unavailable");
    }
    json_put(reasons, key, json_string(access_word(access)));
}

void json_unavailable(json_t *object, const char *key, enum access access)
{
    json_put(object, key, json_null());
    give_reason(object, key, access);
}

void json_put_access(json_t *object, const char *key, enum access access, json_t *value)
{
    if (!access_has_value(access)) {
        json_decref(value);
        json_unavailable(object, key, access);
        return;
    }
    json_put(object, key, value);
    if (access == ACCESS_TRUNCATED)
        give_reason(object, key, access);
}

int json_print(const json_t *value, FILE *out)
{
    if (!value || has_no_memory)
        return -ENOMEM;
    errno = 0;
    if (json_dumpf(value, out, JSON_COMPACT | JSON_ENSURE_ASCII) < 0 || fputc('\n', out) == EOF ||
        fflush(out) == EOF)
        return errno ? -errno : -EIO;
    return 0;
}
