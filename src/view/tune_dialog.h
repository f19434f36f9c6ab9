/*
 * tune_dialog: nice value, processors, I/O priority or policy of the selected
 * process or of those tagged: a list of values, what the chosen one would do,
 * and the command that would do it.
 */
#ifndef REAPTOP_VIEW_TUNE_DIALOG_H
#define REAPTOP_VIEW_TUNE_DIALOG_H

#include "canvas.h"

/* How many values can be chosen, and the words of one. */
size_t tune_dialog_length(const struct tune_dialog *dialog);
void tune_dialog_describe(const struct tune_dialog *dialog, size_t at, struct strbuf *out);

/* The value that would be set. */
struct tuning tune_dialog_wanted(const struct tune_dialog *dialog, size_t at);

/* `rows`: of its list on the screen. */
struct intent tune_dialog_key(struct ui *ui, struct key key, size_t rows);
void draw_tune(const struct canvas *canvas, const struct modal *modal);

#endif
