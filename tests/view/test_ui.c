#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/process.h"

static struct fixture *s;

static void setup(void)
{
    s = fixture_new(24, 80);
    fixture_village(s);
    fixture_tick(s);
}

static void teardown(void)
{
    fixture_free(s);
}

TestSuite(ui, .init = setup, .fini = teardown);

static struct process *next_process(pid_t pid)
{
    for (size_t i = 0; i < s->next.count; i++)
        if (s->next.processes[i].id.pid == pid)
            return &s->next.processes[i];
    cr_assert(false, "no %d", (int)pid);
    return NULL;
}

/* ---- the cursor ---- */

Test(ui, arrows_and_letters_move)
{
    cr_expect_eq(fixture_cursor(s), 1);
    fixture_press(s, "j");
    cr_expect_eq(fixture_cursor(s), 300);
    fixture_press(s, "<Down><Down><Up>");
    cr_expect_eq(fixture_cursor(s), 412);
    fixture_press(s, "G");
    cr_expect_eq(fixture_cursor(s), 950);
    fixture_press(s, "<Down>");
    cr_expect_eq(fixture_cursor(s), 950);
    fixture_press(s, "g<Up>");
    cr_expect_eq(fixture_cursor(s), 1);
    fixture_press(s, "<PgDn><PgUp><End><Home>");
    cr_expect_eq(fixture_cursor(s), 1);
}

Test(ui, vim_moves_up_with_k)
{
    s->ui.settings.profile = PROFILE_VIM;
    fixture_press(s, "jjk");
    cr_expect_eq(fixture_cursor(s), 300);
    cr_expect_eq(fixture_press(s, "K"), INTENT_HOLD);
}

Test(ui, digits_go_to_a_pid)
{
    fixture_press(s, "815");
    cr_expect_eq(fixture_cursor(s), 815);
    fixture_press(s, "j412");
    cr_expect_eq(fixture_cursor(s), 412);
    fixture_press(s, "j99999999999999999999");
    cr_expect_neq(fixture_cursor(s), 0);
}

Test(ui, the_cursor_stays_on_its_process_when_the_order_changes)
{
    fixture_press(s, "820");
    fixture_press(s, "t");
    cr_expect_eq(fixture_cursor(s), 820);
    fixture_press(s, "I");
    cr_expect_eq(fixture_cursor(s), 820);
    fixture_keep(s);
    next_process(820)->cpu_percent = 99;
    s->ui.settings.sort = FIELD_CPU_PERCENT;
    fixture_tick(s);
    cr_expect_eq(fixture_cursor(s), 820);
    cr_expect_eq(s->tree.rows[s->ui.row].process,
                 (uint32_t)(snapshot_find(&s->now, 820) - s->now.processes));
}

Test(ui, the_cursor_stays_on_what_has_ended_until_it_is_moved)
{
    fixture_press(s, "830");
    uint32_t row = s->ui.row;
    s->scene.linger_ns = 0;
    fixture_keep(s);
    fixture_drop(s, 830);
    fixture_tick(s);
    fixture_keep(s);
    fixture_tick(s);
    cr_expect_eq(s->ui.row, row);
    cr_expect_eq(s->ui.cursor.pid, 830);
    cr_expect(fixture_shows(s, "830 has ended"));
    cr_expect_eq(fixture_press(s, "k"), INTENT_NONE, "nobody is signalled in its place");
    cr_expect_eq(s->ui.modal_count, 0);
    cr_expect(fixture_shows(s, "The selected process has ended"));
    fixture_press(s, "<Up>");
    cr_expect_not_null(ui_selected(&s->ui, &s->scene));
}

Test(ui, a_newcomer_with_the_same_pid_is_not_the_same)
{
    fixture_press(s, "830 -");
    fixture_press(s, "830");
    s->scene.linger_ns = 0;
    fixture_keep(s);
    next_process(830)->id.start_ticks = 777777;
    fixture_tick(s);
    cr_expect_eq(s->ui.tagged.count, 0, "the tag was the former one's");
    cr_expect_eq(s->ui.cursor.pid, 830);
    cr_expect_neq(s->ui.cursor.start_ticks, 777777, "the cursor stays on the former one");
    cr_expect_null(ui_selected(&s->ui, &s->scene));
    cr_expect(fixture_shows(s, "830 has ended; its PID is used again"));
}

Test(ui, following_unfolds_and_reports_the_end)
{
    fixture_press(s, "830F");
    cr_expect(s->ui.is_following);
    s->scene.linger_ns = 0;
    fixture_keep(s);
    fixture_drop(s, 830);
    fixture_tick(s);
    fixture_keep(s);
    fixture_tick(s);
    cr_expect_not(s->ui.is_following);
    cr_expect(fixture_shows(s, "830 has ended"));
    fixture_press(s, "815Fj");
    cr_expect_not(s->ui.is_following, "moving ends it");
}

Test(ui, every_row_can_be_reached_and_is_then_in_sight)
{
    for (pid_t pid = 2000; pid < 2300; pid++)
        fixture_add(s, pid, 0, 'S', "many");
    fixture_tick(s);
    fixture_press(s, "g");
    for (int i = 0; i < 310; i++) {
        uint32_t first, count;
        ui_visible(&s->ui, &s->scene, &first, &count);
        cr_assert(s->ui.row >= first && s->ui.row < first + count);
        fixture_press(s, "j");
    }
    cr_expect_eq(fixture_cursor(s), 2299);
}

