/*
 * background: asks the terminal for its background colour (OSC 11) and takes
 * the answer out of what it sends, whenever it comes. Nothing waits for it, and
 * no key is lost: what turns out to be no answer is given back in its order.
 */
#ifndef REAPTOP_TERM_BACKGROUND_H
#define REAPTOP_TERM_BACKGROUND_H

#include <stdbool.h>
#include <stddef.h>

enum {
    BACKGROUND_BYTES = 64
};

/* What was taken of an answer so far. */
struct background {
    bool is_asked; /* an answer may still come */
    bool is_known, is_light;
    char held[BACKGROUND_BYTES];
    size_t length;
};

enum background_verdict {
    BACKGROUND_NOT_MINE, /* what is held, with this byte, are keys */
    BACKGROUND_HELD,     /* may become an answer */
    BACKGROUND_DONE,     /* it was one; nothing is held any more */
};

/* The bytes of the question. Static. */
const char *background_question(void);

/* Takes the next byte that the terminal sent. Where it is not its own, `held` has them all. */
enum background_verdict background_take(struct background *background, char byte);

/* From the environment's COLORFGBG, "15;0": false where it says nothing. */
bool background_from_environment(bool *ret_is_light);

#endif
