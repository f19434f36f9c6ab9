/*
 * life_tab: what was seen of one life: birth and adoption, end and reaping, a
 * strip of its sampled states and the time in each, then each moment of its own
 * in the order in which it was reported, with the source that reported it.
 */
#ifndef REAPTOP_VIEW_LIFE_TAB_H
#define REAPTOP_VIEW_LIFE_TAB_H

#include "reaptop/model/life.h"
#include "reaptop/model/strips.h"
#include "reaptop/view/document.h"

/*
 * Appends the history; NULL: nothing is known of it, nothing is added.
 * `utc_offset_s` is local time's.
 */
void life_tab(struct document *doc, const struct history *history, uint64_t now_ns,
              int utc_offset_s);

/*
 * Appends a strip for each thread, as wide as `width` columns leave room, and what it
 * was sampled from; nothing for a process that has one thread.
 */
void life_tab_threads(struct document *doc, const struct strips *strips, size_t width);

#endif
