/*
 * mdoc: the words of a manual page, escaped as mdoc(7) wants them, in the language of
 * the locale. An error stays in `out`.
 */
#ifndef REAPTOP_APP_MDOC_H
#define REAPTOP_APP_MDOC_H

#include <stdbool.h>

#include "reaptop/base/strbuf.h"

/* A table's sentence in the language of the page; gettext(3) has its header for "". */
const char *translated(const char *text);

/* One argument of a macro, behind a blank: neither split nor taken for a macro itself. */
void mdoc_word(struct strbuf *out, const char *word);

/* A macro, "It Sy", and its last argument, on a line of their own. */
void mdoc_macro(struct strbuf *out, const char *macro, const char *word);

/* Text on lines of its own; filled: broken where Chinese, which has no blanks, can be. */
void mdoc_lines(struct strbuf *out, const char *text, bool is_filled);

/* Running text, translated; an empty line starts a paragraph. */
void mdoc_text(struct strbuf *out, const char *text);

/* Running text, translated, each sentence on a line of its own and long ones wrapped. */
void mdoc_prose(struct strbuf *out, const char *text);

/* A sentence of a table, translated, as a sentence of a page. */
void mdoc_sentence(struct strbuf *out, const char *text);

/* The end of a sentence whose last word is a macro's. */
void mdoc_stop(struct strbuf *out);

/* One of words that are listed in a sentence, whose end is behind the last. */
void mdoc_listed(struct strbuf *out, const char *word, bool is_last);

/* "From /proc/PID/stat field 24." */
void mdoc_origin(struct strbuf *out, const char *origin);

/* "kill(2)" as a cross reference, or another text as it is. */
void mdoc_page(struct strbuf *out, const char *page);

#endif
