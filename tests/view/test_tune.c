#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"

static struct fixture *s;

static void setup(void)
{
    s = fixture_new(30, 90);
    fixture_village(s);
    fixture_tick(s);
}

static void teardown(void)
{
    fixture_free(s);
}

TestSuite(tune, .init = setup, .fini = teardown);

static void make_ready(void)
{
    struct tuning_facts facts = {
        .now = {.nice = 5}, .has_ids = true, .threads = 3, .we_have_sys_nice = true};
    (void)cpu_mask_parse("0-3", 3, &facts.online);
    facts.now.cpus = facts.online;
    ui_tune_ready(&s->ui, &facts);
}

Test(tune, a_nice_value_takes_two_keys)
{
    cr_expect_eq(fixture_press(s, "815["), INTENT_TUNE_OPEN);
    cr_assert_eq(s->ui.tune.count, 1);
    cr_expect_eq(s->ui.tune.targets[0].pid, 815);
    make_ready();
    cr_expect(fixture_shows(s, "renice -n 6 -p 815"));
    cr_expect(fixture_shows(s, "2 other threads keep their own"));
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_TUNE);
    cr_expect_eq(s->ui.tune.want.nice, 6);
}

Test(tune, a_nice_value_is_stepped_or_typed)
{
    fixture_press(s, "815]");
    make_ready();
    fixture_press(s, "]]");
    cr_expect(fixture_shows(s, "renice -n 2 -p 815"));
    fixture_press(s, "-12");
    cr_expect(fixture_shows(s, "renice -n -12 -p 815"));
    fixture_press(s, "<Tab>");
    cr_expect(fixture_shows(s, "/proc/815/task"));
    cr_expect_eq(fixture_press(s, "<Esc>"), INTENT_TUNE_CLOSE);
    cr_expect_eq(s->ui.modal_count, 0);
}

Test(tune, processors_are_chosen_one_by_one)
{
    fixture_press(s, "815a");
    make_ready();
    cr_expect(fixture_shows(s, "[x] CPU 2"));
    fixture_press(s, "<Down><Down> <Down> ");
    cr_expect(fixture_shows(s, "taskset -pc 0,3 815"));
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_TUNE);
    cr_expect_eq(s->ui.tune.want.cpus.bits[0], 9);
}

Test(tune, policies_and_io_priorities)
{
    fixture_press(s, "815Y");
    make_ready();
    fixture_press(s, "<Down><Down><Down><Right>");
    cr_expect(fixture_shows(s, "chrt --rr -p 2 815"));
    fixture_press(s, "<Esc>815i");
    make_ready();
    fixture_press(s, "<Down>");
    cr_expect(fixture_shows(s, "ionice -c 2 -n 0 -p 815"));
}

Test(tune, all_that_are_tagged_get_it)
{
    fixture_press(s, "820 830 [");
    make_ready();
    cr_expect_eq(s->ui.tune.count, 2);
    cr_expect(fixture_shows(s, "and 1 more tagged"));
}

Test(tune, is_refused_where_nothing_may_be_changed)
{
    s->scene.is_readonly = true;
    cr_expect_eq(fixture_press(s, "815["), INTENT_NONE);
    cr_expect(fixture_shows(s, "Read-only"));
    s->scene.is_readonly = false;
    s->scene.replay = "a recording";
    cr_expect_eq(fixture_press(s, "["), INTENT_REPLAY, "in a replay it goes a step back");
    cr_expect_eq(fixture_press(s, "a"), INTENT_NONE);
    cr_expect(fixture_shows(s, "This is a recording"));
}
