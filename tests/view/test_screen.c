#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "reaptop/base/clock.h"
#include "reaptop/model/process.h"

static struct fixture *village(int rows, int cols)
{
    struct fixture *s = fixture_new(rows, cols);
    fixture_village(s);
    fixture_tick(s);
    return s;
}

/* ---- whole screens ---- */

static const struct {
    int rows, cols;
    const char *name;
} sizes[] = {
    {24, 80, "village-80x24"},   {40, 140, "village-140x40"}, {60, 220, "village-220x60"},
    {10, 40, "village-40x10"},   {9, 39, "village-39x9"},     {1, 1, "village-1x1"},
    {10, 500, "village-500x10"},
};

Test(screen, every_size_is_as_written_down)
{
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct fixture *s = village(sizes[i].rows, sizes[i].cols);
        fixture_expect(s, sizes[i].name);
        fixture_free(s);
    }
}

Test(screen, ascii_has_no_other_byte)
{
    struct fixture *s = village(24, 80);
    s->scene.ascii = true;
    for (const char *at = fixture_screen(s); *at; at++)
        cr_assert((unsigned char)*at < 0x80, "a byte %02x", (unsigned char)*at);
    fixture_expect(s, "village-ascii");
    fixture_free(s);
}

Test(screen, help_holds_every_action)
{
    static const int widths[] = {80, 140}; /* one column, and two */
    struct fixture *s = village(200, 80);
    fixture_press(s, "?");
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        ui_resize(&s->ui, 200, widths[i]);
        for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
            char start[48];
            (void)snprintf(start, sizeof(start), "%.40s", actions[action].help);
            cr_expect(fixture_shows(s, start), "%s is not in the help of %d columns",
                      actions[action].name, widths[i]);
        }
    }
    fixture_free(s);
}

Test(screen, help_as_written_down)
{
    struct fixture *s = village(60, 80);
    fixture_press(s, "?");
    fixture_expect(s, "help-80x60");
    ui_resize(&s->ui, 50, 140);
    fixture_expect(s, "help-140x50");
    fixture_free(s);
}

Test(screen, a_long_message_takes_two_rows)
{
    struct fixture *s = village(24, 40);
    ui_message(&s->ui, SEVERITY_GOOD, s->scene.mono_ns,
               "4711 zombie-maker is born: the child keeps its status");
    cr_expect_eq(fixture_row_of(s, "4711 zombie-maker is born: the child"), 22);
    cr_expect_eq(fixture_row_of(s, "keeps its status"), 23);
    ui_message(&s->ui, SEVERITY_GOOD, s->scene.mono_ns, "short");
    cr_expect_eq(fixture_row_of(s, "short"), 23);
    fixture_free(s);
}

Test(screen, the_column_of_the_order_is_marked_whichever_it_is)
{
    struct fixture *s = village(24, 80);
    cr_expect(fixture_shows(s, "▴PID"));
    fixture_press(s, "t<");
    cr_expect(fixture_shows(s, "COMMAND▴"));
    fixture_press(s, "I");
    cr_expect(fixture_shows(s, "COMMAND▾"));
    fixture_free(s);
}

Test(screen, dialogs_as_written_down)
{
    struct fixture *s = village(24, 80);
    fixture_press(s, "<F6>");
    fixture_expect(s, "sort-80x24");
    fixture_press(s, "<Esc><F2>");
    fixture_expect(s, "setup-80x24");
    fixture_press(s, "<Esc>/mak");
    fixture_expect(s, "search-80x24");
    fixture_press(s, "<Esc>u");
    fixture_expect(s, "user-80x24");
    fixture_free(s);
}

/* ---- what a row says ---- */

Test(screen, zombie_and_its_parent_are_named)
{
    struct fixture *s = village(24, 120);
    cr_assert(fixture_shows(s, "as <defunct>, child of 815 make"), "%s", fixture_screen(s));
    fixture_free(s);
}

Test(screen, an_unreadable_command_line_says_so)
{
    struct fixture *s = village(24, 100);
    cr_assert(fixture_shows(s, "vault  (command line: denied)"));
    fixture_free(s);
}

Test(screen, orphans_report_whose_child_they_were)
{
    struct fixture *s = village(30, 135);
    fixture_keep(s);
    fixture_drop(s, 815);
    for (size_t i = 0; i < s->next.count; i++)
        if (s->next.processes[i].id.pid == 820)
            s->next.processes[i].ppid = 1;
    fixture_tick(s);
    cr_assert(fixture_shows(s, "cc1  was child of 815 make, adopted by 1 init"), "%s",
              fixture_screen(s));
    fixture_free(s);
}

