/*
 * modal_place: where a dialog and its list stand on the screen.
 */
#ifndef REAPTOP_VIEW_MODAL_PLACE_H
#define REAPTOP_VIEW_MODAL_PLACE_H

#include "ui_private.h"

enum {
    MODAL_MARGIN_COLS = 2,
    SIGNAL_DIALOG_ABOVE = 5, /* title, targets, scopes, blank, filter */
};

/* How many lines the dialog's list or text has. */
size_t modal_length(const struct ui *ui, const struct scene *scene, const struct modal *modal);
/* The dialog with its frame, and the list inside it. */
struct rect modal_rect(const struct ui *ui, const struct scene *scene, const struct modal *modal);
struct rect modal_list_rect(const struct ui *ui, const struct scene *scene,
                            const struct modal *modal);
/* Rows of the list on the screen, 1 at least. */
size_t modal_list_rows(const struct ui *ui, const struct scene *scene, const struct modal *modal);

bool choice_is_heading(const struct ui *ui, const struct scene *scene, const struct modal *modal,
                       size_t at);
/* Off a heading, in the direction of the step; the heading above stays in sight. */
void choice_settle(const struct ui *ui, const struct scene *scene, struct modal *modal, int step);

#endif
