#include "recording_values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/strbuf.h"

int recorded_wrong(struct recording_fault *fault, const char *format, ...)
{
    char reason[192];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    return error_set(&fault->error, -EBADMSG, _("line %" PRIu64 ": %s"), fault->line, reason);
}

int recorded_no_memory(struct recording_fault *fault)
{
    return error_set_errno(&fault->error, -ENOMEM, _("line %" PRIu64), fault->line);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes \xNN. The result may hold any byte but NUL. */
static int decode_text(struct recording_fault *fault, const char *key, const json_t *value,
                       struct strbuf *out)
{
    const char *text = json_string_value(value);
    if (!text)
        return recorded_wrong(fault, _("%s: a text is expected"), key);
    size_t length = json_string_length(value);
    for (size_t i = 0; i < length; i++) {
        int high = -1, low = -1;
        if (text[i] == '\\' && i + 3 < length && text[i + 1] == 'x') {
            high = hex_digit(text[i + 2]);
            low = high < 0 ? -1 : hex_digit(text[i + 3]);
        }
        char byte = text[i];
        if (low >= 0) {
            byte = (char)(high << 4 | low);
            i += 3;
        }
        if (byte == '\0')
            return recorded_wrong(fault, _("%s: a NUL byte is in it"), key);
        strbuf_putc(out, byte);
    }
    return out->error < 0 ? recorded_no_memory(fault) : 0;
}

int recorded_integer(struct recording_fault *fault, const char *key, const json_t *value,
                     int64_t least, int64_t most, int64_t *ret_number)
{
    int64_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < least || number > most)
        return recorded_wrong(fault, _("%s: a number from %" PRId64 " to %" PRId64 " is expected"),
                              key, least, most);
    *ret_number = number;
    return 0;
}

static int take_real(struct recording_fault *fault, const struct recorded_field *field,
                     const json_t *value, double *ret_number)
{
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= (double)field->least) ||
        !(number <= (double)field->most))
        return recorded_wrong(fault, _("%s: a number from %" PRId64 " to %" PRId64 " is expected"),
                              field->key, field->least, field->most);
    *ret_number = number;
    return 0;
}

static int take_word(struct recording_fault *fault, const struct recorded_field *field,
                     const json_t *value, int *ret_number)
{
    const char *text = json_string_value(value);
    for (int i = 0; text && i <= field->most; i++) {
        if (strcmp(text, field->word(i)) == 0) {
            *ret_number = i;
            return 0;
        }
    }
    return recorded_wrong(fault, _("%s: '%.40s' is not known"), field->key, text ? text : "?");
}

static int take_char(struct recording_fault *fault, const struct recorded_field *field,
                     const json_t *value, char *ret_char)
{
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) > 1 || (*text && (*text < ' ' || *text > '~')))
        return recorded_wrong(fault, _("%s: one letter is expected"), field->key);
    *ret_char = *text;
    return 0;
}

int recorded_text(struct recording_fault *fault, const struct recorded_field *field,
                  const json_t *value, struct arena *strings, const char **ret_text)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    if (json_is_null(value)) {
        *ret_text = NULL;
        return 0;
    }
    int r = decode_text(fault, field->key, value, &text);
    if (r < 0)
        return r;
    char *kept = arena_strndup(strings, strbuf_text(&text), text.length);
    if (!kept)
        return recorded_no_memory(fault);
    *ret_text = kept;
    return 0;
}

static int take_array(struct recording_fault *fault, const struct recorded_field *field,
                      const json_t *value, char *ret_text)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    int r = decode_text(fault, field->key, value, &text);
    if (r < 0)
        return r;
    if (text.length > (size_t)field->most)
        return recorded_wrong(fault, _("%s: it has more than %d bytes"), field->key,
                              (int)field->most);
    memcpy(ret_text, strbuf_text(&text), text.length + 1);
    return 0;
}

static int take_value(struct recording_fault *fault, const struct recorded_field *field,
                      const json_t *value, void *record, struct arena *strings)
{
    void *at = (char *)record + field->offset;
    int64_t number = 0;
    int r;
    switch (field->type) {
    case RECORDED_INT32:
    case RECORDED_UINT32:
    case RECORDED_UINT64:
        r = recorded_integer(fault, field->key, value, field->least, field->most, &number);
        if (r == 0 && field->type == RECORDED_INT32)
            *(int32_t *)at = (int32_t)number;
        else if (r == 0 && field->type == RECORDED_UINT32)
            *(uint32_t *)at = (uint32_t)number;
        else if (r == 0)
            *(uint64_t *)at = (uint64_t)number;
        return r;
    case RECORDED_CHAR:
        return take_char(fault, field, value, at);
    case RECORDED_BOOL:
        if (!json_is_boolean(value))
            return recorded_wrong(fault, _("%s: true or false is expected"), field->key);
        *(bool *)at = json_is_true(value);
        return 0;
    case RECORDED_REAL:
        return take_real(fault, field, value, at);
    case RECORDED_WORD:
        return take_word(fault, field, value, at);
    case RECORDED_TEXT:
        return recorded_text(fault, field, value, strings, at);
    case RECORDED_ARRAY:
        return take_array(fault, field, value, at);
    }
    return 0;
}

int recorded_fields(struct recording_fault *fault, const struct recorded_field *table,
                    json_t *object, const char *what, void *record, struct arena *strings)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return recorded_wrong(fault, _("%s: an object is expected"), what);
    json_object_foreach(object, key, value)
    {
        const struct recorded_field *field = table;
        while (field->key && strcmp(field->key, key) != 0)
            field++;
        int r = field->key ? take_value(fault, field, value, record, strings) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

int recorded_member(struct recording_fault *fault, json_t *object, const char *key, int64_t least,
                    int64_t most, int64_t *ret_number)
{
    json_t *value = json_object_get(object, key);
    return value ? recorded_integer(fault, key, value, least, most, ret_number) : 0;
}

int recorded_flag(struct recording_fault *fault, json_t *object, const char *key, bool *ret_flag)
{
    json_t *value = json_object_get(object, key);
    if (value && !json_is_boolean(value))
        return recorded_wrong(fault, _("%s: true or false is expected"), key);
    if (value)
        *ret_flag = json_is_true(value);
    return 0;
}
