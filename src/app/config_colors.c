#include "config_colors.h"

#include <errno.h>
#include <string.h>

#include "reaptop/base/array.h"
#include "reaptop/base/gettext.h"
#include "reaptop/base/number.h"

enum {
    WORD_SIZE = 16,
    COLOR_MOST = 255
};

static const char *const color_names[] = {"black", "red",     "green", "yellow",
                                          "blue",  "magenta", "cyan",  "white"};

static const struct {
    const char *name;
    unsigned attribute;
} attributes[] = {{"bold", LOOK_BOLD},
                  {"dim", LOOK_DIM},
                  {"underline", LOOK_UNDERLINE},
                  {"reverse", LOOK_REVERSE}};

static bool parse_color(const char *word, int *ret_color)
{
    int64_t number;
    if (strcmp(word, "default") == 0) {
        *ret_color = -1;
        return true;
    }
    for (size_t i = 0; i < ELEMENTS(color_names); i++)
        if (strcmp(word, color_names[i]) == 0) {
            *ret_color = (int)i;
            return true;
        }
    if (number_parse(word, 0, COLOR_MOST, &number) < 0)
        return false;
    *ret_color = (int)number;
    return true;
}

static bool parse_attribute(const char *word, unsigned *attribute)
{
    for (size_t i = 0; i < ELEMENTS(attributes); i++)
        if (strcmp(word, attributes[i].name) == 0) {
            *attribute |= attributes[i].attribute;
            return true;
        }
    return false;
}

static bool next_word(const char **at, char ret_word[static WORD_SIZE])
{
    *at += strspn(*at, " \t");
    size_t length = strcspn(*at, " \t");
    if (length == 0 || length >= WORD_SIZE)
        return false;
    memcpy(ret_word, *at, length);
    ret_word[length] = '\0';
    *at += length;
    return true;
}

static bool parse(const char *value, struct style_override *own)
{
    char word[WORD_SIZE];
    *own = (struct style_override){.is_set = true, .front = -1, .background = -1};
    if (!next_word(&value, word) || !parse_color(word, &own->front))
        return false;
    while (next_word(&value, word)) {
        if (strcmp(word, "on") == 0) {
            if (!next_word(&value, word) || !parse_color(word, &own->background))
                return false;
        } else if (!parse_attribute(word, &own->attributes)) {
            return false;
        }
    }
    return value[strspn(value, " \t")] == '\0';
}

int config_colors_line(struct settings *settings, const char *name, const char *value,
                       struct error *error)
{
    struct style_override own;
    int style = 0;
    while (style < STYLE_COUNT && strcmp(style_name((enum style)style), name) != 0)
        style++;
    bool is_reported = !error || error->code != 0;
    if (style == STYLE_COUNT)
        return is_reported
                   ? -EINVAL
                   : error_set(error, -EINVAL,
                               _("[colors]: nothing is called %.32s: reaptop(1) lists them"), name);
    if (!parse(value, &own))
        return is_reported
                   ? -EINVAL
                   : error_set(error, -EINVAL,
                               _("%.32s: invalid value '%.32s': expected a colour, 0 to 255, red "
                                 "or default, then: on COLOUR, bold, dim, underline, reverse"),
                               name, value);
    settings->own_styles[style] = own;
    return 0;
}

static void write_color(struct strbuf *out, int color)
{
    if (color < 0)
        strbuf_puts(out, "default");
    else if (color < (int)ELEMENTS(color_names))
        strbuf_puts(out, color_names[color]);
    else
        strbuf_printf(out, "%d", color);
}

void config_colors_write(const struct settings *settings, struct strbuf *out)
{
    bool has_section = false;
    for (int style = 0; style < STYLE_COUNT; style++) {
        const struct style_override *own = &settings->own_styles[style];
        if (!own->is_set)
            continue;
        strbuf_printf(out, "%s%s = ", has_section ? "" : "\n[colors]\n",
                      style_name((enum style)style));
        has_section = true;
        write_color(out, own->front);
        if (own->background >= 0) {
            strbuf_puts(out, " on ");
            write_color(out, own->background);
        }
        for (size_t i = 0; i < ELEMENTS(attributes); i++)
            if (own->attributes & attributes[i].attribute)
                strbuf_printf(out, " %s", attributes[i].name);
        strbuf_putc(out, '\n');
    }
}
