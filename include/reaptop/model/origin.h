/*
 * origin: where a value comes from, as a person reads it. The tables name origins
 * in one form, "/proc/PID/stat field 3"; proc(5) counts fields from 1.
 */
#ifndef REAPTOP_MODEL_ORIGIN_H
#define REAPTOP_MODEL_ORIGIN_H

#include "reaptop/base/strbuf.h"

/*
 * Adds `origin` with the words for fields and bits in the language of the locale.
 * Several origins stand behind one another, with ", " between them; what has no such
 * words (names of files and calls) is added as it is.
 */
void origin_add(struct strbuf *out, const char *origin);

#endif
