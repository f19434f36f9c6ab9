#include <criterion/criterion.h>

#include "model/synthetic.h"
#include "reaptop/base/clock.h"
#include "support/scripted_feed.h"

enum {
    CHILD = 7
};

static void fill_snapshot(struct snapshot *snapshot, uint64_t second, bool has_child)
{
    *snapshot = SNAPSHOT_INIT;
    snapshot->mono_ns = second * NS_PER_SEC;
    synthetic(snapshot, 1, 0, 'S', "init");
    if (has_child)
        synthetic(snapshot, CHILD, 1, 'S', "sleep");
    snapshot_finish(snapshot);
}

struct script {
    struct snapshot before, after;
    struct event fork;
    struct recording_header header;
};

static void fill_script(struct script *script)
{
    fill_snapshot(&script->before, 1, false);
    fill_snapshot(&script->after, 2, true);
    script->header = (struct recording_header){.has_kernel_events = true, .has_all_events = true};
    script->fork = (struct event){.kind = EVENT_FORK,
                                  .source = EVENT_FROM_CONNECTOR,
                                  .mono_ns = NS_PER_SEC + 1,
                                  .id = {.pid = CHILD},
                                  .ppid = 1,
                                  .exit_status = EXIT_UNKNOWN};
}

static void script_done(struct script *script)
{
    snapshot_done(&script->before);
    snapshot_done(&script->after);
}

Test(feed, an_event_and_the_snapshot_that_shows_it_are_one_birth)
{
    struct script script;
    struct error error = ERROR_INIT;
    fill_script(&script);
    const struct scripted_item items[] = {
        {.item = FEED_NOTICE, .header = &script.header, .notice = "begins"},
        {.item = FEED_SNAPSHOT, .snapshot = &script.before},
        {.item = FEED_EVENTS, .event = &script.fork},
        {.item = FEED_SNAPSHOT, .snapshot = &script.after},
    };
    struct feed *feed = scripted_feed(items, 4);
    cr_assert_not_null(feed);
    cr_expect_eq(feed_next(feed, false, &error), FEED_NOTICE);
    cr_expect_str_eq(feed_notice(feed), "begins");
    cr_expect_eq(feed_refresh(feed, false, &error), FEED_SNAPSHOT);
    cr_expect_eq(life_log(feed_life(feed))->count, 0, "who is there at first was not born");
    cr_expect_eq(feed_next(feed, false, &error), FEED_EVENTS);
    cr_expect_eq(life_log(feed_life(feed))->count, 1);
    cr_expect_eq(feed_next(feed, false, &error), FEED_SNAPSHOT);
    cr_expect_eq(life_log(feed_life(feed))->count, 1);
    cr_expect_not_null(snapshot_find(feed_snapshot(feed), CHILD));
    cr_expect_null(snapshot_find(feed_previous(feed), CHILD));
    cr_expect_eq(feed_next(feed, false, &error), FEED_END);
    feed_close(feed);
    script_done(&script);
}

Test(feed, what_is_looked_at_is_not_taken_in_yet)
{
    struct script script;
    struct error error = ERROR_INIT;
    fill_script(&script);
    const struct scripted_item items[] = {
        {.item = FEED_NOTICE, .header = &script.header},
        {.item = FEED_SNAPSHOT, .snapshot = &script.before},
        {.item = FEED_EVENTS, .event = &script.fork},
        {.item = FEED_SNAPSHOT, .snapshot = &script.after},
    };
    struct feed *feed = scripted_feed(items, 4);
    cr_assert_not_null(feed);
    cr_assert_eq(feed_refresh(feed, false, &error), FEED_SNAPSHOT);
    cr_assert_eq(feed_look(feed, false, &error), FEED_SNAPSHOT);
    cr_expect_eq(feed_ahead(feed)->mono_ns, 2 * NS_PER_SEC);
    cr_expect_eq(feed_snapshot(feed)->mono_ns, NS_PER_SEC);
    cr_expect_eq(life_log(feed_life(feed))->count, 0);
    cr_expect_eq(feed_take(feed), 0);
    cr_expect_eq(feed_snapshot(feed)->mono_ns, 2 * NS_PER_SEC);
    cr_expect_eq(life_log(feed_life(feed))->count, 1);
    cr_expect_eq(feed_look(feed, false, &error), FEED_END);
    feed_close(feed);
    script_done(&script);
}
