/*
 * life_json: what was seen of a life, as `show --from` prints it.
 */
#ifndef REAPTOP_CLI_LIFE_JSON_H
#define REAPTOP_CLI_LIFE_JSON_H

#include <jansson.h>

#include "reaptop/model/history.h"

/* Its moments are events as event_json() has them. NULL: no memory. */
json_t *life_json(const struct history *history, uint64_t now_ns);

#endif
