/*
 * feed_hosts: other machines as one recording: `ssh HOST reaptop record -` for each,
 * merged by a helper process into what source/recording.h reads, so that a
 * screen, a command or a file need not know. Nothing but ssh's configuration
 * decides who may; ssh is never let ask (BatchMode).
 *
 * Of one machine it is its own recording, as long as that goes on. Of several,
 * each is a row of its own, the root of its processes, and its PIDs carry its
 * number (model/identity.h). A machine whose feed ends or is silent keeps its
 * processes in state '?', which says that nobody knows, until it is back; what
 * became of it is in its row and in the snapshot's notice.
 */
#ifndef REAPTOP_SOURCE_FEED_HOSTS_H
#define REAPTOP_SOURCE_FEED_HOSTS_H

#include "reaptop/model/identity.h"
#include "reaptop/source/feed.h"

enum {
    HOSTS_MOST = 64,
    HOST_NAME_SIZE = 128
};

/* "web1,db" of "ssh://web1,db"; NULL: it is no such name. */
#define HOSTS_SCHEME "ssh://"
const char *hosts_in(const char *name);

/* "web1,root@db": -EINVAL with the right form in the sentence. */
int hosts_check(const char *list, struct error *error);

/*
 * The feed: a recording that begins when every machine has answered or has
 * failed to within the time limit ($REAPTOP_HOST_TIMEOUT, 10 s), then goes on
 * every memory->interval_ns. What helper_start() fails with; -EINVAL; -ENOMEM.
 */
int hosts_open(const char *list, const struct feed_memory *memory, struct feed **ret_feed,
               struct error *error);

/*
 * Clock ticks after its own machine's boot at which a row of hosts_open()'s feed started,
 * as that machine last reported (a row of before its reboot gives what nobody there has).
 * 0: there is no such machine, or it has not reported.
 */
uint64_t hosts_start_ticks(struct identity id);

/* What a user named: other machines ("ssh://…"), or a recording (feed_recording_open()). */
int feed_open_from(const char *name, const struct feed_memory *memory, struct feed **ret_feed,
                   struct error *error);

#endif