/* ---- folding, tags ---- */

Test(ui, folding)
{
    fixture_press(s, "815-");
    cr_expect_null(strstr(fixture_screen(s), "cc1"));
    cr_expect_eq(fixture_cursor(s), 815);
    fixture_press(s, "+");
    cr_expect(fixture_shows(s, "cc1"));
    /* A leaf folds the branch that it is in. */
    fixture_press(s, "820-");
    cr_expect_eq(fixture_cursor(s), 815);
    cr_expect_not(fixture_shows(s, "cc1"));
    fixture_press(s, "*");
    cr_expect(fixture_shows(s, "cc1"));
    fixture_press(s, "*");
    cr_expect_eq(s->ui.folded.count, 4);
    cr_expect_not(fixture_shows(s, "bash"));
}

Test(ui, a_selected_process_in_a_folded_branch_moves_to_the_branch)
{
    fixture_press(s, "812-");
    ui_select(&s->ui, (struct identity){.pid = 820, .start_ticks = 8200});
    fixture_rebuild(s);
    cr_expect_eq(fixture_cursor(s), 820, "selecting unfolds");
    cr_expect(fixture_shows(s, "cc1"));
}

Test(ui, a_newborn_is_selected_as_soon_as_a_snapshot_holds_it)
{
    const struct identity newborn = {.pid = 930, .start_ticks = s->now.mono_ns / 10000000 + 50};
    ui_select(&s->ui, newborn);
    fixture_rebuild(s);
    cr_expect_eq(ui_selected(&s->ui, &s->scene), NULL, "this snapshot is older than it is");
    fixture_keep(s);
    fixture_add(s, newborn.pid, 812, 'S', "newborn")->id = newborn;
    fixture_tick(s);
    cr_expect_eq(fixture_cursor(s), newborn.pid);
}

Test(ui, a_newborn_that_no_snapshot_holds_is_not_waited_for)
{
    ui_select(&s->ui, (struct identity){.pid = 930, .start_ticks = s->now.mono_ns / 10000000 + 50});
    fixture_keep(s);
    fixture_tick(s);
    cr_expect(fixture_shows(s, "930 has ended"));
}

Test(ui, a_search_goes_on_while_command_lines_are_read)
{
    s->scene.lacks_argv = true;
    fixture_press(s, "/--needle<Enter>");
    cr_expect_not(fixture_shows(s, "not found"), "not all are known yet");
    cr_expect(ui_wants_argv(&s->ui));
    fixture_keep(s);
    fixture_add_argv(s, 931, 812, 'S', "haystack", "haystack --needle");
    fixture_tick(s);
    cr_expect_eq(fixture_cursor(s), 931);
    fixture_press(s, "<Home>");
    s->scene.lacks_argv = false;
    fixture_rebuild(s);
    cr_expect_eq(fixture_cursor(s), 1, "once found, the cursor is the person's own");
}

Test(ui, a_search_ends_when_all_command_lines_are_known)
{
    s->scene.lacks_argv = true;
    fixture_press(s, "/--needle<Enter>");
    s->scene.lacks_argv = false;
    fixture_rebuild(s);
    cr_expect(fixture_shows(s, "not found: --needle"));
}

Test(ui, command_lines_are_wanted_by_what_looks_at_them)
{
    cr_expect_not(ui_wants_argv(&s->ui));
    fixture_press(s, "\\state=S<Enter>");
    cr_expect_not(ui_wants_argv(&s->ui));
    fixture_press(s, "\\ and nginx<Enter>");
    cr_expect(ui_wants_argv(&s->ui));
}

Test(ui, both_trees_stand_side_by_side)
{
    fixture_press(s, "o");
    cr_expect(fixture_shows(s, "by birth"));
    cr_expect_not(s->ui.has_lineage);
    fixture_press(s, "o");
    cr_expect(s->ui.has_lineage);
    cr_assert_eq(tree_build(&s->lineage, &s->now, s->life,
                            &(struct tree_options){.shape = TREE_BY_ORIGINAL_PARENT}),
                 0);
    s->scene.lineage = &s->lineage;
    cr_expect(fixture_shows(s, "BY BIRTH"));
    fixture_press(s, "<Enter>");
    cr_expect_not(fixture_shows(s, "BY BIRTH"), "the inspector takes its place");
    fixture_press(s, "<Esc>");
    cr_expect(fixture_shows(s, "BY BIRTH"));
    fixture_press(s, "o");
    cr_expect_not(fixture_shows(s, "BY BIRTH"));
    cr_expect_eq(s->ui.settings.shape, TREE_BY_PARENT);
}

Test(ui, nothing_to_fold_in_the_flat_list)
{
    fixture_press(s, "t-");
    cr_expect(fixture_shows(s, "flat list has no branches"));
}

Test(ui, tags)
{
    fixture_press(s, "812 ");
    cr_expect_eq(s->ui.tagged.count, 1);
    cr_expect_eq(fixture_cursor(s), 815, "one row on");
    fixture_press(s, "812 ");
    cr_expect_eq(s->ui.tagged.count, 0);
    fixture_press(s, "812c");
    cr_expect_eq(s->ui.tagged.count, 6, "812, 815, 820, 821, 830, 900: %zu", s->ui.tagged.count);
    fixture_keep(s);
    fixture_drop(s, 830);
    fixture_tick(s);
    cr_expect_eq(s->ui.tagged.count, 5, "the dead lose their tags");
    fixture_press(s, "U");
    cr_expect_eq(s->ui.tagged.count, 0);
}

