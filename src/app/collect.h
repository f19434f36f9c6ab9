/*
 * collect: what the collectors of the inspector's tabs share among themselves.
 * All of it runs in the pane's worker.
 */
#ifndef REAPTOP_APP_COLLECT_H
#define REAPTOP_APP_COLLECT_H

#include "pane.h"
#include "reaptop/source/reader.h"

/*
 * Fills the document for the Pages tab; ACCESS_OK, or why there is nothing. What is known so far
 * is sent to `fd` now and then while that takes long.
 */
enum access pages_collect(struct reader *reader, const struct pane_request *request, int fd,
                          struct document *doc);

#endif
