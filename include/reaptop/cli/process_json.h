/*
 * process_json: a process as `tree` and `record` print it.
 */
#ifndef REAPTOP_CLI_PROCESS_JSON_H
#define REAPTOP_CLI_PROCESS_JSON_H

#include <jansson.h>

#include "reaptop/model/snapshot.h"

/* One process with INTERFACE's keys; what could not be read is null and named. NULL: no memory. */
json_t *process_json(const struct snapshot *snapshot, const struct process *process);

/* {"schema": "reaptop/tree/1", …, "processes": […]}, sorted by PID. `is_shown[i]`: process i. */
json_t *processes_json(const struct snapshot *snapshot, const bool *is_shown);

#endif
