/*
 * show_tab: all that is known of one process, as a document.
 */
#ifndef REAPTOP_VIEW_SHOW_TAB_H
#define REAPTOP_VIEW_SHOW_TAB_H

#include "reaptop/model/details.h"
#include "reaptop/view/document.h"

/*
 * Everything. What could not be read says why, and what access it takes. Where it `is_named` above
 * the document, PID, name and state are not said again.
 */
void show_tab(struct document *doc, const struct details *details, bool is_named);

/*
 * What a recording holds of it (details_recorded()), with its life (life_tab(),
 * or NULL) in the midst, and in the end what it does not hold.
 */
void show_recorded(struct document *doc, const struct details *details, bool is_named,
                   const struct document *life);

#endif
