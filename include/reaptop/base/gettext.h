/*
 * gettext: every sentence a person reads goes through _(); N_() marks one in a
 * table, translated where it is shown. Logs and JSON are never translated.
 * A language is one catalogue, src/po/LANGUAGE.po; `make po` merges new sentences.
 */
#ifndef REAPTOP_BASE_GETTEXT_H
#define REAPTOP_BASE_GETTEXT_H

#include <libintl.h>
#include <stdbool.h>

/* There is a catalog for the locale; without one gettext(3) would look for it at each call. */
extern bool gettext_has_catalog;

/*
 * Once, after setlocale(3); before it nothing is translated. The catalogues are
 * in locale/ beside the program where it runs uninstalled, else in `installed`.
 * That of the build is taken only where it belongs to the program's owner and
 * nobody else can write it, and never with privileges that exec(2) gave
 * (AT_SECURE): a catalogue holds formats. Where the locale has no UTF-8, or
 * there is no catalogue for it, sentences stay English.
 */
void gettext_begin(const char *installed);

/* English from here on: only ASCII is to be written. */
void gettext_end(void);

__attribute__((format_arg(1))) static inline const char *gettext_translate(const char *text)
{
    return gettext_has_catalog ? gettext(text) : text;
}

#define _(text)  gettext_translate(text)
#define N_(text) (text)

#endif
