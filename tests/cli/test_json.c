#include "reaptop/cli/json.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "reaptop/base/cleanup.h"

/* Compares and releases. */
static void expect_json(json_t *value, const char *wanted)
{
    _cleanup_free_ char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    cr_expect_str_eq(text, wanted);
    json_decref(value);
}

Test(json, a_document_names_its_schema)
{
    expect_json(json_document("maps"), "{\"schema\":\"reaptop/maps/1\"}");
}

Test(json, untrusted_text)
{
    expect_json(json_text("a\xff\n\x1b b", 6), "\"a\\\\xff\\n\\u001B b\"");
    expect_json(json_text("\0x", 2), "\"\\u0000x\"");
    expect_json(json_text("", 0), "\"\"");
    expect_json(json_string_or_null(NULL), "null");
    expect_json(json_string_or_null("\xc3\xa9"), "\"\xc3\xa9\"");
}

Test(json, numbers_and_addresses)
{
    expect_json(json_address(0x7fff00001000), "\"0x7fff00001000\"");
    expect_json(json_address(0), "\"0x0\"");
    expect_json(json_unsigned(INT64_MAX), "9223372036854775807");
    expect_json(json_unsigned(UINT64_MAX), "1.8446744073709552e19");
}

Test(json, signals_by_name)
{
    expect_json(json_signals(signal_bit(SIGTERM) | signal_bit(SIGHUP) | signal_bit(SIGRTMIN + 1)),
                "[\"HUP\",\"TERM\",\"RTMIN+1\"]");
    expect_json(json_signals(0), "[]");
}

Test(json, what_could_not_be_read_has_its_reason_beside_it)
{
    json_t *object = json_object();
    json_put_access(object, "a", ACCESS_OK, json_integer(1));
    json_put_access(object, "b", ACCESS_DENIED, NULL);
    json_put_access(object, "c", ACCESS_ZOMBIE, json_integer(0));
    json_put_access(object, "d", ACCESS_TRUNCATED, json_integer(2));
    expect_json(object, "{\"a\":1,\"b\":null,\"unavailable\":{\"b\":\"denied\",\"c\":\"zombie\","
                        "\"d\":\"truncated\"},\"c\":null,\"d\":2}");
}

Test(json, prints_one_ascii_line)
{
    _cleanup_free_ char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    json_t *doc = json_document("x");
    json_put(doc, "comm",
             json_text("\xc2\x9b"
                       "31m\n",
                       6));
    cr_assert_eq(json_print(doc, out), 0);
    json_decref(doc);
    (void)fclose(out);
    cr_assert_str_eq(text, "{\"schema\":\"reaptop/x/1\",\"comm\":\"\\u009B31m\\n\"}\n");
}

Test(json, failures_are_reported)
{
    json_t *doc = json_document("x");
    FILE *full = fopen("/dev/full", "w");
    cr_assert_not_null(full);
    cr_assert_eq(json_print(doc, full), -ENOSPC);
    (void)fclose(full);

    json_put(doc, "lost", NULL);
    cr_assert_eq(json_print(doc, stdout), -ENOMEM);
    json_decref(doc);

    doc = json_document("x");
    json_add(NULL, json_integer(1));
    cr_assert_eq(json_print(doc, stdout), -ENOMEM);
    json_decref(doc);
    cr_assert_eq(json_print(NULL, stdout), -ENOMEM);
}
