#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "reaptop/base/clock.h"
#include "reaptop/view/life_tab.h"
#include "scenery.h"

static void add_crowd(struct scenery *scenery, bool has_brief, bool has_broken)
{
    scenery_add(scenery, 1, 0, 'S', "init");
    scenery_add(scenery, 10, 1, 'S', "shell");
    if (has_brief)
        scenery_add(scenery, 20, 10, 'S', "brief");
    if (has_broken)
        scenery_add(scenery, 21, 10, 'Z', "broken")->exit_status = 11; /* SIGSEGV */
    scenery_tick(scenery);
}

static struct scenery *cemetery(void)
{
    struct scenery *scenery = scenery_new(24, 100);
    add_crowd(scenery, false, false);
    add_crowd(scenery, true, true);
    add_crowd(scenery, true, true);
    add_crowd(scenery, false, true);
    add_crowd(scenery, false, false);
    return scenery;
}

Test(ended, the_newest_end_comes_first)
{
    struct scenery *scenery = cemetery();
    scenery_press(scenery, "x");
    int brief = scenery_row_of(scenery, "20       brief"),
        broken = scenery_row_of(scenery, "21       broken");
    cr_assert_neq(brief, -1);
    cr_assert_neq(broken, -1);
    cr_expect_lt(broken, brief);
    cr_expect(scenery_shows(scenery, "10 shell"), "whose child");
    cr_expect(scenery_shows(scenery, "killed by SIGSEGV"));
    scenery_free(scenery);
}

Test(ended, typing_searches_and_enter_tells_the_life)
{
    struct scenery *scenery = cemetery();
    scenery_press(scenery, "xsegv");
    cr_expect(!scenery_shows(scenery, "20       brief"));
    scenery_press(scenery, "<Enter>");
    cr_expect(scenery_shows(scenery, "was forked by 10"));
    cr_expect(scenery_shows(scenery, "is a zombie until 10 waits for it"));
    cr_expect(scenery_shows(scenery, "10 shell (inferred: its parent then)"));
    scenery_press(scenery, "<Esc>");
    cr_expect(scenery_shows(scenery, "Ended processes"), "back in the list");
    scenery_press(scenery, "z");
    cr_expect(scenery_shows(scenery, "No ended process matches"));
    scenery_press(scenery, "<Esc>");
    cr_expect(!scenery_shows(scenery, "Ended processes"));
    scenery_free(scenery);
}

Test(ended, the_selected_one_stays_selected_when_others_end)
{
    struct scenery *scenery = cemetery();
    scenery_press(scenery, "x<Down>");
    add_crowd(scenery, true, false);
    add_crowd(scenery, false, false);
    scenery_press(scenery, "<Enter>");
    cr_expect(scenery_shows(scenery, "20 brief"), "the first of that name, not the second");
    cr_expect(!scenery_shows(scenery, "Ended processes"));
    cr_expect_eq(scenery->ui.modals[0].list.at, 2);
    scenery_free(scenery);
}

Test(ended, nobody_ended_yet)
{
    struct scenery *scenery = scenery_new(10, 60);
    add_crowd(scenery, false, false);
    scenery_press(scenery, "x<Enter><Down>");
    cr_expect(scenery_shows(scenery, "None has ended yet"));
    scenery_free(scenery);
}

/* ---- the events of a branch ---- */

Test(events, of_what_the_tree_is_limited_to)
{
    struct scenery *scenery = cemetery();
    scenery_press(scenery, "E"); /* half the screen for them */
    scenery->scene.roots = (const pid_t[]){21};
    scenery->scene.root_count = 1;
    scenery->scene.roots_title = "of the experiment";
    cr_expect(scenery_shows(scenery, "Events: all, of the experiment"));
    cr_expect(!scenery_shows(scenery, "20 brief was forked"), "a sibling is no descendant");
    scenery->scene.roots = (const pid_t[]){21, 20};
    scenery->scene.root_count = 2;
    cr_expect(scenery_shows(scenery, "20 brief was forked"));
    scenery_free(scenery);
}

