/*
 * term: the terminal. Starts it, copies a grid out, decodes keys and the
 * mouse, and gives the terminal back as it was, whatever ends us. The only
 * folder that knows curses. One terminal a process; not for threads.
 *
 *     r = term_prepare(&error);              after setlocale(LC_ALL, "")
 *     r = term_start(&options, &error);
 *     term_size(&rows, &cols);
 *     term_draw(&grid);
 *     poll() on STDIN_FILENO (POLLHUP: the terminal is lost), then
 *     while (term_read_key(&key)) …
 *     term_stop();
 *
 * Signals are the application's; a handler of a fatal one calls
 * term_emergency_restore(), which is async-signal-safe.
 */
#ifndef REAPTOP_TERM_TERM_H
#define REAPTOP_TERM_TERM_H

#include "reaptop/base/error.h"
#include "reaptop/view/grid.h"
#include "reaptop/view/key.h"
#include "reaptop/view/ui.h"

struct term_options {
    enum color_mode color; /* AUTO: what terminfo says, MONO where NO_COLOR is set */
    enum theme theme;
    const struct style_override *own_styles; /* STYLE_COUNT of them; copied. NULL: none */
    bool ascii;                              /* line drawing becomes | - + */
    bool mouse;
};

/*
 * Checks, without touching anything, that standard input and output are a terminal,
 * and TERM is set, known and not "dumb"; and starts the helper that gives the terminal
 * back when we are killed. term_start() does it where it was not done: early, while
 * there is little memory, the helper shares all but 0.1 MiB with us. -ENOTTY,
 * -EINVAL, each with a sentence in `error` that names the remedy. term_stop() undoes it.
 */
int term_prepare(struct error *error);

/* What term_prepare() fails with; nothing is changed then. */
int term_start(const struct term_options *options, struct error *error);

/* Everything back: screen, cursor, mouse, modes. Does nothing when neither prepared nor started. */
void term_stop(void);

/* Colour, ASCII or mouse changed. */
void term_set_options(const struct term_options *options);

void term_size(int *ret_rows, int *ret_cols);

/*
 * SIGWINCH arrived (or we were continued): asks the kernel for the size and
 * makes the screen that size. Safe to call at any time outside a handler.
 */
void term_resize(void);

/*
 * Writes what differs from the last grid. A grid equal to the last writes
 * nothing. A grid of another size than the terminal is cut or padded.
 */
void term_draw(const struct grid *grid);

/* The next draw repaints every cell. */
void term_redraw(void);

/*
 * The next key that has arrived, without waiting: true, or false where there
 * is none (yet). An unknown sequence gives KEY_NONE, and so does what the
 * terminal answered when it was asked for its background: the colours may be
 * others then, and the next draw repaints.
 */
bool term_read_key(struct key *ret_key);

/*
 * Gives the terminal to somebody else for a while (SIGTSTP, a pager) and takes
 * it back; both do nothing when not started.
 */
void term_suspend(void);
void term_resume(void);

/* Was it hung up (its modes cannot be read any more)? For where poll(2) does not say so. */
bool term_is_lost(void);

/* Puts the text on the terminal's clipboard (OSC 52), where the terminal allows it. -E2BIG. */
int term_copy(const char *text, size_t length);

/*
 * From a signal handler: termios as before, screen, cursor, colours and mouse
 * by sequences prepared at start. Only write(2) and tcsetattr(3). errno survives.
 */
void term_emergency_restore(void);

#endif
