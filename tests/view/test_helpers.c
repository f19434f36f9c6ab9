#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/event.h"
#include "reaptop/model/process.h"

static struct fixture *s;

static bool is_helper(pid_t pid, uint64_t boot_ns)
{
    (void)boot_ns;
    return pid == 901 || pid == 902;
}

/* reaptop is 900; 901 and 902 work for it, 903 belongs to 902; 910 has only taken the name. */
static void setup(void)
{
    s = fixture_new(24, 100);
    fixture_village(s);
    fixture_add(s, 901, 900, 'S', "reaptop-reader");
    fixture_add(s, 902, 900, 'S', "reaptop-pane");
    fixture_add(s, 903, 902, 'S', "reaptop-reader");
    fixture_add(s, 904, 900, 'S', "sleep");
    fixture_add(s, 910, 1, 'S', "reaptop-reader");
    s->scene.is_helper = is_helper;
    fixture_tick(s);
}

static void teardown(void)
{
    fixture_free(s);
}

TestSuite(helpers, .init = setup, .fini = teardown);

static size_t rows_of(pid_t self, bool shows, uint32_t *ret_helpers)
{
    static const pid_t pids[] = {901, 902, 910};
    struct tree_options options = {
        .helpers = shows ? NULL : pids, .helper_count = shows ? 0 : 3, .self = self};
    cr_assert_eq(tree_build(&s->tree, &s->now, NULL, &options), 0);
    *ret_helpers = 0;
    for (size_t i = 0; i < s->tree.count; i++)
        *ret_helpers += s->tree.rows[i].helpers;
    return s->tree.count;
}

Test(helpers, are_counted_in_the_row_of_their_starter)
{
    uint32_t helpers;
    size_t all = rows_of(900, true, &helpers);
    cr_expect_eq(helpers, 0);
    cr_expect_eq(rows_of(900, false, &helpers), all - 3, "910 is somebody else's child");
    cr_expect_eq(helpers, 3);
    cr_expect(fixture_shows(s, "[+3] reaptop"), "%s", fixture_screen(s));
    cr_expect(fixture_shows(s, "sleep"), "a child that a person started is shown");
    cr_expect_eq(rows_of(812, false, &helpers), all, "nobody else's children are helpers");
}

Test(helpers, are_shown_where_they_are_asked_for)
{
    uint32_t helpers;
    (void)rows_of(900, false, &helpers);
    s->ui.cursor = snapshot_find(&s->now, 900)->id;
    (void)ui_sync(&s->ui, &s->scene);
    cr_expect_eq(fixture_press(s, "+"), INTENT_REBUILD);
    cr_expect(s->ui.settings.shows_helpers);
}

Test(helpers, are_not_in_the_events)
{
    const struct event own = {.kind = EVENT_FORK, .id = {.pid = 901}, .ppid = 900};
    const struct event below = {.kind = EVENT_EXIT, .id = {.pid = 903}, .ppid = 902};
    const struct event other = {.kind = EVENT_FORK, .id = {.pid = 904}, .ppid = 900};
    cr_expect_not(ui_shows_event(&s->ui, &s->scene, &own));
    cr_expect_not(ui_shows_event(&s->ui, &s->scene, &below));
    cr_expect(ui_shows_event(&s->ui, &s->scene, &other));
    s->ui.settings.shows_helpers = true;
    cr_expect(ui_shows_event(&s->ui, &s->scene, &own));
}