Test(events, of_the_selected_and_its_descendants)
{
    struct scenery *scenery = cemetery();
    scenery_press(scenery, "Ec");
    cr_expect(scenery->ui.events_of_kin);
    cr_expect(scenery_shows(scenery, "the selected and its descendants"));
    scenery->ui.cursor = life_find_pid(scenery->life, 1)->id;
    cr_expect(scenery_shows(scenery, "20 brief was forked"), "init is everybody's ancestor");
    scenery->ui.cursor = life_find_pid(scenery->life, 21)->id;
    cr_expect(!scenery_shows(scenery, "20 brief"), "a sibling is no descendant");
    scenery_press(scenery, "c");
    cr_expect(scenery_shows(scenery, "20 brief"));
    scenery_free(scenery);
}

Test(events, of_one_kind)
{
    struct scenery *scenery = cemetery();
    scenery_press(scenery, "E\\f");
    cr_expect(scenery_shows(scenery, "birth and death"), "the groups are in the list, too");
    scenery_press(scenery, "<Enter>");
    cr_expect(scenery_shows(scenery, "Events: fork"));
    cr_expect(scenery_shows(scenery, "20 brief was forked"));
    cr_expect(!scenery_shows(scenery, "20 brief killed"));
    scenery_press(scenery, "\\r<Enter>");
    cr_expect(scenery_shows(scenery, "Events: reap"));
    cr_expect(!scenery_shows(scenery, "was forked"));
    scenery_press(scenery, "<Right>");
    cr_expect_eq(scenery->ui.events, EVENTS_ALL);
    scenery_free(scenery);
}

Test(events, of_one_user)
{
    struct scenery *scenery = cemetery();
    cr_assert_eq(life_find_pid(scenery->life, 20)->has_uid, true);
    scenery_press(scenery, "Eur<Enter>");
    cr_expect_str_eq(scenery->ui.events_user, "root");
    cr_expect(scenery_shows(scenery, "Events: all, of root"));
    cr_expect(scenery_shows(scenery, "20 brief was forked"));
    scenery->ui.events_uid = 4711;
    cr_expect(!scenery_shows(scenery, "20 brief"), "somebody else's");
    scenery_press(scenery, "u<Home><Enter>");
    cr_expect_null(scenery->ui.events_user);
    cr_expect(scenery_shows(scenery, "20 brief was forked"));
    scenery_free(scenery);
}

Test(events, enter_on_the_event_of_an_ended_one_tells_its_life)
{
    struct scenery *scenery = cemetery();
    scenery_press(scenery, "E<Up><Enter>");
    cr_expect(scenery_shows(scenery, "Seen of its life"));
    scenery_free(scenery);
}

Test(events, what_was_lost_is_counted_in_the_title)
{
    struct scenery *scenery = cemetery();
    const struct event lost = {.kind = EVENT_LOST, .source = EVENT_FROM_CONNECTOR, .count = 7};
    life_hear(scenery->life, &lost, 1);
    life_hear(scenery->life, &lost, 1);
    scenery_press(scenery, "E");
    cr_expect(scenery_shows(scenery, "14 lost"));
    scenery_free(scenery);
}

/* ---- the Life tab ---- */

static const char *life_of(struct scenery *scenery, pid_t pid)
{
    static char text[8192];
    struct document doc = DOCUMENT_INIT;
    struct strbuf out = STRBUF_INIT;
    life_tab(&doc, life_find_pid(scenery->life, pid), scenery->scene.mono_ns, 0);
    document_print(&doc, &out, 0);
    (void)snprintf(text, sizeof(text), "%s", strbuf_text(&out));
    document_done(&doc);
    strbuf_done(&out);
    return text;
}

static void expect_in(const char *text, const char *part)
{
    cr_expect(strstr(text, part), "\"%s\" in:\n%s", part, text);
}

Test(life_tab, a_strip_has_a_letter_for_each_sweep)
{
    struct scenery *scenery = scenery_new(24, 80);
    static const char states[] = "SSRRDTTS";
    for (size_t i = 0; states[i]; i++) {
        scenery_add(scenery, 1, 0, 'S', "init");
        scenery_add(scenery, 7, 1, states[i], "worker");
        scenery_tick(scenery);
    }
    const char *text = life_of(scenery, 7);
    expect_in(text, "SSRRDTTS");
    expect_in(text, "sampled every 1.0 s");
    expect_in(text, "R 2.0 s, S 2.0 s, D 1.0 s, T 2.0 s");
    expect_in(text, "went from state D to T (diff)");
    scenery_free(scenery);
}

