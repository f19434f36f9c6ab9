/*
 * edit: one line of text being typed, with a cursor and a history.
 */
#ifndef REAPTOP_VIEW_EDIT_H
#define REAPTOP_VIEW_EDIT_H

#include "reaptop/base/strbuf.h"
#include "reaptop/view/grid.h"
#include "reaptop/view/key.h"

enum {
    EDIT_BYTES_MAX = 4096,
    EDIT_HISTORY_MAX = 50
};

struct edit {
    struct strbuf text; /* valid UTF-8 */
    size_t cursor;      /* byte offset, on a character's start or at the end */
};

struct edit_history {
    char *lines[EDIT_HISTORY_MAX]; /* oldest first */
    size_t count;
    size_t at;    /* == count: the line being typed */
    char *latest; /* that line, while an older one is shown */
};

void edit_done(struct edit *edit);
void edit_set(struct edit *edit, const char *text);

/*
 * Types, deletes (Backspace, Delete, Ctrl-W, Ctrl-U, Ctrl-K) or moves; true
 * where the key was one for editing. A line that is full takes no more.
 */
bool edit_key(struct edit *edit, struct key key);

/* Draws what fits of it around the cursor; returns the cursor's column. */
int edit_draw(const struct edit *edit, struct grid *grid, int row, int col, int cols,
              enum style style);

void edit_history_done(struct edit_history *history);
/* Remembers a line; a repetition of the last is not kept twice. */
void edit_history_add(struct edit_history *history, const char *line);
/* Puts the line `step` (-1 older, +1 newer) away into `edit`; false where there is none. */
bool edit_history_step(struct edit_history *history, struct edit *edit, int step);

#endif
