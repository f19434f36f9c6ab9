/*
 * setup: the lines of the setup dialog: the settings, and one that saves them.
 */
#ifndef REAPTOP_VIEW_SETUP_H
#define REAPTOP_VIEW_SETUP_H

#include "reaptop/view/settings.h"
#include "ui_private.h"

size_t setup_count(void);
const char *setup_title(size_t index);
/* The setting's value in words; "" for what is not a value. */
void setup_value(const struct ui *ui, size_t index, struct strbuf *out);
/* The line has no value: Enter alone does what it says. */
bool setup_is_command(size_t index);
/* Enter opens the dialog of the columns. */
bool setup_is_columns(size_t index);
/* Why it cannot be changed now, translated, static; NULL: it can. */
const char *setup_refusal(const struct scene *scene, const struct setting_info *setting);
/* The next value (step 1) or the one before (-1); what the application has to do then. */
struct intent setup_change(struct ui *ui, const struct scene *scene, size_t index, int step);

#endif
