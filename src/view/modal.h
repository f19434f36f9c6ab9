/*
 * modal: what keys and the mouse do, a dialog's first.
 */
#ifndef REAPTOP_VIEW_MODAL_H
#define REAPTOP_VIEW_MODAL_H

#include "ui_private.h"

/* A key for the uppermost dialog, of which there must be one. */
struct intent modal_key(struct ui *ui, struct key key, const struct scene *scene);
struct intent mouse_key(struct ui *ui, struct key key, const struct scene *scene);

#endif
