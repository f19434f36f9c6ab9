#include <criterion/criterion.h>

#include "model/synthetic.h"
#include "reaptop/base/array.h"
#include "reaptop/base/strbuf.h"
#include "reaptop/model/tree.h"

/* "1 .2 ..4 .3": PIDs with a dot for each level; '+' folded, '?' context. */
static char *shape(const struct tree *tree, const struct snapshot *snapshot)
{
    static struct strbuf out;
    strbuf_clear(&out);
    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_row *row = &tree->rows[i];
        strbuf_puts(&out, i > 0 ? " " : "");
        strbuf_repeat(&out, '.', row->depth);
        strbuf_printf(&out, "%d%s%s", snapshot->processes[row->process].id.pid,
                      row->is_folded ? "+" : "", row->is_context ? "?" : "");
    }
    return out.data ? out.data : (char *)"";
}

static void family(struct snapshot *snapshot)
{
    synthetic(snapshot, 1, 0, 'S', "init");
    synthetic(snapshot, 5, 1, 'S', "sh")->rss_kib = 10;
    synthetic(snapshot, 3, 1, 'S', "sshd")->rss_kib = 30;
    synthetic(snapshot, 9, 5, 'R', "make")->rss_kib = 20;
    synthetic(snapshot, 7, 5, 'Z', "cc")->rss_kib = 40;
    synthetic(snapshot, 12, 9, 'S', "ld")->rss_kib = 5;
    struct process *kthreadd = synthetic(snapshot, 2, 0, 'S', "kthreadd");
    kthreadd->is_kernel = true;
    synthetic(snapshot, 4, 2, 'I', "kworker")->is_kernel = true;
    struct process *thread = synthetic(snapshot, 6, 1, 'S', "sh-worker");
    thread->tgid = 5;
    snapshot_finish(snapshot);
}

static void expect(const struct snapshot *snapshot, const struct tree_options *options,
                   const char *expected)
{
    struct tree tree = TREE_INIT;
    cr_assert_eq(tree_build(&tree, snapshot, NULL, options), 0);
    cr_expect_str_eq(shape(&tree, snapshot), expected);
    tree_done(&tree);
}

Test(tree, orders_children_below_their_parent)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    family(&snapshot);
    struct tree_options options = {.sort = FIELD_PID};
    expect(&snapshot, &options, "1 .3 .5 ..7 ..9 ...12");

    options.is_inverted = true;
    expect(&snapshot, &options, "1 .5 ..9 ...12 ..7 .3");

    options = (struct tree_options){.sort = FIELD_RSS_KIB};
    expect(&snapshot, &options, "1 .3 .5 ..7 ..9 ...12");
    snapshot_done(&snapshot);
}

Test(tree, shows_threads_and_kernel_threads_on_demand)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    family(&snapshot);
    struct tree_options options = {.sort = FIELD_PID, .shows_threads = true};
    expect(&snapshot, &options, "1 .3 .5 ..6 ..7 ..9 ...12");
    options = (struct tree_options){.sort = FIELD_PID, .shows_kernel = true};
    expect(&snapshot, &options, "1 .3 .5 ..7 ..9 ...12 2 .4");
    snapshot_done(&snapshot);
}

Test(tree, flat_sorts_all)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    family(&snapshot);
    struct tree_options options = {.shape = TREE_FLAT, .sort = FIELD_RSS_KIB};
    expect(&snapshot, &options, "7 3 9 5 12 1");
    snapshot_done(&snapshot);
}

Test(tree, folds_and_counts_what_is_hidden)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    family(&snapshot);
    struct identity_set folded = {0};
    cr_assert_eq(identity_set_add(&folded, (struct identity){.pid = 5, .start_ticks = 5}), 0);
    struct tree_options options = {.sort = FIELD_PID, .folded = &folded};
    expect(&snapshot, &options, "1 .3 .5+");

    struct tree tree = TREE_INIT;
    cr_assert_eq(tree_build(&tree, &snapshot, NULL, &options), 0);
    cr_expect_eq(tree.rows[2].descendants, 3);
    cr_expect_eq(tree.rows[0].descendants, 5);
    cr_expect_eq(tree_find(&tree, &snapshot, (struct identity){.pid = 9, .start_ticks = 9}),
                 (uint32_t)ROW_NONE);
    tree_done(&tree);

    /* A fold belongs to a process, not to a number. */
    identity_set_clear(&folded);
    cr_assert_eq(identity_set_add(&folded, (struct identity){.pid = 5, .start_ticks = 4}), 0);
    expect(&snapshot, &options, "1 .3 .5 ..7 ..9 ...12");
    identity_set_done(&folded);
    snapshot_done(&snapshot);
}

Test(tree, filter_keeps_ancestors_as_context)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    family(&snapshot);
    struct filter *filter = NULL;
    cr_assert_eq(filter_parse("comm=ld", &filter, NULL), 0);
    struct tree_options options = {.sort = FIELD_PID, .filter = filter};
    expect(&snapshot, &options, "1? .5? ..9? ...12");
    filter_free(filter);
    snapshot_done(&snapshot);
}

Test(tree, roots_limit_to_descendants)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    family(&snapshot);
    const pid_t roots[] = {5};
    struct tree_options options = {.sort = FIELD_PID, .roots = roots, .root_count = 1};
    expect(&snapshot, &options, "5 .7 .9 ..12");
    options.shape = TREE_FLAT;
    expect(&snapshot, &options, "5 7 9 12");
    snapshot_done(&snapshot);
}

Test(tree, hidden_parent_makes_a_root)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    synthetic(&snapshot, 40, 39, 'S', "orphan-of-hidepid");
    synthetic(&snapshot, 41, 40, 'S', "child");
    snapshot_finish(&snapshot);
    struct tree_options options = {.sort = FIELD_PID};
    expect(&snapshot, &options, "40 .41");
    snapshot_done(&snapshot);
}

