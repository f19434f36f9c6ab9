/*
 * private: what term's files share. Nothing here needs curses' headers.
 */
#ifndef REAPTOP_TERM_PRIVATE_H
#define REAPTOP_TERM_PRIVATE_H

#include <stdbool.h>

#include "reaptop/base/error.h"
#include "reaptop/term/term.h"
#include "reaptop/view/style.h"
#include "reaptop/view/ui.h"

/* ---- rescue.c: the way back that needs no curses ---- */

/*
 * Is there a terminal that can be drawn on? -ENOTTY, -EINVAL with a sentence.
 * Afterwards terminfo is loaded (setupterm).
 */
int rescue_check(struct error *error);

/* Keeps the terminal's modes and prepares the sequences that undo ours. */
void rescue_prepare(void);

/* The terminal is ours (true) or as it was (false): tells the rescue what to do. */
void rescue_arm(bool is_armed);

/* ---- restorer.c: the way back when we are killed ---- */

/*
 * Starts the restorer; without one there is only no way back from SIGKILL. The
 * restorer learns each time whether the terminal is ours now (with our modes set).
 */
void restorer_start(void);
void restorer_report(bool is_ours);
void restorer_keep(void); /* starts another one where somebody killed it */
void restorer_stop(void);

/* ---- colors.c ---- */

/* Makes a colour pair for each style, as the mode and the terminal allow. */
void colors_init(const struct term_options *options, bool is_light);

/* The style's attributes and pair, as setcchar(3x) takes them. */
void colors_of(enum style style, unsigned long *ret_attributes, short *ret_pair);

/* ---- keys.c ---- */

/* Decodes keypad sequences, controls and the mouse from what curses read. */
bool keys_read(struct key *ret_key);

/* Asks for the background; from now on keys_read() takes the answer. */
void keys_ask_background(void);

/* The answer, once there is one. True where the background is light. */
bool keys_background_is_light(void);

/* An answer may still come: reads it, waiting so long at most, lest the shell gets it. */
void keys_drain(int limit_ms);

#endif
