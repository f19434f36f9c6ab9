/*
 * send: what send.c read of a target just before the last signal, for send_words.c.
 */
#ifndef REAPTOP_CONTROL_SEND_PRIVATE_H
#define REAPTOP_CONTROL_SEND_PRIVATE_H

#include "reaptop/control/send.h"

/* One of those signals that do not queue, and one was pending. */
bool send_was_pending(const struct send_target *target, int signal);
bool send_was_traced(const struct send_target *target);
bool send_was_orphaned(const struct send_target *target);

#endif