/* ---- finding ---- */

Test(ui, search_goes_along_as_one_types)
{
    fixture_press(s, "/cc");
    cr_expect_eq(fixture_cursor(s), 820);
    fixture_press(s, "<BS><BS>ss");
    cr_expect_eq(fixture_cursor(s), 300);
    fixture_press(s, "<Enter>.");
    cr_expect_eq(fixture_cursor(s), 412);
    fixture_press(s, ".");
    cr_expect_eq(fixture_cursor(s), 300, "search wrapped");
    fixture_press(s, ",");
    cr_expect_eq(fixture_cursor(s), 412);
    fixture_press(s, "<Esc>");
    cr_expect_null(s->ui.search);
}

Test(ui, leaving_a_search_goes_back)
{
    fixture_press(s, "815/vi<Esc>");
    cr_expect_eq(fixture_cursor(s), 815);
    fixture_press(s, "/nosuchname");
    cr_expect(fixture_shows(s, "not found: nosuchname"));
    cr_expect_eq(fixture_cursor(s), 815);
}

Test(ui, search_finds_command_lines)
{
    fixture_press(s, "/notes<Enter>");
    cr_expect_eq(fixture_cursor(s), 830);
}

Test(ui, a_search_opens_the_folded_branch_that_holds_the_only_match)
{
    fixture_press(s, "*");
    cr_assert_not(fixture_shows(s, "vi notes.txt"));
    fixture_press(s, "/notes");
    cr_expect_eq(fixture_cursor(s), 830);
    cr_expect(fixture_shows(s, "vi notes.txt"));
    fixture_press(s, "<Enter>g*.");
    cr_expect_eq(fixture_cursor(s), 830, "the next match, too");
    fixture_press(s, "*g*830");
    cr_expect_eq(fixture_cursor(s), 830, "a typed PID, too");
    fixture_press(s, "g/nosuchname");
    cr_expect(fixture_shows(s, "not found: nosuchname"));
}

Test(ui, the_next_match_goes_through_every_folded_branch)
{
    fixture_add(s, 1, 0, 'S', "init");
    for (pid_t pid = 2000; pid < 2003; pid++) {
        fixture_add(s, pid, 1, 'S', "branch");
        fixture_add(s, pid + 100, pid, 'S', "needle");
    }
    fixture_tick(s);
    fixture_press(s, "*g/needle<Enter>");
    cr_expect_eq(fixture_cursor(s), 2100);
    fixture_press(s, ".");
    cr_expect_eq(fixture_cursor(s), 2101);
    fixture_press(s, ".");
    cr_expect_eq(fixture_cursor(s), 2102);
    fixture_press(s, ".");
    cr_expect_eq(fixture_cursor(s), 2100);
    cr_expect(fixture_shows(s, "search wrapped"));
    fixture_press(s, ",");
    cr_expect_eq(fixture_cursor(s), 2102);
}

Test(ui, a_match_that_is_hidden_is_said_with_what_hides_it)
{
    fixture_press(s, "/kthreadd");
    cr_expect(fixture_shows(s, "2 kthreadd is hidden"));
    fixture_press(s, "<Enter>.");
    cr_expect(fixture_shows(s, "2 kthreadd is hidden: kernel threads are not shown"));
    fixture_press(s, "<Esc>\\state=T<Enter>/cc1<Enter>.");
    cr_expect(fixture_shows(s, "is hidden by the filter state=T"));
}

Test(ui, a_filter_keeps_ancestors_and_can_be_left)
{
    cr_expect_eq(fixture_press(s, "\\state=T<Enter>"), INTENT_REBUILD);
    cr_expect(fixture_shows(s, "vi notes.txt"));
    cr_expect(fixture_shows(s, "filter state=T"));
    cr_expect_not(fixture_shows(s, "vault"));
    fixture_press(s, "<Esc>");
    cr_expect(fixture_shows(s, "vault"));
}

Test(ui, a_wrong_filter_stays_to_be_put_right)
{
    fixture_press(s, "\\state=T<Enter>\\<C-U>rss > <Enter>");
    cr_expect_neq(s->ui.message[0], '\0');
    cr_expect_eq(s->ui.modal_count, 1);
    fixture_press(s, "<Esc>");
    cr_expect_str_eq(s->ui.filter_text, "state=T", "the former one goes on");
    fixture_press(s, "\\<C-U><Enter>");
    cr_expect_null(s->ui.filter_text);
}

Test(ui, a_filter_that_nothing_passes_says_so)
{
    fixture_press(s, "\\state=X<Enter>");
    cr_expect(fixture_shows(s, "No process matches the filter"));
    cr_expect_eq(fixture_press(s, "k"), INTENT_NONE);
}

Test(ui, users_can_be_chosen)
{
    fixture_press(s, "ua");
    cr_expect(fixture_shows(s, "everybody"));
    fixture_press(s, "<Enter>");
    cr_expect_str_eq(s->ui.user, "ada");
    cr_expect_not(fixture_shows(s, "vault"));
    fixture_press(s, "u<Home><Enter>");
    cr_expect_null(s->ui.user);
    cr_expect(fixture_shows(s, "vault"));
}

/* ---- shaping ---- */