Test(screen, new_changed_and_ended_rows_are_marked)
{
    struct fixture *s = village(30, 120);
    fixture_keep(s);
    fixture_drop(s, 830);
    fixture_add_argv(s, 990, 1, 'R', "newborn", "newborn");
    for (size_t i = 0; i < s->next.count; i++)
        if (s->next.processes[i].id.pid == 820)
            s->next.processes[i].state = 'T';
    fixture_tick(s);
    cr_assert(fixture_shows(s, " +  990"), "%s", fixture_screen(s));
    cr_assert(fixture_shows(s, " ~  820"), "%s", fixture_screen(s));
    cr_assert(fixture_shows(s, " x  830"), "%s", fixture_screen(s));
    cr_assert(fixture_shows(s, "vi  ended"), "%s", fixture_screen(s));
    s->scene.mono_ns += 60 * NS_PER_SEC;
    cr_assert_not(fixture_shows(s, " +  990"));
    fixture_free(s);
}

Test(screen, tags_and_folds_are_reported_without_colour)
{
    struct fixture *s = village(24, 100);
    fixture_press(s, "812 ");
    cr_assert(fixture_shows(s, "*   812"), "%s", fixture_screen(s));
    fixture_press(s, "812-");
    cr_assert(fixture_shows(s, "[+5] bash"), "%s", fixture_screen(s));
    cr_assert_not(fixture_shows(s, "cc1"));
    fixture_press(s, "\\comm=cc1\n");
    cr_assert(fixture_shows(s, "[+1 match] bash"), "%s", fixture_screen(s));
    fixture_free(s);
}

Test(screen, the_hardware_cursor_stands_on_the_selected_row)
{
    struct fixture *s = village(24, 80);
    fixture_press(s, "jj");
    int row = fixture_row_of(s, "  412 ");
    cr_assert_eq(s->grid.cursor_row, row);
    cr_assert_eq(grid_at(&s->grid, row, 10)->style, STYLE_SELECTED);
    fixture_free(s);
}

/* ---- hostile names ---- */

static int column_of(const struct grid *grid, int row, wchar_t c)
{
    for (int col = 0; col < grid->cols; col++)
        if (grid_at(grid, row, col)->point == (uint32_t)c)
            return col;
    return -1;
}

Test(screen, hostile_bytes_keep_their_cells)
{
    static const char *const names[] = {
        "plain",
        "a\033[31mb",
        "\033]52;c;aGk=\a",
        "b\xe2\x80\xaei\xe2\x80\xac", /* bidi override */
        "z\xe2\x80\x8bw",             /* zero width */
        "\xff\xfe\xfa",               /* no UTF-8 */
        "new\nline\ttab\rret",
        "\xe4\xb8\xad\xe6\x96\x87",          /* wide */
        "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81", /* many accents */
        ("\xc2\x9b"
         "31m"), /* C1 CSI */
        ") R 1 (",
    };
    for (int cols = 40; cols <= 200; cols += 16) {
        struct fixture *s = fixture_new(24, cols);
        fixture_add(s, 1, 0, 'S', "init");
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            char argv[128];
            (void)snprintf(argv, sizeof(argv), "%s %s|", names[i], names[i]);
            fixture_add_argv(s, 100 + (pid_t)i, 1, 'S', names[i], argv)->user = names[i];
        }
        fixture_tick(s);
        const char *screen = fixture_screen(s);
        for (const char *at = screen; *at; at++)
            cr_assert((unsigned char)*at >= 0x20 || *at == '\n', "control byte %02x at %d columns",
                      (unsigned char)*at, cols);
        cr_assert_null(strstr(screen, "\xc2\x9b"));
        cr_assert_null(strstr(screen, "\xe2\x80\xae"));
        cr_assert_null(strstr(screen, "\xe2\x80\x8b"));
        /* Every row's state letter and tree line stand in the same columns. */
        uint32_t first, count;
        ui_visible(&s->ui, &s->scene, &first, &count);
        int top = ui_layout(&s->ui, &s->scene).tree.row;
        int guide = -1;
        for (uint32_t i = 1; i < count; i++) {
            int at = column_of(&s->grid, top + (int)i, i + 1 == s->tree.count ? L'└' : L'├');
            if (guide < 0)
                guide = at;
            cr_assert_eq(at, guide, "row %u of %d columns is out of line:\n%s", i, cols, screen);
        }
        fixture_free(s);
    }
}

/* ---- depth ---- */

Test(screen, a_thousand_levels_stay_legible)
{
    struct fixture *s = fixture_new(24, 80);
    fixture_add(s, 1, 0, 'S', "init");
    for (pid_t pid = 2; pid <= 1001; pid++)
        fixture_add(s, pid, pid - 1, 'S', "deep");
    fixture_tick(s);
    fixture_press(s, "G");
    cr_assert_eq(fixture_cursor(s), 1001);
    cr_assert(fixture_shows(s, "└─ deep"), "%s", fixture_screen(s));
    cr_assert(fixture_shows(s, "…99"), "%s", fixture_screen(s));
    fixture_expect(s, "deep-80x24");
    fixture_free(s);
}

/* ---- the inspector ---- */

