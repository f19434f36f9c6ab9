#include "mdoc.h"

#include <string.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/base/gettext.h"
#include "reaptop/model/origin.h"

enum {
    PROSE_COLS = 76
};

const char *translated(const char *text)
{
    return *text != '\0' ? _(text) : text;
}

static void mdoc_char(struct strbuf *out, const unsigned char **at)
{
    unsigned c = **at;
    int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    if (c == '\\') {
        strbuf_puts(out, "\\e");
    } else if (c == '"') {
        strbuf_puts(out, "\\(dq");
    } else if (more == 0) {
        strbuf_putc(out, (char)c);
    } else {
        unsigned point = c & (0x3fU >> more);
        for (; more > 0; more--)
            point = point << 6 | (*++*at & 0x3fU);
        strbuf_printf(out, "\\[u%04X]", point);
    }
    ++*at;
}

/* One argument of a macro: neither split nor taken for a macro itself. */
void mdoc_word(struct strbuf *out, const char *word)
{
    strbuf_puts(out, " \"\\&");
    for (const unsigned char *at = (const unsigned char *)word; *at;)
        mdoc_char(out, &at);
    strbuf_putc(out, '"');
}

void mdoc_macro(struct strbuf *out, const char *macro, const char *word)
{
    strbuf_printf(out, ".%s", macro);
    mdoc_word(out, word);
    strbuf_putc(out, '\n');
}

/*
 * Where a text that has no blanks, as Chinese has none, can be broken: behind a stop, and
 * behind a comma once the line has so many characters. A break is a blank where it is filled.
 */
static bool is_wide_break(const char *at, size_t line_length)
{
    static const struct {
        const char *mark;
        size_t line_min;
    } breaks[] = {{"。", 0}, {"！", 0}, {"？", 0}, {"，", 8}, {"；", 8}, {"：", 8}, {"、", 16}};
    static const char *const closing[] = {"，", "。", "；", "：", "！", "？", "、", "）", "”"};
    for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
        size_t length = strlen(breaks[i].mark);
        if (strncmp(at, breaks[i].mark, length) != 0)
            continue;
        for (size_t j = 0; j < sizeof(closing) / sizeof(closing[0]); j++)
            if (strncmp(at + length, closing[j], strlen(closing[j])) == 0)
                return false;
        return line_length >= breaks[i].line_min;
    }
    return false;
}

/* True: a sentence that begins on a line of its own (mdoc(7)) follows the character. */
static bool is_sentence_end(const unsigned char *at)
{
    return strchr(".?!", *at) && at[1] == ' ' && at[2] >= 'A' && at[2] <= 'Z';
}

void mdoc_lines(struct strbuf *out, const char *text, bool is_filled)
{
    size_t length = 0; /* of the line so far, in characters */
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        if (*at == '\n') {
            strbuf_puts(out, length == 0 ? ".Pp\n" : "\n");
            length = 0;
            at++;
            continue;
        }
        if (length == 0 && (*at == '.' || *at == '\''))
            strbuf_puts(out, "\\&");
        bool is_break =
            is_sentence_end(at) || (is_filled && is_wide_break((const char *)at, length));
        mdoc_char(out, &at);
        length++;
        if (!is_break || *at == '\n')
            continue;
        strbuf_putc(out, '\n');
        length = 0;
        while (*at == ' ')
            at++;
    }
    if (length > 0)
        strbuf_putc(out, '\n');
}

/* Running text on lines of its own; an empty line starts a paragraph. */
void mdoc_text(struct strbuf *out, const char *text)
{
    mdoc_lines(out, translated(text), true);
}

static bool has_end(const char *sentence)
{
    static const char *const ends[] = {".", "?", "!", "…", "。", "？", "！"};
    size_t length = strlen(sentence);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t end = strlen(ends[i]);
        if (length >= end && strcmp(sentence + length - end, ends[i]) == 0)
            return true;
    }
    return false;
}

/* A language whose sentences end in "." begins them with a capital. */
static bool has_capitals(void)
{
    return strcmp(_("."), ".") == 0;
}

/* The end of a sentence whose last word is a macro's. */
void mdoc_stop(struct strbuf *out)
{
    if (has_capitals())
        strbuf_puts(out, " .\n");
    else
        strbuf_printf(out, " Ns %s\n", _("."));
}

/* A sentence of a table as a sentence of a page. */
void mdoc_sentence(struct strbuf *out, const char *text)
{
    _cleanup_(strbuf_done) struct strbuf sentence = STRBUF_INIT;
    strbuf_puts(&sentence, translated(text));
    if (sentence.length == 0)
        return;
    if (has_capitals() && sentence.data[0] >= 'a' && sentence.data[0] <= 'z' &&
        (sentence.data[1] < 'A' || sentence.data[1] > 'Z'))
        sentence.data[0] = (char)(sentence.data[0] - 'a' + 'A');
    if (!has_end(strbuf_text(&sentence)))
        strbuf_puts(&sentence, _("."));
    mdoc_text(out, strbuf_text(&sentence));
}

void mdoc_origin(struct strbuf *out, const char *origin)
{
    _cleanup_(strbuf_done) struct strbuf text = STRBUF_INIT;
    origin_add(&text, origin);
    strbuf_puts(out, _("From "));
    mdoc_sentence(out, strbuf_text(&text));
}

/* "kill(2)" as a cross reference. */
void mdoc_page(struct strbuf *out, const char *page)
{
    const char *open = strchr(page, '(');
    if (open)
        strbuf_printf(out, ".Xr %.*s %.*s", (int)(open - page), page, (int)strcspn(open + 1, ")"),
                      open + 1);
    if (open)
        mdoc_stop(out);
    else
        mdoc_text(out, page);
}

/* One of words that are listed in a sentence, whose end is behind the last. */
void mdoc_listed(struct strbuf *out, const char *word, bool is_last)
{
    strbuf_printf(out, ".Cm %s", word);
    if (is_last)
        mdoc_stop(out);
    else
        strbuf_puts(out, " ,\n");
}

/* Each sentence on a line of its own, as mdoc wants it, and long ones wrapped. */
void mdoc_prose(struct strbuf *out, const char *text)
{
    _cleanup_(strbuf_done) struct strbuf wrapped = STRBUF_INIT;
    size_t column = 0;
    text = translated(text);
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > 0 && column + 1 + length > PROSE_COLS) {
            strbuf_putc(&wrapped, '\n');
            column = 0;
        } else if (column > 0) {
            strbuf_putc(&wrapped, ' ');
            column++;
        }
        strbuf_append(&wrapped, text, length);
        column += length;
        if (length > 0 && strchr(".?!", text[length - 1])) {
            strbuf_putc(&wrapped, '\n');
            column = 0;
        }
        text += length + (text[length] == ' ');
    }
    if (column > 0)
        strbuf_putc(&wrapped, '\n');
    mdoc_text(out, strbuf_text(&wrapped));
}
