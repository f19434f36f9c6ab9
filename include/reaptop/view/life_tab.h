/*
 * life_tab: what was seen of one life: birth and adoption, then each event of
 * its own in the order of time, with the source that told it.
 */
#ifndef REAPTOP_VIEW_LIFE_TAB_H
#define REAPTOP_VIEW_LIFE_TAB_H

#include "reaptop/model/life.h"
#include "reaptop/view/document.h"

/*
 * Appends the biography and the events that the log still holds of that very
 * process. `biography` NULL: nothing is known of it. `utc_offset_s` is local
 * time's.
 */
void life_tab(struct document *doc, const struct biography *biography, const struct event_log *log,
              uint64_t now_ns, int utc_offset_s);

#endif
