/*
 * help_screen: everything the keys do, and what the selected cell means.
 */
#ifndef REAPTOP_VIEW_HELP_SCREEN_H
#define REAPTOP_VIEW_HELP_SCREEN_H

#include "ui_private.h"

void help_document(const struct ui *ui, const struct scene *scene, size_t cols,
                   struct document *doc);

#endif