Test(ui, a_folded_branch_says_what_it_uses_together)
{
    fixture_press(s, "815-");
    cr_assert(ui_wants_subtrees(&s->ui));
    cr_assert_eq(snapshot_subtrees(&s->now), 0);
    cr_expect(fixture_shows(s, "[+2 87.5% 295M] make"), "%s", fixture_screen(s));
    fixture_press(s, "+");
    cr_expect_not(ui_wants_subtrees(&s->ui), "nothing is added up that is not shown");
}

Test(ui, sorting_by_key_chooser_and_mouse)
{
    fixture_press(s, "t>");
    cr_expect_eq(s->ui.settings.sort, FIELD_PPID);
    fixture_press(s, "<");
    cr_expect_eq(s->ui.settings.sort, FIELD_PID);
    fixture_press(s, "<F6><End><Enter>");
    cr_expect_eq(s->ui.settings.sort, FIELD_COUNT - 1);
    int row = fixture_row_of(s, "PPID");
    fixture_mouse(s, KEY_MOUSE_PRESS, row, 32);
    cr_expect_eq(s->ui.settings.sort, FIELD_RSS_KIB);
    cr_expect_not(s->ui.settings.is_inverted);
    fixture_mouse(s, KEY_MOUSE_PRESS, row, 32);
    cr_expect(s->ui.settings.is_inverted);
}

Test(ui, the_lines_of_maps_have_an_order_of_their_own)
{
    enum field before = s->ui.settings.sort;
    fixture_press(s, "<Enter>3>");
    cr_expect_eq(s->ui.maps_sort, MAPPING_BY_RSS);
    cr_expect(fixture_shows(s, "Mappings sorted by rss"));
    fixture_press(s, "<<");
    cr_expect_eq(s->ui.maps_sort, MAPPING_BY_SWAP);
    fixture_press(s, "<F6>");
    cr_expect_eq(s->ui.maps_sort, MAPPING_BY_ADDRESS);
    cr_expect_eq(s->ui.settings.sort, before);
    fixture_press(s, "<Esc>t>");
    cr_expect_neq(s->ui.settings.sort, before, "the tree has the focus again");
}

Test(ui, pages_are_compared_with_a_tagged_process_that_is_not_the_selected_one)
{
    cr_expect(identity_is_nobody(ui_compared(&s->ui)));
    fixture_press(s, "815 ");
    cr_expect_eq(ui_compared(&s->ui).pid, 815, "the cursor went on");
    fixture_press(s, "815");
    cr_expect_eq(s->ui.cursor.pid, 815);
    cr_expect(identity_is_nobody(ui_compared(&s->ui)));
}

Test(ui, threads_want_a_sweep_and_kernel_threads_a_new_tree)
{
    cr_expect_eq(fixture_press(s, "H"), INTENT_SWEEP);
    cr_expect_eq(fixture_press(s, "K"), INTENT_REBUILD);
    cr_expect(fixture_shows(s, "[kworker/0:1]"));
}

Test(ui, pausing)
{
    fixture_press(s, "Z");
    cr_expect(ui_is_paused(&s->ui));
    cr_expect(fixture_shows(s, "PAUSED"));
    cr_expect_eq(fixture_press(s, "Z"), INTENT_SWEEP);
}

/* ---- the inspector ---- */

Test(ui, tabs_go_round)
{
    enum tab tab;
    struct identity id;
    cr_expect_not(ui_wants_tab(&s->ui, &s->scene, &tab, &id), "nothing is read unasked");
    fixture_press(s, "815<Enter>");
    cr_assert(ui_wants_tab(&s->ui, &s->scene, &tab, &id));
    cr_expect_eq(tab, TAB_LIFE);
    cr_expect_eq(id.pid, 815);
    for (int i = 0; i < TAB_COUNT; i++)
        fixture_press(s, "<Tab>");
    cr_expect_eq(s->ui.tab, TAB_LIFE);
    fixture_press(s, "<S-Tab>");
    cr_expect_eq(s->ui.tab, TAB_ENVIRONMENT);
    fixture_press(s, "3");
    cr_expect_eq(s->ui.tab, TAB_MAPS);
    fixture_press(s, "<Esc>");
    cr_expect_eq(s->ui.focus, REGION_TREE);
    cr_expect_not(s->ui.has_inspector);
    fixture_press(s, "y");
    cr_expect_eq(s->ui.tab, TAB_WHY);
}

Test(ui, enter_on_a_line_goes_where_it_leads)
{
    struct document *doc = &s->panes[TAB_LIFE];
    document_begin(doc, 0);
    document_add(doc, STYLE_NORMAL, "plain");
    document_begin(doc, 0);
    document_add(doc, STYLE_NORMAL, "parent");
    document_link(doc, 812);
    document_begin(doc, 0);
    document_add(doc, STYLE_NORMAL, "marked");
    document_mark(doc, 99);
    s->scene.panes[TAB_LIFE] = (struct pane){.document = doc, .access = ACCESS_OK};
    fixture_press(s, "815<Enter><Down><Down>");
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_LINE);
    cr_expect_eq(s->intent.mark, 99);
    cr_expect_eq(s->intent.tab, TAB_LIFE);
    fixture_press(s, "<Up><Enter>");
    cr_expect_eq(fixture_cursor(s), 812);
    cr_expect_eq(s->ui.focus, REGION_INSPECTOR);
    cr_expect_eq(s->ui.panes[TAB_LIFE].line, 0, "another process, from the top");
}

