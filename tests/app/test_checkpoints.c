#include "checkpoints.h"

#include <criterion/criterion.h>

#include "model/synthetic.h"

enum {
    EVENTS = 8000, /* some MB with each copy */
    PLACES = 200
};

static struct life *long_life(void)
{
    struct life *life = life_new(EVENTS, 16);
    const struct event event = {.kind = EVENT_COREDUMP, .id.pid = 7};
    for (int i = 0; i < EVENTS; i++)
        life_note(life, &event);
    return life;
}

static void fill(struct checkpoints *checkpoints, struct life *life, struct snapshot *snapshot)
{
    for (uint64_t i = 1; i <= PLACES; i++) {
        snapshot->mono_ns = i;
        const struct checkpoint here = {.refreshes = i * CHECKPOINT_EVERY,
                                        .place.position = i * 1000,
                                        .life = life,
                                        .snapshot = *snapshot};
        checkpoints_keep(checkpoints, &here);
    }
}

Test(checkpoints, are_bounded_and_closest_where_one_is)
{
    struct checkpoints checkpoints = CHECKPOINTS_INIT;
    struct snapshot snapshot = SNAPSHOT_INIT, swept = SNAPSHOT_INIT;
    struct life *life = long_life();
    synthetic(&snapshot, 1, 0, 'S', "init");
    synthetic(&snapshot, 2, 1, 'X', "gone")->is_ended = true;
    snapshot_finish(&snapshot);
    fill(&checkpoints, life, &snapshot);

    cr_expect_leq(checkpoints.bytes, CHECKPOINT_BYTES_MOST);
    cr_expect_geq(checkpoints.count, CHECKPOINTS_LEAST);
    cr_assert_lt(checkpoints.count, PLACES, "some were let go");
    size_t last = checkpoints.count - 1;
    const struct checkpoint *all = checkpoints.all;
    for (size_t i = 0; i < last; i++)
        cr_expect_lt(all[i].refreshes, all[i + 1].refreshes);
    cr_expect_eq(all[last].refreshes, PLACES * CHECKPOINT_EVERY);
    cr_expect_leq(all[last].refreshes - all[last - 1].refreshes, 2 * CHECKPOINT_EVERY);
    cr_expect_lt(all[0].refreshes, PLACES * CHECKPOINT_EVERY / 2, "far away there are some, too");
    cr_expect_eq(all[0].place.position, all[0].refreshes / CHECKPOINT_EVERY * 1000);
    cr_expect_eq(all[0].snapshot.mono_ns, all[0].refreshes / CHECKPOINT_EVERY);

    size_t count = checkpoints.count;
    const struct checkpoint again = {
        .refreshes = all[0].refreshes, .life = life, .snapshot = snapshot};
    checkpoints_keep(&checkpoints, &again);
    cr_expect_eq(checkpoints.count, count, "it is kept already");

    cr_assert_eq(checkpoint_swept(&all[0], &swept), 0);
    cr_expect_eq(swept.count, 1, "without the dead");
    cr_expect_eq(all[0].snapshot.count, 2);
    snapshot_done(&swept);
    snapshot_done(&snapshot);
    checkpoints_done(&checkpoints);
    life_free(life);
}