Test(screen, inspector_over_and_beside)
{
    struct fixture *s = village(24, 80);
    struct document *doc = &s->panes[TAB_LIFE];
    document_heading(doc, "About");
    document_field(doc, 2, 10, "parent", STYLE_STRONG, "%d %s", 812, "bash");
    document_link(doc, 812);
    s->scene.panes[TAB_LIFE] = (struct pane){.document = doc, .access = ACCESS_OK};
    s->scene.panes[TAB_WHY] = (struct pane){.access = ACCESS_DENIED, .note = "needs root"};
    fixture_press(s, "815<Enter>");
    fixture_expect(s, "inspector-80x24");
    fixture_press(s, "<Tab>");
    cr_assert(fixture_shows(s, access_sentence(ACCESS_DENIED)));
    cr_assert(fixture_shows(s, "needs root"));
    fixture_press(s, "1");
    ui_resize(&s->ui, 30, 150);
    s->ui.settings.inspector = PLACE_BESIDE;
    fixture_rebuild(s);
    fixture_expect(s, "inspector-150x30");
    s->ui.settings.inspector = PLACE_BELOW;
    ui_resize(&s->ui, 40, 100);
    fixture_rebuild(s);
    fixture_expect(s, "inspector-100x40");
    fixture_free(s);
}

/* ---- any key, any size ---- */

/* Marsaglia's xorshift: the same run every time. */
static uint32_t next_number(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static struct key random_key(uint32_t *seed, const struct fixture *s)
{
    uint32_t number = next_number(seed);
    int rows = s->ui.rows > 0 ? s->ui.rows : 1, cols = s->ui.cols > 0 ? s->ui.cols : 1;
    switch (number % 8) {
    case 0:
        return KEY_NAMED(next_number(seed) % KEY_SPECIAL_COUNT);
    case 1:
        return KEY_FN(1 + next_number(seed) % 12);
    case 2:
        return KEY_CTRL('A' + next_number(seed) % 26);
    case 3:
        return (struct key){.kind = KEY_MOUSE_EVENT,
                            .mouse = (enum key_mouse)(next_number(seed) % 4),
                            .row = (int)(next_number(seed) % (unsigned)rows),
                            .col = (int)(next_number(seed) % (unsigned)cols)};
    default:
        return KEY_CHAR(0x20 + next_number(seed) % 0x5f);
    }
}

static void random_tick(struct fixture *s, uint32_t *seed)
{
    fixture_keep(s);
    for (int i = 0; i < 3; i++) {
        fixture_drop(s, (pid_t)(300 + next_number(seed) % 700));
        pid_t pid = (pid_t)(300 + next_number(seed) % 700);
        fixture_drop(s, pid);
        fixture_add(s, pid, (pid_t)(next_number(seed) % 900), "RSDTZ"[next_number(seed) % 5], "x");
    }
    fixture_tick(s);
}

Test(screen, no_key_at_any_size_breaks_it)
{
    uint32_t seed = 20260301;
    struct fixture *s = village(24, 80);
    struct document *doc = &s->panes[TAB_LIFE];
    for (int i = 0; i < 100; i++) {
        document_begin(doc, i % 5);
        document_add(doc, STYLE_NORMAL, "line %d", i);
        document_mark(doc, (uint64_t)i);
    }
    for (int tab = 0; tab < TAB_COUNT; tab += 2)
        s->scene.panes[tab] = (struct pane){.document = doc, .access = ACCESS_OK};
    for (int i = 0; i < 6000; i++) {
        if (i % 50 == 0)
            ui_resize(&s->ui, (int)(1 + next_number(&seed) % 60),
                      (int)(1 + next_number(&seed) % 200));
        if (i % 10 == 0)
            random_tick(s, &seed);
        s->intent = ui_key(&s->ui, random_key(&seed, s), &s->scene);
        if (s->intent.kind == INTENT_REBUILD || s->intent.kind == INTENT_SWEEP)
            fixture_rebuild(s);
        s->scene.inspected = s->ui.cursor;
        (void)fixture_screen(s);
        cr_assert(s->grid.cursor_row < s->ui.rows && s->grid.cursor_col <= s->ui.cols);
    }
    fixture_free(s);
}

/* Where the line is too short, the words are left out and not the counts. */
Test(screen, every_count_of_states_is_in_sight)
{
    static const int widths[] = {50, 72, 80, 100, 140};
    static const char states[] = "RSDTtZI";
    for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
        struct fixture *s = fixture_new(24, widths[w]);
        for (int i = 0; i < 70; i++)
            (void)fixture_add(s, 100 + i, i == 0 ? 0 : 100, states[i % 7], "name");
        fixture_tick(s);
        for (size_t i = 0; i < sizeof(states) - 1; i++) {
            char count[] = {' ', ' ', '1', '0', ' ', states[i], '\0'};
            cr_expect(fixture_shows(s, count), "%d columns, %c:\n%s", widths[w], states[i],
                      fixture_screen(s));
        }
        cr_expect_eq(fixture_shows(s, "10 Z zombie"), widths[w] >= 100, "%d columns", widths[w]);
        fixture_free(s);
    }
}
