/*
 * ended: the list of the recently ended processes, newest first.
 */
#ifndef REAPTOP_VIEW_ENDED_H
#define REAPTOP_VIEW_ENDED_H

#include "ui_private.h"

void ended_open(struct ui *ui, const struct scene *scene);
/* Fills the list with those that its filter lets pass. */
void ended_collect(struct ended_list *ended, const struct life *life);
/* Collects them anew; the selected one stays selected. */
void ended_sync(struct ui *ui, const struct scene *scene, struct modal *modal);
/* The life of one that is not in the tree any more, as a text to read. */
void ended_show(struct ui *ui, const struct scene *scene, const struct history *history);

#endif
