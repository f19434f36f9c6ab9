/*
 * remote_signal: the signal dialog's targets on other machines (--host with --control). For
 * each machine an ssh runs `reaptop send --orders` (cli/orders.h) as long as the dialog holds
 * its targets: the handles are there, and what is sent is sent there. The batch has a target
 * for each, in the same order, which is told what became of it (send_note()).
 */
#ifndef REAPTOP_APP_REMOTE_SIGNAL_H
#define REAPTOP_APP_REMOTE_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "reaptop/control/send.h"

struct remote_signal;

/* NULL without memory. */
struct remote_signal *remote_signal_new(void);

/* Ends every ssh; what was held there is let go. NULL is accepted. */
void remote_signal_free(struct remote_signal *remote);

/*
 * Adds that process of another machine (process.host) to the batch, and has it held there.
 * `start_ticks` is its start as that machine has it. 0; -ESRCH: the row is of no machine; -ENOMEM;
 * what an ssh that cannot be started means is noted in the batch.
 */
int remote_signal_add(struct remote_signal *remote, struct send_batch *batch,
                      const struct process *process, uint64_t start_ticks);

/* Readable when there is something to take, or to write on; -EBADF. */
int remote_signal_fd(const struct remote_signal *remote);

/* Takes what has come, without waiting; false: nothing. A target whose machine is lost is
 * SEND_FAILED. */
bool remote_signal_take(struct remote_signal *remote, struct send_batch *batch);

/* To all that are held, or, again, to those that live on. */
void remote_signal_send(struct remote_signal *remote, struct send_batch *batch, int signal);

/* At the deadline: of those that did not answer nothing is known. */
void remote_signal_give_up(struct remote_signal *remote, struct send_batch *batch);

/*
 * What it would do to batch[index], as that machine said not long ago; false: it is being
 * asked. `now_ns` is CLOCK_BOOTTIME.
 */
bool remote_signal_forecast(struct remote_signal *remote, size_t index, int signal, uint64_t now_ns,
                            struct forecast *ret_forecast);

#endif
