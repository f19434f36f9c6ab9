/*
 * htop_keys: what htop's keys do there and what does it here. The manual's table
 * of conflicts, the htop profile's test and what is said of a key without a
 * meaning come from this list.
 */
#ifndef REAPTOP_VIEW_HTOP_KEYS_H
#define REAPTOP_VIEW_HTOP_KEYS_H

#include "reaptop/view/actions.h"

enum {
    HTOP_KEYS_MAX = 5
};

/* Of htop 3.4, see htop(1). */
struct htop_key {
    struct key keys[HTOP_KEYS_MAX]; /* KEY_NONE ends */
    const char *meaning;            /* N_(): in htop */
    enum action action;             /* what does it here; ACTION_NONE: nothing */
    const char *instead;            /* N_(): what to do here; NULL where the action says all */
};

extern const struct htop_key htop_keys[];
size_t htop_keys_count(void);

/* The row that has the key; NULL: htop has no meaning for it. */
const struct htop_key *htop_key_find(struct key key);

#endif
