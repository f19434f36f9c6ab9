/*
 * why_tab: the chain of waits as a document: the conclusion, then a link each
 * with how it holds up the one before, what it waits for itself, whether that
 * was observed or inferred, and the files it came from. A link's line leads to
 * its process; marks are the link's index + 1. Where the process that is asked about `is_named`
 * above the document, its link begins with what it waits for.
 */
#ifndef REAPTOP_VIEW_WHY_TAB_H
#define REAPTOP_VIEW_WHY_TAB_H

#include "reaptop/model/why.h"
#include "reaptop/view/document.h"

void why_tab(struct document *doc, const struct why_chain *chain, bool is_named);

#endif
