/*
 * manual: man(1) on the terminal that the screen gave away for a while.
 */
#ifndef REAPTOP_APP_MANUAL_H
#define REAPTOP_APP_MANUAL_H

#include <stdbool.h>

#include "reaptop/base/error.h"

/*
 * Shows "signal(7)", or the page of a program's name, and returns when the
 * reader leaves it. Read-only, less(1) starts no commands and writes no files
 * (its LESSSECURE). -EINVAL: not a page's name; -ENOENT: no man(1), or no such
 * page. `error` tells.
 */
int manual_show(const char *page, bool is_readonly, struct error *error);

#endif
