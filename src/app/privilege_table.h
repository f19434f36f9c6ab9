/*
 * privilege_table: who keeps a capability, in words, from the tables that give them:
 * the screen's, the commands' and the helpers'. For the manual page and SECURITY.md.
 */
#ifndef REAPTOP_APP_PRIVILEGE_TABLE_H
#define REAPTOP_APP_PRIVILEGE_TABLE_H

#include <stdint.h>

#include "reaptop/base/strbuf.h"

/* "the screen, send, run; reaptop-reader"; nothing is added where nobody keeps it. */
void privilege_table_holders(struct strbuf *out, int capability);

/* "KILL, SYS_ADMIN", or "none". */
void privilege_table_names(struct strbuf *out, uint64_t kept);

#endif
