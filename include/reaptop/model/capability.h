/*
 * capability: names of the capability bits that /proc/PID/status prints
 * (capabilities(7)).
 */
#ifndef REAPTOP_MODEL_CAPABILITY_H
#define REAPTOP_MODEL_CAPABILITY_H

#include <stdint.h>

#include "reaptop/base/strbuf.h"

enum {
    CAPABILITY_COUNT = 41 /* 0…40: CAP_CHECKPOINT_RESTORE is the last, of Linux 5.9 */
};

/* "CAP_KILL", or NULL for a bit that is new to us. Static. */
const char *capability_name(unsigned bit);

/*
 * Appends names with a blank between; "none" for 0, "all" where each that is
 * known to us is there, "all but …" where only a few are missing; a bit without
 * a name as its number.
 */
void capability_describe(uint64_t set, struct strbuf *out);

#endif
