#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/model/process.h"

static struct fixture *s;

static void say_forecast(const void *data, struct identity target, int signal, struct document *doc)
{
    document_begin(doc, 0);
    document_add(doc, STYLE_NORMAL, "%s %d gets %d", (const char *)data, (int)target.pid, signal);
}

static void setup(void)
{
    s = fixture_new(24, 80);
    fixture_village(s);
    fixture_tick(s);
    s->scene.forecast = say_forecast;
    s->scene.forecast_data = "maybe";
}

static void teardown(void)
{
    fixture_free(s);
}

TestSuite(signal_dialog, .init = setup, .fini = teardown);

Test(signal_dialog, opens_on_term_and_holds_the_target)
{
    cr_expect_eq(fixture_press(s, "815k"), INTENT_HOLD);
    cr_assert(ui_has_signal_dialog(&s->ui));
    cr_assert_eq(s->ui.signal_dialog.count, 1);
    cr_expect_eq(s->ui.signal_dialog.targets[0].id.pid, 815);
    cr_expect_eq(s->ui.signal_dialog.signal, 15);
    cr_expect(fixture_shows(s, "815 make  ada  R running"));
    cr_expect(fixture_shows(s, "maybe 815 gets 15"));
    fixture_expect(s, "signal-80x24");
    cr_expect_eq(fixture_press(s, "<Esc>"), INTENT_RELEASE);
    cr_expect_not(ui_has_signal_dialog(&s->ui));
}

Test(signal_dialog, all_signals_can_be_gone_through)
{
    fixture_press(s, "815k<Home>");
    bool seen[SIGNAL_MAX + 1] = {false};
    for (size_t i = 0; i < signals_count(); i++) {
        char line[32];
        const struct signal_info *signal = signal_find(s->ui.signal_dialog.signal);
        cr_assert_not_null(signal);
        seen[signal->number] = true;
        (void)snprintf(line, sizeof(line), "%2d  %s ", signal->number, signal->name);
        cr_expect(fixture_shows(s, line), "%s", line);
        cr_expect_eq(s->grid.cursor_row, fixture_row_of(s, line));
        fixture_press(s, "<Down>");
    }
    for (size_t i = 0; i < signals_count(); i++)
        cr_expect(seen[signals[i].number], "%s", signals[i].name);
}

static void expect_typed(const char *typed, int signal)
{
    fixture_press(s, "<C-U>");
    fixture_press(s, typed);
    cr_expect_eq(s->ui.signal_dialog.signal, signal, "%s gives %d", typed,
                 s->ui.signal_dialog.signal);
}

Test(signal_dialog, typing_narrows_by_name_or_number)
{
    fixture_press(s, "815k");
    expect_typed("kill", 9);
    expect_typed("SIGSTOP", 19);
    expect_typed("9", 9);
    expect_typed("15", 15);
    expect_typed("usr", 10);
    expect_typed("RTMIN+1", 35);
    expect_typed("zzz", 0);
    cr_expect(fixture_shows(s, "No signal has this name or number"));
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_NONE);
    expect_typed("", 15);
    cr_expect_eq(fixture_press(s, "<C-U>hup<Enter>"), INTENT_SEND);
    cr_expect_eq(s->intent.signal, 1);
}

Test(signal_dialog, the_target_stays_whatever_the_tree_does)
{
    fixture_press(s, "830k");
    fixture_keep(s);
    for (size_t i = 0; i < s->next.count; i++)
        if (s->next.processes[i].id.pid == 830)
            s->next.processes[i].state = 'S';
    fixture_tick(s);
    cr_expect(fixture_shows(s, "830 vi  ada  T stopped, now S sleeping"));
    s->scene.linger_ns = 0;
    fixture_keep(s);
    fixture_drop(s, 830);
    fixture_tick(s);
    cr_expect(fixture_shows(s, "830 vi"));
    cr_expect(fixture_shows(s, "it has ended"));
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_NONE);
    cr_expect(fixture_shows(s, "Nothing is sent: it has ended"));
}

Test(signal_dialog, a_newcomer_under_the_pid_is_no_target)
{
    fixture_press(s, "830k");
    s->scene.linger_ns = 0;
    fixture_keep(s);
    for (size_t i = 0; i < s->next.count; i++)
        if (s->next.processes[i].id.pid == 830)
            s->next.processes[i].id.start_ticks++;
    fixture_tick(s);
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_NONE);
    cr_expect(fixture_shows(s, "it has ended"));
}

Test(signal_dialog, the_application_can_say_that_a_target_is_gone)
{
    fixture_press(s, "830k");
    ui_target_gone(&s->ui, 0, "the handle says it is gone");
    ui_target_gone(&s->ui, 7, "nobody");
    fixture_rebuild(s);
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_NONE);
    cr_expect(fixture_shows(s, "the handle says it is gone"));
}

Test(signal_dialog, kernel_threads_are_refused)
{
    fixture_press(s, "K7k");
    cr_expect(fixture_shows(s, "kernel thread"));
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_NONE);
    cr_expect(fixture_shows(s, "Nothing is sent"));
}

Test(signal_dialog, threads_are_refused)
{
    fixture_keep(s);
    struct process *thread = fixture_add(s, 816, 812, 'S', "worker");
    thread->tgid = 815;
    fixture_tick(s);
    fixture_press(s, "H816k");
    cr_expect_eq(s->ui.signal_dialog.origin.id.pid, 816);
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_NONE);
    cr_expect(fixture_shows(s, "a thread"));
}