Test(tree, circles_are_broken_and_lose_nobody)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    synthetic(&snapshot, 10, 12, 'S', "a");
    synthetic(&snapshot, 11, 10, 'S', "b");
    synthetic(&snapshot, 12, 11, 'S', "c");
    synthetic(&snapshot, 13, 13, 'S', "own parent");
    synthetic(&snapshot, 14, 12, 'S', "tail");
    snapshot_finish(&snapshot);
    struct tree tree = TREE_INIT;
    struct tree_options options = {.sort = FIELD_PID};
    cr_assert_eq(tree_build(&tree, &snapshot, NULL, &options), 0);
    cr_expect_eq(tree.count, 5);
    tree_done(&tree);
    snapshot_done(&snapshot);
}

Test(tree, depth_of_thirty_thousand)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    for (pid_t pid = 1; pid <= 30000; pid++)
        synthetic(&snapshot, pid, pid - 1, 'S', "deep");
    snapshot_finish(&snapshot);
    struct tree tree = TREE_INIT;
    struct tree_options options = {.sort = FIELD_PID};
    cr_assert_eq(tree_build(&tree, &snapshot, NULL, &options), 0);
    cr_assert_eq(tree.count, 30000);
    cr_expect_eq(tree.rows[29999].depth, 29999);
    cr_expect_eq(tree.rows[0].descendants, 29999);
    tree_done(&tree);
    snapshot_done(&snapshot);
}

/* How the tree is shaped after the one snapshot has become the other; both are done. */
static void expect_after(struct snapshot *before, struct snapshot *after,
                         const struct tree_options *options, const char *expected)
{
    struct snapshot none = SNAPSHOT_INIT;
    before->mono_ns = 1000;
    after->mono_ns = 2000;
    struct life *life = life_new(100, 100);
    cr_assert_eq(life_update(life, &none, before, NULL, 0), 0);
    cr_assert_eq(life_update(life, before, after, NULL, 0), 0);

    struct tree tree = TREE_INIT;
    cr_assert_eq(tree_build(&tree, after, life, options), 0);
    cr_expect_str_eq(shape(&tree, after), expected);
    tree_done(&tree);
    life_free(life);
    snapshot_done(before);
    snapshot_done(after);
}

static void expect_by_birth(struct snapshot *before, struct snapshot *after, const char *expected)
{
    const struct tree_options options = {.shape = TREE_BY_ORIGINAL_PARENT, .sort = FIELD_PID};
    expect_after(before, after, &options, expected);
}

/* It has ended and is reaped; its children are init's. */
static void end(struct snapshot *snapshot, pid_t pid)
{
    struct process *dead = snapshot_find(snapshot, pid);
    memmove(dead, dead + 1,
            (size_t)(&snapshot->processes[--snapshot->count] - dead) * sizeof(*dead));
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->processes[i].ppid == pid)
            snapshot->processes[i].ppid = 1;
}

Test(tree, orphans_stay_among_the_descendants_of_a_root)
{
    const pid_t roots[] = {5};
    const enum tree_shape shapes[] = {TREE_BY_PARENT, TREE_FLAT, TREE_BY_ORIGINAL_PARENT};
    const struct {
        pid_t dead;
        const char *shapes[3];
    } cases[] = {
        {9, {"5 .7 12", "5 7 12", "5 .7 .12"}},
        {5, {"7 9 .12", "7 9 12", "7 9 .12"}}, /* the root itself */
    };
    for (size_t i = 0; i < ELEMENTS(cases); i++)
        for (size_t k = 0; k < ELEMENTS(shapes); k++) {
            struct tree_options options = {
                .shape = shapes[k], .sort = FIELD_PID, .roots = roots, .root_count = 1};
            struct snapshot before = SNAPSHOT_INIT, after = SNAPSHOT_INIT;
            family(&before);
            family(&after);
            end(&after, cases[i].dead);
            expect_after(&before, &after, &options, cases[i].shapes[k]);
        }
}

Test(tree, an_orphan_stays_below_its_nearest_living_ancestor_by_birth)
{
    struct snapshot before = SNAPSHOT_INIT, after = SNAPSHOT_INIT;
    family(&before);
    family(&after);
    end(&after, 9);
    expect_by_birth(&before, &after, "1 .3 .5 ..7 ..12"); /* 9 was a child of 5 */
}

Test(tree, original_parent_keeps_the_orphan)
{
    struct snapshot before = SNAPSHOT_INIT, after = SNAPSHOT_INIT;
    family(&before);
    family(&after);
    /* 12 loses 9's care: it was adopted by 1, while 9 lives on in this made-up world. */
    snapshot_find(&after, 12)->ppid = 1;
    expect_by_birth(&before, &after, "1 .3 .5 ..7 ..9 ...12");
}

/* Each once, a parent before its children, in the order of the roots. */
Test(tree, descendants_are_one_set_for_every_use)
{
    struct snapshot snapshot = SNAPSHOT_INIT;
    family(&snapshot);
    const pid_t roots[] = {9, 5, 99999};
    uint32_t *found = NULL;
    size_t count = 0;
    cr_assert_eq(tree_descendants(&snapshot, roots, ELEMENTS(roots), &found, &count), 0);
    static const pid_t expected[] = {9, 5, 12, 6, 7}; /* 6 is a thread of 5 */
    cr_assert_eq(count, ELEMENTS(expected));
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(snapshot.processes[found[i]].id.pid, expected[i], "%zu", i);
    free(found);
    snapshot_done(&snapshot);
}
