/*
 * text: bytes from another process, turned into what may be seen.
 *
 * Nothing that another process wrote (comm, argv, paths, cgroup, environment)
 * reaches a terminal except through here. Well-formed UTF-8 that a terminal
 * shows as itself passes; every other byte becomes one visible cell:
 *
 *     a control byte 0x00–0x1f, 0x7f (newline, tab and ESC too)
 *     a byte that is not part of valid UTF-8: one cell a byte
 *     a character of Unicode's classes Cc, Cf, Zl, Zp, Cs, Co (private use) or
 *     Cn (unassigned in Unicode 15.0), one that is shown as nothing
 *     (Default_Ignorable), and one the locale does not know: one cell a character
 *
 * Such a cell holds '?' and says that it is bad, so that the screen can mark it.
 *
 * Combining characters (width 0) attach to the base character before them;
 * one that has none, or too many, is bad. Width follows wcwidth(3), so the
 * caller must have called setlocale(LC_CTYPE, "").
 */
#ifndef REAPTOP_BASE_TEXT_H
#define REAPTOP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include "reaptop/base/strbuf.h"

enum {
    TEXT_COMBINING_MAX = 2,
    TEXT_BYTES_MAX = 4
};

struct text_cell {
    wchar_t chars[1 + TEXT_COMBINING_MAX]; /* base, then combining marks; unused ones are 0 */
    int width;                             /* columns: 1 or 2 */
    bool bad;                              /* stands for something that must not be shown */
};

/*
 * The first cell of `length` bytes. Returns how many bytes it stands for (at
 * least 1), or 0 when length is 0.
 */
size_t text_next(const char *bytes, size_t length, struct text_cell *ret_cell);

/* The character as UTF-8: its bytes, or 0 where the code point is none (a surrogate, too large). */
size_t text_encode(uint32_t point, char ret_bytes[static TEXT_BYTES_MAX]);

/* Columns that the bytes take on the screen. */
size_t text_width(const char *bytes, size_t length);

/*
 * What stands for a character of reaptop's own sentences and drawings ("…", "→")
 * where only ASCII may be drawn; one column; '\0': none does.
 */
char text_ascii_for(uint32_t point);

/*
 * Whether only ASCII may be drawn: LC_CTYPE, as setlocale(3) took it, has another
 * codeset than UTF-8 (unset, "C", or a locale that is not installed). nl_langinfo(3).
 */
bool text_is_ascii_only(void);

/*
 * Appends the visible form, at most `columns` of it (SIZE_MAX: all), as UTF-8.
 * Returns the columns written.
 */
size_t text_append_visible(struct strbuf *out, const char *bytes, size_t length, size_t columns);

/*
 * Appends the bytes as they are where they are valid UTF-8 and each other byte
 * as \xNN (four characters): what JSON strings hold. Control characters pass;
 * JSON escapes those itself.
 */
void text_append_escaped(struct strbuf *out, const char *bytes, size_t length);

/* The length of the text of /proc/PID/cmdline without the NULs at its end. */
size_t text_trim_nuls(const char *text, size_t length);

/*
 * Appends such a trimmed text with a blank between two arguments. One behind the
 * first that is empty or holds a blank or a quote is quoted as sh(1) would take it.
 */
void text_join_arguments(const char *text, size_t length, struct strbuf *out);

#endif
