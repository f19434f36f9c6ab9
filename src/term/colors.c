#include <stdlib.h>

#include "private.h"
#include "themes.h"

#include <curses.h>

static attr_t style_attributes[STYLE_COUNT];
static bool has_pairs;

/* How many colours to use: 0, 8, 16 or 256. */
static int depth_of(enum color_mode mode)
{
    int most = COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
    if (COLOR_PAIRS <= STYLE_COUNT)
        return 0;
    switch (mode) {
    case COLOR_MODE_AUTO: {
        const char *no_color = getenv("NO_COLOR");
        return no_color && *no_color ? 0 : most;
    }
    case COLOR_MODE_MONO:
        return 0;
    case COLOR_MODE_8:
        return most < 8 ? most : 8;
    case COLOR_MODE_16:
        return most < 16 ? most : 16;
    default:
        return most;
    }
}

static short fit(short in_256, short in_16, int depth, attr_t *attributes)
{
    if (depth == 256 || in_16 < 8)
        return depth == 256 ? in_256 : in_16;
    if (depth == 16)
        return in_16;
    *attributes |= A_BOLD;
    return (short)(in_16 - 8);
}

static attr_t curses_attributes(unsigned attributes)
{
    return (attributes & LOOK_BOLD ? A_BOLD : A_NORMAL) |
           (attributes & LOOK_DIM ? A_DIM : A_NORMAL) |
           (attributes & LOOK_UNDERLINE ? A_UNDERLINE : A_NORMAL) |
           (attributes & LOOK_REVERSE ? A_REVERSE : A_NORMAL);
}

/* As the configuration has it; a colour that the terminal lacks is its own. */
static void use_override(const struct style_override *own, short number, int depth)
{
    short front = own->front < depth ? (short)own->front : -1;
    short background = own->background < depth ? (short)own->background : -1;
    style_attributes[number] = curses_attributes(own->attributes);
    if (depth > 0)
        (void)init_pair((short)(number + 1), front, background);
}

void colors_init(const struct term_options *options, bool is_light)
{
    int depth = 0;
    if (has_colors() && start_color() == OK) {
        (void)use_default_colors();
        depth = options->theme == THEME_MONO ? 0 : depth_of(options->color);
    }
    has_pairs = depth > 0;
    for (short i = 0; i < STYLE_COUNT; i++) {
        const struct look *look = theme_look(options->theme, is_light, (enum style)i);
        if (options->own_styles && options->own_styles[i].is_set) {
            use_override(&options->own_styles[i], i, depth);
            continue;
        }
        style_attributes[i] =
            curses_attributes(depth > 0 ? look->attributes : theme_mono((enum style)i));
        if (depth > 0) {
            short front = fit(look->in_256, look->in_16, depth, &style_attributes[i]);
            short back =
                fit(look->background_256, look->background_16, depth, &style_attributes[i]);
            (void)init_pair((short)(i + 1), front, back);
        }
    }
}

void colors_of(enum style style, unsigned long *ret_attributes, short *ret_pair)
{
    *ret_attributes = style_attributes[style];
    *ret_pair = has_pairs ? (short)(style + 1) : 0;
}
