/*
 * config_colors: the section [colors] of the configuration: what a style looks
 * like, instead of the theme's.
 *
 *     [colors]
 *     zombie = 203 bold
 *     selected = black on cyan
 *     dim = default dim
 */
#ifndef REAPTOP_APP_CONFIG_COLORS_H
#define REAPTOP_APP_CONFIG_COLORS_H

#include "reaptop/base/error.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/view/ui.h"

/* Takes one line; -EINVAL, and nothing changes, with the right form in `error` (may be NULL). */
int config_colors_line(struct settings *settings, const char *name, const char *value,
                       struct error *error);

/* Appends the section; nothing where no style was changed. */
void config_colors_write(const struct settings *settings, struct strbuf *out);

#endif
