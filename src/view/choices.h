/*
 * choices: the lists of one thing to choose: a column, a user, an experiment.
 */
#ifndef REAPTOP_VIEW_CHOICES_H
#define REAPTOP_VIEW_CHOICES_H

#include "ui_private.h"

void open_choice(struct ui *ui, const struct scene *scene, enum choice_kind kind);
size_t choice_count(const struct ui *ui, const struct scene *scene, enum choice_kind kind);
struct choice choice_get(const struct ui *ui, const struct scene *scene, enum choice_kind kind,
                         size_t index);
const char *choice_title(enum choice_kind kind);

#endif
