/*
 * debug: a log for ourselves, off unless REAPTOP_DEBUG holds a mask of the
 * bits below (decimal or 0x…; "all" sets each). It is appended to
 * $XDG_STATE_HOME/reaptop/debug.log, else ~/.local/state/reaptop/debug.log,
 * mode 0600, and never reaches the terminal. Not translated.
 */
#ifndef REAPTOP_BASE_DEBUG_H
#define REAPTOP_BASE_DEBUG_H

enum debug_mask {
    DEBUG_SOURCE = 1U << 0,
    DEBUG_EVENTS = 1U << 1,
    DEBUG_CONTROL = 1U << 2,
    DEBUG_VIEW = 1U << 3,
    DEBUG_READER = 1U << 4,
};

/* Reads REAPTOP_DEBUG and opens the log. A log that cannot be opened stays off. */
void debug_init(void);
void debug_done(void);

int debug_is_on(enum debug_mask mask);
void debug_write(enum debug_mask mask, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define debug(mask, ...)                                                                           \
    do {                                                                                           \
        if (debug_is_on(mask))                                                                     \
            debug_write((mask), __VA_ARGS__);                                                      \
    } while (0)

#endif
