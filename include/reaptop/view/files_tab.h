/*
 * files_tab: a process's descriptors as a document: one line each with type,
 * access mode, target and the process at the other end, details beneath it.
 * A line with a peer links to it; marks are fd + 1.
 */
#ifndef REAPTOP_VIEW_FILES_TAB_H
#define REAPTOP_VIEW_FILES_TAB_H

#include "reaptop/model/descriptor.h"
#include "reaptop/view/document.h"

/* Appends to the document. The table may be incomplete: peers not looked for are then not reported.
 */
void files_tab(struct document *doc, const struct descriptor_table *table);

#endif