Test(ui, enter_on_a_line_to_one_that_is_not_shown_says_so)
{
    struct document *doc = &s->panes[TAB_LIFE];
    document_begin(doc, 0);
    document_add(doc, STYLE_NORMAL, "a kernel thread");
    document_link(doc, 2);
    s->scene.panes[TAB_LIFE] = (struct pane){.document = doc, .access = ACCESS_OK};
    fixture_press(s, "815<Enter><Enter>");
    cr_expect_eq(fixture_cursor(s), 815);
    cr_expect(fixture_shows(s, "2 kthreadd is hidden: kernel threads are not shown"));
}

Test(ui, a_marked_line_is_found_again_when_the_pane_changes)
{
    struct document *doc = &s->panes[TAB_LIFE];
    for (int round = 0; round < 2; round++) {
        document_clear(doc);
        for (int i = round == 0 ? 10 : 0; i < 60; i++) {
            document_begin(doc, 0);
            document_add(doc, STYLE_NORMAL, "line %d", i);
            document_mark(doc, (uint64_t)i + 1);
        }
        s->scene.panes[TAB_LIFE] = (struct pane){.document = doc, .access = ACCESS_OK};
        if (round == 0)
            fixture_press(s, "<Enter><Down><Down><Down>");
        fixture_rebuild(s);
    }
    cr_expect_eq(s->ui.panes[TAB_LIFE].line, 13);
    document_clear(doc);
    fixture_rebuild(s);
    cr_expect_eq(s->ui.panes[TAB_LIFE].line, 0);
}

/* ---- events ---- */

Test(ui, events_can_be_gone_through)
{
    fixture_keep(s);
    fixture_add(s, 990, 812, 'S', "newborn");
    fixture_tick(s);
    fixture_press(s, "812E<Up>");
    cr_expect_neq(s->ui.event, EVENT_NEWEST);
    fixture_press(s, "<Enter>");
    cr_expect_eq(fixture_cursor(s), 990);
    fixture_press(s, "<Down>");
    cr_expect_eq(s->ui.event, EVENT_NEWEST);
    fixture_press(s, "<Right>");
    cr_expect_eq(s->ui.events, EVENTS_LIFE);
    cr_expect(fixture_shows(s, "990 newborn"));
    fixture_press(s, "<Right>");
    cr_expect_not(fixture_shows(s, "990 newborn was"));
    fixture_press(s, "E");
    cr_expect_not(s->ui.settings.shows_events);
    cr_expect_eq(s->ui.focus, REGION_TREE);
}

/* ---- acting ---- */

Test(ui, readonly_refuses_and_says_why)
{
    static const char *const keys[] = {"k", "n", "w", "L"};
    s->scene.is_readonly = true;
    fixture_press(s, "821");
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        cr_expect_eq(fixture_press(s, keys[i]), INTENT_NONE);
        cr_expect_eq(s->ui.modal_count, 0);
        cr_expect(fixture_shows(s, "Read-only"), "%s", keys[i]);
    }
    s->scene.replay = "recording.json";
    (void)fixture_press(s, "k");
    cr_expect(fixture_shows(s, "This is a recording"));
}

Test(ui, a_command_line_is_spawned)
{
    static const struct choice children[] = {
        {.name = "sleeper", .summary = "sleeps"},
        {.name = "spinner", .summary = "spins", .refusal = "not now"},
    };
    s->scene.children = children;
    s->scene.child_choice_count = 2;
    fixture_press(s, "n");
    cr_expect(fixture_shows(s, "sleeper"));
    cr_expect(fixture_shows(s, "not now"));
    fixture_press(s, "<Enter>");
    cr_expect_eq(fixture_press(s, "sleep 60<Enter>"), INTENT_SPAWN);
    cr_expect_str_eq(s->intent.text, "sleep 60");
    fixture_press(s, "n<Enter><Up>");
    cr_expect_str_eq(strbuf_text(&s->ui.prompt.text), "sleep 60", "it is remembered");
    fixture_press(s, "<Esc>n<Down>");
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_CHILD);
    cr_expect_eq(s->intent.index, 0);
    fixture_press(s, "n<End>");
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_NONE);
    cr_expect(fixture_shows(s, "spinner: not now"));
    fixture_press(s, "<Esc>n<Enter>");
    cr_expect_eq(fixture_press(s, "   <Enter>"), INTENT_NONE, "blanks are no command");
}

Test(ui, only_own_zombies_are_reaped)
{
    static const struct own_child own[] = {{.pid = 830}, {.pid = 821, .is_zombie = true}};
    s->scene.own_children = own;
    s->scene.own_child_count = 2;
    cr_expect_eq(fixture_press(s, "821w"), INTENT_REAP);
    cr_expect_eq(s->intent.pid, 821);
    s->scene.own_child_count = 0;
    cr_expect_eq(fixture_press(s, "821w"), INTENT_NONE);
    cr_expect(fixture_shows(s, "821 is the child of 815 make"));
    s->scene.own_child_count = 2;
    cr_expect_eq(ui_action(&s->ui, ACTION_REAP, &s->scene).kind, INTENT_REAP);
    fixture_press(s, "830");
    cr_expect_eq(ui_action(&s->ui, ACTION_REAP, &s->scene).kind, INTENT_NONE);
    cr_expect(fixture_shows(s, "alive"));
    cr_expect_eq(fixture_press(s, "q"), INTENT_NONE, "children are still there");
    cr_expect(fixture_shows(s, "2 children of reaptop"));
    cr_expect_eq(fixture_press(s, "n"), INTENT_NONE);
    cr_expect_eq(fixture_press(s, "qy"), INTENT_QUIT);
}

