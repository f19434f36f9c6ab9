/*
 * checkpoints: places in a recording from which its replay goes on as if it had
 * come there from the beginning: what the lives remember there, and the refresh
 * that was shown. Bounded: near where one is they lie close, far away they lie
 * far apart.
 */
#ifndef REAPTOP_APP_CHECKPOINTS_H
#define REAPTOP_APP_CHECKPOINTS_H

#include "reaptop/model/life.h"
#include "reaptop/source/recording.h"

enum {
    CHECKPOINT_EVERY = 16, /* refreshes */
    CHECKPOINTS_LEAST = 4, /* are kept whatever they take */
    CHECKPOINT_BYTES_MOST = 64 << 20
};

struct checkpoint {
    uint64_t refreshes; /* taken until there */
    uint64_t before_ns; /* mono_ns of the refresh before */
    uint64_t latest_ns; /* the latest time_ns of any until there */
    struct recording_place place;
    struct life *life;
    struct snapshot snapshot; /* as shown: with the rows of the lately dead */
    size_t bytes;
};

struct checkpoints {
    struct checkpoint *all; /* ascending refreshes */
    size_t count, capacity;
    size_t bytes;
};

#define CHECKPOINTS_INIT ((struct checkpoints){0})

void checkpoints_done(struct checkpoints *checkpoints);

/*
 * Keeps a copy of it, where none is kept of that place, and lets others go that
 * matter least from there. Without memory it is not kept: the way is longer then.
 */
void checkpoints_keep(struct checkpoints *checkpoints, const struct checkpoint *here);

/* What the recording's reader had there: the snapshot without the dead. -ENOMEM. */
int checkpoint_swept(const struct checkpoint *checkpoint, struct snapshot *ret_snapshot);

#endif
