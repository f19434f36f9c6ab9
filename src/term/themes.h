/*
 * themes: what each style looks like, in each theme. Nothing here needs a
 * terminal.
 */
#ifndef REAPTOP_TERM_THEMES_H
#define REAPTOP_TERM_THEMES_H

#include <stdbool.h>

#include "reaptop/view/style.h"
#include "reaptop/view/ui.h"

/* A colour as the terminal's depth allows; -1: the terminal's own. */
struct look {
    short in_256;
    short in_16; /* 8–15 are bright; where there are only 8, bright becomes bold */
    short background_256;
    short background_16;
    unsigned attributes; /* enum look_attributes */
};

/* The look of a style; `is_light`: the terminal's background, where the theme goes by it. */
const struct look *theme_look(enum theme theme, bool is_light, enum style style);

/* Without colours: attributes alone. */
unsigned theme_mono(enum style style);

/* Looks at the background: AUTO and COLORBLIND do. */
bool theme_follows_background(enum theme theme);

#endif