Test(ui, experiments_are_browsed_by_chapter)
{
    static const struct choice experiments[] = {
        {.name = "Birth", .is_heading = true},
        {.name = "fork"},
        {.name = "cow"},
        {.name = "Death", .is_heading = true},
        {.name = "zombie"},
        {.name = "orphan", .summary = "Parents go"},
    };
    s->scene.experiments = experiments;
    s->scene.experiment_count = 6;
    static const struct {
        const char *keys;
        size_t index;
    } ways[] = {
        {"L", 1},
        {"L<Up>", 1},
        {"L<Down><Down>", 4},
        {"L<Down><Down><Up>", 2},
        {"L<Right>", 4},
        {"L<Right><Right>", 4},
        {"L<Right><Down><Left>", 4},
        {"L<Right><Down><Left><Left>", 1},
        {"L<End>", 5},
        {"L<End><Home>", 1},
        {"LD", 1}, /* a heading's letter is none */
        {"Lor", 5},
        {"LzOMB", 4},
        {"Lpare", 5}, /* none begins with p; it is in a summary */
        {"Lffo", 1},
        {"Lcparents", 5}, /* "cp" is nowhere: p begins anew */
        {"Lombi", 4},     /* not at a name's begin */
        {"Lo<Down>", 5},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        fixture_press(s, ways[i].keys);
        cr_expect(fixture_shows(s, "Birth"), "%s", ways[i].keys);
        cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_LAB, "%s", ways[i].keys);
        cr_expect_eq(s->intent.index, ways[i].index, "%s: %zu", ways[i].keys, s->intent.index);
    }
}

Test(ui, the_lab)
{
    static const struct choice experiments[] = {{.name = "fork"}, {.name = "zombie"}};
    struct document lab = DOCUMENT_INIT;
    s->scene.experiments = experiments;
    s->scene.experiment_count = 2;
    fixture_press(s, "Lz");
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_LAB);
    cr_expect_eq(s->intent.index, 1);
    document_begin(&lab, 0);
    document_add(&lab, STYLE_NORMAL, "What will happen?");
    s->scene.lab = &lab;
    s->scene.lab_title = "zombie";
    s->scene.lab_waits = true;
    ui_show_lab(&s->ui);
    fixture_rebuild(s);
    cr_expect(fixture_shows(s, "What will happen?"));
    const struct identity selected = s->ui.cursor;
    s->ui.cursor = NOBODY; /* as before its first process */
    cr_expect_null(action_refusal(&s->ui, &s->scene, ACTION_INSPECT));
    s->ui.cursor = selected;
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_LAB_STEP);
    cr_expect_eq(s->intent.index, SIZE_MAX, "nothing is predicted");
    fixture_press(s, "L");
    cr_expect(fixture_shows(s, "Type to find"), "one that is over makes room for the next");
    fixture_press(s, "<Esc>");
    s->scene.lab_choice_count = 2;
    fixture_press(s, "L");
    cr_expect_not(fixture_shows(s, "Type to find"), "another is going on");
    cr_expect_eq(fixture_press(s, "2"), INTENT_LAB_STEP);
    cr_expect_eq(s->intent.index, 1);
    for (int i = 0; i < 50; i++) {
        document_begin(&lab, 0);
        document_add(&lab, STYLE_NORMAL, "told %d.", i);
        fixture_rebuild(s);
    }
    cr_expect(fixture_shows(s, "told 49."), "what is new is in sight");
    fixture_press(s, "<Home>");
    document_begin(&lab, 0);
    fixture_rebuild(s);
    cr_expect(fixture_shows(s, "What will happen?"), "a reader who went back stays there");
    cr_expect_eq(fixture_press(s, "<Esc>"), INTENT_NONE);
    cr_expect_eq(fixture_press(s, "y"), INTENT_LAB_END);
    s->scene.lab = NULL;
    fixture_rebuild(s);
    cr_expect_not(fixture_shows(s, "What will happen?"));
    document_done(&lab);
}

Test(ui, manual_pages)
{
    cr_expect_eq(fixture_press(s, "815m"), INTENT_MANUAL);
    cr_expect_str_eq(s->intent.text, "make");
    fixture_press(s, "<Left>");
    cr_expect_eq(fixture_press(s, "m"), INTENT_MANUAL);
    cr_expect_str_eq(s->intent.text, fields[FIELD_CPU_PERCENT].manual);
    fixture_press(s, "<Right>");
    fixture_add(s, 1, 0, 'S', "-P/bin/sh");
    fixture_tick(s);
    cr_expect_eq(fixture_press(s, "gm"), INTENT_NONE, "an option is no page");
}

Test(ui, program_keys)
{
    cr_expect_eq(fixture_press(s, "<C-L>"), INTENT_REDRAW);
    cr_expect_eq(fixture_press(s, "<C-Z>"), INTENT_SUSPEND);
    cr_expect_eq(fixture_press(s, "?<C-Z>"), INTENT_SUSPEND, "with a dialog open too");
    fixture_press(s, "<Esc>");
    cr_expect_eq(fixture_press(s, "<F10>"), INTENT_QUIT);
    cr_expect_eq(fixture_press(s, "q"), INTENT_QUIT);
}

