/*
 * copy: what can be put on the clipboard, or in a file: the PID, the command
 * line, a line of the inspector's pane, the whole pane.
 */
#ifndef REAPTOP_VIEW_COPY_H
#define REAPTOP_VIEW_COPY_H

#include "ui_private.h"

size_t copy_count(void);
struct choice copy_choice(const struct ui *ui, const struct scene *scene, size_t index);

/* Into ui->copied; the application puts it where it belongs. */
struct intent copy_accept(struct ui *ui, const struct scene *scene, size_t index);

#endif
