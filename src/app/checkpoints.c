#include "checkpoints.h"

#include <stdlib.h>
#include <string.h>

#include "reaptop/base/array.h"

static void checkpoint_done(struct checkpoint *checkpoint)
{
    life_free(checkpoint->life);
    snapshot_done(&checkpoint->snapshot);
}

void checkpoints_done(struct checkpoints *checkpoints)
{
    for (size_t i = 0; i < checkpoints->count; i++)
        checkpoint_done(&checkpoints->all[i]);
    free(checkpoints->all);
    *checkpoints = CHECKPOINTS_INIT;
}

/* Where it belongs; the place of the one that is there already. */
static size_t place_of(const struct checkpoints *checkpoints, uint64_t refreshes)
{
    size_t at = checkpoints->count;
    while (at > 0 && checkpoints->all[at - 1].refreshes >= refreshes)
        at--;
    return at;
}

/* How much farther the way to what lies behind it would be, beside how far away that is. */
static double worth(const struct checkpoints *checkpoints, size_t index, uint64_t from)
{
    const struct checkpoint *all = checkpoints->all;
    uint64_t at = all[index].refreshes, before = index > 0 ? all[index - 1].refreshes : 0;
    uint64_t after = index + 1 < checkpoints->count ? all[index + 1].refreshes : at;
    uint64_t distance = at > from ? at - from : from - at;
    return (double)(after - before) / (double)(distance + CHECKPOINT_EVERY);
}

static void let_go(struct checkpoints *checkpoints, uint64_t from)
{
    size_t least = 0;
    for (size_t i = 1; i < checkpoints->count; i++)
        if (worth(checkpoints, i, from) < worth(checkpoints, least, from))
            least = i;
    struct checkpoint *gone = &checkpoints->all[least];
    checkpoints->bytes -= gone->bytes;
    checkpoint_done(gone);
    memmove(gone, gone + 1, (--checkpoints->count - least) * sizeof(*gone));
}

void checkpoints_keep(struct checkpoints *checkpoints, const struct checkpoint *here)
{
    size_t at = place_of(checkpoints, here->refreshes);
    struct checkpoint kept = *here;
    if (at < checkpoints->count && checkpoints->all[at].refreshes == here->refreshes)
        return;
    if (array_reserve(&checkpoints->all, &checkpoints->capacity, checkpoints->count + 1) < 0 ||
        snapshot_copy(&here->snapshot, &kept.snapshot) < 0)
        return;
    kept.life = life_copy(here->life, 0);
    if (!kept.life) {
        snapshot_done(&kept.snapshot);
        return;
    }
    kept.bytes = sizeof(kept) + life_copy_bytes(kept.life) + snapshot_size(&kept.snapshot);
    kept.place.snapshot = NULL;
    struct checkpoint *place = &checkpoints->all[at];
    memmove(place + 1, place, (checkpoints->count++ - at) * sizeof(*place));
    *place = kept;
    checkpoints->bytes += kept.bytes;
    while (checkpoints->bytes > CHECKPOINT_BYTES_MOST && checkpoints->count > CHECKPOINTS_LEAST)
        let_go(checkpoints, here->refreshes);
}

int checkpoint_swept(const struct checkpoint *checkpoint, struct snapshot *ret_snapshot)
{
    int r = snapshot_copy(&checkpoint->snapshot, ret_snapshot);
    if (r == 0)
        snapshot_drop_ended(ret_snapshot);
    return r;
}
