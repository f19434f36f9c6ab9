/*
 * search_text: searches the lines of the focused pane, or of the text that
 * stands over the screen (help and others).
 */
#ifndef REAPTOP_VIEW_SEARCH_TEXT_H
#define REAPTOP_VIEW_SEARCH_TEXT_H

#include "ui_private.h"

/* Opens the search prompt for what has the focus: the tree's rows, a pane's lines, a text's. */
void search_open(struct ui *ui, const struct scene *scene);

/* There is a text with the focus: these act on it, and not on the tree. */
bool search_is_of_text(const struct ui *ui, const struct scene *scene);
/* From where the prompt was opened to what it says now. */
void search_text_typed(struct ui *ui, const struct scene *scene);
/* To the next line (1) or the one before (-1) that holds what was searched for last. */
void search_text_again(struct ui *ui, const struct scene *scene, int step);
/* Enter keeps what was typed; Esc goes back. */
void search_text_accept(struct ui *ui);
void search_text_leave(struct ui *ui, const struct scene *scene);

#endif
