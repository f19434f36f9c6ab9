#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/event.h"

static struct fixture *s;
static struct event_log event_list;

static void setup(void)
{
    s = fixture_new(24, 80);
    fixture_village(s);
    fixture_tick(s);
    cr_assert_eq(event_log_init(&event_list, 2048), 0);
    s->scene.events = &event_list;
}

static void teardown(void)
{
    event_log_done(&event_list);
    fixture_free(s);
}

TestSuite(events_region, .init = setup, .fini = teardown);

static void happen(struct event event, const char *comm)
{
    event.mono_ns = event_list.total * 50 * NS_PER_MS;
    event.time_ns = event.mono_ns;
    (void)snprintf(event.comm, sizeof(event.comm), "%s", comm);
    event_log_append(&event_list, &event);
}

static void fork_and_end(pid_t pid)
{
    happen((struct event){.kind = EVENT_FORK, .id = {.pid = pid}, .ppid = 812}, "sh");
    happen((struct event){.kind = EVENT_EXIT, .id = {.pid = pid}, .ppid = 812}, "sh");
    happen((struct event){.kind = EVENT_REAP, .id = {.pid = pid}, .ppid = 812}, "sh");
}

/* A loop of a shell takes three lines, whatever it forks. */
Test(events_region, repeats_are_one_line)
{
    happen((struct event){.kind = EVENT_EXIT, .id = {.pid = 7}, .exit_status = 9}, "victim");
    for (pid_t pid = 4000; pid < 4040; pid++)
        fork_and_end(pid);
    cr_expect(fixture_shows(s, "812 sh forked 40 children, the last of them 4039"), "%s",
              fixture_screen(s));
    cr_expect(fixture_shows(s, "(and 39 like it before)"));
    cr_expect(fixture_shows(s, "7 victim"), "what happened before them is still in sight");
    fixture_press(s, "E");
    cr_expect_not(fixture_shows(s, "like it before"), "in the region each can be chosen");
}

/* The style of the cell where the text begins, behind the time. */
static int style_of(const char *text)
{
    int row = fixture_row_of(s, text);
    cr_assert_geq(row, 0, "%s is not in\n%s", text, fixture_screen(s));
    return grid_at(&s->grid, row, 14)->style;
}

Test(events_region, what_is_notable_has_a_colour_and_the_rest_is_dim)
{
    happen((struct event){.kind = EVENT_EXIT, .id = {.pid = 21}, .exit_status = 9}, "killed");
    happen((struct event){.kind = EVENT_EXIT, .id = {.pid = 22}, .exit_status = 0x100}, "failed");
    happen((struct event){.kind = EVENT_EXIT, .id = {.pid = 23}}, "done");
    cr_expect_eq(style_of("21 killed"), STYLE_DYING);
    cr_expect_eq(style_of("22 failed"), STYLE_DYING);
    cr_expect_eq(style_of("23 done"), STYLE_DIM);
    happen((struct event){.kind = EVENT_FORK, .id = {.pid = 24}, .ppid = 1}, "child");
    happen((struct event){.kind = EVENT_ZOMBIE, .id = {.pid = 25}, .ppid = 1}, "undead");
    happen((struct event){.kind = EVENT_ADOPT, .id = {.pid = 26}, .from = 2, .to = 1}, "orphan");
    cr_expect_eq(style_of("24 child"), STYLE_DIM);
    cr_expect_eq(style_of("25 undead"), STYLE_ZOMBIE);
    cr_expect_eq(style_of("26 orphan"), STYLE_INFERRED);
}

/* Another status, parent or name, or long ago: no repeat. */
Test(events_region, what_differs_is_not_folded)
{
    const struct event exit = {.kind = EVENT_EXIT, .comm = "sh", .exit_status = 0};
    struct event other = exit;
    cr_expect(event_is_repeat(&exit, &other));
    other.exit_status = 0x100;
    cr_expect_not(event_is_repeat(&exit, &other));
    const struct event fork = {.kind = EVENT_FORK, .comm = "sh", .ppid = 1};
    other = fork;
    other.ppid = 2;
    cr_expect_not(event_is_repeat(&fork, &other));
    other = fork;
    strcpy(other.comm, "ksh");
    cr_expect_not(event_is_repeat(&fork, &other));
    const struct event oom = {.kind = EVENT_OOM, .comm = "sh"};
    cr_expect_not(event_is_repeat(&oom, &oom));
}
