/*
 * screen: the whole screen from interface state and scene. Pure: the same
 * arguments give the same cells.
 */
#ifndef REAPTOP_VIEW_SCREEN_H
#define REAPTOP_VIEW_SCREEN_H

#include "reaptop/view/grid.h"
#include "reaptop/view/ui.h"

/*
 * Draws into a grid of ui->rows × ui->cols, which it resizes as needed. -ENOMEM
 * leaves the grid as it was.
 */
int screen_compose(const struct ui *ui, const struct scene *scene, struct grid *grid);

#endif
