#include <criterion/criterion.h>
#include <errno.h>

#include "reaptop/base/array.h"
#include "reaptop/base/cleanup.h"
#include "reaptop/model/process.h"
#include "reaptop/model/target_list.h"

static void add(struct snapshot *snapshot, pid_t pid, pid_t ppid, pid_t pgid, pid_t sid)
{
    struct process *process = snapshot_add(snapshot);
    process->id = (struct identity){.pid = pid, .start_ticks = (uint64_t)pid};
    process->tgid = pid;
    process->ppid = ppid;
    process->pgid = pgid;
    process->sid = sid;
}

/*
 *  1 ─ 10 ─┬─ 30 ─── 21     (a wrapped number: the child's is below its parent's)
 *          └─ 40 ─┬─ 50
 *                 └─ 60 (ended)
 *  2 (kernel)
 */
static void machine(struct snapshot *snapshot)
{
    add(snapshot, 1, 0, 1, 1);
    add(snapshot, 2, 0, 0, 0);
    snapshot_find(snapshot, 2);
    add(snapshot, 10, 1, 10, 10);
    add(snapshot, 30, 10, 30, 10);
    add(snapshot, 21, 30, 30, 10);
    add(snapshot, 40, 10, 30, 10);
    add(snapshot, 50, 40, 77, 77);
    add(snapshot, 60, 40, 30, 10);
    snapshot->processes[snapshot->count - 1].is_ended = true;
    add(snapshot, 31, 30, 30, 10);
    snapshot->processes[snapshot->count - 1].tgid = 30; /* a thread */
    snapshot_finish(snapshot);
}

static const struct {
    pid_t pid;
    enum target_scope scope;
    ssize_t result;
    pid_t members[8];
} expansions[] = {
    {40, TARGET_PROCESS, 1, {40}},
    {10, TARGET_SUBTREE, 5, {10, 30, 40, 21, 50}},
    {50, TARGET_SUBTREE, 1, {50}},
    {40, TARGET_GROUP, 3, {21, 30, 40}},
    {10, TARGET_SESSION, 4, {10, 21, 30, 40}},
    {77, TARGET_GROUP, 1, {50}}, /* its leader is gone */
    {77, TARGET_SESSION, 1, {50}},
    {77, TARGET_SUBTREE, -ESRCH, {0}},
    {78, TARGET_GROUP, -ESRCH, {0}},
    {60, TARGET_PROCESS, -ESRCH, {0}}, /* ended */
    {31, TARGET_PROCESS, -ESRCH, {0}}, /* a thread */
    {2, TARGET_GROUP, -EINVAL, {0}},   /* in no group */
};

Test(target_list, expands_to_exactly_its_members)
{
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    machine(&snapshot);
    for (size_t i = 0; i < ELEMENTS(expansions); i++) {
        _cleanup_(target_list_done) struct target_list list = TARGET_LIST_INIT;
        ssize_t r = target_list_expand(&list, &snapshot, expansions[i].pid, expansions[i].scope);
        cr_expect_eq(r, expansions[i].result, "%zu: %zd", i, r);
        cr_expect_eq(list.count, r < 0 ? 0 : (size_t)r);
        for (size_t at = 0; at < list.count; at++)
            cr_expect_eq(list.ids[at].pid, expansions[i].members[at], "%zu, %zu: %d", i, at,
                         list.ids[at].pid);
    }
}

Test(target_list, holds_nobody_twice)
{
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    _cleanup_(target_list_done) struct target_list list = TARGET_LIST_INIT;
    machine(&snapshot);
    cr_assert_eq(target_list_expand(&list, &snapshot, 40, TARGET_SUBTREE), 2);
    cr_assert_eq(target_list_expand(&list, &snapshot, 40, TARGET_GROUP), 2);
    cr_assert_eq(list.count, 4);
}

Test(target_list, spawns_by_those_born_meanwhile)
{
    _cleanup_(snapshot_done) struct snapshot before = SNAPSHOT_INIT, after = SNAPSHOT_INIT;
    _cleanup_(target_list_done) struct target_list list = TARGET_LIST_INIT;
    machine(&before);
    cr_assert_eq(target_list_expand(&list, &before, 10, TARGET_SUBTREE), 5);
    cr_assert_eq(target_list_add_descendants(&list, &before), 0);

    add(&after, 10, 1, 10, 10);
    add(&after, 70, 10, 10, 10);
    add(&after, 71, 70, 10, 10);
    add(&after, 72, 1, 10, 10);
    snapshot_finish(&after);
    cr_assert_eq(target_list_add_descendants(&list, &after), 2);
    cr_assert_eq(list.ids[5].pid, 70);
    cr_assert_eq(list.ids[6].pid, 71);
}

Test(target_list, does_not_follow_a_number_to_its_next_owner)
{
    _cleanup_(snapshot_done) struct snapshot before = SNAPSHOT_INIT, after = SNAPSHOT_INIT;
    _cleanup_(target_list_done) struct target_list list = TARGET_LIST_INIT;
    machine(&before);
    cr_assert_eq(target_list_expand(&list, &before, 40, TARGET_SUBTREE), 2);

    add(&after, 40, 1, 40, 40);
    after.processes[0].id.start_ticks = 4000;
    add(&after, 90, 40, 40, 40);
    snapshot_finish(&after);
    cr_assert_eq(target_list_add_descendants(&list, &after), 0);
}

Test(target_list, is_not_caught_in_a_circle)
{
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    _cleanup_(target_list_done) struct target_list list = TARGET_LIST_INIT;
    add(&snapshot, 5, 7, 5, 5);
    add(&snapshot, 6, 5, 5, 5);
    add(&snapshot, 7, 6, 5, 5);
    snapshot_finish(&snapshot);
    cr_assert_eq(target_list_expand(&list, &snapshot, 5, TARGET_SUBTREE), 3);
}

Test(target_list, copes_with_a_deep_and_wide_machine)
{
    enum {
        DEEP = 30000
    };
    _cleanup_(snapshot_done) struct snapshot snapshot = SNAPSHOT_INIT;
    _cleanup_(target_list_done) struct target_list list = TARGET_LIST_INIT;
    for (pid_t pid = 1; pid <= DEEP; pid++)
        add(&snapshot, pid, pid - 1, 1, 1);
    snapshot_finish(&snapshot);
    cr_assert_eq(target_list_expand(&list, &snapshot, 1, TARGET_SUBTREE), DEEP);
    cr_assert_eq(list.ids[DEEP - 1].pid, DEEP);
}