Test(signal_dialog, dangerous_targets_need_a_second_yes)
{
    static const char *const opens[] = {"1k", "900k", "812k"};
    for (size_t i = 0; i < 3; i++) {
        fixture_press(s, opens[i]);
        cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_NONE, "%s", opens[i]);
        cr_expect_eq(s->ui.signal_dialog.phase, SIGNAL_DIALOG_CONFIRMING);
        cr_expect(fixture_shows(s, "Really?"));
        cr_expect_eq(fixture_press(s, "x"), INTENT_NONE, "any other key is a no");
        cr_expect_eq(s->ui.signal_dialog.phase, SIGNAL_DIALOG_CHOOSING);
        cr_expect_eq(fixture_press(s, "<Enter>y"), INTENT_SEND);
        cr_expect_eq(fixture_press(s, "<Esc>"), INTENT_RELEASE);
        fixture_press(s, "<Esc>");
    }
}

Test(signal_dialog, scopes)
{
    fixture_press(s, "815k");
    static const enum signal_scope order[] = {SCOPE_SUBTREE, SCOPE_GROUP, SCOPE_SESSION, SCOPE_ONE,
                                              SCOPE_SUBTREE}; /* nothing is tagged */
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        cr_expect_eq(fixture_press(s, "<Tab>"), INTENT_HOLD);
        cr_expect_eq(s->ui.signal_dialog.scope, order[i], "%zu", i);
        if (order[i] == SCOPE_GROUP || order[i] == SCOPE_SUBTREE)
            cr_expect_eq(s->ui.signal_dialog.count, 3);
    }
    cr_expect(fixture_shows(s, "3 processes: 815 make, 820 cc1, 821 as"));
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_NONE, "several need a second yes");
    cr_expect(fixture_shows(s, "Send SIGTERM to 3 processes?"));
    cr_expect_eq(fixture_press(s, "y"), INTENT_SEND);
}

Test(signal_dialog, tagged_processes_are_the_first_choice)
{
    fixture_press(s, "820 830 815k");
    cr_expect_eq(s->ui.signal_dialog.scope, SCOPE_TAGGED);
    cr_expect_eq(s->ui.signal_dialog.count, 2);
    fixture_press(s, "<Tab>");
    cr_expect_eq(s->ui.signal_dialog.scope, SCOPE_ONE);
    cr_expect_eq(s->ui.signal_dialog.targets[0].id.pid, 815);
}

Test(signal_dialog, a_refused_one_among_many_does_not_stop_the_others)
{
    fixture_press(s, "K7 820 815k");
    cr_expect_eq(s->ui.signal_dialog.count, 2);
    cr_expect(fixture_shows(s, "1 of them get nothing"));
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_SEND);
}

Test(signal_dialog, reports_come_in_while_one_watches)
{
    fixture_press(s, "820k");
    fixture_press(s, "<Enter>");
    cr_expect_eq(s->ui.signal_dialog.phase, SIGNAL_DIALOG_WATCHING);
    cr_expect(fixture_shows(s, "waiting"));
    ui_report(&s->ui, SEVERITY_GOOD, s->scene.mono_ns, "820 was killed by %s", "SIGTERM");
    for (int i = 0; i < 100; i++)
        ui_report(&s->ui, SEVERITY_INFO, s->scene.mono_ns, "line %d of the report", i);
    cr_expect(fixture_shows(s, "line 99 of the report"), "the newest are in sight");
    cr_expect_eq(fixture_press(s, "k"), INTENT_NONE);
    cr_expect_eq(s->ui.signal_dialog.phase, SIGNAL_DIALOG_CHOOSING,
                 "another signal to the same target");
    cr_expect_eq(fixture_press(s, "kill<Enter>"), INTENT_SEND);
    cr_expect_eq(fixture_press(s, "<Enter>"), INTENT_RELEASE);
    ui_report(&s->ui, SEVERITY_GOOD, s->scene.mono_ns, "told late");
    cr_expect(fixture_shows(s, "told late"), "on the status line then");
}

Test(signal_dialog, a_report_holds_nobody)
{
    fixture_press(s, "820k<Enter>");
    cr_expect(fixture_shows(s, "Signal sent"));
    fixture_press(s, "?");
    cr_expect(!ui_has_signal_dialog(&s->ui));
    cr_expect(!fixture_shows(s, "Signal sent"), "the key opened the help");
    fixture_press(s, "<Esc>820k<Enter>");
    ui_close_signal_dialog(&s->ui);
    cr_expect(!ui_has_signal_dialog(&s->ui));
}

Test(signal_dialog, every_size_shows_the_target)
{
    for (int rows = 10; rows <= 60; rows += 5)
        for (int cols = 40; cols <= 200; cols += 40) {
            ui_resize(&s->ui, rows, cols);
            fixture_rebuild(s);
            fixture_press(s, "815k");
            cr_expect(fixture_shows(s, "815 make"), "%dx%d\n%s", rows, cols, fixture_screen(s));
            cr_expect(fixture_shows(s, "15  TERM"), "%dx%d\n%s", rows, cols, fixture_screen(s));
            fixture_press(s, "<Esc>");
        }
}
