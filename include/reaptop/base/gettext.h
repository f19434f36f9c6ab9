/*
 * gettext: every sentence a person reads goes through _(); N_() marks one in a
 * table, translated where it is shown. Logs and JSON are never translated.
 */
#ifndef REAPTOP_BASE_GETTEXT_H
#define REAPTOP_BASE_GETTEXT_H

#include <libintl.h>
#include <stdbool.h>

/* There is a catalog for the locale; without one gettext(3) would look for it at each call. */
extern bool gettext_has_catalog;

/* Once, after setlocale(3) and textdomain(3); before it nothing is translated. */
void gettext_begin(void);

__attribute__((format_arg(1))) static inline const char *gettext_translate(const char *text)
{
    return gettext_has_catalog ? gettext(text) : text;
}

#define _(text)  gettext_translate(text)
#define N_(text) (text)

#endif
