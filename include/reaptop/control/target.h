/*
 * target: the process that an argument of the command line names, and who asks.
 * What it stands for and whether it may be signalled: model/target_list.h and
 * model/signal_policy.h.
 */
#ifndef REAPTOP_CONTROL_TARGET_H
#define REAPTOP_CONTROL_TARGET_H

#include <stdint.h>
#include <sys/types.h>

#include "reaptop/base/error.h"
#include "reaptop/model/identity.h"
#include "reaptop/model/signal_policy.h"

/* What a person wrote: "4711", or "4711:88123" with the inode of its pidfd (kill(1)). */
struct target {
    pid_t pid;
    uint64_t inode; /* 0: not given */
};

/* "4711@88123", PID and start_ticks, as another reaptop has them (cli/orders.h). -EINVAL. */
int target_parse_started(const char *text, struct identity *ret_id);

/* -EINVAL with the reason in `error`: 0, -1, 2147483648, "12x", "12:", "". */
int target_parse(const char *text, struct target *ret_target, struct error *error);

/* This process and its parent, for signal_policy_judge(). */
struct signal_asker target_asker(void);

#endif
