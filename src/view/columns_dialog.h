/*
 * columns_dialog: the list of all columns, those shown first: which are shown,
 * in which order and how wide.
 */
#ifndef REAPTOP_VIEW_COLUMNS_DIALOG_H
#define REAPTOP_VIEW_COLUMNS_DIALOG_H

#include "ui_private.h"

enum {
    COLUMNS_DIALOG_COUNT = COLUMN_COMMAND /* all but that one */
};

/* Opens it on that column. */
void columns_dialog_open(struct ui *ui, const struct scene *scene, enum column column);
/* The columns in the order of the lines; returns how many of them are shown. */
size_t columns_dialog_list(const struct ui *ui, const struct scene *scene,
                           enum column ret_columns[static COLUMNS_DIALOG_COUNT]);
struct intent columns_dialog_key(struct ui *ui, struct key key, const struct scene *scene);

#endif