Test(ui, setup_changes_and_saves)
{
    fixture_press(s, "<F2>");
    fixture_press(s, "<Enter>");
    cr_expect_eq(s->ui.settings.profile, PROFILE_VIM);
    cr_expect_eq(fixture_press(s, "<Down><Right>"), INTENT_SETTINGS);
    cr_expect_eq(s->ui.settings.theme, THEME_DARK);
    cr_expect_eq(fixture_press(s, "<Down><Right>"), INTENT_SETTINGS);
    cr_expect_eq(s->ui.settings.color, COLOR_MODE_MONO);
    fixture_press(s, "<Down><Down><Down>");
    uint64_t before = s->ui.settings.delay_ns;
    cr_expect_eq(fixture_press(s, "<Right>"), INTENT_SETTINGS);
    cr_expect_gt(s->ui.settings.delay_ns, before);
    fixture_press(s, "<Left>");
    cr_expect_eq(s->ui.settings.delay_ns, before);
    cr_expect_eq(fixture_press(s, "<End><Enter>"), INTENT_SAVE);
    fixture_press(s, "<Esc>");
    cr_expect_eq(s->ui.modal_count, 0);
}

Test(ui, esc_leaves_one_thing_after_the_other)
{
    fixture_press(s, "/bash<Enter>\\user=ada<Enter>815F<Enter>");
    fixture_press(s, "<Esc>");
    cr_expect_eq(s->ui.focus, REGION_TREE);
    fixture_press(s, "<Esc>");
    cr_expect_not(s->ui.is_following);
    fixture_press(s, "<Esc>");
    cr_expect_null(s->ui.search);
    fixture_press(s, "<Esc>");
    cr_expect_null(s->ui.filter);
    fixture_press(s, "<Esc>");
    cr_expect(fixture_shows(s, "q quits"));
}

/* ---- the mouse ---- */

Test(ui, the_mouse_selects_folds_and_presses)
{
    int row = fixture_row_of(s, "  815 ");
    fixture_mouse(s, KEY_MOUSE_PRESS, row, 5);
    cr_expect_eq(fixture_cursor(s), 815);
    fixture_mouse(s, KEY_MOUSE_PRESS, row, 46);
    cr_expect_not(fixture_shows(s, "cc1"));
    fixture_mouse(s, KEY_MOUSE_WHEEL_DOWN, row, 5);
    cr_expect_neq(fixture_cursor(s), 815);
    fixture_mouse(s, KEY_MOUSE_DOUBLE, row, 5);
    cr_expect_eq(s->ui.focus, REGION_INSPECTOR);
    fixture_mouse(s, KEY_MOUSE_PRESS, fixture_row_of(s, "Life"), 9);
    cr_expect_eq(s->ui.tab, TAB_WHY);
    fixture_mouse(s, KEY_MOUSE_PRESS, 23, 1);
    cr_expect(fixture_shows(s, "┌─ Help"));
    fixture_mouse(s, KEY_MOUSE_PRESS, 23, 1);
    cr_expect_eq(s->ui.modal_count, 0, "a press outside leaves");
}

/* ---- messages ---- */

Test(ui, messages_go_with_the_next_key_or_with_time)
{
    ui_message(&s->ui, SEVERITY_ERROR, s->scene.mono_ns, "it \033[2J failed");
    cr_expect(fixture_shows(s, "it ?[2J failed"));
    fixture_press(s, "j");
    cr_expect_not(fixture_shows(s, "failed"));
    ui_message(&s->ui, SEVERITY_INFO, s->scene.mono_ns, "passing");
    s->scene.mono_ns += 60 * NS_PER_SEC;
    fixture_rebuild(s);
    cr_expect_not(fixture_shows(s, "passing"));
}

Test(ui, a_text_is_shown_and_left)
{
    struct document text = DOCUMENT_INIT;
    for (int i = 0; i < 100; i++) {
        document_begin(&text, 0);
        document_add(&text, STYLE_NORMAL, "line %d.", i);
    }
    ui_show_text(&s->ui, "A text", &text);
    cr_expect_eq(text.line_count, 0);
    cr_expect(fixture_shows(s, "A text"));
    fixture_press(s, "<End>");
    cr_expect(fixture_shows(s, "line 99."));
    fixture_press(s, "<Up>");
    cr_expect_not(fixture_shows(s, "line 99."));
    fixture_press(s, "<Esc>");
    cr_expect_not(fixture_shows(s, "A text"));
}

/* ---- what htop has a key for ---- */

Test(ui, one_key_sorts)
{
    cr_expect_eq(fixture_press(s, "M"), INTENT_REBUILD);
    cr_expect_eq(s->ui.settings.sort, FIELD_RSS_KIB);
    cr_expect(fixture_shows(s, "within each branch"));
    fixture_press(s, "tP");
    cr_expect_eq(s->ui.settings.sort, FIELD_CPU_PERCENT);
    cr_expect(fixture_row_of(s, "make -j4") < fixture_row_of(s, "notes.txt"));
    fixture_press(s, "T");
    cr_expect_eq(s->ui.settings.sort, FIELD_TIME_TICKS);
    fixture_press(s, "N");
    cr_expect_eq(s->ui.settings.sort, FIELD_PID);
}

Test(ui, one_key_shows_a_pane)
{
    fixture_press(s, "815e");
    cr_expect_eq(s->ui.tab, TAB_ENVIRONMENT);
    cr_expect_eq(s->ui.focus, REGION_INSPECTOR);
    fixture_press(s, "<Esc>l");
    cr_expect_eq(s->ui.tab, TAB_FILES);
}