Test(life_tab, an_end_that_no_sweep_saw_is_bounded_and_an_unseen_adopter_is_named_as_such)
{
    struct scenery *scenery = scenery_new(24, 80);
    add_crowd(scenery, false, false);
    uint64_t ns = scenery->now.mono_ns;
    const struct event heard[] = {
        {.kind = EVENT_FORK,
         .source = EVENT_FROM_CONNECTOR,
         .mono_ns = ns + 1,
         .ppid = 10,
         .id.pid = 30},
        {.kind = EVENT_FORK,
         .source = EVENT_FROM_CONNECTOR,
         .mono_ns = ns + 2,
         .ppid = 30,
         .id.pid = 31},
        {.kind = EVENT_EXIT, .source = EVENT_FROM_CONNECTOR, .mono_ns = ns + 3, .id.pid = 30},
        {.kind = EVENT_EXIT,
         .source = EVENT_FROM_CONNECTOR,
         .mono_ns = ns + 4,
         .id.pid = 31,
         .exit_status = 3 << 8},
    };
    life_hear(scenery->life, heard, 4);
    add_crowd(scenery, false, false);
    const char *text = life_of(scenery, 31);
    expect_in(text, "exited with status 3");
    expect_in(text, "for at most 999 ms (no sweep saw it as one)");
    expect_in(text, "somebody not seen (inferred), when 30");
    expect_in(text, "was orphaned by 30; who adopted it was not seen (connector)");
    expect_in(text, "who waited for it was not seen");
    scenery_free(scenery);
}

Test(life_tab, a_signal_is_told_with_what_came_of_it)
{
    struct scenery *scenery = scenery_new(24, 80);
    add_crowd(scenery, true, false);
    const struct event event = {.kind = EVENT_SIGNAL,
                                .source = EVENT_FROM_SELF,
                                .mono_ns = scenery->now.mono_ns,
                                .id = life_find_pid(scenery->life, 20)->id,
                                .signal = 15,
                                .sender = 4};
    life_note(scenery->life, &event);
    life_note_outcome(scenery->life, event.id, 15, "it ended");
    expect_in(life_of(scenery, 20), "was sent SIGTERM by 4: it ended (self)");
    scenery_free(scenery);
}

Test(life_tab, who_sent_the_signal_that_ended_it)
{
    struct scenery *scenery = scenery_new(24, 80);
    add_crowd(scenery, true, false);
    uint64_t ns = scenery->now.mono_ns;
    const struct event heard[] = {
        {.kind = EVENT_SIGNAL,
         .source = EVENT_FROM_TRACE,
         .mono_ns = ns + 1,
         .id.pid = 20,
         .signal = 15,
         .sender = 4,
         .detail = "impatient\x1b",
         .cause = CAUSE_KILL,
         .fate = FATE_SENT},
        {.kind = EVENT_DELIVERY,
         .source = EVENT_FROM_TRACE,
         .mono_ns = ns + 2,
         .id.pid = 20,
         .signal = 9,
         .fate = FATE_DEFAULT},
        {.kind = EVENT_EXIT,
         .source = EVENT_FROM_CONNECTOR,
         .mono_ns = ns + 3,
         .id.pid = 20,
         .exit_status = 15},
    };
    life_hear(scenery->life, heard, 2);
    cr_expect_null(strstr(life_of(scenery, 20), "signalled"), "it lives");
    life_hear(scenery->life, heard + 2, 1);
    const char *text = life_of(scenery, 20);
    expect_in(text, "killed by SIGTERM");
    expect_in(text, "signalled:   by 4 impatient?, kill(2)\n");
    expect_in(text, "delivered: default action, it ends (trace)");
    cr_expect_null(strchr(text, '\x1b'));
    scenery_free(scenery);
}

Test(life_tab, the_oldest_moments_go_and_are_counted)
{
    struct scenery *scenery = scenery_new(24, 80);
    for (int i = 0; i < 41; i++) {
        scenery_add(scenery, 7, 1, i % 2 ? 'T' : 'S', "worker");
        scenery_tick(scenery);
    }
    expect_in(life_of(scenery, 7), "8 earlier moments were let go");
    scenery_free(scenery);
}
