/*
 * palette: every action, pane, order and setting by its name, found as it is
 * typed. In a replay a time that is typed there is gone to.
 */
#ifndef REAPTOP_VIEW_PALETTE_H
#define REAPTOP_VIEW_PALETTE_H

#include "canvas.h"

enum {
    PALETTE_NAME_SIZE = 64,
    PALETTE_MOST = 512
};

struct palette_entry {
    char name[PALETTE_NAME_SIZE]; /* "tag-subtree", "pane maps", "sort rss", "keys vim" */
    const char *help;             /* translated; never NULL */
    enum action action;           /* ACTION_NONE: a pane, an order or a setting */
    const char *refusal;          /* why it cannot be done now; NULL: it can */
};

/* Those that match what is typed, the best first, as numbers for palette_get(). How many. */
size_t palette_list(const struct ui *ui, uint16_t ret_list[static PALETTE_MOST]);
struct palette_entry palette_get(const struct ui *ui, const struct scene *scene, size_t number);

/* `rows`: of its list on the screen. */
struct intent palette_key(struct ui *ui, struct key key, const struct scene *scene, size_t rows);
void draw_palette(const struct canvas *canvas, const struct modal *modal);

#endif
