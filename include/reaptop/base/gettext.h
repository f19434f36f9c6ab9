/*
 * gettext: every sentence a person reads goes through _(); N_() marks one in a
 * table, translated where it is shown. Logs and JSON are never translated.
 */
#ifndef REAPTOP_BASE_GETTEXT_H
#define REAPTOP_BASE_GETTEXT_H

#include <libintl.h>

#define _(text)  gettext(text)
#define N_(text) (text)

#endif
