/*
 * The machine's meters: which rows there are, and what they say of what is not known.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/model/meters.h"

static struct fixture *s;
static struct meters meters;
static float processors[256];

static void setup(void)
{
    s = fixture_new(40, 140);
    fixture_village(s);
    fixture_tick(s);
    for (size_t i = 0; i < 256; i++)
        processors[i] = (float)(i % 101);
    meters = (struct meters){
        .user = 12,
        .system = 3,
        .iowait = 1,
        .steal = METER_UNKNOWN,
        .processors = processors,
        .processor_count = 2,
        .memory = {.is_known = true, .total = 4 << 20, .available = 1 << 20, .cached = 1 << 19},
        .disk_read_kib = 2048,
        .disk_written_kib = METER_UNKNOWN,
        .received_kib = 1,
        .sent_kib = 0,
        .history_count = METER_HISTORY,
    };
    for (size_t i = 0; i < METER_RESOURCE_COUNT; i++)
        meters.pressure[i] = (struct pressure){METER_UNKNOWN, METER_UNKNOWN};
    for (size_t t = 0; t < TRACK_COUNT; t++)
        for (size_t i = 0; i < METER_HISTORY; i++)
            meters.history[t][i] = (float)(i % 100);
    s->scene.meters = &meters;
}

static void teardown(void)
{
    fixture_free(s);
}

TestSuite(meter_rows, .init = setup, .fini = teardown);

Test(meter_rows, a_key_shows_and_hides_them)
{
    cr_expect(!fixture_shows(s, "stolen"));
    int rows = ui_layout(&s->ui, &s->scene).tree.rows;
    cr_expect_eq(fixture_press(s, "#"), INTENT_SWEEP);
    cr_expect(fixture_shows(s, "user 12%  system 3%  I/O wait 1%  stolen n/a"), "%s",
              fixture_screen(s));
    cr_expect(fixture_shows(s, "used 3.0G  cache 512M"), "%s", fixture_screen(s));
    cr_expect(fixture_shows(s, "read 2048K/s  written n/a"), "%s", fixture_screen(s));
    cr_expect(fixture_shows(s, "not told by this kernel"));
    cr_expect(fixture_shows(s, "█"));
    cr_expect_eq(ui_layout(&s->ui, &s->scene).meters.rows, 6);
    fixture_press(s, "#");
    cr_expect_eq(ui_layout(&s->ui, &s->scene).tree.rows, rows);
}

Test(meter_rows, each_can_be_left_out)
{
    s->ui.settings.shows_meters = true;
    for (int kind = 0; kind < METER_KIND_COUNT; kind++)
        s->ui.settings.meters[kind] = kind == METER_NETWORK;
    cr_expect(fixture_shows(s, "received 1K/s  sent 0K/s"), "%s", fixture_screen(s));
    cr_expect(!fixture_shows(s, "stolen"));
    cr_expect_eq(ui_layout(&s->ui, &s->scene).meters.rows, 1);
}

/* The settings say which stands where. */
Test(meter_rows, stand_in_the_chosen_order)
{
    s->ui.settings.shows_meters = true;
    for (int kind = 0; kind < METER_KIND_COUNT; kind++)
        s->ui.settings.meters[kind] = kind == METER_NETWORK ? 1 : kind == METER_CPU ? 2 : 0;
    const char *screen = fixture_screen(s);
    const char *network = strstr(screen, "received"), *usage = strstr(screen, "stolen");
    cr_assert(network && usage, "%s", screen);
    cr_expect_lt(network, usage, "%s", screen);
}

/* Many processors are a cell each; rows of meters never crowd the tree out. */
Test(meter_rows, the_tree_keeps_its_rows)
{
    s->ui.settings.shows_meters = true;
    meters.processor_count = 256;
    for (int rows = LAYOUT_ROWS_LEAST; rows < 60; rows++)
        for (int cols = LAYOUT_COLS_LEAST; cols < 240; cols += 13) {
            ui_resize(&s->ui, rows, cols);
            fixture_rebuild(s);
            struct layout layout = ui_layout(&s->ui, &s->scene);
            cr_assert_geq(layout.tree.rows, 2, "%dx%d", cols, rows);
            cr_assert_leq(layout.meters.rows, rows / 4, "%dx%d", cols, rows);
            (void)fixture_screen(s);
        }
}

Test(meter_rows, ascii_and_replay)
{
    s->ui.settings.shows_meters = true;
    s->scene.ascii = true;
    for (const char *at = fixture_screen(s); *at != '\0'; at++)
        cr_assert_geq(*at, 0, "%s", fixture_screen(s));
    s->scene.meters = NULL;
    s->scene.replay = "00:01";
    cr_expect(fixture_shows(s, "a recording does not hold the meters"), "%s", fixture_screen(s));
}
