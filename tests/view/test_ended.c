#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/process.h"
#include "reaptop/view/life_tab.h"

static void add_crowd(struct fixture *fixture, bool has_brief, bool has_broken)
{
    fixture_add(fixture, 1, 0, 'S', "init");
    fixture_add(fixture, 10, 1, 'S', "shell");
    if (has_brief)
        fixture_add(fixture, 20, 10, 'S', "brief");
    if (has_broken)
        fixture_add(fixture, 21, 10, 'Z', "broken")->exit_status = 11; /* SIGSEGV */
    fixture_tick(fixture);
}

static struct fixture *cemetery(void)
{
    struct fixture *fixture = fixture_new(24, 100);
    add_crowd(fixture, false, false);
    add_crowd(fixture, true, true);
    add_crowd(fixture, true, true);
    add_crowd(fixture, false, true);
    add_crowd(fixture, false, false);
    return fixture;
}

Test(ended, the_newest_end_comes_first)
{
    struct fixture *fixture = cemetery();
    fixture_press(fixture, "x");
    int brief = fixture_row_of(fixture, "20       brief"),
        broken = fixture_row_of(fixture, "21       broken");
    cr_assert_neq(brief, -1);
    cr_assert_neq(broken, -1);
    cr_expect_lt(broken, brief);
    cr_expect(fixture_shows(fixture, "10 shell"), "whose child");
    cr_expect(fixture_shows(fixture, "killed by SIGSEGV"));
    fixture_free(fixture);
}

Test(ended, typing_searches_and_enter_reports_the_life)
{
    struct fixture *fixture = cemetery();
    fixture_press(fixture, "xsegv");
    cr_expect(!fixture_shows(fixture, "20       brief"));
    fixture_press(fixture, "<Enter>");
    cr_expect(fixture_shows(fixture, "was forked by 10"));
    cr_expect(fixture_shows(fixture, "is a zombie until 10 collects it"));
    cr_expect(fixture_shows(fixture, "10 shell (inferred: its parent then)"));
    fixture_press(fixture, "<Esc>");
    cr_expect(fixture_shows(fixture, "Ended processes"), "back in the list");
    fixture_press(fixture, "z");
    cr_expect(fixture_shows(fixture, "No ended process matches"));
    fixture_press(fixture, "<Esc>");
    cr_expect(!fixture_shows(fixture, "Ended processes"));
    fixture_free(fixture);
}

Test(ended, the_selected_one_stays_selected_when_others_end)
{
    struct fixture *fixture = cemetery();
    fixture_press(fixture, "x<Down>");
    add_crowd(fixture, true, false);
    add_crowd(fixture, false, false);
    fixture_press(fixture, "<Enter>");
    cr_expect(fixture_shows(fixture, "20 brief"), "the first of that name, not the second");
    cr_expect(!fixture_shows(fixture, "Ended processes"));
    cr_expect_eq(fixture->ui.modals[0].list.at, 2);
    fixture_free(fixture);
}

Test(ended, nobody_ended_yet)
{
    struct fixture *fixture = fixture_new(10, 60);
    add_crowd(fixture, false, false);
    fixture_press(fixture, "x<Enter><Down>");
    cr_expect(fixture_shows(fixture, "No process has ended yet"));
    fixture_free(fixture);
}

/* ---- the events of a branch ---- */

Test(events, of_what_the_tree_is_limited_to)
{
    struct fixture *fixture = cemetery();
    fixture_press(fixture, "E"); /* half the screen for them */
    fixture->scene.roots = (const pid_t[]){21};
    fixture->scene.root_count = 1;
    fixture->scene.roots_title = "of the experiment";
    cr_expect(fixture_shows(fixture, "Events: all, of the experiment"));
    cr_expect(!fixture_shows(fixture, "20 brief was forked"), "a sibling is no descendant");
    fixture->scene.roots = (const pid_t[]){21, 20};
    fixture->scene.root_count = 2;
    cr_expect(fixture_shows(fixture, "20 brief was forked"));
    fixture_free(fixture);
}

Test(events, of_the_selected_and_its_descendants)
{
    struct fixture *fixture = cemetery();
    fixture_press(fixture, "Ec");
    cr_expect(fixture->ui.events_of_relatives);
    cr_expect(fixture_shows(fixture, "the selected and its descendants"));
    fixture->ui.cursor = life_find_pid(fixture->life, 1)->id;
    cr_expect(fixture_shows(fixture, "20 brief was forked"), "init is everybody's ancestor");
    fixture->ui.cursor = life_find_pid(fixture->life, 21)->id;
    cr_expect(!fixture_shows(fixture, "20 brief"), "a sibling is no descendant");
    fixture_press(fixture, "c");
    cr_expect(fixture_shows(fixture, "20 brief"));
    fixture_free(fixture);
}

Test(events, of_one_kind)
{
    struct fixture *fixture = cemetery();
    fixture_press(fixture, "E\\f");
    cr_expect(fixture_shows(fixture, "birth and death"), "the groups are in the list, too");
    fixture_press(fixture, "<Enter>");
    cr_expect(fixture_shows(fixture, "Events: fork"));
    cr_expect(fixture_shows(fixture, "20 brief was forked"));
    cr_expect(!fixture_shows(fixture, "20 brief killed"));
    fixture_press(fixture, "\\r<Enter>");
    cr_expect(fixture_shows(fixture, "Events: reap"));
    cr_expect(!fixture_shows(fixture, "was forked"));
    fixture_press(fixture, "<Right>");
    cr_expect_eq(fixture->ui.events, EVENTS_ALL);
    fixture_free(fixture);
}

