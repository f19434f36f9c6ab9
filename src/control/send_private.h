/*
 * send_private: what the files of send share. send.c keeps the batch and opens its targets,
 * send_facts.c reads of a target what a forecast is made from, send_deliver.c sends and follows
 * what becomes of it, send_words.c says it.
 */
#ifndef REAPTOP_CONTROL_SEND_PRIVATE_H
#define REAPTOP_CONTROL_SEND_PRIVATE_H

#include "reaptop/control/send.h"

struct send_batch {
    struct send_target **targets; /* apart, so that they stay where they are */
    size_t count, capacity;
    struct identity_set known;
    struct target_list subtree; /* the members of subtrees, for send_add_descendants() */
    bool is_forced;
    struct signal_asker asker;
    struct forecast_sender sender;
    struct send_order order;
    int epoll_fd;
    uint64_t look_ms; /* until the next look */
};

/* ---- send.c ---- */

/* It has its result; a target that is given up loses its descriptors too, and keeps the reason. */
void send_settle(struct send_target *target, enum send_result result);
void send_give_up(struct send_target *target, enum send_result result);

/* send_forecast() of a target at hand, from the facts before the last signal. */
struct forecast send_foresee(const struct send_batch *batch, const struct send_target *target,
                             int signal, bool by_sigqueue);

/* ---- send_facts.c: as it was just before the last signal ---- */

/* One of those signals that do not queue, and one was pending. */
bool send_was_pending(const struct send_target *target, int signal);
bool send_was_traced(const struct send_target *target);
bool send_was_orphaned(const struct send_target *target);

#endif
