#include <stdlib.h>

#include "private.h"
#include "reaptop/base/array.h"

#include <curses.h>

/* A colour as the terminal's depth allows; -1: the terminal's own. */
struct look {
    short in_256;
    short in_16; /* 8–15 are bright; where there are only 8, bright becomes bold */
    short background_256;
    short background_16;
    attr_t attributes;      /* with colours */
    attr_t mono_attributes; /* without */
};

#define PLAIN -1, -1

static const struct look looks[STYLE_COUNT] = {
    [STYLE_NORMAL] = {PLAIN, PLAIN, A_NORMAL, A_NORMAL},
    [STYLE_DIM] = {245, 7, PLAIN, A_NORMAL, A_DIM},
    [STYLE_STRONG] = {PLAIN, PLAIN, A_BOLD, A_BOLD},
    [STYLE_TITLE] = {81, 6, PLAIN, A_BOLD, A_BOLD},
    [STYLE_HEADING] = {250, 7, PLAIN, A_UNDERLINE, A_UNDERLINE},
    [STYLE_LABEL] = {109, 6, PLAIN, A_NORMAL, A_NORMAL},
    [STYLE_KEY] = {222, 3, PLAIN, A_BOLD, A_BOLD},
    [STYLE_SELECTED] = {232, 0, 153, 6, A_NORMAL, A_REVERSE},
    [STYLE_UNFOCUSED] = {255, 7, 238, 4, A_NORMAL, A_UNDERLINE},
    [STYLE_TAGGED] = {222, 3, PLAIN, A_BOLD, A_BOLD},
    [STYLE_MATCH] = {232, 0, 222, 3, A_NORMAL, A_REVERSE | A_BOLD},
    [STYLE_BAD] = {231, 7, 88, 1, A_NORMAL, A_REVERSE},
    [STYLE_WARNING] = {220, 3, PLAIN, A_NORMAL, A_BOLD},
    [STYLE_ERROR] = {210, 9, PLAIN, A_BOLD, A_BOLD},
    [STYLE_GOOD] = {114, 2, PLAIN, A_NORMAL, A_NORMAL},
    [STYLE_UNKNOWN] = {180, 3, PLAIN, A_NORMAL, A_DIM},
    [STYLE_INFERRED] = {146, 5, PLAIN, A_NORMAL, A_UNDERLINE},
    [STYLE_NEW] = {114, 2, PLAIN, A_BOLD, A_BOLD},
    [STYLE_CHANGED] = {117, 6, PLAIN, A_BOLD, A_BOLD},
    [STYLE_DYING] = {174, 1, PLAIN, A_NORMAL, A_DIM},
    [STYLE_RUNNING] = {114, 2, PLAIN, A_BOLD, A_BOLD},
    [STYLE_SLEEPING] = {250, 7, PLAIN, A_NORMAL, A_NORMAL},
    [STYLE_DISK] = {215, 3, PLAIN, A_BOLD, A_BOLD},
    [STYLE_STOPPED] = {177, 5, PLAIN, A_BOLD, A_BOLD},
    [STYLE_TRACED] = {141, 5, PLAIN, A_NORMAL, A_UNDERLINE},
    [STYLE_ZOMBIE] = {203, 9, PLAIN, A_BOLD, A_BOLD},
    [STYLE_BAR] = {72, 2, PLAIN, A_NORMAL, A_REVERSE},
};

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

void colors_init(enum color_mode mode)
{
    int depth = 0;
    if (has_colors() && start_color() == OK) {
        (void)use_default_colors();
        depth = depth_of(mode);
    }
    has_pairs = depth > 0;
    for (short i = 0; i < STYLE_COUNT; i++) {
        const struct look *look = &looks[i];
        style_attributes[i] = depth > 0 ? look->attributes : look->mono_attributes;
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
