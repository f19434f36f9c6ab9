#include "reaptop/base/array.h"
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <locale.h>
#include <string.h>

#include "reaptop/base/text.h"

static void use_utf8(void)
{
    if (!setlocale(LC_CTYPE, "C.UTF-8") && !setlocale(LC_CTYPE, "en_US.UTF-8"))
        cr_skip_test("there is no UTF-8 locale here");
}

TestSuite(text, .init = use_utf8);

struct text_case {
    char bytes[24];
    size_t length;
    char visible[24];
    size_t columns;
};

#define CASE(bytes, visible, columns)                                                              \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, visible, columns                                                 \
    }

ParameterizedTestParameters(text, visible)
{
    static struct text_case cases[] = {
        CASE("plain", "plain", 5),
        CASE("", "", 0),
        CASE("a\nb\tc\rd", "a?b?c?d", 7),
        CASE("\033[2J", "?[2J", 4),
        CASE("\033]52;c;x\007", "?]52;c;x?", 9),
        CASE("a\0b", "a?b", 3),
        CASE("\x7f", "?", 1),
        CASE("\xc2\x9b"
             "2J",
             "?2J", 3),       /* C1 CSI */
        CASE("\x9b", "?", 1), /* the same as a bare byte */
        CASE("\xe2\x80\xae"
             "abc",
             "?abc", 4), /* right-to-left override */
        CASE("a\xe2\x80\x8b"
             "b",
             "a?b", 3),                          /* zero-width space */
        CASE("\xef\xbb\xbfx", "?x", 2),          /* byte order mark */
        CASE("\xc3\xa9", "\xc3\xa9", 1),         /* é */
        CASE("\xe6\xbc\xa2", "\xe6\xbc\xa2", 2), /* a wide character */
        CASE("e\xcc\x81", "e\xcc\x81", 1),       /* a combining accent */
        CASE("\xcc\x81", "?", 1),                /* one without a base */
        CASE("e\xcc\x81\xcc\x81\xcc\x81", "e\xcc\x81\xcc\x81?", 2),
        CASE("\xff\xfe", "??", 2),
        CASE("\xc0\xaf", "??", 2),           /* overlong */
        CASE("\xed\xa0\x80", "???", 3),      /* surrogate */
        CASE("\xf4\x90\x80\x80", "????", 4), /* above U+10FFFF */
        CASE("\xe6\xbc", "??", 2),           /* cut short */
    };
    return cr_make_param_array(struct text_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct text_case *one, text, visible)
{
    use_utf8();
    struct strbuf out = STRBUF_INIT;
    size_t columns = text_append_visible(&out, one->bytes, one->length, SIZE_MAX);
    cr_expect_str_eq(strbuf_text(&out), one->visible);
    cr_expect_eq(columns, one->columns, "'%s' takes %zu", one->visible, columns);
    cr_expect_eq(text_width(one->bytes, one->length), one->columns);
    strbuf_done(&out);
}

Test(text, is_cut_at_a_column)
{
    struct strbuf out = STRBUF_INIT;
    cr_expect_eq(text_append_visible(&out, "a\xe6\xbc\xa2", 4, 2), 1, "half a character is none");
    cr_expect_str_eq(strbuf_text(&out), "a");
    strbuf_done(&out);
}

Test(text, escaped_for_json)
{
    struct strbuf out = STRBUF_INIT;
    text_append_escaped(&out, "a\xff\n\xc3\xa9", 5);
    cr_expect_str_eq(strbuf_text(&out), "a\\xff\n\xc3\xa9");
    strbuf_done(&out);
}

Test(text, every_byte_pair_ends)
{
    for (int first = 0; first < 256; first++) {
        for (int second = 0; second < 256; second++) {
            const char bytes[] = {(char)first, (char)second};
            struct text_cell cell;
            size_t used = text_next(bytes, sizeof(bytes), &cell);
            cr_assert(used >= 1 && used <= sizeof(bytes));
            cr_assert(cell.width == 1 || cell.width == 2);
            cr_assert(cell.chars[0] >= 0x20, "%02x %02x", first, second);
        }
    }
}

/* One of each Unicode class that must not reach a terminal, and the ends of its ranges. */
Test(text, no_format_control_or_unassigned_character_passes)
{
    static const uint32_t points[] = {
        0x00,    0x1b,    0x7f,    0x80,    0x9f,    0xad,    0x34f,    0x378,    0x600,
        0x605,   0x61c,   0x6dd,   0x70f,   0x890,   0x891,   0x8e2,    0x115f,   0x180e,
        0x200b,  0x202e,  0x2028,  0x2029,  0x2060,  0x2065,  0x206f,   0x3164,   0xe000,
        0xf8ff,  0xfe0f,  0xfeff,  0xfff0,  0xfffb,  0xfffe,  0x110bd,  0x110cd,  0x13430,
        0x1345f, 0x1bca0, 0x1d173, 0xe0001, 0xe01ef, 0xf0000, 0x10fffd, 0x10ffff,
    };
    cr_assert_not_null(setlocale(LC_CTYPE, "C.UTF-8"));
    for (size_t i = 0; i < ELEMENTS(points); i++) {
        char bytes[TEXT_BYTES_MAX];
        size_t size = text_encode(points[i], bytes);
        struct text_cell cell;
        cr_assert_gt(size, 0);
        cr_expect_eq(text_next(bytes, size, &cell), size);
        cr_expect(cell.bad && cell.width == 1, "U+%04X", (unsigned)points[i]);
    }
    /* Letters of many scripts, a combining mark behind a letter, and blanks pass. */
    static const char *const plain[] = {"a", "é", "e\xcc\x81", "ж",       "字",
                                        "א", "ع", "€",         "\xc2\xa0"};
    for (size_t i = 0; i < ELEMENTS(plain); i++) {
        struct text_cell cell;
        cr_expect_eq(text_next(plain[i], strlen(plain[i]), &cell), strlen(plain[i]));
        cr_expect(!cell.bad, "%s", plain[i]);
    }
}

Test(text, arguments_are_joined_and_quoted_where_that_matters)
{
    static const struct {
        const char *text;
        size_t length;
        const char *joined;
    } cases[] = {
        {"a\0b\0c\0", 6, "a b c"},
        {"a\0\0b\0", 5, "a '' b"},
        {"\0\0\0", 3, ""},
        {"", 0, ""},
        {"title", 5, "title"},
        {"\0x", 2, " x"},
        {"sh\0-c\0a b\0", 10, "sh -c 'a b'"},
        {"a\0it's\0", 7, "a 'it'\\''s'"},
        {"a b\0c", 5, "a b c"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf out = STRBUF_INIT;
        text_join_arguments(cases[i].text, text_trim_nuls(cases[i].text, cases[i].length), &out);
        cr_expect_str_eq(strbuf_text(&out), cases[i].joined);
        strbuf_done(&out);
    }
}
