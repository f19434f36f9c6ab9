/*
 * process_json: a process as `tree` and `show` print it.
 */
#ifndef REAPTOP_CLI_PROCESS_JSON_H
#define REAPTOP_CLI_PROCESS_JSON_H

#include <jansson.h>

#include "reaptop/model/cgroup.h"
#include "reaptop/model/field.h"
#include "reaptop/model/snapshot.h"

/*
 * Puts the fields that JSON has (model/field.h), as they were at `time_ns` (CLOCK_REALTIME), and
 * what follows from them; what could not be read is null and named.
 */
void process_json_put(json_t *object, const struct process *process, uint64_t time_ns,
                      long ticks_per_second);

/*
 * {"schema": "reaptop/tree/2", …, "processes": […]}, sorted by PID. `is_shown[i]`: process i;
 * `asked[f]`: the field f too, where JSON does not have it by itself.
 */
json_t *processes_json(const struct snapshot *snapshot, const bool *is_shown, long ticks_per_second,
                       const bool asked[static FIELD_COUNT]);

/* {"quota_us", "period_us", "periods", "throttled_periods"}; null: there is none. */
json_t *quota_json(const struct cgroup_quota *quota);

#endif