Test(ui, the_form_of_a_command)
{
    cr_expect(fixture_shows(s, "sshd -D"));
    cr_expect_not(fixture_shows(s, "/usr/sbin/sshd -D"));
    fixture_press(s, "p");
    cr_expect(fixture_shows(s, "/usr/sbin/sshd -D"));
    (void)ui_action(&s->ui, ACTION_MERGED, &s->scene);
    cr_expect_not(fixture_shows(s, "sshd  /usr/sbin/sshd -D"), "the command line alone");
    cr_expect(fixture_shows(s, "/usr/sbin/sshd -D"));
}

Test(ui, a_whole_command_line)
{
    fixture_press(s, "815w");
    cr_expect(fixture_shows(s, "Command line of 815 make"));
    cr_expect(fixture_shows(s, "make -j4 all CFLAGS=-O2"));
    fixture_press(s, "<Esc>950w");
    cr_expect(fixture_shows(s, "no command line: "));
}

/* ---- the palette ---- */

Test(ui, an_action_is_found_by_its_name)
{
    cr_expect_eq(fixture_press(s, ":sort-m<Enter>"), INTENT_REBUILD);
    cr_expect_eq(s->ui.settings.sort, FIELD_RSS_KIB);
    fixture_press(s, ":pane m<Enter>");
    cr_expect_eq(s->ui.tab, TAB_MAPS);
    fixture_press(s, "<Esc>:keys v<Enter>");
    cr_expect_eq(s->ui.settings.profile, PROFILE_VIM);
    fixture_press(s, ":sort stat<Enter>");
    cr_expect_eq(s->ui.settings.sort, FIELD_STATE);
    fixture_press(s, ":nosuch<Enter>");
    cr_expect(fixture_shows(s, "No action is named 'nosuch'"));
    fixture_press(s, "<Esc>");
    cr_expect_eq(s->ui.modal_count, 0);
}

Test(ui, the_palette_completes_and_says_what_cannot_be_done)
{
    fixture_press(s, ":tag-s<Tab>");
    cr_expect_str_eq(strbuf_text(&s->ui.prompt.text), "tag-subtree");
    fixture_press(s, "<C-U>go-to<Down><Up>");
    cr_expect(fixture_shows(s, "This goes through a recording"));
    fixture_press(s, "<C-U>reverse the");
    cr_expect(fixture_shows(s, "invert"), "what it does is looked through, too");
    s->scene.replay = "recording";
    cr_expect_eq(fixture_press(s, "<C-U>14:03<Enter>"), INTENT_TIME);
    cr_expect_str_eq(s->intent.text, "14:03");
}

/* ---- the filter as it is typed ---- */

Test(ui, a_filter_works_as_it_is_typed)
{
    fixture_press(s, "815\\state=T");
    cr_expect(fixture_shows(s, "vi notes.txt"));
    cr_expect_not(fixture_shows(s, "vault"));
    cr_expect_eq(fixture_cursor(s), 830, "the first that passes, not its ancestors");
    fixture_press(s, "<Esc>");
    cr_expect_null(s->ui.filter_text);
    cr_expect(fixture_shows(s, "vault"));
    cr_expect_eq(fixture_cursor(s), 815, "back to where it was");
    fixture_press(s, "\\sshd|vi<Enter>");
    cr_expect_eq(fixture_cursor(s), 300);
    fixture_press(s, "j");
    cr_expect_neq(fixture_cursor(s), 300, "the cursor is free again");
}

Test(ui, a_user_that_is_not_there_is_refused_with_those_that_are)
{
    fixture_press(s, "\\user=adda<Enter>");
    cr_expect(fixture_shows(s, "no process is of a user 'adda'; there are: root, ada"));
    cr_expect_eq(s->ui.modal_count, 1);
    fixture_press(s, "<C-U>user=ada<Enter>");
    cr_expect_eq(s->ui.modal_count, 0);
}

/* ---- copying ---- */

Test(ui, a_pid_is_copied_with_two_keys)
{
    fixture_press(s, "815");
    cr_expect_eq(fixture_press(s, "z<Enter>"), INTENT_COPY);
    cr_expect_str_eq(s->intent.text, "815");
    cr_expect_eq(fixture_press(s, "z<Down><Enter>"), INTENT_COPY);
    cr_expect_str_eq(s->intent.text, "make -j4 all CFLAGS=-O2");
    cr_expect_eq(fixture_press(s, "z<Down><Down><Enter>"), INTENT_NONE);
    cr_expect(fixture_shows(s, "no pane is shown"));
}

Test(ui, a_pane_is_copied)
{
    document_begin(&s->panes[TAB_LIFE], 0);
    document_add(&s->panes[TAB_LIFE], STYLE_NORMAL, "one");
    document_begin(&s->panes[TAB_LIFE], 0);
    document_add(&s->panes[TAB_LIFE], STYLE_NORMAL, "two");
    s->scene.panes[TAB_LIFE].document = &s->panes[TAB_LIFE];
    fixture_press(s, "815<Enter>j");
    cr_expect_eq(fixture_press(s, "zl<Enter>"), INTENT_COPY);
    cr_expect_str_eq(s->intent.text, "two");
    cr_expect_eq(fixture_press(s, "zp<Enter>"), INTENT_COPY);
    cr_expect_str_eq(s->intent.text, "one\ntwo\n");
    cr_expect_eq(fixture_press(s, "zf<Enter>"), INTENT_COPY_TO_FILE);
}