Test(events, of_one_user)
{
    struct fixture *fixture = cemetery();
    cr_assert_eq(life_find_pid(fixture->life, 20)->has_uid, true);
    fixture_press(fixture, "Eur<Enter>");
    cr_expect_str_eq(fixture->ui.events_user, "root");
    cr_expect(fixture_shows(fixture, "Events: all, of root"));
    cr_expect(fixture_shows(fixture, "20 brief was forked"));
    fixture->ui.events_uid = 4711;
    cr_expect(!fixture_shows(fixture, "20 brief"), "somebody else's");
    fixture_press(fixture, "u<Home><Enter>");
    cr_expect_null(fixture->ui.events_user);
    cr_expect(fixture_shows(fixture, "20 brief was forked"));
    fixture_free(fixture);
}

Test(events, enter_on_the_event_of_an_ended_one_reports_its_life)
{
    struct fixture *fixture = cemetery();
    fixture_press(fixture, "E<Up><Enter>");
    cr_expect(fixture_shows(fixture, "Seen of its life"));
    fixture_free(fixture);
}

Test(events, what_was_lost_is_counted_in_the_title)
{
    struct fixture *fixture = cemetery();
    const struct event lost = {.kind = EVENT_LOST, .source = EVENT_FROM_CONNECTOR, .count = 7};
    life_receive(fixture->life, &lost, 1);
    life_receive(fixture->life, &lost, 1);
    fixture_press(fixture, "E");
    cr_expect(fixture_shows(fixture, "14 lost"));
    fixture_free(fixture);
}

/* ---- the Life tab ---- */

static const char *life_of(struct fixture *fixture, pid_t pid)
{
    static char text[8192];
    struct document doc = DOCUMENT_INIT;
    struct strbuf out = STRBUF_INIT;
    life_tab(&doc, life_find_pid(fixture->life, pid), fixture->scene.mono_ns, 0);
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
    struct fixture *fixture = fixture_new(24, 80);
    static const char states[] = "SSRRDTTS";
    for (size_t i = 0; states[i]; i++) {
        fixture_add(fixture, 1, 0, 'S', "init");
        fixture_add(fixture, 7, 1, states[i], "worker");
        fixture_tick(fixture);
    }
    const char *text = life_of(fixture, 7);
    expect_in(text, "SSRRDTTS");
    expect_in(text, "sampled every 1.0 s");
    expect_in(text, "R 2.0 s, S 2.0 s, D 1.0 s, T 2.0 s");
    expect_in(text, "went from state D to T (diff)");
    fixture_free(fixture);
}

Test(life_tab, an_end_that_no_sweep_saw_is_bounded_and_an_unseen_adopter_is_named_as_such)
{
    struct fixture *fixture = fixture_new(24, 80);
    add_crowd(fixture, false, false);
    uint64_t ns = fixture->now.mono_ns;
    const struct event received[] = {
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
    life_receive(fixture->life, received, 4);
    add_crowd(fixture, false, false);
    const char *text = life_of(fixture, 31);
    expect_in(text, "exited with status 3");
    expect_in(text, "for at most 999 ms (no sweep saw it as one)");
    expect_in(text, "somebody not seen (inferred), when 30");
    expect_in(text, "was orphaned by 30; who adopted it was not seen (connector)");
    expect_in(text, "who reaped it was not seen");
    fixture_free(fixture);
}

Test(life_tab, a_signal_is_reported_with_what_came_of_it)
{
    struct fixture *fixture = fixture_new(24, 80);
    add_crowd(fixture, true, false);
    const struct event event = {.kind = EVENT_SIGNAL,
                                .source = EVENT_FROM_SELF,
                                .mono_ns = fixture->now.mono_ns,
                                .id = life_find_pid(fixture->life, 20)->id,
                                .signal = 15,
                                .sender = 4};
    life_note(fixture->life, &event);
    life_note_outcome(fixture->life, event.id, 15, "it ended");
    expect_in(life_of(fixture, 20), "was sent SIGTERM by 4: it ended (self)");
    fixture_free(fixture);
}

Test(life_tab, who_sent_the_signal_that_ended_it)
{
    struct fixture *fixture = fixture_new(24, 80);
    add_crowd(fixture, true, false);
    uint64_t ns = fixture->now.mono_ns;
    const struct event received[] = {
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
    life_receive(fixture->life, received, 2);
    cr_expect_null(strstr(life_of(fixture, 20), "signalled"), "it lives");
    life_receive(fixture->life, received + 2, 1);
    const char *text = life_of(fixture, 20);
    expect_in(text, "killed by SIGTERM");
    expect_in(text, "signalled:   by 4 impatient?, kill(2)\n");
    expect_in(text, "delivered: default action, it ends (trace)");
    cr_expect_null(strchr(text, '\x1b'));
    fixture_free(fixture);
}

Test(life_tab, the_oldest_moments_go_and_are_counted)
{
    struct fixture *fixture = fixture_new(24, 80);
    for (int i = 0; i < 41; i++) {
        fixture_add(fixture, 7, 1, i % 2 ? 'T' : 'S', "worker");
        fixture_tick(fixture);
    }
    expect_in(life_of(fixture, 7), "8 earlier moments were dropped");
    fixture_free(fixture);
}
